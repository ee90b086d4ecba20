"""What every test of connections needs."""

from typing import Any

import pytest

from node.p2p import door, peers
from tests.node.p2p.sockets import Log


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """What nodes have logged."""
    lines: Log = []

    def note(event: str, **fields: Any) -> None:
        lines.append((event, fields))

    for module in (door, peers):
        monkeypatch.setattr(module, "log_event", note)
    return lines


@pytest.fixture(autouse=True)
def _welcome_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test need not wait before a peer comes again."""
    monkeypatch.setattr(peers, "WELCOME_AGAIN_SECONDS", 0.0)
