"""What must hold of status positions: the state's values say what the register and the cards say, and what the log says."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from contracts.card_table import Card
from contracts.rulebook import EVENT_TYPES
from contracts.statuses import CHUNK_POSITIONS, LIST_POSITIONS, PositionStatus, read_status
from ledger.events import split_entry
from tests.contracts.chain import Chain

_STATUSES = {
    "revoked": PositionStatus.REVOKED,
    "suspended": PositionStatus.SUSPENDED,
    "reinstated": PositionStatus.VALID,
    "superseded": PositionStatus.SUPERSEDED,
    "erased": PositionStatus.ERASED,
}


def read_statuses(chain: Chain) -> dict[int, PositionStatus]:
    """Every position that is taken, with its status, from the chunks of the state."""
    found = {}
    for key, chunk in chain.read_table(b"status-chunk").items():
        first = int.from_bytes(key, "big") * CHUNK_POSITIONS
        for position in range(first, first + CHUNK_POSITIONS):
            status = read_status(chunk, position)
            if status is not None:
                found[position] = status
    return found


def check_statuses(chain: Chain) -> None:
    """Raise `AssertionError` where positions contradict the register, the cards, or the number of those taken."""
    statuses = read_statuses(chain)
    expected = {
        entry.position: PositionStatus[entry.status.name]
        for entry in chain.read_table(b"certificate").values()
        if entry.position is not None
    }
    cards: Iterable[Card] = chain.read_table(b"card").values()
    for card in cards:
        assert card.position not in expected
        expected[card.position] = PositionStatus[card.status.name]
        for position in card.earlier:
            assert position not in expected
            assert statuses[position] in {PositionStatus.SUPERSEDED, PositionStatus.REVOKED}
            expected[position] = statuses[position]
    assert expected.items() <= statuses.items()
    # Cards of accounts that are no more have left no other trace.
    assert {statuses[item] for item in statuses.keys() - expected.keys()} <= {
        PositionStatus.SUPERSEDED,
        PositionStatus.REVOKED,
        PositionStatus.ERASED,
    }
    counts = Counter(position // LIST_POSITIONS for position in statuses)
    assert {int.from_bytes(key, "big"): count for key, count in chain.read_table(b"status-list").items()} == counts


class Fold:
    """The statuses as whoever reads the log alone knows them."""

    def __init__(self) -> None:
        self.statuses: dict[int, PositionStatus] = {}
        self.positions: dict[bytes, int] = {}
        """Of certificates, by number."""

    def add(self, entries: Iterable[bytes]) -> None:
        """Take in what happened."""
        for entry in entries:
            name = split_entry(entry)[0]
            group, _, step = name.partition(".")
            if group in {"certificates", "cards"} and "star" not in step:
                self._add(group, step, EVENT_TYPES[name].decode(entry))
            elif name == "identity.volunteer_erased":
                for number in EVENT_TYPES[name].decode(entry).certificates:
                    self._set(self.positions.get(number), PositionStatus.ERASED)

    def _add(self, group: str, step: str, event: Any) -> None:
        if step == "registered":
            self._set(event.position, PositionStatus.VALID)
            if group == "certificates" and event.position is not None:
                self.positions[event.number] = event.position
            return
        self._set(event.position if group == "cards" else self.positions.get(event.number), _STATUSES[step])

    def _set(self, position: int | None, status: PositionStatus) -> None:
        if position is not None:
            self.statuses[position] = status
