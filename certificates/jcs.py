"""Strict JSON: the subset that has one reading and one canonical form (RFC 8785 over I-JSON, RFC 7493).

Parsers differ on duplicate names, floats, big integers and lone surrogates, and a signature over what two programs read
differently protects nothing. So these are refused on the way in and on the way out. Numbers are integers: nothing that leaves
the ledger has a fraction.
"""

import json
from collections.abc import Iterable
from typing import NoReturn, TypeAlias

import msgspec
import rfc8785

from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.shapes import MISFIT

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

MAX_JSON_BYTES = 1 << 20
MAX_JSON_DEPTH = 32
"""Levels of arrays and objects. Far below Python's recursion limit, so that every node refuses the same texts."""
MAX_SAFE_INTEGER = (1 << 53) - 1
"""Largest magnitude that every JSON implementation reads exactly (RFC 7493, 2.2)."""

_MAX_INTEGER_CHARACTERS = 17
_STARTS_OF_TWO_UNITS = tuple(bytes((start,)) for start in range(0xF0, 0xF5))
_ENCODER = msgspec.json.Encoder(order="sorted")


def parse_json(data: bytes, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_JSON_DEPTH) -> JsonValue:
    """Read one JSON value from UTF-8 without a byte order mark; whatever bytes are given, only `CodecError` is raised.

    White space and the order of names are free; `encode_jcs` of the result is the same for all of them.

    What is canonical already is read by a fast way; what that does not take, the plain one decides on.
    """
    if len(data) > max_bytes:
        raise CodecError(f"JSON of {len(data)} bytes, at most {max_bytes} are read", Reason.TOO_LARGE)
    try:
        return parse_canonical(data, max_depth)
    except CodecError:
        pass
    return parse_json_plainly(data, max_depth)


def parse_canonical(data: bytes, max_depth: int = MAX_JSON_DEPTH) -> JsonValue:
    """Read one JSON value of any length that is in canonical form but for the order of some names; raise `CodecError`.

    A name that is there twice, and any other text that has a second reading, is not what comes out again.
    """
    try:
        value: JsonValue = msgspec.json.decode(data)
        if _ENCODER.encode(value) != data:
            raise CodecError("not canonical JSON")
    except MISFIT as error:
        raise CodecError("not canonical JSON") from error
    validate_json(value, max_depth)
    return value


def parse_json_plainly(data: bytes, max_depth: int = MAX_JSON_DEPTH) -> JsonValue:
    """Do the same as `parse_json`, by the plain way and for data of any length."""
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
    validate_json(value)
    return encode_validated(value)


def encode_validated(value: JsonValue) -> bytes:
    """Do the same as `encode_jcs` for a value that has been parsed, or let pass by `validate_json`.

    msgspec writes the canonical form of such a value in a small part of the time that the plain way takes, where all names sort
    alike by their characters, as it sorts, and by UTF-16 units, as RFC 8785 does. A test holds the two against each other.
    """
    data = _ENCODER.encode(value)
    # Characters of two units take four bytes. Without any, in names or elsewhere, both orders are one.
    if data.isascii() or not any(start in data for start in _STARTS_OF_TWO_UNITS):
        return data
    return rfc8785.dumps(value)


def validate_json(value: JsonValue, max_depth: int = MAX_JSON_DEPTH) -> None:
    """Raise `CodecError` unless `value` has one canonical form: exact types, safe integers, Unicode text, bounded depth.

    The types are checked although they are declared, because a float or a subclass slips through a declaration.

    Texts are looked at together: that takes a fraction. One of ASCII alone has no surrogates, and says of itself that it is
    one; the longest texts are such.
    """
    names: list[str] = []
    texts: list[str] = []
    _check_items([value], max_depth + 1, names, texts)
    if not set(map(type, names)) <= {str}:
        raise CodecError("a name of a member that is not text")
    try:
        "".join(names).encode("utf-8")
        "".join(texts).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CodecError("a text with a lone surrogate, which has no UTF-8 form") from error


def is_alike(left: JsonValue, right: JsonValue) -> bool:
    """Whether two parsed values have one canonical form. To Python, true is 1."""
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is dict:
        members: JsonObject = right  # type: ignore[assignment] # mypy does not follow `kind`, here and below
        return left.keys() == members.keys() and all(  # type: ignore[union-attr]
            is_alike(value, members[name])
            for name, value in left.items()  # type: ignore[union-attr]
        )
    if kind is list:
        return len(left) == len(right) and all(map(is_alike, left, right))  # type: ignore[arg-type]
    return left == right


def _check_items(items: Iterable[JsonValue], levels_left: int, names: list[str], texts: list[str]) -> None:
    """Check values; add the names of members to `names`, and texts that are not of ASCII alone to `texts`."""
    if levels_left <= 0:
        raise CodecError("JSON nested too deep")
    for item in items:
        kind = type(item)
        if kind is str:
            if not item.isascii():  # type: ignore[union-attr] # mypy does not follow `kind`, here and below
                texts.append(item)  # type: ignore[arg-type]
        elif kind is dict:
            names.extend(item)  # type: ignore[arg-type]
            _check_items(item.values(), levels_left - 1, names, texts)  # type: ignore[union-attr]
        elif kind is list:
            _check_items(item, levels_left - 1, names, texts)  # type: ignore[arg-type]
        elif kind is int:
            if not -MAX_SAFE_INTEGER <= item <= MAX_SAFE_INTEGER:  # type: ignore[operator]
                raise CodecError("an integer beyond 2^53 - 1, which JSON programs read differently")
        elif item is not None and kind is not bool:
            raise CodecError(f"a value of type {kind.__name__} has no place in this JSON")


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
