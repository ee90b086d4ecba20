"""Updates of the state tree for a node that carries out one block after the other.

They lead to the same root and the same pages as `ledger.state_tree.update`, which they are checked against and which does the
work where `native.c` was not compiled. What is saved: pages stay in memory from one update to the next, in C with the hashes
between their slots and their top, so that of a page only the places above a changed slot are hashed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from ledger.errors import CodecError
from ledger.hashing import IS_COMPILED, hash_items
from ledger.state_pages import FIRST, HEADER_BYTES, WHOLE, Place, decode_page, format_end, is_stored, parse_end
from ledger.state_tree import PageReader, describe_damage, update
from ledger.types import Hash

if IS_COMPILED:
    from ledger import native

DEFAULT_CAPACITY: Final = 200_000
"""Deeper pages: about 125 MB."""
UPPER_DEPTH: Final = 3
"""Pages at most so deep are all kept: there are 4,369, and every update of some size goes through them."""
MAX_STEP: Final = 64
"""Groups of pages that are stored from one block on and were not before: a sixty-fourth of all."""
_NOTHING: Final[dict[bytes, bytes]] = {}


class PageCache:
    """Pages of one stored tree: the upper ones, and the deeper ones that are not stored.

    Deeper pages are stored from `end` on; those before it follow from the leaves, and are kept here once they were changed or
    filled in. As soon as there are more than `capacity` of them, the next update moves `end` down by as many groups as are
    likely to be too many. Key hashes are evenly spread, so what share of the pages is here does not depend on the order in
    which keys are changed: keeping those used last would keep none that is needed again where all keys are changed in turn.

    What an update changes comes in by `take_over`, once it is stored; a cache must not be used on with a tree that was changed
    in any other way, nor with both ways of updating.
    """

    __slots__ = ("_capacity", "_deep_count", "_end", "_next_end", "_pages")

    def __init__(self, capacity: int = DEFAULT_CAPACITY, end: bytes = WHOLE) -> None:
        self._capacity = capacity
        self._pages: dict[bytes, bytes] = {}
        self._deep_count = 0
        self._end = self._next_end = end

    @property
    def pages(self) -> dict[bytes, bytes]:
        """The pages in memory by path, as the way of updating keeps them."""
        return self._pages

    @property
    def end(self) -> bytes:
        """Deeper pages are stored from this path on."""
        return self._end

    @property
    def next_end(self) -> bytes:
        """From which path on they are after the next update: the same, or one before it."""
        return self._next_end

    def take_over(self, revised: "Revised") -> None:
        """Follow an update that was stored."""
        pages, before = self._pages, len(self._pages)
        pages.update(revised.deeper)
        self._deep_count += len(pages) - before
        pages.update(revised.upper)
        for path in revised.forgotten:
            self._deep_count -= pages.pop(path, None) is not None and len(path) > UPPER_DEPTH
        self._end = revised.end
        self._plan()

    def fill(self, parts: Iterable[Mapping[bytes, bytes]]) -> None:
        """Take in the pages that belong here, as `complete_page` and `build_kept` make them."""
        for pages in parts:
            self._pages.update(pages)
        self._deep_count = sum(len(path) > UPPER_DEPTH for path in self._pages)
        self._plan()

    def _plan(self) -> None:
        """Choose where the next update leaves `end`."""
        self._next_end, too_many = self._end, self._deep_count - self._capacity
        if too_many > 0:
            number = parse_end(self._end)
            step = -(-too_many * number // self._deep_count)
            self._next_end = format_end(number - min(step, MAX_STEP))

    def __len__(self) -> int:
        """Return how many pages are in memory."""
        return len(self._pages)


@dataclass(frozen=True, slots=True)
class Revised:
    """The root after an update, and the pages to store; None means that the page is stored no longer.

    The rest is what a cache that follows it must learn of: the upper pages as it keeps them, those of the deeper ones that it
    keeps, the paths of what it must forget, and from where on deeper pages are stored now.
    """

    root: Hash
    pages: dict[bytes, bytes | None]
    upper: dict[bytes, bytes]
    deeper: dict[bytes, bytes]
    forgotten: list[bytes]
    end: bytes


def hash_changes(changes: Mapping[bytes, bytes | None]) -> dict[Hash, Hash | None]:
    """Return changes of the state as those of its tree: hash of the key, to hash of the value or None for deleted."""
    return cast("dict[Hash, Hash | None]", hash_items({**changes}))


def revise(
    cache: PageCache, read_page: PageReader, changes: Mapping[Hash, Hash | None], leaving: Mapping[bytes, bytes] = _NOTHING
) -> Revised:
    """Set (key hash -> value hash) or delete (key hash -> None) leaves of the stored tree that `cache` is of.

    `read_page` gives all pages, also those that are not stored. `leaving` are all pages, as they are before, of the groups from
    `cache.next_end` on and before `cache.end`: they are stored from now on. Raises as `ledger.state_tree.update` does.
    """
    return (revise_natively if IS_COMPILED else revise_plainly)(cache, read_page, changes, leaving)


def revise_natively(
    cache: PageCache, read_page: PageReader, changes: Mapping[Hash, Hash | None], leaving: Mapping[bytes, bytes] = _NOTHING
) -> Revised:
    """Do as `revise` says, in C."""
    leaves: dict[bytes, bytes | None] = dict(changes.items())
    try:
        updated = native.update_tree(cache.pages, read_page, leaves, cache.next_end, UPPER_DEPTH)
    except native.DamagedPageError as error:
        raise describe_damage(error.args[0]) from error
    return _add_leaving(Revised(Hash(updated[0]), *updated[1:], cache.next_end), leaving)


def revise_plainly(
    cache: PageCache, read_page: PageReader, changes: Mapping[Hash, Hash | None], leaving: Mapping[bytes, bytes] = _NOTHING
) -> Revised:
    """Do as `revise` says, in Python."""
    updated = update(lambda path: cache.pages.get(path) or read_page(path), changes)
    end = cache.next_end
    pages = {path: page for path, page in updated.pages.items() if is_stored(path, end)}
    kept = {path: page for path, page in updated.pages.items() if page is not None and _is_kept(path, end)}
    upper = {path: page for path, page in kept.items() if len(path) <= UPPER_DEPTH}
    deeper = {path: page for path, page in kept.items() if len(path) > UPPER_DEPTH}
    forgotten = [path for path in updated.pages if path not in kept]
    return _add_leaving(Revised(updated.root, pages, upper, deeper, forgotten, end), leaving)


def _is_kept(path: bytes, end: bytes) -> bool:
    return len(path) <= UPPER_DEPTH or path < end


def _add_leaving(revised: Revised, leaving: Mapping[bytes, bytes]) -> Revised:
    if not leaving:
        return revised
    forgotten = [*revised.forgotten, *(path for path in leaving if len(path) > UPPER_DEPTH)]
    return replace(revised, pages={**leaving, **revised.pages}, forgotten=forgotten)


def build_pages(path: bytes, top: Place, leaves: Mapping[Hash, Hash | None]) -> dict[bytes, bytes]:
    """Return all pages at `path`, which is not the root's, and below it, made from the leaves there.

    Raises `STORE_DAMAGED` unless they lead to `top`, the hash of `path` in the page above it.
    """
    built = _build(leaves, path, FIRST).pages
    return _select(built, path, top, {key: page for key, page in built.items() if page is not None})


def build_kept(path: bytes, top: Place, leaves: Mapping[Hash, Hash | None]) -> dict[bytes, bytes]:
    """Return and raise the same as `build_pages`, the pages as a cache keeps them; for a path of at most `GROUP_DEPTH`."""
    built = _build(leaves, path, WHOLE)
    return _select(built.pages, path, top, {**built.upper, **built.deeper})


def _build(leaves: Mapping[Hash, Hash | None], path: bytes, end: bytes) -> Revised:
    try:
        return revise(PageCache(0, end), lambda _path: None, leaves)
    except ValueError as error:
        raise describe_damage(path) from error


def _select(built: Mapping[bytes, bytes | None], path: bytes, top: Place, pages: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Return the pages of a tree that are at `path` or below it, where nothing is beside it and it has this hash."""
    above = built.get(path[:-1])
    if path not in pages or above is None or above[HEADER_BYTES:] != top:
        raise describe_damage(path)
    return {key: page for key, page in pages.items() if len(key) >= len(path)}


def complete_page(page: bytes) -> bytes | None:
    """Return a page as a cache keeps it, None for one that is damaged."""
    if IS_COMPILED:
        return native.complete_page(page)
    try:
        decode_page(page)
    except CodecError:
        return None
    return page
