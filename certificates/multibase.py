"""Base58btc multibase, Ed25519 multikeys and did:key names.

Sources: W3C Controlled Identifiers 1.0, 2.2.2 Multikey and 2.4 Multibase; the did:key method; the multicodec table (0xed is an
Ed25519 public key, `ed 01` as a varint). Each value has one text and each text one value: nothing is trimmed or guessed.
"""

from functools import lru_cache

from ledger.errors import CodecError
from ledger.types import PUBLIC_KEY_BYTES, PublicKey

BASE58_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
MULTIBASE_BASE58BTC = "z"
ED25519_PUBLIC_PREFIX = bytes.fromhex("ed01")
DID_KEY_PREFIX = "did:key:"

MAX_MULTIBASE_CHARACTERS = 256
"""Enough for a key or a signature several times over; reading takes time quadratic in the length."""

_BASE = len(BASE58_ALPHABET)
_NO_DIGIT = 0xFF
_VALUES = bytes(max(BASE58_ALPHABET.find(chr(byte)), -1) & _NO_DIGIT for byte in range(256))
"""What each byte is worth."""


def format_multibase(data: bytes) -> str:
    """Write bytes as `z` and base58btc; a leading zero byte is a leading `1`."""
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, _BASE)
        digits.append(BASE58_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\x00"))
    return MULTIBASE_BASE58BTC + BASE58_ALPHABET[0] * zeros + "".join(reversed(digits))


def parse_multibase(text: str) -> bytes:
    """Read what `format_multibase` wrote; raise `CodecError` for anything else."""
    if len(text) > MAX_MULTIBASE_CHARACTERS:
        raise CodecError(f"multibase text of {len(text)} characters, at most {MAX_MULTIBASE_CHARACTERS} are read")
    if not text.startswith(MULTIBASE_BASE58BTC):
        raise CodecError("multibase text that does not begin with z (base58btc)")
    digits = text.removeprefix(MULTIBASE_BASE58BTC)
    values = digits.encode("utf-8", "replace").translate(_VALUES)
    if _NO_DIGIT in values:
        wrong = next(character for character in digits if character not in BASE58_ALPHABET)
        raise CodecError(f"{wrong!r} is no base58 character")
    number = 0
    for value in values:
        number = number * _BASE + value
    zeros = len(digits) - len(digits.lstrip(BASE58_ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


@lru_cache(maxsize=256)
def format_multikey(key: PublicKey) -> str:
    """Write an Ed25519 public key as `z6Mk...`."""
    return format_multibase(ED25519_PUBLIC_PREFIX + key)


def parse_multikey(text: str) -> PublicKey:
    """Read an Ed25519 public key from `z6Mk...`; raise `CodecError` for other kinds of keys and other lengths."""
    data = parse_multibase(text)
    if not data.startswith(ED25519_PUBLIC_PREFIX):
        raise CodecError("a multikey that is not an Ed25519 public key")
    key = data.removeprefix(ED25519_PUBLIC_PREFIX)
    if len(key) != PUBLIC_KEY_BYTES:
        raise CodecError(f"an Ed25519 multikey of {len(key)} bytes instead of {PUBLIC_KEY_BYTES}")
    return PublicKey(key)


def format_did_key(key: PublicKey) -> str:
    """Write `did:key:z6Mk...`, the name of the key itself."""
    return DID_KEY_PREFIX + format_multikey(key)


def parse_did_key(text: str) -> PublicKey:
    """Read the key out of `did:key:z6Mk...`, without path, query or fragment; raise `CodecError` for anything else."""
    if not text.startswith(DID_KEY_PREFIX):
        raise CodecError("an identifier that does not begin with did:key:")
    return parse_multikey(text.removeprefix(DID_KEY_PREFIX))


def format_verification_method(key: PublicKey) -> str:
    """Write `did:key:z6Mk...#z6Mk...`, the key as the one verification method of its own DID document."""
    return f"{format_did_key(key)}#{format_multikey(key)}"


def parse_verification_method(text: str) -> PublicKey:
    """Read the key out of `did:key:z6Mk...#z6Mk...`; both halves must name it. Raise `CodecError` for anything else."""
    did, separator, fragment = text.partition("#")
    key = parse_did_key(did)
    # A key has one text, and this one has just been read: it need not be written again to be compared.
    if separator + fragment != "#" + did.removeprefix(DID_KEY_PREFIX):
        raise CodecError("a verification method whose fragment is not the key of its did:key")
    return key
