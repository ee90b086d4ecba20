"""COSE_Sign1 (RFC 9052, 4.2) with Ed25519 and a key id of four bytes, the C2SP key id of a log's key."""

from dataclasses import dataclass
from typing import Final

from certificates.cbor import CborValue, decode_cbor, encode_cbor
from ledger.crypto import Context, SigningKey
from ledger.errors import CodecError
from ledger.notes import KEY_ID_BYTES
from ledger.types import SIGNATURE_BYTES, Signature

_TAG: Final = b"\xd2"
"""Tag 18, COSE_Sign1."""
_ALGORITHM, _KEY_ID = 1, 4
_EDDSA: Final = -8
_CONTEXT: Final = "Signature1"


@dataclass(frozen=True, slots=True)
class CoseSign1:
    """A signed payload as it was read; nothing is verified yet."""

    key_id: bytes
    payload: bytes
    signature: Signature

    @property
    def signed(self) -> bytes:
        """The bytes that are signed."""
        return _build_signed(self.key_id, self.payload)


def sign_cose(payload: bytes, key_id: bytes, key: SigningKey) -> bytes:
    """Return a payload signed by a key."""
    signature = key.sign(Context.PLAIN, _build_signed(key_id, payload))
    return _TAG + encode_cbor([_protect(key_id), {}, payload, bytes(signature)])


def parse_cose(data: bytes) -> CoseSign1:
    """Read what `sign_cose` wrote; raise `CodecError` for anything else."""
    if data[:1] != _TAG:
        raise CodecError("it is no COSE_Sign1")
    match decode_cbor(data[1:]):
        case [bytes(protected), dict(unprotected), bytes(payload), bytes(signature)] if not unprotected:
            key_id = _read_key_id(decode_cbor(protected))
            if len(signature) == SIGNATURE_BYTES:
                return CoseSign1(key_id, payload, Signature(signature))
    raise CodecError("it is no COSE_Sign1 of four parts with a signature of 64 bytes")


def _read_key_id(header: CborValue) -> bytes:
    match header:
        case {1: -8, 4: bytes(key_id), **rest} if not rest and len(key_id) == KEY_ID_BYTES:
            return key_id
    raise CodecError("the header does not say EdDSA and a key id of four bytes, and nothing else")


def _protect(key_id: bytes) -> bytes:
    return encode_cbor({_ALGORITHM: _EDDSA, _KEY_ID: key_id})


def _build_signed(key_id: bytes, payload: bytes) -> bytes:
    # A CBOR list has a first byte that begins no text of a note, so the log's key signs no checkpoint by it.
    return encode_cbor([_CONTEXT, _protect(key_id), b"", payload])
