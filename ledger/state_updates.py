"""Updates of the state tree for a node that carries out one block after the other.

They lead to the same root and the same pages as `ledger.state_tree.update`, which they are checked against and which does the
work where `native.c` was not compiled. What is saved: pages stay in memory from one update to the next, in C with the hashes
between their slots and their top, so that of a page only the places above a changed slot are hashed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from ledger.errors import CodecError
from ledger.hashing import IS_COMPILED, hash_items
from ledger.state_pages import (
    ALL_SUBTREES,
    DERIVED_DEPTH,
    SLOTS,
    Place,
    compute_page_length,
    compute_page_top,
    decode_page,
    is_stored,
)
from ledger.state_tree import DIGITS, PageReader, describe_damage, update
from ledger.types import HASH_BYTES, Hash

if IS_COMPILED:
    from ledger import native

DEFAULT_CAPACITY: Final = 200_000
"""Deeper pages: about 125 MB."""
UPPER_DEPTH: Final = 3
"""Pages at most so deep are all kept: there are 4,369, and every update of some size goes through them."""
MAX_HANDED_ON = 20_000
"""Deeper pages of one update that are kept in memory for the next."""
_END_DIGITS: Final = 4
_WHOLE: Final = 16**_END_DIGITS


class PageCache:
    """Pages of one stored tree: the upper ones, and of the deeper ones that were changed those of one part of the tree.

    That part is the whole until `capacity` deeper pages are kept; then it shrinks. Key hashes are evenly spread, so what share
    of the pages is found here does not depend on the order in which keys are changed: keeping those used last would keep none
    that is needed again where all keys are changed in turn.

    What an update changes comes in by `take_over`, once it is stored; a cache must not be used on with a tree that was changed
    in any other way, nor with both ways of updating.
    """

    __slots__ = ("_capacity", "_deep_count", "_end", "_pages")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._pages: dict[bytes, bytes] = {}
        self._deep_count = 0
        self._end = _WHOLE

    @property
    def pages(self) -> dict[bytes, bytes]:
        """The pages in memory by path, as the way of updating keeps them."""
        return self._pages

    @property
    def end(self) -> bytes:
        """Deeper pages are kept whose path is before this one."""
        return b"g" if self._end == _WHOLE else b"%04x" % self._end

    def take_over(self, revised: "Revised") -> None:
        """Follow an update that was stored."""
        pages, before = self._pages, len(self._pages)
        pages.update(revised.deeper)
        self._deep_count += len(pages) - before
        pages.update(revised.upper)
        for path in revised.forgotten:
            self._deep_count -= pages.pop(path, None) is not None and len(path) > UPPER_DEPTH
        while self._deep_count > self._capacity:
            self._shrink()

    def fill(self, pages: Iterable[tuple[bytes, bytes]]) -> None:
        """Take stored pages into an empty cache. One that is damaged is left to whoever reads it next."""
        self._pages = {path: kept for path, page in pages if (kept := _complete(page)) is not None}
        self._deep_count = sum(len(path) > UPPER_DEPTH for path in self._pages)
        while self._deep_count > self._capacity:
            self._shrink()
        self._derive()

    def _derive(self) -> None:
        """Add the pages that are not stored, where all pages are here that they follow from."""
        tops: dict[bytes, list[bytes]] = {}
        for path, kept in self._pages.items():
            if len(path) == DERIVED_DEPTH + 1:
                tops.setdefault(path[:DERIVED_DEPTH], []).append(_get_top(kept))
        for path, slots in tops.items():
            if len(slots) == SLOTS and (page := _complete(ALL_SUBTREES + b"".join(slots))) is not None:
                self._pages[path] = page

    def _shrink(self) -> None:
        self._drop_from(self._end * 15 // 16)

    def _drop_from(self, end_number: int) -> None:
        self._end = end_number
        end = self.end
        self._pages = {path: page for path, page in self._pages.items() if len(path) <= UPPER_DEPTH or path < end}
        self._deep_count = sum(len(path) > UPPER_DEPTH for path in self._pages)

    def __len__(self) -> int:
        """Return how many pages are in memory."""
        return len(self._pages)


@dataclass(frozen=True, slots=True)
class Revised:
    """The root after an update, and the pages to store; None means that the page is stored no longer.

    The rest is what a cache that follows it must learn of: the upper pages as it keeps them, those of the deeper ones that it
    keeps, and the paths of what it must forget.
    """

    root: Hash
    pages: dict[bytes, bytes | None]
    upper: dict[bytes, bytes]
    deeper: dict[bytes, bytes]
    forgotten: list[bytes]


def hash_changes(changes: Mapping[bytes, bytes | None]) -> dict[Hash, Hash | None]:
    """Return changes of the state as those of its tree: hash of the key, to hash of the value or None for deleted."""
    return cast("dict[Hash, Hash | None]", hash_items({**changes}))


def revise(cache: PageCache, read_page: PageReader, changes: Mapping[Hash, Hash | None]) -> Revised:
    """Set (key hash -> value hash) or delete (key hash -> None) leaves of the stored tree that `cache` is of.

    `read_page` gives all pages, also those that are not stored. Raises as `ledger.state_tree.update` does.
    """
    return (revise_natively if IS_COMPILED else revise_plainly)(cache, read_page, changes)


def revise_natively(cache: PageCache, read_page: PageReader, changes: Mapping[Hash, Hash | None]) -> Revised:
    """Do as `revise` says, in C."""
    leaves: dict[bytes, bytes | None] = dict(changes.items())
    try:
        updated = native.update_tree(cache.pages, read_page, leaves, cache.end, UPPER_DEPTH, MAX_HANDED_ON)
    except native.DamagedPageError as error:
        raise describe_damage(error.args[0]) from error
    return Revised(Hash(updated[0]), *updated[1:])


def revise_plainly(cache: PageCache, read_page: PageReader, changes: Mapping[Hash, Hash | None]) -> Revised:
    """Do as `revise` says, in Python."""
    before: dict[bytes, bytes | None] = {}

    def read(path: bytes) -> bytes | None:
        before[path] = cache.pages.get(path) or read_page(path)
        return before[path]

    updated = update(read, changes)
    pages: dict[bytes, bytes | None] = {}
    for path, page in updated.pages.items():
        if page is not None and is_stored(path, page):
            pages[path] = page
        elif (old := before.get(path)) is not None and is_stored(path, old):
            pages[path] = None
    kept = {path: page for path, page in updated.pages.items() if page is not None and _is_kept(cache, path)}
    upper = {path: page for path, page in kept.items() if len(path) <= UPPER_DEPTH}
    deeper = {path: page for path, page in kept.items() if len(path) > UPPER_DEPTH}
    return Revised(updated.root, pages, upper, deeper, [path for path in updated.pages if path not in kept])


def derive_page(read_page: PageReader, path: bytes) -> bytes | None:
    """Return the page at `path` that is not stored, made of the stored ones below it; None where there is none.

    Raises `STORE_DAMAGED`.
    """
    tops: list[bytes] = []
    for digit in DIGITS:
        page = read_page(path + digit)
        if page is None and not tops:
            return None
        kept = None if page is None else _complete(page)
        if kept is None:
            raise describe_damage(path + digit)
        tops.append(_get_top(kept))
    return ALL_SUBTREES + b"".join(tops)


def _complete(page: bytes) -> bytes | None:
    """Return a page as a cache keeps it, None for one that is damaged."""
    if IS_COMPILED:
        return native.complete_page(page)
    try:
        decode_page(page)
    except CodecError:
        return None
    return page


def _get_top(kept: bytes) -> Place:
    """Return the hash that a page of two leaves or more, as a cache keeps it, takes in its parent."""
    if not IS_COMPILED:
        return compute_page_top(decode_page(kept))
    start = compute_page_length(kept)
    return kept[start : start + HASH_BYTES]


def _is_kept(cache: PageCache, path: bytes) -> bool:
    return len(path) <= UPPER_DEPTH or path < cache.end
