"""A registered certificate in one QR code: the log entry that registered it, its path, and a quorum's signatures on the root.

There is no root in the code: it follows from the entry and its path, and the note of the checkpoint is made again from it under
a trust file, which has the names of the keys. So nothing in a code can be changed without the signatures failing. The format is
in docs/formats/one-code.md; that it shows the registration and not what came after it is its nature (docs/adr/0030).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certificates.base45 import MAX_TEXT_CHARACTERS, format_base45, parse_base45
from ledger import codec
from ledger.checkpoint import TIME_BYTES, Checkpoint, SignedCheckpoint, format_signed_checkpoint, verify_cosignature
from ledger.codec import Codec, decode, encode
from ledger.errors import CodecError, ProofError, SignatureError
from ledger.merkle import compute_leaf_hash, compute_root_from_proof
from ledger.notes import KEY_ID_BYTES, NoteSignature, SignatureType, VerifierKey, verify_known_signatures
from ledger.reasons import Reason
from ledger.tlog_proof import MAX_HASHES
from ledger.trust import TrustPolicy, is_quorum, verify_checkpoint
from ledger.types import HASH_BYTES, SIGNATURE_BYTES, EntryIndex, Hash, TimeMs

PREFIX: Final = "HLB1:"
FAMILY: Final = "HLB"
"""What the codes of every version begin with."""
MAX_CODE_BYTES: Final = (MAX_TEXT_CHARACTERS - len(PREFIX)) // 3 * 2
MAX_ENTRY_BYTES: Final = 1_024
MAX_SIGNATURES: Final = 32
_LOG_LINE_BYTES: Final = KEY_ID_BYTES + SIGNATURE_BYTES
_COSIGNATURE_BYTES: Final = _LOG_LINE_BYTES + TIME_BYTES


@dataclass(frozen=True, slots=True)
class OneCode:
    """What a code holds. A signature is what the note's line has in base64: key id, perhaps a time, and the signature."""

    origin: str
    size: int
    index: EntryIndex
    entry: bytes
    path: tuple[Hash, ...]
    signatures: tuple[bytes, ...]


def _write_path(path: tuple[Hash, ...]) -> bytes:
    if any(len(item) != HASH_BYTES for item in path):
        raise CodecError(f"a hash has {HASH_BYTES} bytes")
    return b"".join(path)


def _read_path(data: bytes) -> tuple[Hash, ...]:
    if len(data) % HASH_BYTES:
        raise CodecError("the code's path is not made of whole hashes")
    return tuple([Hash(data[start : start + HASH_BYTES]) for start in range(0, len(data), HASH_BYTES)])


def _check_signature(data: bytes) -> bytes:
    if len(data) not in {_LOG_LINE_BYTES, _COSIGNATURE_BYTES}:
        raise CodecError("the code has a signature of another length")
    return data


_path: Codec[tuple[Hash, ...]] = codec.converted(
    "path", codec.binary("path", 0, MAX_HASHES * HASH_BYTES), _write_path, _read_path
)
_signature = codec.checked(codec.binary("signature", _LOG_LINE_BYTES, _COSIGNATURE_BYTES), _check_signature)
one_code_codec: Final[Codec[OneCode]] = codec.struct(
    OneCode,
    codec.text("origin", 255),
    codec.integer("size", 1, 2**63 - 1),
    codec.entry_index,
    codec.binary("entry", 1, MAX_ENTRY_BYTES),
    _path,
    codec.sequence(_signature, 1, MAX_SIGNATURES),
)


def format_one_code(code: OneCode) -> str:
    """Return the text of a code; raise `CodecError` for one that has no room in a QR code."""
    data = encode(one_code_codec, code)
    if len(data) > MAX_CODE_BYTES:
        raise CodecError(f"a code of {len(data)} bytes, at most {MAX_CODE_BYTES} have room in one QR code", Reason.TOO_LARGE)
    return PREFIX + format_base45(data)


def parse_one_code(text: str) -> OneCode:
    """Return what a code holds; raise `CodecError`. Nothing is verified."""
    if not text.startswith(PREFIX):
        is_other_version = text.startswith(FAMILY)
        reason = Reason.UNSUPPORTED_VERSION if is_other_version else Reason.MALFORMED
        raise CodecError(f"the code does not begin with {PREFIX}", reason)
    return decode(one_code_codec, parse_base45(text.removeprefix(PREFIX)), max_bytes=MAX_CODE_BYTES)


