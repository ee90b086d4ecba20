"""Checkpoints with a quorum: each authority cosigns after finality and tells the others; who has enough lines serves the note.

A view of the chain is kept for each checkpoint that still lacks a quorum, so that proofs fit the checkpoint that is served.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ledger.authorities import Authority, compute_quorum
from ledger.checkpoint import (
    SignedCheckpoint,
    add_signatures,
    format_signed_checkpoint,
    parse_signed_checkpoint,
    verify_cosignature,
)
from ledger.errors import HourledgerError
from ledger.notes import NoteSignature, SignatureType, VerifierKey
from ledger.types import TimeMs
from node.chain import Chain, ChainReader
from node.consensus.messages import CosignatureMessage
from node.cosigner import Cosigner
from node.pinned import Pinned

MAX_PENDING: Final = 16
MAX_EARLY: Final = 256


@dataclass(slots=True)
class _Pending:
    reader: ChainReader
    signed: SignedCheckpoint
    lines: dict[str, NoteSignature] = field(default_factory=dict)


class Checkpoints:
    """Collects cosignatures. `tell` sends this node's own to the others, `show` is given each checkpoint with a quorum."""

    def __init__(
        self,
        chain: Chain,
        cosigner: Cosigner,
        tell: Callable[[CosignatureMessage], None],
        show: Callable[[Pinned], None],
    ) -> None:
        self._chain = chain
        self._cosigner = cosigner
        self._tell = tell
        self._show = show
        self._pending: dict[int, _Pending] = {}
        self._early: dict[tuple[int, str], CosignatureMessage] = {}
        self._own: CosignatureMessage | None = None

    def add_block(self, time_ms: TimeMs) -> None:
        """Cosign the checkpoint of the newest block. Raises `HourledgerError` where that is not possible."""
        reader = self._chain.reader()
        try:
            signed = parse_signed_checkpoint(self._cosigner.sign(reader, time_ms))
        except HourledgerError:
            reader.close()
            raise
        size = signed.checkpoint.size
        self._pending[size] = _Pending(reader, signed)
        self._own = self._find_own(signed)
        for (early_size, _name), message in list(self._early.items()):
            if early_size <= size:
                del self._early[early_size, _name]
                self.take(message)
        while len(self._pending) > MAX_PENDING:
            self._pending.pop(min(self._pending)).reader.close()
        self.repeat()
        self._settle(size)

    def repeat(self) -> None:
        """Tell the others again of this node's newest cosignature."""
        if self._own is not None:
            self._tell(self._own)

    def take(self, message: CosignatureMessage) -> None:
        """Take another authority's cosignature; raise `SignatureError` for a false one."""
        pending = self._pending.get(message.size)
        if pending is None:
            if message.size > self._chain.tip.size and len(self._early) < MAX_EARLY:
                self._early[message.size, message.name] = message
            return
        authority = next((item for item in self._chain.authorities if item.name == message.name), None)
        if authority is None or pending.signed.checkpoint.root != message.root:
            return
        line = NoteSignature(message.name, message.key_id, message.signature)
        verify_cosignature(pending.signed.checkpoint, _to_verifier(authority), line)
        pending.lines[message.name] = line
        self._settle(message.size)

    def _settle(self, size: int) -> None:
        pending = self._pending.get(size)
        if pending is None or len(pending.lines) + 1 < compute_quorum(len(self._chain.authorities)):
            return
        del self._pending[size]
        signed = add_signatures(pending.signed, [pending.lines[name] for name in sorted(pending.lines)])
        self._show(Pinned(pending.reader, format_signed_checkpoint(signed)))
        for old in [item for item in self._pending if item < size]:
            self._pending.pop(old).reader.close()

    def _find_own(self, signed: SignedCheckpoint) -> CosignatureMessage:
        key = _to_verifier(self._cosigner.authority)
        line = next(line for line in signed.signatures if line.is_claimed_by(key))
        checkpoint = signed.checkpoint
        return CosignatureMessage(checkpoint.size, checkpoint.root, line.name, line.key_id, line.signature)

    def close(self) -> None:
        """Let go of the views."""
        for pending in self._pending.values():
            pending.reader.close()
        self._pending.clear()


def _to_verifier(authority: Authority) -> VerifierKey:
    return VerifierKey(authority.name, SignatureType.COSIGNATURE, authority.cosigner_key)
