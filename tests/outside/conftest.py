"""What the tests beside this file need from the machine, and a loud word where it is missing."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
CHROMIUM: Final = shutil.which("chromium")
HOW: Final = "run `npm ci` in tests/outside, with Node.js 20 or later; for the browser, install Debian's chromium"


def _find_missing() -> str | None:
    if shutil.which("node") is None:
        return "Node.js"
    if not (HERE / "node_modules" / "playwright-core").is_dir():
        return "the Node.js packages of tests/outside"
    return None


@pytest.fixture(scope="session")
def run_node() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script of this folder with Node.js: `run_node("script.mjs", "argument", input="text")`."""
    if (missing := _find_missing()) is not None:
        pytest.skip(f"OUTSIDE CLIENTS NOT TESTED: {missing} is missing; {HOW}")
    node = str(shutil.which("node"))

    def run(script: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [node, str(HERE / script), *arguments]
        settings = {"capture_output": True, "text": True, "timeout": 120, **options}
        return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    if CHROMIUM is None:
        pytest.skip(f"OUTSIDE CLIENTS NOT TESTED: Chromium is missing; {HOW}")
    return CHROMIUM
