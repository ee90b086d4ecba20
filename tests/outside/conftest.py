"""What the tests beside this file need from the machine, and a loud word where it is missing."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.certificates.conftest import (  # noqa: F401 - a small region, and its trust file
    builder,
    foreign_trust,
    region,
    region_suspended,
    region_with_amendment,
    region_with_void,
    trust,
)
from tests.cli.command_line import CommandLine
from tests.cli.town import Town, open_town
from tests.outside.talk import tell_in_browser

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


@pytest.fixture
def town(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A node as a process, with keys for everybody and nothing on its ledger."""
    monkeypatch.chdir(tmp_path)
    with open_town(tmp_path, CommandLine(capsys)) as running:
        yield running


@pytest.fixture
def in_browser_at(chromium: str, tmp_path: Path) -> Callable[..., Any]:
    """Tell a story in a browser: `in_browser_at(url, "story.mjs", {"enrol": enrol})`. Its pictures are in `pictures`."""
    if (missing := _find_missing()) is not None:
        pytest.skip(f"OUTSIDE CLIENTS NOT TESTED: {missing} is missing; {HOW}")

    def tell(url: str, script: str, helpers: Mapping[str, Callable[..., Any]], *arguments: str) -> Any:
        return tell_in_browser(script, chromium, url, tmp_path / "pictures", helpers, *arguments)

    return tell


@pytest.fixture
def in_browser(town: Town, in_browser_at: Callable[..., Any]) -> Callable[..., Any]:
    """Tell a story in a browser, at the town's node."""

    def tell(script: str, helpers: Mapping[str, Callable[..., Any]], *arguments: str) -> Any:
        return in_browser_at(town.url, script, helpers, *arguments)

    return tell
