"""Signed notes (https://c2sp.org/signed-note): text that is readable by people and signed line by line.

Only what the ledger needs: Ed25519 signatures (0x01) here, timestamped cosignatures (0x04) in `ledger.checkpoint`. Signatures
of other types and by unknown keys are carried and ignored, as the specification wants. The parsers accept exactly what the
formatters write; whatever they are given, they return a value or raise `CodecError`.
"""

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

import msgspec

from ledger.crypto import Context, SigningKey, is_signature, sha256
from ledger.errors import CodecError, SignatureError
from ledger.reasons import Reason
from ledger.types import PUBLIC_KEY_BYTES, PublicKey, Signature

MAX_NOTE_BYTES = 262_144
"""Bound on a whole note. Room for sixteen signatures of 5 kB, as the specification demands, and for a large text."""
MAX_SIGNATURES = 128
MAX_NAME_BYTES = 255
"""Bound on a name of our own keys (tlog-cosignature bounds names so where it signs them)."""
KEY_ID_BYTES = 4

_LONG = 256
_QUANTUM = 4
_QUANTUM_BYTES = 3
_LINE_START = "\u2014 "
_DECIMAL = re.compile("0|[1-9][0-9]{0,18}")
_KEY_ID_HEX = re.compile("[0-9a-f]{8}")
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Unicode's White_Space property, written out so that no name changes its validity with the interpreter's Unicode version."""
_REFUSED_IN_NAME = re.compile(f"[\x00-\x1f+{_SPACES}\ud800-\udfff]")
_REFUSED_IN_TEXT = re.compile("[\x00-\x09\x0b-\x1f]")


class SignatureType(IntEnum):
    """Signature type identifier byte (signed-note, "Signature types")."""

    ED25519 = 0x01
    """Ed25519 over the note's text: what a log signs with."""
    COSIGNATURE = 0x04
    """Timestamped Ed25519 over a checkpoint: what a cosigner signs with."""


def format_base64(data: bytes) -> str:
    """Write standard base64 with padding (RFC 4648, section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def parse_base64(text: str) -> bytes:
    """Inverse of `format_base64`; `CodecError` for any other text, also one that only differs in unused trailing bits."""
    if len(text) >= _LONG:
        try:
            data = msgspec.convert(text, bytes)
        except (msgspec.MsgspecError, UnicodeEncodeError):
            return parse_base64_plainly(text)
        # That takes nothing but whole quanta of the alphabet's characters: only the last one may have bits that are not used.
        if format_base64(data[-(len(data) % _QUANTUM_BYTES or _QUANTUM_BYTES) :]) == text[-_QUANTUM:]:
            return data
    return parse_base64_plainly(text)


def parse_base64_plainly(text: str) -> bytes:
    """Do the same as `parse_base64`, by the plain way; for a long text that takes three times as long."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise CodecError("not standard base64") from error
    if format_base64(data) != text:
        raise CodecError("not canonical base64")
    return data


def parse_decimal(text: str, name: str) -> int:
    """Whole number from 0 to 2^63 - 1 in ASCII digits without leading zeroes; `name` is for the error."""
    if not _DECIMAL.fullmatch(text) or int(text) >= 2**63:
        raise CodecError(f"{name}: not a decimal number from 0 to 2^63 - 1 without leading zeroes")
    return int(text)


