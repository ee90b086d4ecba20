"""Nodes of a local network are forked, too: they are started some fifty times in these tests."""

import subprocess
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from cli.network import local
from tests.forking import ForkedProcess


def fork(command: Sequence[str], **options: Any) -> ForkedProcess:
    """Start `python -m cli ARGUMENT...`."""
    assert command[1:3] == ["-m", "cli"]
    return ForkedProcess(command[3:], **options)


@pytest.fixture(autouse=True)
def fork_local_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("PIPE", "DEVNULL", "TimeoutExpired")
    forking = SimpleNamespace(Popen=fork, **{name: getattr(subprocess, name) for name in names})
    monkeypatch.setattr(local, "subprocess", forking)
