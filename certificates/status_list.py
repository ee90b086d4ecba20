"""Token Status List: the statuses of 131,072 positions in one signed file (draft-ietf-oauth-status-list).

Made from the state's chunks, four bits a position, the first in the low bits; compressed with zlib. Reading unpacks to the one
length that a list has and not a byte more.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from certificates.base64url import format_base64url, parse_base64url
from certificates.checks import Checks, Times, verify_age
from certificates.datetimes import format_datetime
from certificates.jcs import JsonObject
from certificates.jws import Jws, parse_jws, sign_jws, take_seconds, take_text, verify_jws
from certificates.log_keys import read_issuer, require_log_key
from certificates.multibase import format_did_key, format_verification_method
from certificates.reports import ArtefactReport, Question
from certificates.status_uris import ListName, parse_list_uri
from contracts.statuses import CHUNK_BYTES, CHUNK_POSITIONS, LIST_POSITIONS, PositionStatus, read_status
from ledger.crypto import SigningKey
from ledger.errors import CodecError, ProofError
from ledger.reasons import Reason
from ledger.trust import TrustPolicy
from ledger.types import Height, TimeMs
from ledger.verification import Report

TYPE: Final = "statuslist+jwt"
MEDIA_TYPE: Final = "application/statuslist+jwt"
BITS: Final = 4
LIST_BYTES: Final = LIST_POSITIONS * BITS // 8
CHUNKS_A_LIST: Final = LIST_POSITIONS // CHUNK_POSITIONS
TTL_S: Final = 300
VALID_S: Final = 86_400
MAX_LIST_CHARACTERS: Final = 262_144
_MEMBERS: Final = frozenset({"iss", "sub", "iat", "exp", "ttl", "height", "status_list"})
_LOW: Final = 0x0F
_KNOWN: Final = frozenset(PositionStatus)


@dataclass(frozen=True, slots=True)
class Moment:
    """The block that a list is made from."""

    height: Height
    time_ms: TimeMs


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list as it was read. `packed` has two positions a byte."""

    name: ListName
    issued_ms: TimeMs
    expires_ms: TimeMs
    height: Height
    packed: bytes

    def get(self, position: int) -> PositionStatus:
        """Return the status of a position of this list; raise `CodecError` for a number without meaning."""
        number = self._read(position % LIST_POSITIONS)
        if number not in _KNOWN:
            raise CodecError(f"the list says {number} of the position, which has no meaning here", Reason.UNSUPPORTED_VERSION)
        return PositionStatus(number)

    def _read(self, index: int) -> int:
        pair = self.packed[index // 2]
        return pair >> BITS if index % 2 else pair & _LOW


def pack_list(read_chunk: Callable[[int], bytes | None], number: int) -> bytes:
    """Return the 65,536 bytes of a list, made from the state's chunks, which `read_chunk` gives by number."""
    parts = []
    for chunk_number in range(number * CHUNKS_A_LIST, (number + 1) * CHUNKS_A_LIST):
        chunk = read_chunk(chunk_number)
        parts.append(bytes(CHUNK_BYTES) if chunk is None else chunk.translate(_SHOWN))
    return b"".join(parts)


def _show(pair: int) -> int:
    """Return what a list says where the state has `pair`: there, 15 is valid, which a list writes as 0."""
    low, high = (read_status(bytes((pair,)) * CHUNK_BYTES, place) or PositionStatus.VALID for place in (0, 1))
    return low | high << BITS


def _is_meant(pair: int) -> bool:
    return all(half in {0, 15, *_KNOWN} for half in (pair & _LOW, pair >> BITS))


_SHOWN: Final = bytes(_show(pair) if _is_meant(pair) else pair for pair in range(256))


def make_status_list(name: ListName, packed: bytes, moment: Moment, key: SigningKey) -> str:
    """Return the signed list of a chain as of a block."""
    issued_s = moment.time_ms // 1_000
    payload: JsonObject = {
        "iss": format_did_key(key.public_key),
        "sub": name.uri,
        "iat": issued_s,
        "exp": issued_s + VALID_S,
        "ttl": TTL_S,
        "height": moment.height,
        "status_list": {"bits": BITS, "lst": format_base64url(zlib.compress(packed, 9))},
    }
    return sign_jws({"kid": format_verification_method(key.public_key), "typ": TYPE}, payload, key)


def parse_status_list(data: bytes) -> tuple[StatusList, Jws]:
    """Read a list; raise `CodecError`. Nothing is verified."""
    text = decode_ascii(data, MAX_LIST_CHARACTERS)
    jws = parse_jws(text, TYPE, {"kid"}, _MEMBERS, MAX_LIST_CHARACTERS)
    payload = jws.payload
    if payload["ttl"] != TTL_S:
        raise CodecError(f"a list's ttl is {TTL_S}")
    issued_s, expires_s = take_seconds(payload["iat"], "iat"), take_seconds(payload["exp"], "exp")
    height = payload["height"]
    if type(height) is not int or height < 0:
        raise CodecError("height is not a number")
    match payload["status_list"]:
        case {"bits": int(bits), "lst": str(packed), **rest} if not rest and bits == BITS and type(bits) is int:
            unpacked = unpack_exactly(parse_base64url(packed), LIST_BYTES, zlib.MAX_WBITS)
        case _:
            raise CodecError(f"a status list of this ledger has {BITS} bits a position, and lst")
    name = parse_list_uri(take_text(payload["sub"], "sub"))
    return StatusList(name, TimeMs(issued_s * 1_000), TimeMs(expires_s * 1_000), Height(height), unpacked), jws


def decode_ascii(data: bytes, max_bytes: int) -> str:
    """Return a text of a signed file, without white space at its ends; raise `CodecError`."""
    if len(data) > max_bytes:
        raise CodecError(f"it has {len(data)} bytes, at most {max_bytes} are read", Reason.TOO_LARGE)
    try:
        return data.strip(b" \t\r\n").decode("ascii")
    except UnicodeDecodeError as error:
        raise CodecError("it is not written in base64url") from error


def unpack_exactly(data: bytes, length: int, window: int) -> bytes:
    """Return what was compressed, which is one stream of exactly `length` bytes; raise `CodecError`."""
    unpacker = zlib.decompressobj(window)
    try:
        unpacked = unpacker.decompress(data, length + 1)
    except zlib.error as error:
        raise CodecError("the list is not compressed as it must be") from error
    if len(unpacked) != length or not unpacker.eof or unpacker.unused_data:
        raise CodecError(f"the list does not unpack to exactly {length} bytes")
    return unpacked


def verify_list_signature(found: StatusList, jws: Jws, trust: Sequence[TrustPolicy]) -> None:
    """Raise `HourledgerError` unless a node of the chain that the list is of has signed it."""
    key = read_issuer(take_text(jws.payload["iss"], "iss"), take_text(jws.header["kid"], "kid"))
    require_log_key(trust, found.name.chain_id, key)
    verify_jws(jws, key)


def verify_list_time(issued_ms: TimeMs, expires_ms: TimeMs, times: Times) -> str:
    """Return how old a list is, in words; raise `ProofError` where it is too old, or of a time to come."""
    age_ms = verify_age(issued_ms, times)
    if expires_ms <= times.at_time_ms:
        raise ProofError("the status list is out of date", Reason.STALE, format_datetime(expires_ms))
    return f"the list is {age_ms // 1_000} s old"


def verify_status_list(data: bytes, question: Question) -> ArtefactReport:
    """Return the report on a list by itself; never raises for any bytes."""
    checks = Checks()
    parsed = checks.attempt("format", "Token Status List", lambda: _read(data))
    if parsed is None:
        return ArtefactReport("token_status_list", Report(tuple(checks.items)))
    found, jws = parsed
    against = f"log keys of {found.name.chain_id}"

    def verify() -> tuple[bool, str]:
        verify_list_signature(found, jws, question.trust)
        return True, "signed by a node of the region"

    checks.attempt("signature", against, verify)
    moment = format_datetime(question.times.at_time_ms)
    checks.attempt("time", moment, lambda: (True, verify_list_time(found.issued_ms, found.expires_ms, question.times)))
    report = Report(tuple(checks.items))
    return ArtefactReport("token_status_list", report, found.issued_ms, describe_list(found))


def _read(data: bytes) -> tuple[tuple[StatusList, Jws], str]:
    parsed = parse_status_list(data)
    return parsed, f"list {parsed[0].name.number} of {parsed[0].name.chain_id}"


def describe_list(found: StatusList) -> JsonObject:
    """Return what a list states, without its positions."""
    return {
        "chain_id": found.name.chain_id,
        "list": found.name.number,
        "height": found.height,
        "issued": format_datetime(found.issued_ms),
        "expires": format_datetime(found.expires_ms),
    }
