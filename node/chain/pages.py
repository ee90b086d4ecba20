"""Pages of the state tree in a store: those that are stored, and those that follow from the leaves.

All leaves are stored. So are the upper pages, and of the deeper ones those from a path on that the store names: what comes
before it is what its node keeps in memory (`ledger.state_updates.PageCache`). Where that path is, is each node's own affair.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, cast

from ledger.errors import CodecError, HourledgerError
from ledger.state_pages import (
    GROUP_DEPTH,
    GROUPS,
    NOTHING,
    SLOTS,
    STORED_DEPTH,
    WHOLE,
    Place,
    decode_page,
    format_end,
    is_stored,
    parse_end,
)
from ledger.state_tree import describe_damage
from ledger.state_updates import PageCache, build_pages
from ledger.types import HASH_BYTES, Hash
from node.chain.records import load
from node.storage import namespaces
from node.storage.protocol import KeyValueStore, Readable

HELD_GROUPS: Final = 32
"""A group at a million records has some 40 pages of 330 bytes."""
MOVED_GROUPS: Final = 64
"""Groups whose pages are written or deleted in one batch."""
GROUP_BYTES: Final = 2
"""Of a key hash, that tell its group."""


class StoredPages:
    """Reads of the pages of a store or snapshot whose content does not change as long as this is used."""

    __slots__ = ("_end", "_groups", "_source")

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._end = load_end(source)
        self._groups: dict[bytes, dict[bytes, bytes]] = {}

    def read(self, path: bytes) -> bytes | None:
        """Return the page at `path`, None where there is none; raise `STORE_DAMAGED`."""
        if is_stored(path, self._end):
            return self._source.get(namespaces.PAGES.key(path))
        group = path[:GROUP_DEPTH]
        pages = self._groups.get(group)
        if pages is None:
            if len(self._groups) >= HELD_GROUPS:
                self._groups.clear()
            pages = self._groups[group] = derive_group(self._source, group)
        return pages.get(path)


def load_end(source: Readable) -> bytes:
    """Return from which path on deeper pages are stored; raise `STORE_DAMAGED`."""
    return load(source, namespaces.END.key(), _decode_end) or WHOLE


def _decode_end(data: bytes) -> bytes:
    try:
        parse_end(data)
    except ValueError as error:
        raise CodecError(f"not the path of a group of pages: {data!r}") from error
    return data


def load_page(source: Readable, path: bytes) -> bytes | None:
    """Return the page of the state tree at `path`, None where there is none; raise `STORE_DAMAGED`."""
    return StoredPages(source).read(path)


def derive_group(source: Readable, group: bytes) -> dict[bytes, bytes]:
    """Return all pages of a group, made from its leaves; raise `STORE_DAMAGED`."""
    top = _load_place(source, group)
    return build_pages(group, top, load_leaves(source, group)) if len(top) == HASH_BYTES else {}


def load_leaves(source: Readable, path: bytes) -> dict[Hash, Hash | None]:
    """Return the leaves below a path of at most four digits, in ascending order."""
    begin = len(namespaces.LEAVES.prefix)
    items = source.iterate(namespaces.LEAVES.prefix, *_compute_bounds(path))
    return cast("dict[Hash, Hash | None]", {key[begin:]: value for key, value in items})


def fill_cache(cache: PageCache, source: Readable) -> None:
    """Take the pages that the node of this store has in memory into its cache, which ends where those that are stored begin.

    What is damaged is left to whoever reads it next.
    """
    number = parse_end(load_end(source))
    upper = [b"%0*x" % (depth, path) if depth else b"" for depth in range(STORED_DEPTH + 1) for path in range(SLOTS**depth)]
    upper += [format_end(group) for group in range(number, GROUPS)]
    stored = ((path, source.get(namespaces.PAGES.key(path))) for path in upper)
    cache.fill((path, page) for path, page in stored if page is not None)
    whole, rest = divmod(number, SLOTS)
    parts = [b"%02x" % part for part in range(whole)] + [format_end(whole * SLOTS + slot) for slot in range(rest)]
    for path in parts:
        with suppress(HourledgerError, ValueError):
            cache.build(path, load_leaves(source, path))


def compute_leaving(source: Readable, end: bytes, next_end: bytes) -> dict[bytes, bytes]:
    """Return the pages from `next_end` on and before `end`, where none are stored; raise `STORE_DAMAGED`."""
    leaving: dict[bytes, bytes] = {}
    for number in range(parse_end(next_end), parse_end(end)):
        leaving.update(derive_group(source, format_end(number)))
    return leaving


def move_end(target: KeyValueStore, end: bytes) -> None:
    """Store deeper pages from `end` on and none before it, in a store that no chain goes on with; raise `STORE_DAMAGED`."""
    wanted = parse_end(end)
    while (number := parse_end(load_end(target))) != wanted:
        reached = max(wanted, number - MOVED_GROUPS) if wanted < number else min(wanted, number + MOVED_GROUPS)
        before, after = format_end(number), format_end(reached)
        moved: dict[bytes, bytes | None] = {}
        if reached < number:
            leaving = compute_leaving(target, before, after)
            moved.update({namespaces.PAGES.key(path): page for path, page in leaving.items()})
        else:
            stored = target.iterate(namespaces.PAGES.prefix, before, after)
            moved.update({key: None for key, _page in stored if len(key) > STORED_DEPTH + 1})
        target.write({**moved, **compute_end_write(after)})


def compute_end_write(end: bytes) -> dict[bytes, bytes | None]:
    """Return what is written to say from where on deeper pages are stored."""
    return {namespaces.END.key(): None if end == WHOLE else end}


def choose_end(counts: Mapping[bytes, int], capacity: int) -> bytes:
    """Return from where on deeper pages are stored, of which each group has so many, where so many find place in memory."""
    for number in range(GROUPS):
        capacity -= counts.get(format_end(number), 0)
        if capacity < 0:
            return format_end(number)
    return WHOLE


def _load_place(source: Readable, path: bytes) -> Place:
    """Return the place of a path of at most three digits, as the page above it has it."""
    above = path[:-1]
    page = source.get(namespaces.PAGES.key(above))
    if page is None:
        return NOTHING
    try:
        return decode_page(page)[int(path[-1:], 16)]
    except CodecError as error:
        raise describe_damage(above) from error


def _compute_bounds(path: bytes) -> tuple[bytes, bytes | None]:
    """Return where the keys of the leaves below a path begin, and before which they end, None for the last."""
    digits = 2 * GROUP_BYTES
    first, width = int(path.ljust(digits, b"0"), 16), SLOTS ** (digits - len(path))
    start, stop = (number.to_bytes(GROUP_BYTES + 1, "big")[1:] for number in (first, first + width))
    return start, stop if any(stop) else None
