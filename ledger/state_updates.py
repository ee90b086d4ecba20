"""Updates of the state tree for a node that carries out one block after the other.

They lead to the same root and the same pages as `ledger.state_tree.update`, the plain version that they are checked against.
What is saved: pages stay in memory from one update to the next, with the places between their slots and their top, so that of
a page only the places above a changed slot are hashed; and an update goes through the tree once, from the deepest pages up.
"""

import hashlib
from binascii import hexlify
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, TypeAlias

from ledger.errors import CodecError
from ledger.state_pages import (
    EMPTY_STATE_ROOT,
    HEADER_BYTES,
    LEAF_DOMAIN,
    NODE_DOMAIN,
    NOTHING,
    SLOTS,
    Place,
    compute_place_hash,
    decode_page,
    encode_header,
)
from ledger.state_tree import (
    KEY_NIBBLES,
    ROOT_PATH,
    PageReader,
    describe_damage,
    get_nibble,
    merge_leaves,
    require_hash_lengths,
)
from ledger.types import HASH_BYTES, Hash

Nodes: TypeAlias = tuple[Place, ...]
"""A page in memory, 32 items: its encoded header, its top, the places between, and from 16 on its slots. The two places below
that at `i` are at `2 * i` and `2 * i + 1`. A tuple, because the garbage collector soon stops to look at tuples of bytes."""

TOP: Final = 1
PAGE_LEVELS: Final = 4
DEFAULT_CAPACITY: Final = 80_000
"""Pages: about 100 MB."""
UPPER_DEPTH: Final = 3
"""Pages at most so deep are all kept: there are 4,369, and every update of some size goes through them."""
MAX_HANDED_ON: Final = 20_000
"""Pages of one update that are kept in memory for the next."""

_NODE_OF_DIGIT: Final = tuple(SLOTS + (int(chr(code), 16) if chr(code) in "0123456789abcdef" else 0) for code in range(128))
_NO_NODES: Final[Nodes] = (NOTHING,) * (2 * SLOTS)
_DIGITS: Final = tuple(b"%x" % nibble for nibble in range(SLOTS))


class PageCache:
    """Decoded pages of one stored tree: the upper ones, and of the deeper ones that were changed those of one part of the tree.

    That part is the whole until `capacity` pages are kept; then it shrinks. Key hashes are evenly spread, so what share of
    the pages is found here does not depend on the order in which keys are changed: keeping those used last would keep none that
    is needed again where all keys are changed in turn.

    What an update changes comes in by `take_over`, once it is stored; a cache must not be used on with a tree that was changed
    in any other way.
    """

    __slots__ = ("_capacity", "_deep", "_end", "_upper")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._upper: dict[bytes, Nodes] = {}
        self._deep: dict[bytes, Nodes] = {}
        self._end = 1 << 16
        """Deeper pages are kept whose path, its first four digits read as a number, is below this."""

    def find(self, path: bytes) -> Nodes | None:
        """Return the page at a path where it is in memory."""
        return self._upper.get(path) if len(path) <= UPPER_DEPTH else self._deep.get(path)

    def take_over(self, revised: "Revised") -> None:
        """Follow an update that was stored."""
        for path in revised.pages:
            self._upper.pop(path, None)
            self._deep.pop(path, None)
        for path, nodes in revised.decoded.items():
            if len(path) <= UPPER_DEPTH:
                self._upper[path] = nodes
            elif int(path[:4], 16) < self._end:
                self._deep[path] = nodes
        while len(self._deep) > self._capacity:
            self._end = self._end * 15 // 16
            self._deep = {path: nodes for path, nodes in self._deep.items() if int(path[:4], 16) < self._end}

    def __len__(self) -> int:
        """Return how many pages are in memory."""
        return len(self._upper) + len(self._deep)


@dataclass(frozen=True, slots=True)
class Revised:
    """The root after an update, and the pages to write; None means that the page is to be deleted.

    `decoded` are pages of the tree after the update, for a cache that follows it.
    """

    root: Hash
    pages: dict[bytes, bytes | None]
    decoded: dict[bytes, Nodes]


