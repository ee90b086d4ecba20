"""Pages of one state tree in memory, and updates of it: in Python, as `ledger.native.Pages` does it in C.

This says what that one must do, and does it where it was not compiled. Pages are held as they are encoded, so every hash of a
page that changes is computed anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import CodecError
from ledger.state_pages import SLOTS, Place, compute_page_top, decode_page, find_place, is_stored
from ledger.state_tree import DIGITS, PageReader, describe_damage, get_nibble, update
from ledger.types import HASH_BYTES, Hash

UPPER_DEPTH: Final = 3
"""Pages at most so deep are all kept: there are 4,369, and every update of some size goes through them."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What an update changes in memory, whose `version` is the one that it was made from; None for a page that goes."""

    version: int
    pages: dict[bytes, bytes | None]


class PlainPages:
    """Pages by path. There is none whose parent is not here, too, and each is the one that its parent names.

    So what is here is the tree of the root that is here: `fill`, `build` and `update` take in nothing else.
    """

    __slots__ = ("_deep_count", "_pages", "_version")

    def __init__(self) -> None:
        self._pages: dict[bytes, bytes] = {}
        self._deep_count = 0
        self._version = 0

    def __len__(self) -> int:
        """Return how many pages are in memory."""
        return len(self._pages)

    @property
    def deep_count(self) -> int:
        """How many of them are deeper than `UPPER_DEPTH`."""
        return self._deep_count

    def list_pages(self, begin: bytes, /) -> list[tuple[bytes, bytes]]:
        """Return path and encoding of the pages from a path on, in order."""
        return sorted(item for item in self._pages.items() if item[0] >= begin)

    def fill(self, pages: Iterable[tuple[bytes, bytes]], /) -> None:
        """Take in stored pages, each after the one above it. What is damaged, or here already, is left out."""
        self._version += 1
        for path, page in pages:
            if path not in self._pages and self._fits(path, page, self._pages.get(path[:-1])):
                self._set(path, page)

    def build(self, path: bytes, leaves: Mapping[bytes, bytes | None], /) -> bool:
        """Take in the page at a path and all below it, made from the leaves there.

        Return whether that was possible: the page above has to be here, and to name what is made.
        """
        self._version += 1
        built = update(lambda _path: None, {Hash(key): None if value is None else Hash(value) for key, value in leaves.items()})
        above, page = self._pages.get(path[:-1]), built.pages.get(path)
        beside = any(not key.hex().encode().startswith(path) for key in leaves)
        if page is None or beside or None in leaves.values() or not self._fits(path, page, above):
            return False
        self._drop_subtree(path)
        for key, made in built.pages.items():
            if key.startswith(path):
                self._set(key, made)
        return True

    def update(
        self, read_page: PageReader, changes: Mapping[bytes, bytes | None], end: bytes, stored_from: bytes, /
    ) -> tuple[bytes, dict[bytes, bytes | None], Patch]:
        """Return the root after these changes, the pages to store or to delete, and what `take_over` needs.

        Of pages deeper than the upper ones, those before `end` are kept. Which are stored, `ledger.state_pages.is_stored` says,
        from `stored_from` on. `read_page` is asked for what is not here. Raises as `ledger.state_tree.update` does, also for a
        page that is not the one named above it.
        """
        seen: dict[bytes, bytes] = {}

        def read(path: bytes) -> bytes | None:
            page = self._pages.get(path)
            if page is None:
                page = read_page(path)
                if page is not None and path and not self._fits(path, page, seen[path[:-1]]):
                    raise describe_damage(path)
            if page is not None:
                seen[path] = page
            return page

        updated = update(read, {Hash(key): None if value is None else Hash(value) for key, value in changes.items()})
        stored = {path: page for path, page in updated.pages.items() if is_stored(path, stored_from)}
        kept = {path: page if len(path) <= UPPER_DEPTH or path < end else None for path, page in updated.pages.items()}
        return updated.root, stored, Patch(self._version, kept)

    def take_over(self, patch: object, /) -> None:
        """Follow an update that was stored; raise `ValueError` where pages have changed since it was made."""
        if not isinstance(patch, Patch):
            raise TypeError("what an update has changed is wanted")
        if patch.version != self._version:
            raise ValueError("this update was of other pages than these are now")
        self._version += 1
        for path, page in patch.pages.items():
            self._set(path, page)

    def drop_from(self, end: bytes, /) -> None:
        """Drop the pages from a path on that are deeper than the upper ones."""
        self._version += 1
        for path in [path for path in self._pages if len(path) > UPPER_DEPTH and path >= end]:
            self._set(path, None)

    def find_leaves(self, key_hashes: Sequence[bytes], /) -> list[bool | None]:
        """Return for each hash of a key whether there is a leaf for it, None where the page that says so is not here."""
        return [self._find_leaf(key_hash) for key_hash in key_hashes]

    def _find_leaf(self, key_hash: bytes) -> bool | None:
        if len(key_hash) != HASH_BYTES:
            raise ValueError("a sequence of hashes is wanted")
        digits = key_hash.hex().encode()
        for depth in range(len(digits)):
            page = self._pages.get(digits[:depth])
            if page is None:
                break
            place = find_place(page, get_nibble(key_hash, depth))
            if len(place) != HASH_BYTES:
                return place[:HASH_BYTES] == key_hash
        return None

    def _set(self, path: bytes, page: bytes | None) -> None:
        is_here = self._pages.pop(path, None) is not None
        if page is not None:
            self._pages[path] = page
        self._deep_count += (len(path) > UPPER_DEPTH) * ((page is not None) - is_here)

    def _drop_subtree(self, path: bytes) -> None:
        if path in self._pages:
            self._set(path, None)
            for digit in DIGITS:
                self._drop_subtree(path + digit)

    @staticmethod
    def _fits(path: bytes, page: bytes, above: bytes | None) -> bool:
        """Whether a page is sound and the one that is named above it, where it is not the root's."""
        named: Place = b""
        if path:
            named = b"" if above is None else find_place(above, int(path[-1:], SLOTS))
        try:
            top = compute_page_top(decode_page(page))
        except CodecError:
            return False
        return not path or (len(top) == HASH_BYTES and top == named)
