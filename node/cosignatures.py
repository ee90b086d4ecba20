"""The cosignatures of one checkpoint, collected from those who decided on its last block until there is a quorum."""

from dataclasses import dataclass, field

from ledger.authorities import Authority, compute_quorum
from ledger.checkpoint import Checkpoint, SignedCheckpoint, add_signatures, format_signed_checkpoint, verify_cosignature
from ledger.notes import NoteSignature, SignatureType, SignedNote, VerifierKey, verify_note
from node.consensus.messages import CosignatureMessage


@dataclass(slots=True)
class Cosignatures:
    """What there is of a checkpoint's cosignatures, this node's perhaps among them."""

    checkpoint: Checkpoint
    deciders: tuple[Authority, ...]
    own: CosignatureMessage | None
    others: dict[str, CosignatureMessage] = field(default_factory=dict)
    """By name of the authority, verified."""

    @property
    def has_quorum(self) -> bool:
        """Whether enough of the deciders have cosigned."""
        return len(self.list_messages()) >= compute_quorum(len(self.deciders))

    def list_messages(self) -> list[CosignatureMessage]:
        """Return all that there are, this node's first."""
        others = [self.others[name] for name in sorted(self.others)]
        return others if self.own is None else [self.own, *others]

    def take(self, message: CosignatureMessage) -> bool:
        """Take another authority's; return whether it is new here. Raises `SignatureError` for a false one."""
        authority = next((item for item in self.deciders if item.name == message.name), None)
        is_own = self.own is not None and message.name == self.own.name
        if authority is None or is_own or message.name in self.others:
            return False
        if (message.size, message.root) != (self.checkpoint.size, self.checkpoint.root):
            return False
        verify_cosignature(self.checkpoint, _to_cosigner(authority), _to_line(message))
        line = self._to_log_line(message)
        text = SignedCheckpoint(self.checkpoint, (line,)).note.text
        verify_note(SignedNote(text, (line,)), [_to_log(self.checkpoint, authority)])
        self.others[message.name] = message
        return True

    def format(self) -> bytes:
        """Return the note: signed by this node's log where it has cosigned, else by another's, since nobody trusts its own."""
        messages = self.list_messages()
        base = SignedCheckpoint(self.checkpoint, tuple(self._to_log_line(item) for item in messages[:1]))
        return format_signed_checkpoint(add_signatures(base, [_to_line(item) for item in messages]))

    def _to_log_line(self, message: CosignatureMessage) -> NoteSignature:
        authority = next(item for item in self.deciders if item.name == message.name)
        log = _to_log(self.checkpoint, authority)
        return NoteSignature(log.name, log.key_id, message.log_signature)


def make_cosignatures(signed: SignedCheckpoint, deciders: tuple[Authority, ...], own: Authority | None) -> Cosignatures:
    """Return the collection that begins with this node's own lines on a checkpoint, if it is one of the deciders."""
    message = None if own is None else _to_message(signed, own)
    return Cosignatures(signed.checkpoint, deciders, message)


def _to_message(signed: SignedCheckpoint, own: Authority) -> CosignatureMessage:
    cosigner, log = _to_cosigner(own), _to_log(signed.checkpoint, own)
    line = next(line for line in signed.signatures if line.is_claimed_by(cosigner))
    log_line = next(line for line in signed.signatures if line.is_claimed_by(log))
    checkpoint = signed.checkpoint
    return CosignatureMessage(checkpoint.size, checkpoint.root, line.name, line.key_id, line.signature, log_line.signature)


def _to_line(message: CosignatureMessage) -> NoteSignature:
    return NoteSignature(message.name, message.key_id, message.signature)


def _to_cosigner(authority: Authority) -> VerifierKey:
    return VerifierKey(authority.name, SignatureType.COSIGNATURE, authority.cosigner_key)


def _to_log(checkpoint: Checkpoint, authority: Authority) -> VerifierKey:
    return VerifierKey(checkpoint.origin, SignatureType.ED25519, authority.log_key)
