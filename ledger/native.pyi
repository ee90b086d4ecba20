"""What `ledger/c` gives where it was compiled, to `ledger.hashing`, `ledger.state_updates` and `ledger.arrays` alone."""

from collections.abc import Callable, Iterable, Sequence

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

class Patch:
    """What an update changes in memory. It holds the new pages until they are taken over, or it goes."""

class Pages:
    """What `ledger.plain_pages.PlainPages` is, for pages held in C with the hashes between their slots and their top.

    Nothing may change while an update reads, or while stored pages come in: `RuntimeError` otherwise.
    """

    @property
    def deep_count(self) -> int: ...
    def __len__(self) -> int: ...
    def list_pages(self, begin: bytes, /) -> list[tuple[bytes, bytes]]: ...
    def fill(self, pages: Iterable[tuple[bytes, bytes]], /) -> None: ...
    def build(self, path: bytes, leaves: dict[bytes, bytes | None], /) -> bool: ...
    def update(
        self,
        read_page: Callable[[bytes], bytes | None],
        changes: dict[bytes, bytes | None],
        end: bytes,
        stored_from: bytes,
        /,
    ) -> tuple[bytes, dict[bytes, bytes | None], Patch]:
        """Raises `ValueError` for hashes of another length, `DamagedPageError`, and what `read_page` raises."""

    def take_over(self, patch: object, /) -> None: ...
    def drop_from(self, end: bytes, /) -> None: ...
    def find_leaves(self, key_hashes: Sequence[bytes], /) -> list[bool | None]: ...

def choose_compressor(by_instruction: bool, /) -> bool:
    """Use the processor's instructions for SHA-256, or portable code; return whether the instructions are used."""

def count_hashes() -> int:
    """How many hashes these functions have computed since the program began. For benchmarks."""

def count_apart(array: bytes, field: int, low: int, high: int, /) -> int | None:
    """What `ledger.arrays.count_apart_plainly` does, where both bounds have 64 bits."""

def survey_last(array: bytes, field: int, /) -> tuple[int, ...]:
    """What `ledger.arrays.survey_last_plainly` does."""

def append_items(array: bytes, added: int, items: bytes, most: int, /) -> bytes:
    """What `ledger.arrays.append_items_plainly` does, for at most 2**32 - 1 items."""

def grow_last(array: bytes, more: bytes, /) -> bytes:
    """What `ledger.arrays.grow_last_plainly` does."""