def compute_checkpoint(code: OneCode) -> Checkpoint:
    """Return the checkpoint that the signatures must be of: its root follows from the entry and its path."""
    root = compute_root_from_proof(compute_leaf_hash(code.entry), code.index, code.size, code.path)
    return Checkpoint(code.origin, code.size, root)


def rebuild_note(code: OneCode, checkpoint: Checkpoint, policy: TrustPolicy) -> SignedCheckpoint:
    """Return the note of the checkpoint with the signatures of keys that a trust file lists; none of them is verified.

    Raises `ProofError` with `UNTRUSTED_LOG` when not one key of the trust file is among the signers.
    """
    logs = [log.key for log in policy.logs if log.key.name == code.origin]
    witnesses = [witness.key for witness in policy.witnesses]
    lines = []
    for signature in code.signatures:
        keys = logs if len(signature) == _LOG_LINE_BYTES else witnesses
        line = _name_signature(signature, keys, checkpoint)
        if line is not None:
            lines.append(line)
    if not lines:
        raise ProofError("no log in the trust file signed the checkpoint", Reason.UNTRUSTED_LOG, code.origin)
    return SignedCheckpoint(checkpoint, tuple(lines))


def _name_signature(data: bytes, keys: Sequence[VerifierKey], checkpoint: Checkpoint) -> NoteSignature | None:
    """Return the line of a signature. Four bytes of key id may be shared: then it is the line of the key that signed."""
    key_id, signature = data[:KEY_ID_BYTES], data[KEY_ID_BYTES:]
    found = [(key, NoteSignature(key.name, key_id, signature)) for key in keys if key.key_id == key_id]
    if len(found) > 1:
        found = [item for item in found if _is_good(*item, checkpoint)] or found
    return found[0][1] if found else None


def _is_good(key: VerifierKey, line: NoteSignature, checkpoint: Checkpoint) -> bool:
    try:
        if key.type is SignatureType.COSIGNATURE:
            verify_cosignature(checkpoint, key, line)
        else:
            verify_known_signatures(SignedCheckpoint(checkpoint, (line,)).note, [key])
    except SignatureError:
        return False
    return True


def find_time_ms(code: OneCode) -> TimeMs:
    """Return the earliest time that a cosignature in a code states: as of when the code is, if the signatures are good."""
    times = [item[KEY_ID_BYTES : KEY_ID_BYTES + TIME_BYTES] for item in code.signatures if len(item) == _COSIGNATURE_BYTES]
    return TimeMs(min((int.from_bytes(item, "big") for item in times), default=0) * 1000)


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry with the path that leads from it to the root of a log."""

    index: EntryIndex
    entry: bytes
    path: tuple[Hash, ...]


def build_one_code(signed: SignedCheckpoint, proven: ProvenEntry, policy: TrustPolicy) -> OneCode:
    """Return the code of an entry under a checkpoint; raise what `verify_checkpoint` raises where that does not count."""
    checkpoint = signed.checkpoint
    signatures = choose_signatures(signed, policy)
    code = OneCode(checkpoint.origin, checkpoint.size, proven.index, proven.entry, proven.path, signatures)
    if compute_checkpoint(code) != checkpoint:
        raise ProofError("the entry is not in the log of the checkpoint")
    return code


def choose_signatures(signed: SignedCheckpoint, policy: TrustPolicy) -> tuple[bytes, ...]:
    """Return the log's signature and the smallest quorum of cosignatures, the latest of them; raise as `verify_checkpoint`.

    Of nested groups it is a quorum that cannot do without any of its cosigners, which is not always the smallest.
    """
    verified = verify_checkpoint(policy, format_signed_checkpoint(signed))
    kept = sorted(verified.cosigners, key=lambda cosigner: cosigner.time_s, reverse=True)
    for cosigner in reversed(kept.copy()):
        rest = [other for other in kept if other is not cosigner]
        if policy.quorum is not None and is_quorum(policy, [other.name for other in rest]):
            kept = rest
    names = {cosigner.name for cosigner in kept} if policy.quorum is not None else set()
    keys = [verified.log_key, *(witness.key for witness in policy.witnesses if witness.name in names)]
    return tuple([_find_latest(signed, key) for key in keys])


def _find_latest(signed: SignedCheckpoint, key: VerifierKey) -> bytes:
    """Return the bytes of a key's line; of several cosignatures, those with the latest time, which comes first in them."""
    return key.key_id + max(line.signature for line in signed.signatures if line.is_claimed_by(key))