def encode_text(text: str) -> bytes:
    """UTF-8 of `text`; `CodecError` when there is none (lone surrogates)."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CodecError("text that has no UTF-8 form") from error


def is_key_name(name: str) -> bool:
    """Whether `name` may stand in a note: not empty, no Unicode spaces, plus or control characters (signed-note, "Format")."""
    return bool(name) and not _REFUSED_IN_NAME.search(name)


def validate_key_name(name: str) -> None:
    """Raise `CodecError` unless `name` may name a key of ours: `is_key_name` and at most 255 bytes of UTF-8."""
    if not is_key_name(name):
        raise CodecError("a key's name is not empty and has no spaces, plus signs or control characters")
    if len(encode_text(name)) > MAX_NAME_BYTES:
        raise CodecError(f"a key's name has at most {MAX_NAME_BYTES} bytes", Reason.TOO_LARGE)


def compute_key_id(name: str, signature_type: SignatureType, public_key: PublicKey) -> bytes:
    """Four bytes: SHA-256(name || 0x0A || type || public key)[:4] (signed-note, "Signatures")."""
    return sha256(encode_text(name), b"\n", bytes([signature_type]), public_key)[:KEY_ID_BYTES]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a key that signs notes. `key_id` follows from the rest, so it cannot disagree with it."""

    name: str
    type: SignatureType
    public_key: PublicKey
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Check name and key, and derive the key id; raise `CodecError`."""
        validate_key_name(self.name)
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            raise CodecError(f"a public key has {PUBLIC_KEY_BYTES} bytes")
        object.__setattr__(self, "key_id", compute_key_id(self.name, self.type, self.public_key))


def parse_verifier_key(text: str) -> VerifierKey:
    """Read a vkey, `name+hex(key id)+base64(type || public key)` (signed-note, "Verifier keys"); raise `CodecError`.

    A signature type that is not supported here gives `Reason.UNSUPPORTED_VERSION`.
    """
    name, _, rest = text.partition("+")
    key_id, plus, encoded = rest.partition("+")
    if not plus or not _KEY_ID_HEX.fullmatch(key_id):
        raise CodecError("a verifier key is written name+key id+key")
    material = parse_base64(encoded)
    if not material or material[0] not in list(SignatureType):
        raise CodecError("a verifier key of a type that is not supported", Reason.UNSUPPORTED_VERSION)
    key = VerifierKey(name, SignatureType(material[0]), PublicKey(material[1:]))
    if key.key_id.hex() != key_id:
        raise CodecError("the key id of a verifier key does not follow from its name and key")
    return key


def format_verifier_key(key: VerifierKey) -> str:
    """Inverse of `parse_verifier_key`."""
    return f"{key.name}+{key.key_id.hex()}+{format_base64(bytes([key.type]) + key.public_key)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: whose it claims to be, and the bytes after the key id (their meaning depends on the key's type)."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """Raise `CodecError` for what no signature line can hold."""
        if not is_key_name(self.name) or len(self.key_id) != KEY_ID_BYTES or not self.signature:
            raise CodecError("a signature line holds a key's name, a key id of four bytes and a signature")

    def is_claimed_by(self, key: VerifierKey) -> bool:
        """Whether the line names `key`; says nothing about whether the signature verifies."""
        return (self.name, self.key_id) == (key.name, key.key_id)


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text ending in a newline, and 1 to 128 signatures in the order of their lines."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        """Raise `CodecError` for what no note can hold."""
        if not self.text.endswith("\n"):
            raise CodecError("a note's text ends in a newline")
        if _REFUSED_IN_TEXT.search(self.text):
            raise CodecError("a note has no control characters")
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise CodecError(f"a note has 1 to {MAX_SIGNATURES} signatures")


def parse_note(data: bytes) -> SignedNote:
    """Read a signed note of at most 256 KiB; raise `CodecError`. Nothing is verified: see `verify_note`."""
    if len(data) > MAX_NOTE_BYTES:
        raise CodecError(f"a note has at most {MAX_NOTE_BYTES} bytes", Reason.TOO_LARGE)
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CodecError("a note is UTF-8") from error
    text, blank_line, block = whole.rpartition("\n\n")
    if not blank_line or not block.endswith("\n"):
        raise CodecError("a note is a text, a blank line and signature lines, each ending in a newline")
    lines = block.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise CodecError(f"a note has at most {MAX_SIGNATURES} signatures", Reason.TOO_LARGE)
    note = SignedNote(text + "\n", tuple([_parse_signature_line(line) for line in lines]))
    if format_note(note) != data:
        raise CodecError("not the canonical form of a note")
    return note


def _parse_signature_line(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_LINE_START).partition(" ")
    if not line.startswith(_LINE_START):
        raise CodecError("a signature line starts with an em dash and a space")
    payload = parse_base64(encoded)
    return NoteSignature(name, payload[:KEY_ID_BYTES], payload[KEY_ID_BYTES:])


def format_note(note: SignedNote) -> bytes:
    """Inverse of `parse_note`; raise `CodecError` when the note has no UTF-8 form or is too large."""
    lines = [f"{_LINE_START}{line.name} {format_base64(line.key_id + line.signature)}\n" for line in note.signatures]
    data = encode_text(f"{note.text}\n{''.join(lines)}")
    if len(data) > MAX_NOTE_BYTES:
        raise CodecError(f"a note has at most {MAX_NOTE_BYTES} bytes", Reason.TOO_LARGE)
    return data


def sign_note(text: str, name: str, key: SigningKey) -> SignedNote:
    """Sign `text`, which ends in a newline, under the key name `name` with Ed25519 (type 0x01)."""
    verifier = VerifierKey(name, SignatureType.ED25519, key.public_key)
    return SignedNote(text, (NoteSignature(name, verifier.key_id, key.sign(Context.PLAIN, encode_text(text))),))


def merge_signatures(old: Iterable[NoteSignature], new: Iterable[NoteSignature]) -> tuple[NoteSignature, ...]:
    """One signature a key: a new one takes the place of an old one by the same key, others follow in their order."""
    return tuple({(line.name, line.key_id): line for line in (*old, *new)}.values())


def validate_signature_type(key: VerifierKey, expected: SignatureType) -> None:
    """Raise `CodecError` unless `key` is of the type that its role asks for."""
    if key.type is not expected:
        raise CodecError(f"the key {key.name} is of type {key.type:#04x}, here only {expected:#04x} is right")


def verify_known_signatures(note: SignedNote, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return those of `keys` that signed the note, none perhaps; raise `SignatureError` when a signature of one of them fails.

    Lines by other keys are ignored. A key that is not of type 0x01 raises `CodecError`.
    """
    message = encode_text(note.text)
    signers = []
    for key in keys:
        validate_signature_type(key, SignatureType.ED25519)
        lines = [line for line in note.signatures if line.is_claimed_by(key)]
        if not all(is_signature(key.public_key, Context.PLAIN, message, Signature(line.signature)) for line in lines):
            raise SignatureError("a signature on the note does not fit its text", key.name)
        if lines:
            signers.append(key)
    return tuple(signers)


def verify_note(note: SignedNote, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """As `verify_known_signatures`, and raise `SignatureError` when none of `keys` signed (signed-note, "Signatures")."""
    signers = verify_known_signatures(note, keys)
    if not signers:
        raise SignatureError("the note is not signed by any known key")
    return signers
