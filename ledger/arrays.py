"""Arrays of MessagePack that are looked into and grow without being decoded.

An array is a head that says how many items there are, and the items one after the other. What is here takes only arrays that
`ledger.codec` has written; for other bytes it raises `ValueError` or answers something. In C where `native.c` was compiled.
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
_read_rows: Callable[[Encoded], list[list[Any]]] = msgspec.msgpack.Decoder(list[list[Any]]).decode
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
    if array is None:
        return encode_head(count) + items
    first = array[0] if array else 0
    if first & ~_FIX_MAX == _FIX:
        return encode_head(count) + array[1:] + items
    if first in (_LONG, _LONGER):
        return encode_head(count) + array[3 if first == _LONG else 5 :] + items
    raise ValueError("not an array of MessagePack")


def read_column_plainly(array: Encoded, field: int, /) -> list[int]:
    """Return the integer at one place of each item of an array of arrays."""
    try:
        return [row[field] for row in _read_rows(array)]
    except (msgspec.MsgspecError, IndexError) as error:
        raise ValueError("not an array of the form that is wanted") from error


def grow_last_plainly(array: bytes, more: bytes, /) -> bytes:
    """Return `more`, whose last item is an array, with the items of the last item of `array` before those of its own."""
    try:
        before, after = _read_items(array), _read_items(more)
        return _write([*after[:-1], [*_read_items(before[-1]), *_read_items(after[-1])]])
    except (msgspec.MsgspecError, IndexError) as error:
        raise ValueError("not an array of the form that is wanted") from error


read_column: Callable[[Encoded, int], list[int]] = read_column_plainly
grow_last: Callable[[bytes, bytes], bytes] = grow_last_plainly
if IS_COMPILED:
    from ledger import native

    read_column, grow_last = native.read_column, native.grow_last
