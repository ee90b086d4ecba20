"""The beginning of a chain: a JSON file that people read and sign off, and the hash by which nodes know it.

Two files with the same meaning have the same hash: it is taken over the canonical encoding, not over the JSON text.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from ledger import codec
from ledger.authorities import Authority, authorities_codec
from ledger.codec import Codec, encode
from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.transactions import chain_id_codec
from ledger.types import Day, Hash, PublicKey, TimeMs

GENESIS_VERSION: Final = 1
MAX_GENESIS_BYTES: Final = 1 << 20
_EPOCH = date(1970, 1, 1)


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
_parameter: Codec[_Parameter] = codec.struct(_Parameter, parameter_name_codec, parameter_value_codec)
_parameters_codec: Codec[tuple[tuple[str, int], ...]] = codec.Codec(
    "parameters",
    lambda pairs: codec.sequence(_parameter, 0, 256).to_wire(tuple(_Parameter(*pair) for pair in pairs)),
    lambda wire: tuple((item.name, item.value) for item in codec.sequence(_parameter, 0, 256).from_wire(wire)),
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
        "authorities": [
            {
                "name": item.name,
                "key": item.key.hex(),
                "cosigner_key": item.cosigner_key.hex(),
                "log_key": item.log_key.hex(),
            }
            for item in genesis.authorities
        ],
        "recovery_keys": [key.hex() for key in genesis.recovery_keys],
        "parameters": dict(genesis.parameters),
        "holidays": [to_date(day).isoformat() for day in genesis.holidays],
        "working_weekends": [to_date(day).isoformat() for day in genesis.working_weekends],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def parse_genesis(data: bytes) -> Genesis:
    """Return the genesis of a JSON file, or raise `CodecError`."""
    if len(data) > MAX_GENESIS_BYTES:
        raise CodecError("the genesis file is too large", Reason.TOO_LARGE)
    try:
        document = json.loads(data, object_pairs_hook=_refuse_duplicates)
        genesis = _from_document(document)
    except CodecError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise CodecError("the genesis file is not JSON with the expected members") from error
    encode(genesis_codec, genesis)
    _validate_order(genesis)
    return genesis


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise CodecError("the genesis file names a member twice")
    return document


_MEMBERS: Final = (
    "version", "chain_id", "region", "time_ms", "authorities", "recovery_keys", "parameters", "holidays", "working_weekends",
)  # fmt: skip


def _from_document(document: dict[str, Any]) -> Genesis:
    if set(document) != set(_MEMBERS):
        raise CodecError("the genesis file must have exactly the members " + ", ".join(_MEMBERS))
    return Genesis(
        document["version"],
        document["chain_id"],
        document["region"],
        document["time_ms"],
        tuple(_authority(item) for item in document["authorities"]),
        tuple(PublicKey(bytes.fromhex(key)) for key in document["recovery_keys"]),
        tuple(sorted(document["parameters"].items())),
        tuple(to_day(date.fromisoformat(text)) for text in document["holidays"]),
        tuple(to_day(date.fromisoformat(text)) for text in document["working_weekends"]),
    )


def _authority(item: dict[str, str]) -> Authority:
    keys = (PublicKey(bytes.fromhex(item[name])) for name in ("key", "cosigner_key", "log_key"))
    return Authority(item["name"], *keys)


def _validate_order(genesis: Genesis) -> None:
    for days in (genesis.holidays, genesis.working_weekends):
        if list(days) != sorted(set(days)):
            raise CodecError("the genesis file's days are not ascending, each once")
    keys = [key for item in genesis.authorities for key in (item.key, item.cosigner_key, item.log_key)]
    if len(set(keys)) != len(keys) or len({item.name for item in genesis.authorities}) != len(genesis.authorities):
        raise CodecError("the genesis file uses a key or a name twice")
