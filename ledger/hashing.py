"""Many hashes at once: in C where `native.c` was compiled, otherwise by the plain functions here, which define them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

HashEach: TypeAlias = Callable[[bytes, Sequence[bytes]], list[bytes]]
HashItems: TypeAlias = Callable[[dict[bytes, bytes | None]], dict[bytes, bytes | None]]

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


hash_each: HashEach = hash_each_plainly
hash_pairs: HashEach = hash_pairs_plainly
hash_items: HashItems = hash_items_plainly
IS_COMPILED = False
"""Whether the compiled functions are used. Ones that hash otherwise than Python would make a node leave its network."""

try:
    from ledger import native
except ImportError:  # No compiler was there: docs/adr/0036-hashes-and-the-state-tree-in-c.md.
    pass
else:
    if native.hash_each(b"", _SAMPLES) == hash_each_plainly(b"", _SAMPLES):
        hash_each, hash_pairs, hash_items, IS_COMPILED = native.hash_each, native.hash_pairs, native.hash_items, True
