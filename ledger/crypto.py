"""Hashing and the one signature rule: Ed25519 as libsodium decides it, over `context || message`.

Two libraries may disagree on edge cases of Ed25519 (small-order keys, non-canonical encodings); on a ledger that is a fork. So
every check on every node goes through this module. Keys are made and kept elsewhere: nothing here is random.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import Enum

import nacl.bindings
import nacl.exceptions

from ledger.errors import SignatureError
from ledger.types import HASH_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, Hash, PublicKey, Signature

SEED_BYTES = 32


class Context(Enum):
    """What a signature is for. One string for each signed thing, so that none can be passed off as another."""

    TRANSACTION = b"hourledger/transaction/v1\x00"
    BLOCK = b"hourledger/block/v1\x00"
    """A precommit; a quorum of them is a block's commit."""
    PREVOTE = b"hourledger/prevote/v1\x00"
    PROPOSAL = b"hourledger/proposal/v1\x00"
    PEER = b"hourledger/peer/v1\x00"
    RATING = b"hourledger/rating/v1\x00"
    """What the holder of a one-time token says."""
    PLAIN = b""
    """For formats that separate their domains themselves: C2SP notes, cosignatures, W3C Data Integrity, RFC 9421."""


def sha256(*parts: bytes) -> Hash:
    """SHA-256 of the parts in sequence."""
    return Hash(hashlib.sha256(b"".join(parts)).digest())


def hmac_sha256(key: bytes, message: bytes) -> Hash:
    """HMAC-SHA-256 (RFC 2104)."""
    return Hash(hmac.digest(key, message, "sha256"))


def compute_commitment(domain: bytes, salt: bytes, details: bytes) -> Hash:
    """Hiding commitment to `details`: SHA-256 of domain, 32-byte salt and details, each length-delimited by its place."""
    if len(salt) != HASH_BYTES:
        raise ValueError("a salt has 32 bytes")
    return sha256(domain, b"\x00", salt, details)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 private key. Its text form never shows the seed."""

    seed: bytes = field(repr=False)
    public_key: PublicKey = field(init=False)
    _secret: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Derive the public half (RFC 8032, 5.1.5)."""
        if len(self.seed) != SEED_BYTES:
            raise ValueError("a seed has 32 bytes")
        public, secret = nacl.bindings.crypto_sign_seed_keypair(self.seed)
        object.__setattr__(self, "public_key", PublicKey(public))
        object.__setattr__(self, "_secret", secret)

    def sign(self, context: Context, message: bytes) -> Signature:
        """Sign `context || message`."""
        return Signature(nacl.bindings.crypto_sign(context.value + message, self._secret)[:SIGNATURE_BYTES])


def is_signature(key: PublicKey, context: Context, message: bytes, signature: Signature) -> bool:
    """Whether `signature` is one by `key` over `context || message`."""
    if len(key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        nacl.bindings.crypto_sign_open(signature + context.value + message, key)
    except (nacl.exceptions.CryptoError, ValueError):
        return False
    return True


def verify_signature(key: PublicKey, context: Context, message: bytes, signature: Signature) -> None:
    """Raise `SignatureError` unless `signature` is one by `key` over `context || message`."""
    if not is_signature(key, context, message, signature):
        raise SignatureError("the signature does not fit the key and the content", key.hex())
