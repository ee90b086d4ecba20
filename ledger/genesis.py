"""The beginning of a chain: a JSON file that people read and sign off, and the hash by which nodes know it.

Two files with the same meaning have the same hash: it is taken over the canonical encoding, not over the JSON text.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from ledger import codec
from ledger.authorities import Authority, authorities_codec, name_codec, validate_authorities
from ledger.codec import Codec, encode
from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.notes import validate_key_name
from ledger.reasons import Reason
from ledger.transactions import chain_id_codec
from ledger.types import Day, Hash, PublicKey, TimeMs

GENESIS_VERSION: Final = 1
MAX_GENESIS_BYTES: Final = 1 << 20
_EPOCH = date(1970, 1, 1)
_SATURDAY = 5
_KEY = re.compile("[0-9a-f]{64}")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Genesis:
    """What every node of a chain starts from.

    `parameters` are the rule book's numbers that differ from its defaults, by name, ascending. `holidays` are weekdays without
    work and `working_weekends` weekend days with work, ascending. `recovery_keys` may override a permanently lost quorum.
    """

    version: int
    chain_id: str
    region: str
    time_ms: TimeMs
    authorities: tuple[Authority, ...]
    recovery_keys: tuple[PublicKey, ...]
    parameters: tuple[tuple[str, int], ...]
    holidays: tuple[Day, ...]
    working_weekends: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    value: int


parameter_name_codec: Codec[str] = codec.text("parameter name", 64)
parameter_value_codec: Codec[int] = codec.integer("parameter value", -(2**53), 2**53)
_parameter_list: Codec[tuple[_Parameter, ...]] = codec.sequence(
    codec.struct(_Parameter, parameter_name_codec, parameter_value_codec), 0, 256
)
_parameters_codec: Codec[tuple[tuple[str, int], ...]] = codec.Codec(
    "parameters",
    lambda pairs: _parameter_list.to_wire(tuple(_Parameter(*pair) for pair in pairs)),
    lambda wire: tuple((item.name, item.value) for item in _parameter_list.from_wire(wire)),
)
_days_codec: Codec[tuple[Day, ...]] = codec.sequence(codec.day, 0, 4_096)
genesis_codec: Codec[Genesis] = codec.struct(
    Genesis,
    codec.integer("version", GENESIS_VERSION, GENESIS_VERSION),
    chain_id_codec,
    codec.text("region", 256),
    codec.time_ms,
    authorities_codec,
    codec.sequence(codec.public_key, 0, 64),
    _parameters_codec,
    _days_codec,
    _days_codec,
)


def compute_genesis_hash(genesis: Genesis) -> Hash:
    """Hash that the header at height 0 names as its parent."""
    return sha256(b"hourledger/genesis/v1\x00", encode(genesis_codec, genesis))


def to_day(value: date) -> Day:
    """Return the day number of a date."""
    return Day((value - _EPOCH).days)


def to_date(day: Day) -> date:
    """Return the date of a day number."""
    return _EPOCH + timedelta(days=day)


def format_genesis(genesis: Genesis) -> bytes:
    """Return the JSON file of a genesis."""
    document = {
        "version": genesis.version,
        "chain_id": genesis.chain_id,
        "region": genesis.region,
        "time_ms": genesis.time_ms,
        "authorities": [describe_authority(item) for item in genesis.authorities],
        "recovery_keys": [key.hex() for key in genesis.recovery_keys],
        "parameters": dict(genesis.parameters),
        "holidays": [to_date(day).isoformat() for day in genesis.holidays],
        "working_weekends": [to_date(day).isoformat() for day in genesis.working_weekends],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def describe_authority(authority: Authority) -> dict[str, str]:
    """Return the JSON value of an authority; inverse of `read_authority`."""
    return {
        "name": authority.name,
        "key": authority.key.hex(),
        "cosigner_key": authority.cosigner_key.hex(),
        "log_key": authority.log_key.hex(),
    }


def parse_genesis(data: bytes) -> Genesis:
    """Return the genesis of a JSON file, or raise `CodecError`.

    Strict, because two people who read one file must not see two meanings: UTF-8, every member once and no other, keys in
    lower-case hexadecimal, dates as YYYY-MM-DD.
    """
    if len(data) > MAX_GENESIS_BYTES:
        raise CodecError("the genesis file is too large", Reason.TOO_LARGE)
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_refuse_duplicates)
    except (ValueError, RecursionError) as error:
        raise CodecError("the genesis file is not JSON in UTF-8") from error
    genesis = _from_document(document)
    encode(genesis_codec, genesis)
    _validate(genesis)
    return genesis


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise CodecError("the genesis file names a member twice")
    return document


_MEMBERS: Final = (
    "version", "chain_id", "region", "time_ms", "authorities", "recovery_keys", "parameters", "holidays", "working_weekends",
)  # fmt: skip


def _from_document(document: object) -> Genesis:
    version = document.get("version") if isinstance(document, dict) else None
    if type(version) is int and version > GENESIS_VERSION:
        raise CodecError(f"the genesis file is of version {version}", Reason.UNSUPPORTED_VERSION)
    members = _members(document, *_MEMBERS)
    if not isinstance(members["parameters"], dict):
        raise CodecError("the genesis file's parameters are not an object")
    return Genesis(
        members["version"],
        members["chain_id"],
        members["region"],
        members["time_ms"],
        _items(members["authorities"], read_authority),
        _items(members["recovery_keys"], _key),
        tuple(sorted(members["parameters"].items())),
        _items(members["holidays"], _day),
        _items(members["working_weekends"], _day),
    )


def _members(document: object, *names: str) -> dict[str, Any]:
    if not isinstance(document, dict) or set(document) != set(names):
        raise CodecError("the genesis file has no object with exactly the members " + ", ".join(names))
    return document


def _items(document: object, parse: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(document, list):
        raise CodecError("the genesis file has something else where a list belongs")
    return tuple([parse(item) for item in document])


def read_authority(document: object) -> Authority:
    """Return the authority of a JSON value, as genesis files have it; raise `CodecError`."""
    members = _members(document, "name", "key", "cosigner_key", "log_key")
    return Authority(
        name_codec.from_wire(members["name"]), *(_key(members[name]) for name in ("key", "cosigner_key", "log_key"))
    )


def _key(document: object) -> PublicKey:
    if not isinstance(document, str) or not _KEY.fullmatch(document):
        raise CodecError("the genesis file has a key that is not 64 lower-case hexadecimal digits")
    return PublicKey(bytes.fromhex(document))


def _day(document: object) -> Day:
    try:
        if isinstance(document, str) and _DATE.fullmatch(document):
            return to_day(date.fromisoformat(document))
    except ValueError as error:
        raise CodecError("the genesis file has a date that is in no calendar") from error
    raise CodecError("the genesis file has a date that is not written YYYY-MM-DD")


def _validate(genesis: Genesis) -> None:
    validate_key_name(genesis.chain_id)  # It is the origin of checkpoints.
    validate_authorities(genesis.authorities)
    keys = {key for item in genesis.authorities for key in (item.key, item.cosigner_key, item.log_key)}
    if len(keys.union(genesis.recovery_keys)) != len(keys) + len(genesis.recovery_keys):
        raise CodecError("the genesis file uses a recovery key twice, or one that is an authority's")
    for days, is_weekend in ((genesis.holidays, False), (genesis.working_weekends, True)):
        if list(days) != sorted(set(days)):
            raise CodecError("the genesis file's days are not ascending, each once")
        if any((to_date(day).weekday() >= _SATURDAY) is not is_weekend for day in days):
            raise CodecError("the genesis file's holidays are weekdays, and its working weekends are Saturdays and Sundays")
