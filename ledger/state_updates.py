"""Updates of the state tree for a node that carries out one block after the other.

They lead to the same root and the same pages as `ledger.state_tree.update`, which they are checked against. What is saved:
pages stay in memory from one update to the next, in C with the hashes between their slots and their top, so that of a page only
the places above a changed slot are hashed. Where C was not compiled, `ledger.plain_pages` does the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

from ledger.hashing import IS_COMPILED, hash_each, hash_items
from ledger.plain_pages import PlainPages
from ledger.state_pages import FIRST, HEADER_BYTES, WHOLE, Place, format_end, parse_end
from ledger.state_tree import PageReader, describe_damage
from ledger.types import Hash

_DAMAGED: tuple[type[Exception], ...] = ()
if IS_COMPILED:
    from ledger import native

    _DAMAGED = (native.DamagedPageError,)

DEFAULT_CAPACITY: Final = 200_000
"""Deeper pages: about 70 MB."""
MAX_STEP: Final = 64
"""Groups of pages that are stored from one block on and were not before: a sixty-fourth of all."""
_NOTHING: Final[dict[bytes, bytes]] = {}


class Pages(Protocol):
    """Pages of one tree in memory: `ledger.plain_pages.PlainPages` says what each method does."""

    def __len__(self) -> int:
        """Count them."""

    @property
    def deep_count(self) -> int:
        """How many are deeper than the upper ones."""

    def list_pages(self, begin: bytes, /) -> list[tuple[bytes, bytes]]:
        """List those from a path on."""

    def fill(self, pages: Iterable[tuple[bytes, bytes]], /) -> None:
        """Take in stored pages."""

    def build(self, path: bytes, leaves: dict[bytes, bytes | None], /) -> bool:
        """Take in pages made from leaves."""

    def update(
        self, read_page: PageReader, changes: dict[bytes, bytes | None], end: bytes, stored_from: bytes, /
    ) -> tuple[bytes, dict[bytes, bytes | None], object]:
        """Compute an update."""

    def take_over(self, patch: object, /) -> None:
        """Follow an update."""

    def drop_from(self, end: bytes, /) -> None:
        """Drop deeper pages from a path on."""

    def find_leaves(self, key_hashes: Sequence[bytes], /) -> list[bool | None]:
        """Say which keys have a leaf."""


class PageCache:
    """Pages of one stored tree: the upper ones, and the deeper ones that are not stored.

    Deeper pages are stored from `end` on; those before it follow from the leaves, and are kept here once they were changed or
    filled in. As soon as there are more than `capacity` of them, the next update moves `end` down by as many groups as are
    likely to be too many. Key hashes are evenly spread, so what share of the pages is here does not depend on the order in
    which keys are changed: keeping those used last would keep none that is needed again where all keys are changed in turn.

    What an update changes comes in by `take_over`, once it is stored; a cache must not be used on with a tree that was changed
    in any other way.
    """

    __slots__ = ("_capacity", "_end", "_next_end", "_pages")

    def __init__(self, capacity: int = DEFAULT_CAPACITY, end: bytes = WHOLE, *, is_native: bool = IS_COMPILED) -> None:
        self._capacity = capacity
        self._pages: Pages = native.Pages() if is_native else PlainPages()
        self._end = self._next_end = end

    @property
    def end(self) -> bytes:
        """Deeper pages are stored from this path on."""
        return self._end

    @property
    def next_end(self) -> bytes:
        """From which path on they are after the next update: the same, or one before it."""
        return self._next_end

    @property
    def deep_count(self) -> int:
        """How many of the deeper pages are in memory."""
        return self._pages.deep_count

    def update(
        self, read_page: PageReader, changes: Mapping[Hash, Hash | None], leaving: Mapping[bytes, bytes] = _NOTHING
    ) -> "Revised":
        """Do as `revise` says."""
        leaves: dict[bytes, bytes | None] = dict(changes.items())
        try:
            root, pages, patch = self._pages.update(read_page, leaves, self._end, self._next_end)
        except _DAMAGED as error:
            raise describe_damage(error.args[0]) from error
        return Revised(Hash(root), {**leaving, **pages} if leaving else pages, self._next_end, patch)

    def take_over(self, revised: "Revised") -> None:
        """Follow an update that was stored. Raises `ValueError` for one that was made before something else came in."""
        self._pages.take_over(revised.patch)
        if revised.end != self._end:
            self._pages.drop_from(revised.end)
            self._end = revised.end
        self._plan()

    def fill(self, pages: Iterable[tuple[bytes, bytes]]) -> None:
        """Take in stored pages that belong here, each after the one above it.

        A damaged one is left to whoever reads it next.
        """
        self._pages.fill(pages)
        self._plan()

    def build(self, path: bytes, leaves: Mapping[Hash, Hash | None]) -> bool:
        """Take in the page at `path` and all below it, which belong here, made from the leaves there.

        Return whether they lead to the page above, which has to be here. If not, that is left to whoever reads it next.
        """
        is_built = self._pages.build(path, dict(leaves.items()))
        self._plan()
        return is_built

    def find_leaves(self, key_hashes: Sequence[bytes]) -> list[bool | None]:
        """Return for each hash of a key whether the tree has a leaf for it, None where that is not in memory.

        The answer can be relied on as the root can. Every page in memory was made by an update, or has the hash that the page
        above it names, up to the root's, which whoever opens a store holds against the tip's header. So a page that was damaged
        is not in memory, and what is below it is unknown, not absent.
        """
        return self._pages.find_leaves(key_hashes)

    def find_keys(self, keys: Sequence[bytes]) -> list[bool | None]:
        """Return the same for each of several keys."""
        return self._pages.find_leaves(hash_each(b"", keys))

    def list_pages(self, begin: bytes = b"") -> list[tuple[bytes, bytes]]:
        """Return path and encoding of the pages in memory from a path on, in order."""
        return self._pages.list_pages(begin)

    def _plan(self) -> None:
        """Choose where the next update leaves `end`."""
        self._next_end, deep_count = self._end, self._pages.deep_count
        too_many = deep_count - self._capacity
        if too_many > 0:
            number = parse_end(self._end)
            step = -(-too_many * number // deep_count)
            self._next_end = format_end(number - min(step, MAX_STEP))

    def __len__(self) -> int:
        """Return how many pages are in memory."""
        return len(self._pages)


@dataclass(frozen=True, slots=True)
class Revised:
    """The root after an update, and the pages to store; None means that the page is stored no longer.

    Deeper pages are stored from `end` on now. `patch` is what changes in memory, for the cache that the update was made with.
    """

    root: Hash
    pages: dict[bytes, bytes | None]
    end: bytes
    patch: object = field(compare=False, repr=False)


def hash_changes(changes: Mapping[bytes, bytes | None]) -> dict[Hash, Hash | None]:
    """Return changes of the state as those of its tree: hash of the key, to hash of the value or None for deleted."""
    return cast("dict[Hash, Hash | None]", hash_items({**changes}))


def revise(
    cache: PageCache, read_page: PageReader, changes: Mapping[Hash, Hash | None], leaving: Mapping[bytes, bytes] = _NOTHING
) -> Revised:
    """Set (key hash -> value hash) or delete (key hash -> None) leaves of the stored tree that `cache` is of.

    `read_page` gives all pages, also those that are not stored. `leaving` are all pages, as they are before, of the groups from
    `cache.next_end` on and before `cache.end`: they are stored from now on. Raises as `ledger.state_tree.update` does, and
    `STORE_DAMAGED` for a page from `read_page` that is not the one named above it.
    """
    return cache.update(read_page, changes, leaving)


def build_pages(path: bytes, top: Place, leaves: Mapping[Hash, Hash | None]) -> dict[bytes, bytes]:
    """Return all pages at `path`, which is not the root's, and below it, made from the leaves there.

    Raises `STORE_DAMAGED` unless they lead to `top`, the hash of `path` in the page above it.
    """
    try:
        built = revise(PageCache(0, FIRST), lambda _path: None, leaves).pages
    except ValueError as error:
        raise describe_damage(path) from error
    above = built.get(path[:-1])
    if path not in built or above is None or above[HEADER_BYTES:] != top:
        raise describe_damage(path)
    return {key: page for key, page in built.items() if page is not None and len(key) >= len(path)}
