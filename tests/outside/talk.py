"""A conversation with a script that drives a browser: it asks for what other people do meanwhile, and says what came of it."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
PATIENCE_S: Final = 300
Helpers = Mapping[str, Callable[..., Any]]


class StoryError(AssertionError):
    """The script ended without saying that all went well."""


def tell_in_browser(script: str, chromium: str, url: str, pictures: Path, helpers: Helpers, *arguments: str) -> Any:
    """Run a script of this folder, do what it asks for, and return what it returned."""
    pictures.mkdir(parents=True, exist_ok=True)
    command = [str(shutil.which("node")), str(HERE / script), chromium, url, str(pictures), *arguments]
    options: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=dict(os.environ), **options) as process:
        alarm = threading.Timer(PATIENCE_S, process.kill)
        alarm.start()
        try:
            return _converse(process, helpers)
        finally:
            alarm.cancel()
            process.kill()


def _converse(process: "subprocess.Popen[str]", helpers: Helpers) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    for line in process.stdout:
        message = json.loads(line)
        if "end" in message:
            return message["end"]
        if "failure" in message:
            raise StoryError("\n".join([message["failure"], *message["faults"]]))
        answer = helpers[message["ask"]](*message["values"])
        process.stdin.write(json.dumps(answer) + "\n")
        process.stdin.flush()
    assert process.stderr is not None
    raise StoryError(process.stderr.read())
