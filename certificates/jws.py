"""JSON Web Signatures in compact form (RFC 7515, 7.1), with Ed25519 alone (RFC 8037): how cards and lists are signed.

The algorithm is not the file's to choose: a header that names another one is refused, whatever it says. Header and payload are
strict JSON with the members that their type has and no others, so that nothing is said that nobody checks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from certificates.base64url import format_base64url, parse_base64url
from certificates.jcs import JsonObject, JsonValue, encode_jcs, parse_json_object
from ledger.crypto import Context, SigningKey, verify_signature
from ledger.errors import CodecError
from ledger.types import SIGNATURE_BYTES, PublicKey, Signature

ALGORITHM: Final = "EdDSA"
PARTS: Final = 3
MAX_SECONDS: Final = 253_402_300_799
"""9999-12-31T23:59:59Z."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A signed object as it was read; nothing is verified yet."""

    header: JsonObject
    payload: JsonObject
    signed: bytes
    signature: Signature


def sign_jws(header: JsonObject, payload: JsonObject, key: SigningKey) -> str:
    """Return the compact form; `alg` is added to the header."""
    parts = [format_base64url(encode_jcs(part)) for part in ({**header, "alg": ALGORITHM}, payload)]
    signed = ".".join(parts)
    # The text has no newline, so it is never a note: the log's key signs no checkpoint by it.
    return f"{signed}.{format_base64url(key.sign(Context.PLAIN, signed.encode()))}"


def parse_jws(text: str, kind: str, header: Collection[str], payload: Collection[str], max_bytes: int) -> Jws:
    """Read a compact form whose `typ` is `kind`, with exactly these other members; raise `CodecError` for anything else."""
    parts = text.split(".")
    if len(parts) != PARTS:
        raise CodecError("a signed object has three parts with dots between them")
    objects = [parse_json_object(parse_base64url(part), max_bytes=max_bytes) for part in parts[:2]]
    _require_members(objects[0], {"alg", "typ", *header}, "header")
    _require_members(objects[1], set(payload), "payload")
    if objects[0]["alg"] != ALGORITHM or objects[0]["typ"] != kind:
        raise CodecError(f"the header is not that of {kind} signed with {ALGORITHM}")
    signature = parse_base64url(parts[2])
    if len(signature) != SIGNATURE_BYTES:
        raise CodecError(f"a signature of {len(signature)} bytes instead of {SIGNATURE_BYTES}")
    return Jws(objects[0], objects[1], f"{parts[0]}.{parts[1]}".encode(), Signature(signature))


def verify_jws(jws: Jws, key: PublicKey) -> None:
    """Raise `SignatureError` unless the object is signed by a key."""
    verify_signature(key, Context.PLAIN, jws.signed, jws.signature)


def take_text(value: JsonValue, name: str, max_characters: int = 1_024) -> str:
    """Return a member that is a text, or raise `CodecError`."""
    if not isinstance(value, str) or not 1 <= len(value) <= max_characters:
        raise CodecError(f"{name} is not a text of 1 to {max_characters} characters")
    return value


def take_seconds(value: JsonValue, name: str) -> int:
    """Return a member that is a time in whole seconds since 1970, or raise `CodecError`."""
    if type(value) is not int or not 0 <= value <= MAX_SECONDS:
        raise CodecError(f"{name} is not a time in seconds")
    return value


def _require_members(found: JsonObject, expected: Collection[str], place: str) -> None:
    for name in sorted(found.keys() ^ set(expected)):
        raise CodecError(f"the {place} has an unknown member {name[:40]}" if name in found else f"the {place} lacks {name}")
