"""What is signed: `[version, chain_id, kind, body, nonce, valid_until_ms]` as bytes, then key and signature pairs.

The id of a transaction is the hash of its payload without signatures: the same payload is the same transaction however often
and by whomever it is sent. An envelope with too few signatures is a draft: each officer adds a signature to the same payload.
"""

from itertools import pairwise
from typing import Final

import msgspec
from msgspec.structs import force_setattr

from ledger import codec
from ledger.codec import Codec, decode, encode
from ledger.crypto import Context, SigningKey, is_signature, sha256
from ledger.errors import CodecError, HourledgerError, SignatureError
from ledger.reasons import Reason
from ledger.types import Hash, Identifier, PublicKey, Signature, TimeMs

TRANSACTION_VERSION: Final = 1
MAX_TRANSACTION_BYTES: Final = 262_144
MAX_SIGNATURES: Final = 32
MAX_PAYLOAD_BYTES: Final = MAX_TRANSACTION_BYTES - 4_096
"""Leaves room for all signatures (101 bytes each), so that no draft becomes too large while officers sign it."""
MAX_REMEMBERED_BYTES: Final = 1_024
"""Up to this size of a payload, what follows from an envelope is remembered with it. Encoding a larger one again costs little
beside what else it costs, and the copies of it would take much."""
MAX_VALIDITY_MS: Final = 30 * 24 * 3600 * 1000
"""How far ahead of the block's time a transaction may ask to stay valid: long enough for a second officer to sign."""


