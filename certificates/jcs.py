"""Strict JSON: the subset that has one reading and one canonical form (RFC 8785 over I-JSON, RFC 7493).

Parsers differ on duplicate names, floats, big integers and lone surrogates, and a signature over what two programs read
differently protects nothing. So these are refused on the way in and on the way out. Numbers are integers: nothing that leaves
the ledger has a fraction.
"""

import json
import re
from typing import NoReturn, TypeAlias

import rfc8785

from ledger.errors import CodecError
from ledger.reasons import Reason

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

MAX_JSON_BYTES = 1 << 20
MAX_JSON_DEPTH = 32
"""Levels of arrays and objects. Far below Python's recursion limit, so that every node refuses the same texts."""
MAX_SAFE_INTEGER = (1 << 53) - 1
"""Largest magnitude that every JSON implementation reads exactly (RFC 7493, 2.2)."""

_MAX_INTEGER_CHARACTERS = 17

_BEYOND_UTF_16 = re.compile("[\U00010000-\U0010ffff]")
"""RFC 8785 orders names by their UTF-16 code units, and Python by their characters. Without these, that is the same order."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
"""The canonical form of what `validate_json` accepts, but for that order, made in C; the plain way is `rfc8785`."""


def parse_json(data: bytes, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_JSON_DEPTH) -> JsonValue:
    """Read one JSON value from UTF-8 without a byte order mark; whatever bytes are given, only `CodecError` is raised.

    White space and the order of names are free; `encode_jcs` of the result is the same for all of them.
    """
    if len(data) > max_bytes:
        raise CodecError(f"JSON of {len(data)} bytes, at most {max_bytes} are read", Reason.TOO_LARGE)
    try:
        value: JsonValue = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique_names,
            parse_int=_parse_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except UnicodeDecodeError as error:
        raise CodecError("JSON that is not UTF-8") from error
    except RecursionError as error:
        raise CodecError(f"JSON nested more than {max_depth} deep") from error
    except json.JSONDecodeError as error:
        raise CodecError(f"no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    validate_json(value, max_depth)
    return value


def parse_json_object(data: bytes, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_JSON_DEPTH) -> JsonObject:
    """Read one JSON object; otherwise as `parse_json`."""
    value = parse_json(data, max_bytes, max_depth)
    if not isinstance(value, dict):
        raise CodecError("JSON that is not an object")
    return value


def encode_jcs(value: JsonValue) -> bytes:
    """Return the canonical form (RFC 8785) in UTF-8; raise `CodecError` for what `parse_json` would not read back."""
    validate_json(value, MAX_JSON_DEPTH)
    text = _encode(value)
    return rfc8785.dumps(value) if _BEYOND_UTF_16.search(text) else text.encode()


def validate_json(value: JsonValue, max_depth: int = MAX_JSON_DEPTH) -> None:
    """Raise `CodecError` unless `value` has one canonical form: exact types, safe integers, Unicode text, bounded depth.

    The types are checked although they are declared, because a float or a subclass slips through a declaration.
    """
    if value is None or type(value) is bool:
        return
    if type(value) is int:
        _validate_integer(value)
    elif type(value) is str:
        _validate_text(value)
    elif type(value) is list:
        _validate_level(max_depth)
        for item in value:
            validate_json(item, max_depth - 1)
    elif type(value) is dict:
        _validate_level(max_depth)
        for name, item in value.items():
            _validate_name(name)
            validate_json(item, max_depth - 1)
    else:
        raise CodecError(f"a value of type {type(value).__name__} has no place in this JSON")


def _validate_integer(value: int) -> None:
    if abs(value) > MAX_SAFE_INTEGER:
        raise CodecError("an integer beyond 2^53 - 1, which JSON programs read differently")


def _validate_text(value: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CodecError("a text with a lone surrogate, which has no UTF-8 form") from error


def _validate_name(name: str) -> None:
    if type(name) is not str:
        raise CodecError("a name of a member that is not text")
    _validate_text(name)


def _validate_level(levels_left: int) -> None:
    if levels_left <= 0:
        raise CodecError("JSON nested too deep")


def _unique_names(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise CodecError("a JSON object that has a name twice")
    return members


def _parse_integer(text: str) -> int:
    # Measured before it is converted: the conversion takes time quadratic in the digits.
    if len(text) > _MAX_INTEGER_CHARACTERS:
        raise CodecError("an integer beyond 2^53 - 1, which JSON programs read differently")
    return int(text)


def _refuse_number(text: str) -> NoReturn:
    raise CodecError(f"the number {text[:_MAX_INTEGER_CHARACTERS]}: only integers without exponent are read")
