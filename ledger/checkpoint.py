"""Checkpoints (https://c2sp.org/tlog-checkpoint) and cosignatures (https://c2sp.org/tlog-cosignature, Ed25519).

A checkpoint says: the log `origin` has `size` entries, and their RFC 6962 tree has this root. The serving node signs it as a
note; authorities cosign it, each with the time. Three restrictions of ours: no extension lines, an origin that can name a key,
and the log's key bears the origin as its name. Whoever signs must first have made sure that the checkpoint is consistent with
all that it signed before: that memory is the node's, not this module's.

    hours.example/region
    42
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.crypto import Context, SigningKey, is_signature
from ledger.errors import CodecError, SignatureError
from ledger.notes import (
    NoteSignature,
    SignatureType,
    SignedNote,
    VerifierKey,
    encode_text,
    format_base64,
    format_note,
    merge_signatures,
    parse_base64,
    parse_decimal,
    parse_note,
    sign_note,
    validate_key_name,
    validate_signature_type,
)
from ledger.types import HASH_BYTES, Hash, Signature

MAX_SIZE = 2**63 - 1
MAX_TIME_S = 2**63 - 1
"""Seconds since 1970-01-01T00:00:00Z; the bound is the specification's."""
TIME_BYTES = 8
"""Of the time with which a cosignature begins."""
_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size (entries) and root of the log `origin`, which is the chain id."""

    origin: str
    size: int
    root: Hash

    def __post_init__(self) -> None:
        """Raise `CodecError` for what no checkpoint can hold."""
        validate_key_name(self.origin)
        if not 0 <= self.size <= MAX_SIZE:
            raise CodecError("a log's size is from 0 to 2^63 - 1")
        if len(self.root) != HASH_BYTES:
            raise CodecError(f"a root has {HASH_BYTES} bytes")


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note's text as a checkpoint without extension lines; raise `CodecError`."""
    lines = text.split("\n")
    if len(lines) < _LINES + 1 or lines[-1]:
        raise CodecError("a checkpoint has three lines: origin, size and root, each ending in a newline")
    if len(lines) > _LINES + 1:
        raise CodecError("a checkpoint with extension lines is not accepted")
    origin, size, root = lines[:_LINES]
    checkpoint = Checkpoint(origin, parse_decimal(size, "size of the log"), Hash(parse_base64(root)))
    if format_checkpoint(checkpoint) != text:
        raise CodecError("not the canonical form of a checkpoint")
    return checkpoint


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Inverse of `parse_checkpoint`."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{format_base64(checkpoint.root)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and the signature lines on it, none of them verified: see `ledger.trust.verify_checkpoint`."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    @property
    def note(self) -> SignedNote:
        """The note that carries it."""
        return SignedNote(format_checkpoint(self.checkpoint), self.signatures)


def parse_signed_checkpoint(data: bytes) -> SignedCheckpoint:
    """Read a signed note whose text is a checkpoint; raise `CodecError`. Nothing is verified."""
    note = parse_note(data)
    return SignedCheckpoint(parse_checkpoint(note.text), note.signatures)


def format_signed_checkpoint(signed: SignedCheckpoint) -> bytes:
    """Inverse of `parse_signed_checkpoint`."""
    return format_note(signed.note)


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> SignedCheckpoint:
    """Sign as the log (type 0x01), under the origin as the key's name."""
    return SignedCheckpoint(checkpoint, sign_note(format_checkpoint(checkpoint), checkpoint.origin, key).signatures)


def add_signatures(signed: SignedCheckpoint, signatures: Iterable[NoteSignature]) -> SignedCheckpoint:
    """Add cosignatures; one by a key that is already there takes the place of the older line. Nothing is verified."""
    return SignedCheckpoint(signed.checkpoint, merge_signatures(signed.signatures, signatures))


def _encode_cosigned_message(checkpoint: Checkpoint, time_s: int) -> bytes:
    """Return what a cosigner signs (tlog-cosignature, "Ed25519 signed message")."""
    return encode_text(f"cosignature/v1\ntime {time_s}\n{format_checkpoint(checkpoint)}")


def cosign(checkpoint: Checkpoint, name: str, key: SigningKey, time_s: int) -> NoteSignature:
    """State as cosigner `name` that at `time_s` this is the largest tree seen of the log (type 0x04)."""
    if not 0 <= time_s <= MAX_TIME_S:
        raise CodecError("the time of a cosignature is from 0 to 2^63 - 1 seconds")
    verifier = VerifierKey(name, SignatureType.COSIGNATURE, key.public_key)
    signature = key.sign(Context.PLAIN, _encode_cosigned_message(checkpoint, time_s))
    return NoteSignature(name, verifier.key_id, time_s.to_bytes(TIME_BYTES, "big") + signature)


def verify_cosignature(checkpoint: Checkpoint, key: VerifierKey, line: NoteSignature) -> int:
    """Return the time (seconds since 1970) that `key` states in `line`; raise `SignatureError` unless `key` cosigned so.

    A key that is not of type 0x04 raises `CodecError`: a log's key vouches for nobody but the log.
    """
    validate_signature_type(key, SignatureType.COSIGNATURE)
    time_s = int.from_bytes(line.signature[:TIME_BYTES], "big")
    signature = Signature(line.signature[TIME_BYTES:])
    is_claimed = line.is_claimed_by(key) and time_s <= MAX_TIME_S
    if not is_claimed or not is_signature(
        key.public_key, Context.PLAIN, _encode_cosigned_message(checkpoint, time_s), signature
    ):
        raise SignatureError("a cosignature does not fit the checkpoint", key.name)
    return time_s