class Transaction(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The signed content. `kind` names a rule of the rule book, `body` is that kind's own canonical encoding."""

    version: int
    chain_id: str
    kind: str
    body: bytes
    nonce: Identifier
    valid_until_ms: TimeMs


class KeySignature(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One signer's key and signature over the payload."""

    key: PublicKey
    signature: Signature


class SignedTransaction(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A payload and its signatures, in ascending order of their keys so that an envelope has one encoding.

    Besides, a memory of what follows from these two: a node asks for it at every station of a transaction's way.
    """

    payload: bytes
    signatures: tuple[KeySignature, ...]
    _id: Hash | None = None
    _encoding: bytes | None = None
    _content: Transaction | None = None

    def __post_init__(self) -> None:
        """Remember nothing of the one that this was made from: `msgspec.structs.replace` hands everything on."""
        if self._id is not None or self._encoding is not None or self._content is not None:
            for name in ("_id", "_encoding", "_content"):
                force_setattr(self, name, None)

    def __eq__(self, other: object) -> bool:
        """Whether both have the same payload and signatures, whatever is remembered of them."""
        if not isinstance(other, SignedTransaction):
            return NotImplemented
        return (self.payload, self.signatures) == (other.payload, other.signatures)

    def __ne__(self, other: object) -> bool:
        """Whether they differ: msgspec has an answer of its own to this, which Python would take."""
        return not self == other

    def __hash__(self) -> int:
        """Return a number that is the same for two that are equal."""
        return int.from_bytes(self.transaction_id[:8])

    def __repr__(self) -> str:
        """Name what makes two equal."""
        return f"SignedTransaction(payload={self.payload!r}, signatures={self.signatures!r})"

    @property
    def transaction_id(self) -> Hash:
        """The hash of the payload alone."""
        transaction_id = self._id
        if transaction_id is None:
            transaction_id = compute_transaction_id(self.payload)
            force_setattr(self, "_id", transaction_id)
        return transaction_id

    @property
    def signers(self) -> tuple[PublicKey, ...]:
        """Keys that signed, ascending."""
        return tuple([item.key for item in self.signatures])


chain_id_codec: Codec[str] = codec.text("chain id", 128)
kind_codec: Codec[str] = codec.text("kind", 64)
transaction_codec: Codec[Transaction] = codec.struct(
    Transaction,
    codec.integer("version", 0, 2**16),
    chain_id_codec,
    kind_codec,
    codec.binary("body", 0, MAX_PAYLOAD_BYTES),
    codec.identifier,
    codec.time_ms,
)


class Envelope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is encoded of a signed transaction."""

    payload: bytes
    signatures: tuple[KeySignature, ...]


def _make_signed_codec() -> Codec[SignedTransaction]:
    plain = codec.struct(
        Envelope,
        codec.binary("payload", 1, MAX_PAYLOAD_BYTES),
        codec.sequence(codec.struct(KeySignature, codec.public_key, codec.signature), 0, MAX_SIGNATURES),
    )

    def check(signed: SignedTransaction) -> SignedTransaction:
        if len(signed.signatures) > 1 and any(left >= right for left, right in pairwise(signed.signers)):
            raise CodecError("SignedTransaction: the keys are not in ascending order, each once")
        return signed

    def to_envelope(signed: SignedTransaction) -> Envelope:
        return Envelope(check(signed).payload, signed.signatures)

    def from_envelope(envelope: Envelope) -> SignedTransaction:
        return check(SignedTransaction(envelope.payload, envelope.signatures))

    return codec.converted("SignedTransaction", plain, to_envelope, from_envelope)


_signed_codec: Codec[SignedTransaction] = _make_signed_codec()


def compute_transaction_id(payload: bytes) -> Hash:
    """Id of the transaction with this payload."""
    return sha256(b"hourledger/transaction-id/v1\x00", payload)


def draft(transaction: Transaction) -> SignedTransaction:
    """Return the transaction as an envelope that nobody has signed yet."""
    return SignedTransaction(encode(transaction_codec, transaction), ())


def sign(signed: SignedTransaction, key: SigningKey) -> SignedTransaction:
    """Add a signature. Signing twice with one key changes nothing, since Ed25519 is deterministic."""
    others = tuple(item for item in signed.signatures if item.key != key.public_key)
    mine = KeySignature(key.public_key, key.sign(Context.TRANSACTION, signed.payload))
    return SignedTransaction(signed.payload, tuple(sorted((*others, mine), key=lambda item: item.key)))


def encode_signed(signed: SignedTransaction) -> bytes:
    """Return the envelope's bytes: what is sent, kept in blocks, and saved as a draft. Raises `CodecError`."""
    encoding = signed._encoding  # noqa: SLF001 - the memory of a value of this module
    return _remember_encoding(signed, encode(_signed_codec, signed)) if encoding is None else encoding


def decode_signed(data: bytes) -> SignedTransaction:
    """Return the envelope, or raise `CodecError`. Signatures are not checked here."""
    signed = decode(_signed_codec, data, max_bytes=MAX_TRANSACTION_BYTES)
    _remember_encoding(signed, bytes(data))
    return signed


def decode_payload(signed: SignedTransaction) -> Transaction:
    """Return the content of an envelope, or raise `CodecError`."""
    content = signed._content  # noqa: SLF001 - the memory of a value of this module
    if content is None:
        content = decode(transaction_codec, signed.payload, max_bytes=MAX_PAYLOAD_BYTES)
        if len(signed.payload) <= MAX_REMEMBERED_BYTES:
            force_setattr(signed, "_content", content)
    return content


def _remember_encoding(signed: SignedTransaction, encoding: bytes) -> bytes:
    """Keep the one encoding of an envelope, which `decode` found or `encode` made."""
    if len(signed.payload) <= MAX_REMEMBERED_BYTES:
        force_setattr(signed, "_encoding", encoding)
    return encoding


def validate_form(transaction: Transaction, chain_id: str) -> None:
    """Raise `HourledgerError` unless version and chain are those of `chain_id`. The rule book looks at kind and body."""
    if transaction.version != TRANSACTION_VERSION:
        raise HourledgerError(
            Reason.UNSUPPORTED_VERSION, "the transaction's version is not supported", str(transaction.version)
        )
    if transaction.chain_id != chain_id:
        raise HourledgerError(
            Reason.WRONG_CHAIN, f"the transaction is for another chain, this one is {chain_id}", transaction.chain_id
        )


def validate_validity(transaction: Transaction, time_ms: TimeMs) -> None:
    """Raise `HourledgerError` when the transaction's time is over at `time_ms`, or its end too far ahead."""
    if transaction.valid_until_ms < time_ms:
        raise HourledgerError(Reason.EXPIRED, "the transaction's time is over", str(transaction.valid_until_ms))
    if transaction.valid_until_ms > time_ms + MAX_VALIDITY_MS:
        raise HourledgerError(
            Reason.VALID_TOO_LONG, "the transaction may stay valid for 30 days at most", str(transaction.valid_until_ms)
        )


def verify_signatures(signed: SignedTransaction) -> None:
    """Raise `SignatureError` unless every signature in the envelope verifies and there is at least one."""
    if not signed.signatures:
        raise SignatureError("nobody has signed the transaction")
    for item in signed.signatures:
        if not is_signature(item.key, Context.TRANSACTION, signed.payload, item.signature):
            raise SignatureError("a signature does not fit its key and the transaction", item.key.hex())
