"""What a volunteer's ratings come to: how many there are and their sum, those by people served apart from those by officers."""

from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.codec import Codec
from ledger.state import Overlay, Table, View
from ledger.types import Identifier


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts and sums of scores from 1 to 5. No single rating is kept: those are in the log."""

    served_count: int = 0
    served_sum: int = 0
    officer_count: int = 0
    officer_sum: int = 0

    @property
    def count(self) -> int:
        """How many ratings there are."""
        return self.served_count + self.officer_count

    @property
    def sum(self) -> int:
        """All scores together."""
        return self.served_sum + self.officer_sum


_count: Codec[int] = codec.integer("count", 0, 2**53 - 1)
TALLIES: Final[Table[Tally]] = Table(b"rating-tally", codec.struct(Tally, _count, _count, _count, _count))


def get_tally(view: View, volunteer: Identifier) -> Tally:
    """Return what a volunteer's ratings come to."""
    return TALLIES.get(view, volunteer) or Tally()


def add_served_rating(state: Overlay, volunteer: Identifier, score: int) -> None:
    """Count a rating by somebody who was served."""
    _add(state, volunteer, Tally(1, score, 0, 0))


def add_officer_rating(state: Overlay, volunteer: Identifier, score: int) -> None:
    """Count a rating by the person in charge."""
    _add(state, volunteer, Tally(0, 0, 1, score))


def carry_tally(state: Overlay, volunteer: Identifier, remaining: Identifier | None) -> None:
    """Let the ratings of an account that ends stand with the one that remains, or with none."""
    tally = TALLIES.get(state, volunteer)
    if tally is None:
        return
    TALLIES.delete(state, volunteer)
    if remaining is not None:
        _add(state, remaining, tally)


def _add(state: Overlay, volunteer: Identifier, added: Tally) -> None:
    old = get_tally(state, volunteer)
    served = old.served_count + added.served_count, old.served_sum + added.served_sum
    officer = old.officer_count + added.officer_count, old.officer_sum + added.officer_sum
    TALLIES.put(state, Tally(*served, *officer), volunteer)


TABLES: Final = (TALLIES,)
