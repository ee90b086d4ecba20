"""Many hashes at once: in C where it was compiled, otherwise by the plain functions here, which define them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

HashEach: TypeAlias = Callable[[bytes, Sequence[bytes]], list[bytes]]
Climb: TypeAlias = Callable[[bytes, bytes, int, int, tuple[bytes, ...], int], tuple[bytes, int]]
HashItems: TypeAlias = Callable[[dict[bytes, bytes | None]], dict[bytes, bytes | None]]

MAX_CLIMB: Final = 64
"""Levels of a climb in C."""
_INTERFACE: Final = 12
"""That of `ledger/c/native.h`. What was compiled from an earlier one is not used."""
_SAMPLES: Final = tuple(bytes(range(length)) for length in (0, 1, 55, 56, 63, 64, 119, 120, 200))
"""Around the lengths at which SHA-256 begins another block."""


def hash_each_plainly(prefix: bytes, items: Sequence[bytes], /) -> list[bytes]:
    """SHA-256 of the prefix and each item."""
    sha256 = hashlib.sha256
    return [sha256(prefix + item).digest() for item in items]


def hash_pairs_plainly(prefix: bytes, hashes: Sequence[bytes], /) -> list[bytes]:
    """SHA-256 of the prefix and each two hashes; a last one without a partner has none."""
    sha256 = hashlib.sha256
    return [sha256(prefix + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=False)]


def hash_items_plainly(items: Mapping[bytes, bytes | None], /) -> dict[bytes, bytes | None]:
    """SHA-256 of each key, to that of its value or None."""
    sha256 = hashlib.sha256
    return {sha256(key).digest(): None if value is None else sha256(value).digest() for key, value in items.items()}


def climb_plainly(
    prefix: bytes, node: bytes, place: int, levels: int, hashes: tuple[bytes, ...], begin: int, /
) -> tuple[bytes, int]:
    """Return the hash so many levels above a node of a binary tree, and how many hashes of a proof were used until then.

    A node's hash is that of the prefix and its two children. The lowest bit of `place` says whether `node` is to the right of
    its sibling, the next bit the same of its parent, and so on. Of `hashes`, those before `begin` are used already; then come
    those to the left of the path, from above, then those to the right, from below. Raises `IndexError` when there are too few.
    """
    sha256 = hashlib.sha256
    left = right = begin + (place & (1 << levels) - 1).bit_count()
    for _ in range(levels):
        if place & 1:
            left -= 1
            node = sha256(prefix + hashes[left] + node).digest()
        else:
            node = sha256(prefix + node + hashes[right]).digest()
            right += 1
        place >>= 1
    return node, right


def climb(prefix: bytes, node: bytes, place: int, levels: int, hashes: tuple[bytes, ...], begin: int, /) -> tuple[bytes, int]:
    """Do the same as `climb_plainly`, for hashes of 32 bytes."""
    if levels > MAX_CLIMB:
        return climb_plainly(prefix, node, place, levels, hashes, begin)
    return _climb(prefix, node, place, levels, hashes, begin)


hash_each: HashEach = hash_each_plainly
hash_pairs: HashEach = hash_pairs_plainly
hash_items: HashItems = hash_items_plainly
_climb: Climb = climb_plainly
IS_COMPILED = False
"""Whether the compiled functions are used. Ones that hash otherwise than Python would make a node leave its network."""

try:
    from ledger import native
except ImportError:  # No compiler was there: docs/adr/0036-hashes-and-the-state-tree-in-c.md.
    pass
else:
    is_current = getattr(native, "INTERFACE", 0) == _INTERFACE
    if is_current and native.hash_each(b"", _SAMPLES) == hash_each_plainly(b"", _SAMPLES):
        hash_each, hash_pairs, hash_items, IS_COMPILED = native.hash_each, native.hash_pairs, native.hash_items, True
        _climb = native.climb
