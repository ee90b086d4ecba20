"""From whom a node that is behind gets its next block: who has it, who gave it up, whom to ask after one that is silent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ledger.types import Height

PATIENCE_MS: Final = 2_000
"""How long a peer has to answer before another is asked."""
FORGET_MS: Final = 60_000
"""How long it is remembered what a peer does not hold: its operator may give it a fuller store."""


@dataclass(frozen=True, slots=True)
class _Asked:
    peer: str
    height: Height
    until_ms: int


@dataclass(slots=True)
class Sources:
    """What peers have said of their blocks: the newest, and the lowest where they have given up others."""

    heights: dict[str, Height] = field(default_factory=dict)
    _lowest: dict[str, tuple[Height, int]] = field(default_factory=dict)
    _asked: _Asked | None = None
    _lacked: Height | None = None

    def note_height(self, peer: str, height: Height) -> None:
        """A peer has the block at `height`, or had it."""
        self.heights[peer] = max(height, self.heights.get(peer, Height(0)))

    def note_lowest(self, peer: str, height: Height, now_ms: int) -> None:
        """A peer holds blocks from `height` on only. If it was asked for an older one, another may be asked at once."""
        self._lowest[peer] = (height, now_ms + FORGET_MS)
        if self._asked is not None and self._asked.peer == peer and self._asked.height < height:
            self._asked = _Asked(peer, self._asked.height, now_ms)

    def move(self, back_ms: int) -> None:
        """The clock was set back: wait no longer for that."""
        if self._asked is not None:
            self._asked = replace(self._asked, until_ms=self._asked.until_ms - back_ms)
        self._lowest = {peer: (height, until_ms - back_ms) for peer, (height, until_ms) in self._lowest.items()}

    def choose(self, speaker: str, wanted: Height, connected: Sequence[str], now_ms: int) -> str | None:
        """Return whom to ask for a block now, None for nobody: somebody was asked just now, or nobody has it.

        It is `speaker` where it has the block; if one was asked in vain, it is the next after that one.
        """
        asked = self._asked
        is_again = asked is not None and asked.height == wanted
        if asked is not None and is_again and now_ms < asked.until_ms:
            return None
        holders = sorted(peer for peer in connected if self._may_hold(peer, wanted, now_ms))
        if not holders:
            return None
        if asked is not None and is_again:
            chosen = next((peer for peer in holders if peer > asked.peer), holders[0])
        else:
            chosen = speaker if speaker in holders else holders[0]
        self._asked = _Asked(chosen, wanted, now_ms + PATIENCE_MS)
        return chosen

    def find_lack(self, wanted: Height, connected: Sequence[str], now_ms: int) -> Height | None:
        """Return from which height on peers hold blocks where all that had the wanted one gave it up; once for a height."""
        had = [peer for peer in connected if self.heights.get(peer, Height(0)) >= wanted]
        if not had or self._lacked == wanted or any(self._may_hold(peer, wanted, now_ms) for peer in had):
            return None
        self._lacked = wanted
        return min(self._lowest[peer][0] for peer in had)

    def _may_hold(self, peer: str, wanted: Height, now_ms: int) -> bool:
        lowest, until_ms = self._lowest.get(peer, (Height(0), 0))
        return self.heights.get(peer, Height(0)) >= wanted and (wanted >= lowest or now_ms >= until_ms)
