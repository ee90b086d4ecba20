"""Checkpoints with a quorum: each authority cosigns after finality and tells the others; who has enough lines serves the note.

The quorum is one of the authorities that decided on the checkpoint's last block. A view of the chain is kept for each
checkpoint that still lacks a quorum, so that proofs fit the checkpoint that is served.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ledger.errors import HourledgerError, SignatureError
from ledger.types import TimeMs
from node.chain import Chain, ChainReader
from node.consensus.messages import CosignatureMessage, Message, WantCosignatures
from node.cosignatures import Cosignatures, make_cosignatures
from node.cosigner import Cosigner
from node.handovers import Handovers
from node.log import log_event
from node.pinned import Pinned

MAX_PENDING: Final = 16
MAX_EARLY: Final = 64
"""Cosignatures kept of one sender that are of checkpoints to come, the latest. Nobody can check them yet, and a liar's take no
room from others'."""
MAX_RECENT: Final = 256
"""Checkpoints whose cosignatures are kept for others: on a busy chain, who asks for one's is already some blocks behind."""


@dataclass(frozen=True, slots=True)
class _Pending:
    reader: ChainReader
    cosignatures: Cosignatures


class Checkpoints:
    """Collects cosignatures.

    `tell` sends a message to all peers, `answer` to one; `show` is given each checkpoint with a quorum.
    """

    def __init__(
        self,
        chain: Chain,
        cosigner: Cosigner,
        handovers: Handovers,
        tell: Callable[[Message], None],
        answer: Callable[[str, Message], None],
        show: Callable[[Pinned], None],
    ) -> None:
        self._chain = chain
        self._cosigner = cosigner
        self._tell = tell
        self._answer = answer
        self._show = show
        self._handovers = handovers
        self._pending: dict[int, _Pending] = {}
        self._early: dict[str, dict[tuple[int, str], CosignatureMessage]] = {}
        self._newest: Cosignatures | None = None
        self._recent: dict[int, Cosignatures] = {}

    def add_block(self, time_ms: TimeMs) -> None:
        """Sign the checkpoint of the newest block, and cosign it as one who decided. Raises `HourledgerError`."""
        reader = self._chain.reader()
        deciders = self._chain.deciders
        try:
            signed = self._cosigner.sign(reader, deciders, time_ms)
            cosignatures = make_cosignatures(signed, deciders, self._cosigner.find_own(deciders))
            self._handovers.add_block(reader, cosignatures)
        except HourledgerError:
            reader.close()
            raise
        size = signed.checkpoint.size
        self._newest = self._recent[size] = cosignatures
        if len(self._recent) > MAX_RECENT:
            del self._recent[min(self._recent)]
        self._pending[size] = _Pending(reader, cosignatures)
        self._take_early(size)
        while len(self._pending) > MAX_PENDING:
            self._pending.pop(min(self._pending)).reader.close()
        self._tell(WantCosignatures(size) if cosignatures.own is None else cosignatures.own)
        self._settle(size)

    def repeat(self) -> None:
        """Tell the others again of this node's newest cosignature, and ask for theirs while there are too few.

        Who is not connected to all of them, as a node that only follows may be, gets them from those that it is connected to.
        """
        if self._newest is None:
            return
        if self._newest.own is not None:
            self._tell(self._newest.own)
        sizes = self._handovers.list_open()
        if not self._newest.has_quorum:
            sizes.add(self._newest.checkpoint.size)
        for size in sorted(sizes):
            self._tell(WantCosignatures(size))

    def receive(self, peer: str, message: CosignatureMessage | WantCosignatures) -> None:
        """Take a cosignature, or give a peer those that it wants. Raises `SignatureError` for a false one, `WRITE_FAILED`."""
        if isinstance(message, CosignatureMessage):
            self._take(message, peer)
            return
        for known in self._list_cosignatures(message.size):
            self._answer(peer, known)

    def _list_cosignatures(self, size: int) -> list[CosignatureMessage]:
        # Of a recent checkpoint, or of a handover.
        recent = self._recent.get(size)
        return self._handovers.list_cosignatures(size) if recent is None else recent.list_messages()

    def _take(self, message: CosignatureMessage, sender: str) -> None:
        self._handovers.take(message)
        pending = self._pending.get(message.size)
        if pending is not None:
            if pending.cosignatures.take(message):
                self._settle(message.size)
        elif message.size > self._chain.tip.size:
            self._keep_early(message, sender)

    def _keep_early(self, message: CosignatureMessage, sender: str) -> None:
        kept = self._early.setdefault(sender, {})
        kept.pop((message.size, message.name), None)
        kept[message.size, message.name] = message
        if len(kept) > MAX_EARLY:
            del kept[next(iter(kept))]

    def _take_early(self, size: int) -> None:
        """Take what came before the block that it is of. A false one is no fault of the block, which has to be gone through."""
        for sender, kept in self._early.items():
            for key in [key for key in kept if key[0] <= size]:
                try:
                    self._take(kept.pop(key), sender)
                except SignatureError as error:
                    log_event("cosignature refused", peer=sender, reason=error.reason.value, detail=error.detail)

    def _settle(self, size: int) -> None:
        pending = self._pending.get(size)
        if pending is None or not pending.cosignatures.has_quorum:
            return
        del self._pending[size]
        self._show(Pinned(pending.reader, pending.cosignatures.format()))
        for old in [item for item in self._pending if item < size]:
            self._pending.pop(old).reader.close()

    def close(self) -> None:
        """Let go of the views."""
        for pending in self._pending.values():
            pending.reader.close()
        self._pending.clear()
