"""When a node says nothing because it may have forgotten what it has said, and for how long.

Its store may be an old copy, or come from a snapshot: then it may have voted where it does not remember, and might vote
otherwise. So a node that has not spoken since its start, and learns that it is behind, is silent at the first height that it
joins: until each other authority has repeated what it knows, or for a time at most.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.types import Height, PublicKey, TimeMs
from node.consensus.guard import Record

ABSTAIN_MS: Final = 20_000
"""How long at most such a node is silent once it has caught up: the others' repetitions would show what it has said."""
REPETITIONS: Final = 2
"""How often each other authority must have repeated what it knows before such a node speaks sooner. A quorum of them would not
do: a vote may have reached one only. Once would not do: it may have begun when the node was not yet at this height."""


@dataclass(slots=True)
class Silence:
    """Whether a node keeps silent. `until_ms` is None while it does not."""

    until_ms: TimeMs | None = None
    is_due: bool = False
    """It may have forgotten something, and is to be silent at the next height that it has a say in."""
    _is_fresh: bool = True
    """Nothing was said since the start: what was said before may be forgotten, if the store is not what it was."""
    _repetitions: Counter[PublicKey | None] = field(default_factory=Counter)
    """By the key of who repeats: how often at this height."""

    def judge_start(self, record: Record | None, tip: Height) -> None:
        """Look at what a store and a guard hold at the start.

        With blocks over which nothing is known to have been said it is a copy, or from a snapshot; or the node has lagged, and
        a pause does no harm.
        """
        self.is_due = tip > 0 and (record is None or record.height < tip)

    def note_words(self) -> None:
        """The node has spoken."""
        self._is_fresh = False

    def note_block(self) -> None:
        """The node was given a block: it had fallen behind."""
        self.is_due = self.is_due or self._is_fresh

    def note_forgotten(self) -> None:
        """Somebody has a vote of this node that it does not remember: it listens again before it speaks at the next height."""
        self.is_due, self.until_ms = True, None

    def note_repetition(self, key: PublicKey | None) -> None:
        """Somebody has repeated at this height all that it knows."""
        self._repetitions[key] += 1

    def begin_height(self) -> None:
        """What was repeated at the height before does not count."""
        self._repetitions.clear()

    def begin(self, now_ms: TimeMs) -> None:
        """Be silent where that is due: also where the node is still behind, so that heights on the way pass in silence."""
        if self.is_due:
            self.is_due = self._is_fresh = False
            self.until_ms = TimeMs(now_ms + ABSTAIN_MS)

    def extend(self, now_ms: TimeMs) -> None:
        """The node does not know where the chain is, or is behind: the time counts from when it has caught up."""
        if self.until_ms is not None:
            self.until_ms = TimeMs(now_ms + ABSTAIN_MS)

    def move(self, back_ms: int) -> None:
        """The clock was set back."""
        if self.until_ms is not None:
            self.until_ms = TimeMs(self.until_ms - back_ms)

    def has_heard_all(self, others: Sequence[PublicKey]) -> bool:
        """Whether each of the other authorities has repeated often enough."""
        return all(self._repetitions[key] >= REPETITIONS for key in others)

    def end(self, now_ms: TimeMs, others: Sequence[PublicKey]) -> bool:
        """End it where it may end; return whether it has ended just now."""
        if self.until_ms is None or (now_ms < self.until_ms and not self.has_heard_all(others)):
            return False
        self.until_ms = None
        return True


def is_in_the_dark(tip: Height, known: Sequence[Height], others: int) -> bool:
    """Whether none of so many others has said where it is, or so many are ahead that one of them must be honest."""
    ahead = sum(height > tip for height in known)
    return others > 0 and (not known or ahead > others // 3)
