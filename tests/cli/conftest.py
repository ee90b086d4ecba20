"""A town with a node for the tests of commands that need a real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.town import Town, open_town


@pytest.fixture
def town(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.chdir(tmp_path)  # where a draft is left that lacks signatures
    with open_town(tmp_path, CommandLine(capsys)) as running:
        yield running
