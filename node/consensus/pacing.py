"""How large a block this node proposes: so large that making it takes a small part of the time for which the others wait.

Otherwise a burst of work would stop the chain: its blocks would come too late, one round after the other, and each would be
carried out in vain. Only proposals are bounded by this; whatever others propose is judged by the rules alone.
"""

from dataclasses import dataclass
from typing import Final

from ledger.blocks import MAX_BLOCK_BYTES

SHARE: Final = 0.4
"""Of the time in which a proposal is expected, what a block may take: its way takes some, too, and the clock may show twice of
what it is measured by (`node.consensus.network.read_effort`)."""
FIRST_BYTES: Final = 1 << 18
MIN_BYTES: Final = 1 << 14
GROWTH: Final = 1.25
FAST_GROWTH: Final = 2
"""By how much the bound grows, and by how much after a block that took half of what it may take, or less."""
GATHER_SHARE: Final = 6
LEAST_GATHER_MS: Final = 10
MOST_GATHER_MS: Final = 60
"""After a block of some work the next one is begun only so many times as long after it as it took to carry out, within these
bounds; after one of less work, at once."""


@dataclass(slots=True)
class Pacing:
    """The bound on a proposal's bytes of transactions. It shrinks at once where a block took long, and grows as time allows."""

    propose_ms: int
    max_bytes: int = FIRST_BYTES
    gather_ms: int = 0
    """How long what comes in is gathered before the next block is begun."""
    gather_until_ms: int = 0
    is_pause_due: bool = False
    """The pause after a block begins with the next turn: making the block durable may have taken longer than the pause."""

    def begin_gathering(self) -> None:
        """A block is final."""
        self.is_pause_due = self.gather_ms > 0

    def note_time(self, now_ms: int) -> None:
        """A turn begins."""
        if self.is_pause_due:
            self.is_pause_due, self.gather_until_ms = False, now_ms + self.gather_ms

    def is_gathering(self, now_ms: int) -> bool:
        """Whether it is better to wait for what else comes."""
        return self.is_pause_due or now_ms < self.gather_until_ms

    def bound_due(self, due_ms: int, now_ms: int) -> int:
        """Return when the next turn is to be, `due_ms` at the latest: the pause begins at once, and its end is waited for."""
        if self.is_pause_due:
            return min(due_ms, now_ms)
        return min(due_ms, self.gather_until_ms) if now_ms < self.gather_until_ms else due_ms

    def note(self, byte_count: int, seconds: float) -> None:
        """A block of so many bytes has taken so long to carry out."""
        gather_ms = int(GATHER_SHARE * seconds * 1_000)
        self.gather_ms = min(gather_ms, MOST_GATHER_MS) if gather_ms >= LEAST_GATHER_MS else 0
        target = self.propose_ms / 1_000 * SHARE
        if seconds > target:
            self.max_bytes = max(MIN_BYTES, min(self.max_bytes, int(byte_count * target / seconds)))
        elif byte_count * 2 > self.max_bytes:
            growth = FAST_GROWTH if seconds * FAST_GROWTH <= target else GROWTH
            self.max_bytes = min(MAX_BLOCK_BYTES, int(self.max_bytes * growth))