def revise(cache: PageCache, read_page: PageReader, changes: Mapping[Hash, Hash | None]) -> Revised:
    """Set (key hash -> value hash) or delete (key hash -> None) leaves of the stored tree that `cache` is of.

    `pages` of what is returned holds only what differs from what is stored. Raises as `ledger.state_tree.update` does.
    """
    require_hash_lengths(changes)
    return _Revision(cache, read_page).run(changes)


class _Revision:
    """One update on its way, from the deepest pages up.

    Notes are flat lists: an update is long, and the garbage collector would look at every smaller container again and again.
    """

    __slots__ = ("_cache", "_changes", "_decoded", "_found", "_pages", "_read_page")

    def __init__(self, cache: PageCache, read_page: PageReader) -> None:
        self._cache = cache
        self._read_page = read_page
        self._found: dict[bytes, Nodes] = {}
        """Pages as they are stored, read here or in the cache."""
        self._pages: dict[bytes, bytes | None] = {}
        self._decoded: dict[bytes, Nodes] = {}
        # By depth and path of a page: node of a slot, the place that it takes, and so on.
        self._changes: list[dict[bytes, list[Any]]] = [{} for _ in range(KEY_NIBBLES)]

    def run(self, changes: Mapping[Hash, Hash | None]) -> Revised:
        for path, (before, *group) in self._locate(changes).items():
            if len(group) == 2 and (not before or before.startswith(group[0])):
                after = NOTHING if group[1] is None else group[0] + group[1]
            else:
                after = self._build(path, merge_leaves(path, before, zip(group[::2], group[1::2], strict=True)))
            if after != before:
                self._note(path, after)
        for depth in range(KEY_NIBBLES - 1, -1, -1):
            self._rise(depth)
        root = self._decoded.get(ROOT_PATH)
        if root is None:
            root = _NO_NODES if ROOT_PATH in self._pages else _complete(self._load(ROOT_PATH))
        return Revised(compute_place_hash(root[TOP]), self._pages, self._decoded)

    def _locate(self, changes: Mapping[Hash, Hash | None]) -> dict[bytes, list[Any]]:
        """Return the changes by the path of the slot that they meet: its place now, a leaf or nothing, then keys and values."""
        slots: dict[bytes, list[Any]] = {}
        found, find, node_of_digit = self._found, self._cache.find, _NODE_OF_DIGIT
        root = self._load(ROOT_PATH)
        depth = 0
        for key_hash, value_hash in changes.items():
            digits = hexlify(key_hash)
            # Most paths are as deep as the one before. A page that exists is on the way of every key below it.
            path = digits[:depth]
            nodes = found.get(path) or find(path) if depth else root
            if nodes is None:
                depth, nodes = 0, root
            place = nodes[node_of_digit[digits[depth]]]
            while len(place) == HASH_BYTES:
                depth += 1
                place = self._load(digits[:depth])[node_of_digit[digits[depth]]]
            path = digits[: depth + 1]
            slot = slots.get(path)
            if slot is None:
                slots[path] = [place, key_hash, value_hash]
            else:
                slot += (key_hash, value_hash)
        return slots

    def _note(self, path: bytes, place: Place) -> None:
        """Note what the slot of that path becomes."""
        pages = self._changes[len(path) - 1]
        page_path = path[:-1]
        changes = pages.get(page_path)
        if changes is None:
            pages[page_path] = [_NODE_OF_DIGIT[path[-1]], place]
        else:
            changes += (_NODE_OF_DIGIT[path[-1]], place)

    def _rise(self, depth: int) -> None:
        """Carry out what is noted at the pages of a depth, and note their new tops at the pages above."""
        for path, changes in self._changes[depth].items():
            nodes = _change_page(self._load(path), changes)
            top = nodes[TOP]
            if len(top) == HASH_BYTES or (depth == 0 and top):
                self._pages[path] = _encode(nodes)
                if depth <= UPPER_DEPTH or len(self._decoded) < MAX_HANDED_ON:
                    self._decoded[path] = nodes
            else:
                self._pages[path] = None
            if depth:
                self._note(path, top)

    def _build(self, path: bytes, leaves: list[bytes]) -> Place:
        """Return the place that a new subtree at `path` over these sorted leaves takes."""
        if len(leaves) < 2:
            return leaves[0] if leaves else NOTHING
        slots = [NOTHING] * SLOTS
        for nibble, group in groupby(leaves, lambda leaf: get_nibble(leaf, len(path))):
            slots[nibble] = self._build(path + _DIGITS[nibble], list(group))
        nodes = _complete(_make_nodes(encode_header(slots), slots))
        self._pages[path] = _encode(nodes)
        if len(self._decoded) < MAX_HANDED_ON:
            self._decoded[path] = nodes
        return nodes[TOP]

    def _load(self, path: bytes) -> Nodes:
        nodes = self._found.get(path)
        if nodes is None:
            nodes = self._found[path] = self._cache.find(path) or self._read(path)
        return nodes

    def _read(self, path: bytes) -> Nodes:
        page = self._read_page(path) if len(path) < KEY_NIBBLES else None
        if page is None:
            if path == ROOT_PATH:
                return _NO_NODES
            raise describe_damage(path)
        try:
            return _make_nodes(page[:HEADER_BYTES], decode_page(page))
        except CodecError as error:
            raise describe_damage(path) from error


