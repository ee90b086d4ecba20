"""Arrays of MessagePack that grow without being read: a head says how many items there are, then they come one by one."""

from typing import Final

_FIX, _LONG, _LONGER = 0x90, 0xDC, 0xDD
_FIX_MAX: Final = 0xF
_LONG_MAX: Final = 0xFFFF


def encode_head(count: int) -> bytes:
    """Return the one canonical head of an array of so many items."""
    if count <= _FIX_MAX:
        return bytes((_FIX | count,))
    if count <= _LONG_MAX:
        return bytes((_LONG,)) + count.to_bytes(2, "big")
    return bytes((_LONGER,)) + count.to_bytes(4, "big")


def get_items(array: bytes) -> bytes:
    """Return the items of an array, still encoded; raise `ValueError` for what is no array."""
    first = array[0] if array else 0
    if first & ~_FIX_MAX == _FIX:
        return array[1:]
    if first in (_LONG, _LONGER):
        return array[3 if first == _LONG else 5 :]
    raise ValueError("not an array of MessagePack")
