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
EMPTY: Final = bytes((_FIX,))
"""The array without items."""
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


def append_items_plainly(array: bytes, added: int, items: bytes, most: int, /) -> bytes:
    """Return an array with so many encoded items behind its own, which must not be more than `most` then."""
    first = array[0] if array else 0
    head_bytes = 1 if first & ~_FIX_MAX == _FIX else {_LONG: 3, _LONGER: 5}.get(first, 0)
    count = added + (first & _FIX_MAX if head_bytes == 1 else int.from_bytes(array[1:head_bytes], "big"))
    if head_bytes == 0 or not 0 <= added <= count <= most:
        raise ValueError("not an array of the form that is wanted")
    return encode_head(count) + array[head_bytes:] + items


def count_apart_plainly(array: bytes, field: int, low: int, high: int, /) -> int | None:
    """Return how many items an array of arrays has, None where the integer at one place of any of them is from low to high."""
    try:
        numbers = [_get_integer(row, field) for row in _read_rows(array)]
        return None if any(low <= number <= high for number in numbers) else len(numbers)
    except (msgspec.MsgspecError, IndexError, TypeError) as error:
        raise ValueError("not an array of the form that is wanted") from error


def _get_integer(row: list[Any], field: int) -> int:
    number = row[field]
    if type(number) is not int:
        raise TypeError("not an integer")
    return number


def survey_last_plainly(array: bytes, field: int, /) -> tuple[int, ...]:
    """Return the integers of an array before its last item, how many items that one has, and a number of the last of these.

    It is the integer at one place of an array, -1 where there are no items.
    """
    try:
        *before, last = _read_items(array)
        items = _read_items(last)
        return (*map(_read_integer, before), len(items), _get_integer(_read_row(items[-1]), field) if items else -1)
    except (msgspec.MsgspecError, ValueError, IndexError, TypeError) as error:
        raise ValueError("not an array of the form that is wanted") from error


def grow_last_plainly(array: bytes, more: bytes, /) -> bytes:
    """Return `more`, whose last item is an array, with the items of the last item of `array` before those of its own."""
    try:
        before, after = _read_items(array), _read_items(more)
        return _write([*after[:-1], [*_read_items(before[-1]), *_read_items(after[-1])]])
    except (msgspec.MsgspecError, IndexError) as error:
        raise ValueError("not an array of the form that is wanted") from error


append_items: Callable[[bytes, int, bytes, int], bytes] = append_items_plainly
count_apart: Callable[[bytes, int, int, int], int | None] = count_apart_plainly
survey_last: Callable[[bytes, int], tuple[int, ...]] = survey_last_plainly
grow_last: Callable[[bytes, bytes], bytes] = grow_last_plainly
if IS_COMPILED:
    from ledger import native

    append_items, grow_last = native.append_items, native.grow_last
    count_apart, survey_last = native.count_apart, native.survey_last
