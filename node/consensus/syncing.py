"""From whom a node that is behind gets the next blocks: who has them, who gave them up, whom to ask after one that is silent.

Whoever has sent one is asked for several at once: it reads and sends the next ones while this node carries one out. They come
in order, and what waits of them waits on the wire; one that comes out of turn is passed over and asked for again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ledger.types import Height
from node.chain import Chain
from node.consensus.messages import CommittedBlock, HeldFrom

PATIENCE_MS: Final = 2_000
"""How long a peer has to answer before another is asked."""
AHEAD: Final = 4
"""How many blocks are on their way at once: at most so many of the largest size fit into what a peer queues."""
FORGET_MS: Final = 60_000
"""How long it is remembered what a peer does not hold: its operator may give it a fuller store."""


@dataclass(frozen=True, slots=True)
class Question:
    """Whom to ask, and for the blocks of which heights, in order."""

    peer: str
    heights: tuple[Height, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A peer was asked for the blocks from `first` to `last`, and has until `until_ms` to send the first of them."""

    peer: str
    first: Height
    last: Height
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
        if self._asked is not None and self._asked.peer == peer and self._asked.first < height:
            self._asked = replace(self._asked, until_ms=now_ms)

    def move(self, back_ms: int) -> None:
        """The clock was set back: wait no longer for that."""
        if self._asked is not None:
            self._asked = replace(self._asked, until_ms=self._asked.until_ms - back_ms)
        self._lowest = {peer: (height, until_ms - back_ms) for peer, (height, until_ms) in self._lowest.items()}

    def choose(self, speaker: str, wanted: Height, connected: Sequence[str], now_ms: int) -> Question | None:
        """Return whom to ask for which blocks now, from `wanted` on; None while they are on their way or nobody has them.

        It is `speaker` where it has the block. Who sends goes on being asked; after one that was asked in vain it is the next.
        """
        asked = self._asked
        holders = sorted(peer for peer in connected if self._may_hold(peer, wanted, now_ms))
        if asked is not None and now_ms < asked.until_ms:
            if wanted == asked.first:
                return None
            if asked.first < wanted <= asked.last + 1 and asked.peer in holders:
                return self._go_on(asked, wanted, now_ms)
        if not holders:
            return None
        if asked is not None and asked.first <= wanted <= asked.last:
            chosen = next((peer for peer in holders if peer > asked.peer), holders[0])
        else:
            chosen = speaker if speaker in holders else holders[0]
        self._asked = _Asked(chosen, wanted, wanted, now_ms + PATIENCE_MS)
        return Question(chosen, (wanted,))

    def _go_on(self, asked: _Asked, wanted: Height, now_ms: int) -> Question | None:
        """Return what to ask a peer beside what is on its way. It has sent what comes before `wanted`, and has time again."""
        last = Height(max(asked.last, min(wanted + AHEAD - 1, self.heights[asked.peer])))
        self._asked = _Asked(asked.peer, wanted, last, now_ms + PATIENCE_MS)
        heights = tuple(map(Height, range(asked.last + 1, last + 1)))
        return Question(asked.peer, heights) if heights else None

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


def find_block(chain: Chain, height: Height) -> CommittedBlock | HeldFrom | None:
    """Return what to tell who asks for a block: the block with its commit, or from where on there are any, if any are."""
    if not 0 < height <= chain.tip.height:
        return None
    with chain.reader() as reader:
        if height < reader.lowest_block:
            return HeldFrom(reader.lowest_block)
        return CommittedBlock(reader.read_block_bytes(height), reader.read_commit(height))
