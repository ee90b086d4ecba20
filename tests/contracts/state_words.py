"""The whole state in words: one row a value, so that a table can say everything that is there at the end of a ledger."""

import re
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from contracts.identity.parties import compute_authority_identifier
from contracts.lots import Lot
from contracts.rulebook import TABLES
from contracts.savings import TimeLot
from ledger.codec import decode, has_fields, list_fields
from ledger.genesis import to_date
from ledger.types import HASH_BYTES, IDENTIFIER_BYTES, Day
from tests.contracts.chain import AUTHORITY, Chain, hash_of, key_of, name_of

UTC_OFFSET_MS = 480 * 60_000
_DAY = re.compile(r"(^|_)day$")
_SHORT = 8


def describe_state(chain: Chain) -> list[tuple[str, str, str]]:
    """Return (table, key, value) of everything in the state, sorted."""
    rows = []
    for key, value in chain.state.items():
        namespace, _, rest = key.partition(b"/")
        name = namespace.decode()
        read = decode(TABLES[namespace].codec, value, max_bytes=1 << 20)
        rows.append((name, describe_key(name, rest), describe_value(read, TABLES[namespace].codec.name)))
    return sorted(rows)


def describe_key(table: str, rest: bytes) -> str:
    """Names of what a key is made of; months and rows as numbers."""
    if table == "parameter":
        return rest.decode()
    if table in {"cover", "ballot"}:
        return f"{rest[0]} {describe_key('', rest[1:])}"
    if table in {"status-chunk", "status-list"}:
        return str(int.from_bytes(rest, "big"))
    if table == "training":
        return f"{describe_key('', rest[:IDENTIFIER_BYTES])} {rest[IDENTIFIER_BYTES:].decode()}"
    words = []
    while rest:
        word, length = _describe_part(rest)
        words.append(word)
        rest = rest[length:]
    return " ".join(words) or "-"


def _describe_part(rest: bytes) -> tuple[str, int]:
    """Return the first part of a key in words, and its length: whatever has a name, and else a number."""
    name = _find_name(rest[:IDENTIFIER_BYTES])
    if name:
        is_long = rest[:HASH_BYTES] in {key_of(name).public_key, hash_of(name)}
        return name, HASH_BYTES if is_long else IDENTIFIER_BYTES
    number = int.from_bytes(rest[:IDENTIFIER_BYTES], "big")
    match len(rest):
        case 4:
            return f"{number // 12}-{number % 12 + 1:02}", 4
        case 1 | 2:
            return str(number), len(rest)
    return rest.hex()[:_SHORT], len(rest)


def _find_name(data: bytes) -> str:
    """The word that a table used for an identifier, a key or a commitment; empty where there is none."""
    if data == compute_authority_identifier(AUTHORITY):
        return AUTHORITY
    shown = data.hex()[: 2 * IDENTIFIER_BYTES]
    return name_of(shown) if name_of(shown) != shown else ""


def _are_lots(value: tuple[Any, ...]) -> bool:
    return bool(value) and isinstance(value[0], Lot | TimeLot)


def describe_value(value: Any, name: str) -> str:  # noqa: PLR0911 - one line a type
    """Return a value of the state in words; `name` is the field that it stands in."""
    if value is None:
        return "-"
    if has_fields(value):
        return " ".join(f"{field}={describe_value(getattr(value, field), field)}" for field in list_fields(type(value)))
    if isinstance(value, tuple):
        shown = [describe_value(item, name) for item in value]
        # Lots of one day are in the order of their batches' hashes, which no table can know.
        return f"[{', '.join(sorted(shown) if _are_lots(value) else shown)}]"
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, bytes):
        return _find_name(value) or value.hex()[:_SHORT]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and (_DAY.search(name) or name == "holidays"):
        return to_date(Day(value)).isoformat()
    if isinstance(value, int) and name == "start":
        return f"{value // 60:02}:{value % 60:02}"
    if isinstance(value, int) and name.endswith("_ms"):
        return datetime.fromtimestamp((value + UTC_OFFSET_MS) / 1_000, UTC).strftime("%Y-%m-%dT%H:%M")
    return str(value)
