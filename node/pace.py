"""How fast work is carried, and so how long what waits will take: what a busy node answers those whom it sends away.

Only time in which something waited counts, recent time more than time long ago. Pure: whoever uses it says what time it is.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

HALF_LIFE_MS: Final = 5_000
"""After so much busy time, what was seen before counts half."""
SHORTEST_SECONDS: Final = 1
LONGEST_SECONDS: Final = 30


@dataclass(slots=True)
class Pace:
    """Items carried, and the busy milliseconds that they took, both fading. `since_ms` is when the present busy time began."""

    carried: float = 0.0
    busy_ms: float = 0.0
    since_ms: int | None = None

    def begin(self, time_ms: int) -> None:
        """Something waits; where something has waited before, that changes nothing."""
        if self.since_ms is None:
            self.since_ms = time_ms

    def note(self, count: int, time_ms: int, *, is_waiting: bool) -> None:
        """So many items were carried just now, and others still wait, or none do."""
        spent_ms = self._compute_spent(time_ms)
        fading = 0.5 ** (spent_ms / HALF_LIFE_MS)
        self.carried = self.carried * fading + count
        self.busy_ms = self.busy_ms * fading + spent_ms
        self.since_ms = time_ms if is_waiting else None

    def estimate_seconds(self, waiting: int, time_ms: int) -> int:
        """Return after how many seconds so many items will have been carried, within bounds; the shortest if nothing is known.

        Time in which nothing is carried counts: a node that waits in vain for a quorum sends clients away for longer.
        """
        busy_ms = self.busy_ms + self._compute_spent(time_ms)
        items = waiting / self.carried if self.carried else 1
        return min(max(ceil(items * busy_ms / 1_000), SHORTEST_SECONDS), LONGEST_SECONDS)

    def _compute_spent(self, time_ms: int) -> int:
        """Busy milliseconds since the last item was carried; none where the clock was set back."""
        return 0 if self.since_ms is None else max(0, time_ms - self.since_ms)
