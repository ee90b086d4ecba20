"""What `native.c` gives where it was compiled, to `ledger.hashing`, `ledger.state_updates` and `ledger.arrays` alone."""

from collections.abc import Callable, Sequence

INTERFACE: int
"""Which functions these are: see `ledger.hashing`."""

class DamagedPageError(Exception):
    """A page is missing, or does not fit the others. Its one argument is the page's path."""

def hash_each(prefix: bytes, items: Sequence[bytes], /) -> list[bytes]:
    """SHA-256 of the prefix and each item."""

def hash_pairs(prefix: bytes, hashes: Sequence[bytes], /) -> list[bytes]:
    """SHA-256 of the prefix and each two hashes of 32 bytes; a last one without a partner has none."""

def hash_items(items: dict[bytes, bytes | None], /) -> dict[bytes, bytes | None]:
    """SHA-256 of each key, to that of its value or None."""

def climb(prefix: bytes, node: bytes, place: int, levels: int, hashes: tuple[bytes, ...], begin: int, /) -> tuple[bytes, int]:
    """What `ledger.hashing.climb_plainly` does, for 64 levels at most and hashes of 32 bytes."""

def complete_page(page: bytes, /) -> bytes | None:
    """A page as `update_tree` keeps it in memory: with its inner hashes behind it, its top's first. None for a damaged one."""

def update_tree(
    cached: dict[bytes, bytes],
    read_page: Callable[[bytes], bytes | None],
    changes: dict[bytes, bytes | None],
    end: bytes,
    upper_depth: int,
    /,
) -> tuple[bytes, dict[bytes, bytes | None], dict[bytes, bytes], dict[bytes, bytes], list[bytes]]:
    """Update the tree whose pages `cached` has, or else `read_page` reads.

    Returns the new root, the pages to store and None for those that are gone (`ledger.state_pages.is_stored`), and what
    `cached` must learn of then: the pages of at most `upper_depth` digits as it keeps them, the deeper ones before `end`, and
    the paths that it must forget.

    Raises `ValueError` for hashes of another length, `DamagedPageError`, and what `read_page` raises.
    """

def choose_compressor(by_instruction: bool, /) -> bool:
    """Use the processor's instructions for SHA-256, or portable code; return whether the instructions are used."""

def count_hashes() -> int:
    """How many hashes these functions have computed since the program began. For benchmarks."""

def count_apart(array: bytes, field: int, low: int, high: int, /) -> int | None:
    """What `ledger.arrays.count_apart_plainly` does, where both bounds have 64 bits."""

def survey_last(array: bytes, field: int, /) -> tuple[int, ...]:
    """What `ledger.arrays.survey_last_plainly` does."""

def grow_last(array: bytes, more: bytes, /) -> bytes:
    """What `ledger.arrays.grow_last_plainly` does."""
