"""Arrays of MessagePack that are looked into and grow without being decoded.

An array is a head that says how many items there are, and the items one after the other. What is here takes only arrays that
`ledger.codec` has written; for other bytes it raises `ValueError` or answers something. In C where that was compiled.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from ledger.hashing import IS_COMPILED

Encoded: TypeAlias = bytes | msgspec.Raw

_FIX, _LONG, _LONGER = 0x90, 0xDC, 0xDD
_FIX_MAX: Final = 0xF
_LONG_MAX: Final = 0xFFFF
_FIX_HEADS: Final = tuple(bytes((_FIX | count,)) for count in range(_FIX_MAX + 1))
_write: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode
_read_rows: Callable[[bytes], list[list[Any]]] = msgspec.msgpack.Decoder(list[list[Any]]).decode
_read_row: Callable[[Encoded], list[Any]] = msgspec.msgpack.Decoder(list[Any]).decode
_read_integer: Callable[[Encoded], int] = msgspec.msgpack.Decoder(int).decode
_read_items: Callable[[Encoded], list[msgspec.Raw]] = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


def encode_head(count: int) -> bytes:
    """Return the one canonical head of an array of so many items."""
    if count <= _FIX_MAX:
        return _FIX_HEADS[count]
    if count <= _LONG_MAX:
        return bytes((_LONG,)) + count.to_bytes(2, "big")
    return bytes((_LONGER,)) + count.to_bytes(4, "big")


def append_items(array: bytes | None, count: int, items: bytes) -> bytes:
    """Return an array, None for an empty one, with encoded items behind its own, which makes `count` in all."""
    return encode_head(count) + items if array is None else encode_head(count) + array[_find_first(array) :] + items


def count_items(array: bytes) -> int:
    """Return how many items an array has."""
    first = array[0] if array else 0
    if first & ~_FIX_MAX == _FIX:
        return first & _FIX_MAX
    return int.from_bytes(array[1 : _find_first(array)], "big")


def _find_first(array: bytes) -> int:
    """Return where an array's first item begins."""
    first = array[0] if array else 0
    if first & ~_FIX_MAX == _FIX:
        return 1
    if first in (_LONG, _LONGER):
        return 3 if first == _LONG else 5
    raise ValueError("not an array of MessagePack")


def count_apart_plainly(array: bytes, field: int, low: int, high: int, /) -> int | None:
    """Return how many items an array of arrays has, None where the integer at one place of any of them is from low to high."""
    try:
        numbers = [row[field] for row in _read_rows(array)]
        return None if any(low <= number <= high for number in numbers) else len(numbers)
    except (msgspec.MsgspecError, IndexError, TypeError) as error:
        raise ValueError("not an array of the form that is wanted") from error


def survey_last_plainly(array: bytes, field: int, /) -> tuple[int, ...]:
    """Return the integers of an array before its last item, how many items that one has, and a number of the last of these.

    It is the integer at one place of an array, -1 where there are no items.
    """
    try:
        *before, last = _read_items(array)
        items = _read_items(last)
        return (*map(_read_integer, before), len(items), _read_row(items[-1])[field] if items else -1)
    except (msgspec.MsgspecError, ValueError, IndexError) as error:
        raise ValueError("not an array of the form that is wanted") from error


def grow_last_plainly(array: bytes, more: bytes, /) -> bytes:
    """Return `more`, whose last item is an array, with the items of the last item of `array` before those of its own."""
    try:
        before, after = _read_items(array), _read_items(more)
        return _write([*after[:-1], [*_read_items(before[-1]), *_read_items(after[-1])]])
    except (msgspec.MsgspecError, IndexError) as error:
        raise ValueError("not an array of the form that is wanted") from error


count_apart: Callable[[bytes, int, int, int], int | None] = count_apart_plainly
survey_last: Callable[[bytes, int], tuple[int, ...]] = survey_last_plainly
grow_last: Callable[[bytes, bytes], bytes] = grow_last_plainly
if IS_COMPILED:
    from ledger import native

    count_apart, survey_last, grow_last = native.count_apart, native.survey_last, native.grow_last
