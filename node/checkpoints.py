"""Checkpoints with a quorum: each authority cosigns after finality and tells the others; who has enough lines serves the note.

The quorum is one of the authorities that decided on the checkpoint's last block. A view of the chain is kept for each
checkpoint that still lacks a quorum, so that proofs fit the checkpoint that is served.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ledger.authorities import Authority, compute_quorum
from ledger.checkpoint import SignedCheckpoint, add_signatures, format_signed_checkpoint, verify_cosignature
from ledger.errors import HourledgerError
from ledger.notes import NoteSignature, SignatureType, SignedNote, VerifierKey, verify_note
from ledger.types import TimeMs
from node.chain import Chain, ChainReader
from node.consensus.messages import CosignatureMessage, Message, WantCosignatures
from node.cosigner import Cosigner
from node.pinned import Pinned

MAX_PENDING: Final = 16
MAX_EARLY: Final = 256


@dataclass(slots=True)
class _Pending:
    reader: ChainReader
    deciders: tuple[Authority, ...]
    signed: SignedCheckpoint
    own: CosignatureMessage | None
    others: dict[str, CosignatureMessage] = field(default_factory=dict)
    """By name of the authority, verified."""

    def has_quorum(self) -> bool:
        """Whether enough of the deciders, this node perhaps among them, have cosigned."""
        return len(self.list_cosignatures()) >= compute_quorum(len(self.deciders))

    def list_cosignatures(self) -> list[CosignatureMessage]:
        """Return all that there are, this node's first."""
        others = [self.others[name] for name in sorted(self.others)]
        return others if self.own is None else [self.own, *others]

    def format(self) -> bytes:
        """Return the note. A node that only follows leaves out its own log, which no trust file knows."""
        others = [self.others[name] for name in sorted(self.others)]
        base = self.signed
        if self.own is None:
            first = next(item for item in self.deciders if item.name == others[0].name)
            base = SignedCheckpoint(self.signed.checkpoint, (_to_log_line(self.signed, first, others[0]),))
        return format_signed_checkpoint(add_signatures(base, [_to_line(item) for item in others]))


class Checkpoints:
    """Collects cosignatures. `tell` sends a message to all peers, `show` is given each checkpoint with a quorum."""

    def __init__(
        self,
        chain: Chain,
        cosigner: Cosigner,
        tell: Callable[[Message], None],
        show: Callable[[Pinned], None],
    ) -> None:
        self._chain = chain
        self._cosigner = cosigner
        self._tell = tell
        self._show = show
        self._pending: dict[int, _Pending] = {}
        self._early: dict[tuple[int, str], CosignatureMessage] = {}
        self._newest: _Pending | None = None

    def add_block(self, time_ms: TimeMs) -> None:
        """Sign the checkpoint of the newest block, and cosign it as one who decided. Raises `HourledgerError`."""
        reader = self._chain.reader()
        deciders = self._chain.deciders
        try:
            signed = self._cosigner.sign(reader, deciders, time_ms)
        except HourledgerError:
            reader.close()
            raise
        size = signed.checkpoint.size
        own = self._cosigner.find_own(deciders)
        message = None if own is None else _to_message(signed, own)
        self._newest = self._pending[size] = _Pending(reader, deciders, signed, message)
        for (early_size, _name), early in list(self._early.items()):
            if early_size <= size:
                del self._early[early_size, _name]
                self.take(early)
        while len(self._pending) > MAX_PENDING:
            self._pending.pop(min(self._pending)).reader.close()
        self._tell(WantCosignatures(size) if message is None else message)
        self._settle(size)

    def repeat(self) -> None:
        """Tell the others again of this node's newest cosignature, and ask for theirs while there are too few.

        Who is not connected to all of them, as a node that only follows may be, gets them from those that it is connected to.
        """
        if self._newest is None:
            return
        if self._newest.own is not None:
            self._tell(self._newest.own)
        if not self._newest.has_quorum():
            self._tell(WantCosignatures(self._newest.signed.checkpoint.size))

    def list_cosignatures(self, size: int) -> list[CosignatureMessage]:
        """Return the cosignatures of a checkpoint that are here: of the newest, or of one that lacks a quorum."""
        is_newest = self._newest is not None and self._newest.signed.checkpoint.size == size
        known = self._newest if is_newest else self._pending.get(size)
        return [] if known is None else known.list_cosignatures()

    def take(self, message: CosignatureMessage) -> None:
        """Take another authority's cosignature; raise `SignatureError` for a false one."""
        pending = self._pending.get(message.size)
        if pending is None:
            if message.size > self._chain.tip.size and len(self._early) < MAX_EARLY:
                self._early[message.size, message.name] = message
            return
        authority = next((item for item in pending.deciders if item.name == message.name), None)
        is_own = pending.own is not None and message.name == pending.own.name
        if authority is None or is_own or pending.signed.checkpoint.root != message.root:
            return
        _verify(pending.signed, authority, message)
        pending.others[message.name] = message
        self._settle(message.size)

    def _settle(self, size: int) -> None:
        pending = self._pending.get(size)
        if pending is None or not pending.has_quorum():
            return
        del self._pending[size]
        self._show(Pinned(pending.reader, pending.format()))
        for old in [item for item in self._pending if item < size]:
            self._pending.pop(old).reader.close()

    def close(self) -> None:
        """Let go of the views."""
        for pending in self._pending.values():
            pending.reader.close()
        self._pending.clear()


def _verify(signed: SignedCheckpoint, authority: Authority, message: CosignatureMessage) -> None:
    """Raise `SignatureError` unless both lines are the authority's."""
    verify_cosignature(signed.checkpoint, _to_cosigner(authority), _to_line(message))
    line = _to_log_line(signed, authority, message)
    verify_note(SignedNote(signed.note.text, (line,)), [_to_log(signed, authority)])


def _to_line(message: CosignatureMessage) -> NoteSignature:
    return NoteSignature(message.name, message.key_id, message.signature)


def _to_log_line(signed: SignedCheckpoint, authority: Authority, message: CosignatureMessage) -> NoteSignature:
    log = _to_log(signed, authority)
    return NoteSignature(log.name, log.key_id, message.log_signature)


def _to_message(signed: SignedCheckpoint, own: Authority) -> CosignatureMessage:
    cosigner, log = _to_cosigner(own), _to_log(signed, own)
    line = next(line for line in signed.signatures if line.is_claimed_by(cosigner))
    log_line = next(line for line in signed.signatures if line.is_claimed_by(log))
    checkpoint = signed.checkpoint
    return CosignatureMessage(checkpoint.size, checkpoint.root, line.name, line.key_id, line.signature, log_line.signature)


def _to_cosigner(authority: Authority) -> VerifierKey:
    return VerifierKey(authority.name, SignatureType.COSIGNATURE, authority.cosigner_key)


def _to_log(signed: SignedCheckpoint, authority: Authority) -> VerifierKey:
    return VerifierKey(signed.checkpoint.origin, SignatureType.ED25519, authority.log_key)
