"""Bitstring Status List: the same statuses for software of the W3C family, one credential for each purpose.

Made from a Token Status List's bytes. A bit a position, the first in the high bit of its byte; compressed with gzip.
"""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from certificates.base64url import format_base64url, parse_base64url
from certificates.checks import Checks
from certificates.data_integrity import JCS, RDFC, add_proof, verify_proofs, without
from certificates.datetimes import format_datetime, parse_datetime
from certificates.jcs import JsonObject, parse_json_object
from certificates.log_keys import require_log_key
from certificates.multibase import format_did_key, format_verification_method, parse_did_key
from certificates.reports import ArtefactReport, Question
from certificates.status_list import BITS, LIST_BYTES, VALID_S, Moment, unpack_exactly, verify_list_time
from certificates.status_uris import ListName, parse_list_uri
from certificates.terms import LIST_CONTEXTS
from contracts.statuses import LIST_POSITIONS, PositionStatus
from ledger.crypto import SigningKey
from ledger.errors import CodecError, SignatureError
from ledger.trust import TrustPolicy
from ledger.types import PublicKey, TimeMs
from ledger.verification import Report

MEDIA_TYPE: Final = "application/vc"
TYPE: Final = "BitstringStatusListCredential"
BITSTRING_BYTES: Final = LIST_POSITIONS // 8
MAX_CREDENTIAL_BYTES: Final = 262_144
_MULTIBASE: Final = "u"
_GZIP: Final = 16 + zlib.MAX_WBITS
_LOW: Final = 0x0F


class Purpose(StrEnum):
    """What a bit of 1 says."""

    REVOCATION = "revocation"
    SUSPENSION = "suspension"
    REFRESH = "refresh"


MEANT: Final = {
    Purpose.REVOCATION: frozenset({PositionStatus.REVOKED, PositionStatus.ERASED}),
    Purpose.SUSPENSION: frozenset({PositionStatus.SUSPENDED}),
    Purpose.REFRESH: frozenset({PositionStatus.SUPERSEDED}),
}


def pack_bits(packed: bytes, purpose: Purpose) -> bytes:
    """Return the bits of a purpose from the bytes of a Token Status List."""
    if len(packed) != LIST_BYTES:
        raise ValueError(f"a list has {LIST_BYTES} bytes")
    meant = MEANT[purpose]
    pairs = packed.translate(bytes((pair & _LOW in meant) << 1 | (pair >> BITS in meant) for pair in range(256)))
    quarters = zip(pairs[0::4], pairs[1::4], pairs[2::4], pairs[3::4], strict=True)
    return bytes(first << 6 | second << 4 | third << 2 | fourth for first, second, third, fourth in quarters)


def get_bit(bits: bytes, index: int) -> bool:
    """Return the bit of a place in the list."""
    return bool(bits[index // 8] & 0x80 >> index % 8)


def make_bitstring_list(name: ListName, purpose: Purpose, packed: bytes, moment: Moment, key: SigningKey) -> JsonObject:
    """Return the signed credential of a list and a purpose as of a block."""
    encoded = _MULTIBASE + format_base64url(gzip.compress(pack_bits(packed, purpose), 9, mtime=0))
    issued_ms = TimeMs(moment.time_ms // 1_000 * 1_000)
    document = _build_document(name, purpose, key.public_key, (issued_ms, TimeMs(issued_ms + VALID_S * 1_000)), encoded)
    for cryptosuite in (JCS, RDFC):
        document = add_proof(document, key, format_verification_method(key.public_key), issued_ms, cryptosuite=cryptosuite)
    return document


def _build_document(
    name: ListName, purpose: Purpose, issuer: PublicKey, times_ms: tuple[TimeMs, TimeMs], encoded: str
) -> JsonObject:
    uri = f"{name.uri}/{purpose}"
    return {
        "@context": list(LIST_CONTEXTS),
        "id": uri,
        "type": ["VerifiableCredential", TYPE],
        "issuer": format_did_key(issuer),
        "validFrom": format_datetime(times_ms[0]),
        "validUntil": format_datetime(times_ms[1]),
        "credentialSubject": {
            "id": f"{uri}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose.value,
            "encodedList": encoded,
        },
    }


@dataclass(frozen=True, slots=True)
class BitstringList:
    """A credential as it was read: `bits` are unpacked, nothing is verified."""

    document: JsonObject
    name: ListName
    purpose: Purpose
    issuer: PublicKey
    issued_ms: TimeMs
    expires_ms: TimeMs
    bits: bytes


def parse_bitstring_list(document: JsonObject) -> BitstringList:
    """Read a credential; raise `CodecError` for one that is not the template."""
    match document:
        case {
            "id": str(uri),
            "issuer": str(issuer),
            "validFrom": str(issued),
            "validUntil": str(expires),
            "credentialSubject": {"encodedList": str(encoded)},
        }:
            pass
        case _:
            raise CodecError("the file is not a status list of this ledger")
    address, _, purpose = uri.rpartition("/")
    if purpose not in set(Purpose) or not encoded.startswith(_MULTIBASE):
        raise CodecError("the list is of no purpose that is known here, or not in base64url")
    name, key = parse_list_uri(address), parse_did_key(issuer)
    times_ms = parse_datetime(issued), parse_datetime(expires)
    bits = unpack_exactly(parse_base64url(encoded.removeprefix(_MULTIBASE)), BITSTRING_BYTES, _GZIP)
    if without(document, "proof") != _build_document(name, Purpose(purpose), key, times_ms, encoded):
        raise CodecError("the list says something else than the template")
    return BitstringList(document, name, Purpose(purpose), key, *times_ms, bits)


def verify_bitstring_list(data: bytes, question: Question) -> ArtefactReport:
    """Return the report on a credential by itself; never raises for any bytes."""
    checks = Checks()
    found = checks.attempt("format", "Bitstring Status List", lambda: _read(data))
    if found is None:
        return ArtefactReport("bitstring_status_list", Report(tuple(checks.items)))
    checks.attempt("signature", f"log keys of {found.name.chain_id}", lambda: (True, _verify_signature(found, question.trust)))
    moment = format_datetime(question.times.at_time_ms)
    checks.attempt("time", moment, lambda: (True, verify_list_time(found.issued_ms, found.expires_ms, question.times)))
    statement: JsonObject = {
        "chain_id": found.name.chain_id,
        "list": found.name.number,
        "purpose": found.purpose.value,
        "issued": format_datetime(found.issued_ms),
        "expires": format_datetime(found.expires_ms),
    }
    return ArtefactReport("bitstring_status_list", Report(tuple(checks.items)), found.issued_ms, statement)


def _read(data: bytes) -> tuple[BitstringList, str]:
    found = parse_bitstring_list(parse_json_object(data, max_bytes=MAX_CREDENTIAL_BYTES))
    return found, f"{found.purpose} in list {found.name.number} of {found.name.chain_id}"


def _verify_signature(found: BitstringList, trust: Sequence[TrustPolicy]) -> str:
    require_log_key(trust, found.name.chain_id, found.issuer)
    if {proof.public_key for proof in verify_proofs(found.document).verified} != {found.issuer}:
        raise SignatureError("the list is not signed by its issuer alone")
    return "signed by a node of the region"
