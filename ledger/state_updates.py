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
    LEAF_BYTES,
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
"""Pages: about 80 MB, of 1 KB each."""
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

    __slots__ = ("_cache", "_decoded", "_leaves", "_pages", "_read", "_read_page", "_tops")

    def __init__(self, cache: PageCache, read_page: PageReader) -> None:
        self._cache = cache
        self._read_page = read_page
        self._read: dict[bytes, Nodes] = {}
        """Pages that were not in the cache, as they are stored."""
        self._pages: dict[bytes, bytes | None] = {}
        self._decoded: dict[bytes, Nodes] = {}
        # By depth and path of a page: the page as it is stored; then node of a slot, key hash, value hash or None, and so on.
        self._leaves: list[dict[bytes, list[Any]]] = [{} for _ in range(KEY_NIBBLES)]
        # By depth and path of a page: node of a slot, the place that it takes, and so on.
        self._tops: list[dict[bytes, list[Any]]] = [{} for _ in range(KEY_NIBBLES)]

    def run(self, changes: Mapping[Hash, Hash | None]) -> Revised:
        root = self._load(ROOT_PATH)
        self._locate(root, changes)
        for depth in range(KEY_NIBBLES - 1, -1, -1):
            tops = self._tops[depth]
            for path, (before, *leaves) in self._leaves[depth].items():
                slots = [*self._change_leaves(path, before, leaves), *tops.pop(path, ())]
                if slots:
                    self._replace(path, before, slots)
            for path, slots in tops.items():
                self._replace(path, self._load(path), slots)
        if ROOT_PATH in self._pages:
            root = self._decoded.get(ROOT_PATH, _NO_NODES)
        return Revised(compute_place_hash(_complete(root)[TOP]), self._pages, self._decoded)

    def _locate(self, root: Nodes, changes: Mapping[Hash, Hash | None]) -> None:
        """Note each change at the page in whose slot the key's path ends: an empty one, or one with a leaf."""
        find, node_of_digit, notes = self._cache.find, _NODE_OF_DIGIT, self._leaves
        depth = 0
        for key_hash, value_hash in changes.items():
            digits = hexlify(key_hash)
            # Most paths are as deep as the one before. A page that exists is on the way of every key below it.
            path = digits[:depth]
            nodes = find(path)
            if nodes is None:
                depth = min(depth, UPPER_DEPTH)
                path = digits[:depth]
                nodes = find(path)
                if nodes is None:
                    depth, path, nodes = 0, ROOT_PATH, root
            node = node_of_digit[digits[depth]]
            while len(nodes[node]) == HASH_BYTES:
                depth += 1
                path = digits[:depth]
                nodes = self._load(path)
                node = node_of_digit[digits[depth]]
            leaves = notes[depth].get(path)
            if leaves is None:
                notes[depth][path] = [nodes, node, key_hash, value_hash]
            else:
                leaves += (node, key_hash, value_hash)

    def _change_leaves(self, path: bytes, before: Nodes, leaves: list[Any]) -> list[Any]:
        """Return which slots of a page take other places by these changes, and which places: node, place and so on."""
        if len(leaves) == 3:
            node, key_hash, value_hash = leaves
            place = before[node]
            if not place or place.startswith(key_hash):
                after = NOTHING if value_hash is None else key_hash + value_hash
                return [] if after == place else [node, after]
        by_node: dict[int, list[tuple[Hash, Hash | None]]] = {}
        for node, key_hash, value_hash in zip(leaves[::3], leaves[1::3], leaves[2::3], strict=True):
            by_node.setdefault(node, []).append((key_hash, value_hash))
        slots: list[Any] = []
        for node, group in by_node.items():
            slot_path = path + _DIGITS[node - SLOTS]
            after = self._build(slot_path, merge_leaves(slot_path, before[node], group))
            if after != before[node]:
                slots += (node, after)
        return slots

    def _replace(self, path: bytes, before: Nodes, slots: list[Any]) -> None:
        """Carry out changes of a page's slots, and note its new top at the page above."""
        nodes = _change_page(before, slots)
        top, depth = nodes[TOP], len(path)
        if len(top) == HASH_BYTES or (top and not depth):
            self._pages[path] = _encode(nodes)
            if depth <= UPPER_DEPTH or len(self._decoded) < MAX_HANDED_ON:
                self._decoded[path] = nodes
        else:
            self._pages[path] = None
        if depth:
            notes, above = self._tops[depth - 1], path[:-1]
            slots_above = notes.get(above)
            if slots_above is None:
                notes[above] = [_NODE_OF_DIGIT[path[-1]], top]
            else:
                slots_above += (_NODE_OF_DIGIT[path[-1]], top)

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
        nodes = self._cache.find(path) or self._read.get(path)
        if nodes is None:
            nodes = self._read[path] = self._read_nodes(path)
        return nodes

    def _read_nodes(self, path: bytes) -> Nodes:
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


def _change_page(before: Nodes, slots: list[Any]) -> Nodes:
    """Return a page after changes of its slots: node, place, node, place and so on."""
    nodes = list(before)
    for node, place in zip(slots[::2], slots[1::2], strict=True):
        if len(nodes[node]) != len(place):
            nodes[0] = _change_header(nodes[0], node, place)
        nodes[node] = place
    if not before[TOP]:
        _hash_all(nodes)
    elif len(slots) == 2:
        _hash_above(nodes, slots[0])
    else:
        _hash_above_all(nodes, slots[::2])
    return tuple(nodes)


def _change_header(header: bytes, node: int, place: Place) -> bytes:
    """Return the header after the slot at `node` has become what `place` is: a leaf, a subtree or nothing."""
    subtree_bit = 1 << (2 * SLOTS - 1 - node)
    leaf_bit = subtree_bit << SLOTS
    bits = int.from_bytes(header, "big") & ~(leaf_bit | subtree_bit)
    if place:
        bits |= leaf_bit if len(place) == LEAF_BYTES else subtree_bit
    return bits.to_bytes(HEADER_BYTES, "big")


def _hash_all(nodes: list[Place]) -> None:
    """Compute all places above the slots."""
    for node in range(SLOTS - 1, 0, -1):
        left, right = nodes[2 * node], nodes[2 * node + 1]
        if left or right:  # Most pages are the lowest on their paths, and half empty.
            nodes[node] = _join(left, right)


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
