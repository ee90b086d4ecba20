"""Deterministic CBOR (RFC 8949, 4.2.1), as much of it as a counter card needs: one text for each value, and bounds on all.

Integers of 64 bits, byte strings, texts, lists, and maps whose keys are integers. No floats, no simple values, no tags, nothing
of indefinite length. The tests hold it against a CBOR library of others.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from ledger.errors import CodecError

CborValue: TypeAlias = "int | bytes | str | list[CborValue] | Mapping[int, CborValue]"

MAX_DEPTH: Final = 8
MAX_LENGTH: Final = 65_535
"""Bytes of a string, items of a list or a map."""

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP = range(6)
_MAJOR_SHIFT: Final = 5
_SHORT: Final = 23
_LONGEST: Final = 27
_FOLLOWING: Final = {24: 1, 25: 2, 26: 4, 27: 8}
"""How many bytes of the number follow, by the low five bits of the first byte."""


def encode_cbor(value: CborValue) -> bytes:
    """Return the one encoding; raise `CodecError` for what has none here."""
    match value:
        case bool():
            raise CodecError("a truth value has no place in this CBOR")
        case int():
            return _encode_head(_UNSIGNED, value) if value >= 0 else _encode_head(_NEGATIVE, -1 - value)
        case bytes():
            return _encode_head(_BYTES, len(value)) + value
        case str():
            data = value.encode()
            return _encode_head(_TEXT, len(data)) + data
        case list():
            return _encode_head(_LIST, len(value)) + b"".join(map(encode_cbor, value))
        case Mapping():
            pairs = sorted((encode_cbor(key), encode_cbor(item)) for key, item in value.items())
            return _encode_head(_MAP, len(pairs)) + b"".join(key + item for key, item in pairs)


def _encode_head(major: int, number: int) -> bytes:
    if number <= _SHORT:
        return bytes((major << _MAJOR_SHIFT | number,))
    for marker, size in _FOLLOWING.items():
        if number < 1 << 8 * size:
            return bytes((major << _MAJOR_SHIFT | marker,)) + number.to_bytes(size, "big")
    raise CodecError("a number of more than 64 bits")


def decode_cbor(data: bytes) -> CborValue:
    """Return the value whose one encoding is `data`; raise only `CodecError`."""
    value, end = _decode(data, 0, MAX_DEPTH)
    if end != len(data):
        raise CodecError("there are bytes after the CBOR value")
    return value


def _decode(data: bytes, start: int, levels_left: int) -> tuple[CborValue, int]:
    if levels_left <= 0:
        raise CodecError("CBOR nested too deep")
    major, number, place = _decode_head(data, start)
    if major in {_UNSIGNED, _NEGATIVE}:
        return (number if major == _UNSIGNED else -1 - number), place
    if number > MAX_LENGTH:
        raise CodecError("a string, list or map that is too long")
    if major in {_BYTES, _TEXT}:
        return _decode_string(major, _take(data, place, number)), place + number
    if major == _LIST:
        return _decode_list(data, place, number, levels_left - 1)
    if major == _MAP:
        return _decode_map(data, place, number, levels_left - 1)
    raise CodecError("CBOR of a type that has no place here")


def _decode_head(data: bytes, start: int) -> tuple[int, int, int]:
    """Return the major type, the number in the head, and where the head ends."""
    first = _take(data, start, 1)[0]
    major, low = first >> _MAJOR_SHIFT, first & 0x1F
    if low <= _SHORT:
        return major, low, start + 1
    if low > _LONGEST:
        raise CodecError("CBOR of indefinite length, or with a reserved head")
    size = _FOLLOWING[low]
    number = int.from_bytes(_take(data, start + 1, size), "big")
    least = _SHORT + 1 if size == 1 else 1 << 4 * size
    if number < least:
        raise CodecError("a number that is not in its shortest form")
    return major, number, start + 1 + size


def _decode_string(major: int, data: bytes) -> CborValue:
    if major == _BYTES:
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CodecError("a text that is not UTF-8") from error


def _decode_list(data: bytes, place: int, count: int, levels_left: int) -> tuple[CborValue, int]:
    items: list[CborValue] = []
    for _ in range(count):
        item, place = _decode(data, place, levels_left)
        items.append(item)
    return items, place


def _decode_map(data: bytes, place: int, count: int, levels_left: int) -> tuple[CborValue, int]:
    pairs: dict[int, CborValue] = {}
    before = b""
    for _ in range(count):
        start = place
        key, place = _decode(data, place, levels_left)
        if type(key) is not int or data[start:place] <= before:
            raise CodecError("keys of a map are integers, in order, each once")
        before = data[start:place]
        pairs[key], place = _decode(data, place, levels_left)
    return pairs, place


def _take(data: bytes, start: int, size: int) -> bytes:
    part = data[start : start + size]
    if len(part) != size:
        raise CodecError("the CBOR was cut off")
    return part