def _make_nodes(header: bytes, slots: list[Place]) -> Nodes:
    """Return a page of these slots, in which the places above them are still to be computed: its top is nothing."""
    return (header, *_NO_NODES[1:SLOTS], *slots)


def _complete(nodes: Nodes) -> Nodes:
    """Return a page with the places above its slots."""
    if nodes[TOP]:
        return nodes
    completed = list(nodes)
    _hash_all(completed)
    return tuple(completed)


def _change_page(before: Nodes, changes: list[Any]) -> Nodes:
    """Return a page after changes of its slots: node, place, node, place and so on."""
    nodes = list(before)
    is_same_kind = True
    for position in range(0, len(changes), 2):
        node, place = changes[position], changes[position + 1]
        is_same_kind = is_same_kind and len(nodes[node]) == len(place)
        nodes[node] = place
    if not is_same_kind:
        nodes[0] = encode_header(nodes[SLOTS:])
    if not before[TOP]:
        _hash_all(nodes)
    elif len(changes) == 2:
        _hash_above(nodes, changes[0])
    else:
        _hash_above_all(nodes, changes[::2])
    return tuple(nodes)


def _hash_all(nodes: list[Place]) -> None:
    """Compute all places above the slots."""
    for node in range(SLOTS - 1, 0, -1):
        nodes[node] = _join(nodes[2 * node], nodes[2 * node + 1])


def _hash_above(nodes: list[Place], node: int) -> None:
    """Compute the places from the parent of `node` up."""
    sha256 = hashlib.sha256
    while node > TOP:
        left, right = nodes[node & -2], nodes[node | 1]
        node >>= 1
        if len(left) == HASH_BYTES == len(right):
            nodes[node] = sha256(NODE_DOMAIN + left + right).digest()
        else:
            nodes[node] = _join(left, right)


def _hash_above_all(nodes: list[Place], changed: Iterable[int]) -> None:
    """Compute the places above several nodes of one level, each once."""
    sha256 = hashlib.sha256
    for _ in range(PAGE_LEVELS):
        changed = {node >> 1 for node in changed}
        for node in changed:
            left, right = nodes[2 * node], nodes[2 * node + 1]
            if len(left) == HASH_BYTES == len(right):
                nodes[node] = sha256(NODE_DOMAIN + left + right).digest()
            else:
                nodes[node] = _join(left, right)


def _join(left: Place, right: Place) -> Place:
    """As `ledger.state_pages.join_places`, the plain version."""
    if len(left) != HASH_BYTES:
        if not left and len(right) != HASH_BYTES:
            return right
        if not right:
            return left
        left = hashlib.sha256(LEAF_DOMAIN + left).digest() if left else EMPTY_STATE_ROOT
    if len(right) != HASH_BYTES:
        right = hashlib.sha256(LEAF_DOMAIN + right).digest() if right else EMPTY_STATE_ROOT
    return hashlib.sha256(NODE_DOMAIN + left + right).digest()


def _encode(nodes: Nodes) -> bytes:
    return nodes[0] + b"".join(nodes[SLOTS:])
