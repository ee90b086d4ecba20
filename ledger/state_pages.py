"""Pages of the state tree: four levels of the binary tree in one stored value, with 16 slots below.

A slot, like any place in the tree, is one of three things, told apart by length: nothing (0 bytes), a leaf (64 bytes: key hash
and value hash) or a subtree of at least two leaves (32 bytes: its hash). Hashing is that of the Jellyfish Merkle tree with
SHA-256 (penumbra-zone/jmt): a subtree with one leaf is that leaf's hash, an empty one is a constant.

A page is found by its path: the nibbles that lead to it, as lower-case hexadecimal ASCII digits, `b""` for the root.
Not every page is stored: see `is_stored`. Its encoding is a 16-bit map of the slots that are leaves and one of those that are
subtrees (big-endian, the first slot in the highest bit), then the slots that are not empty, in order.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

from ledger.errors import CodecError
from ledger.types import HASH_BYTES, Hash

SLOTS = 16
LEAF_BYTES = 2 * HASH_BYTES
HEADER_BYTES = 4
STORED_DEPTH = 2
"""Pages at most so deep are stored in any case."""
GROUP_DEPTH = 3
"""A page of this depth and all below it are stored together, or none of them is."""
GROUPS = SLOTS**GROUP_DEPTH
FIRST = b"000"
"""Path of the first group."""
WHOLE = b"g"
"""Behind all paths."""
LEAF_DOMAIN = b"JMT::LeafNode"
NODE_DOMAIN = b"JMT::IntrnalNode"
"""Spelt so in the source."""
EMPTY_STATE_ROOT = Hash(b"SPARSE_MERKLE_PLACEHOLDER_HASH__")

Place: TypeAlias = bytes
"""Nothing, a leaf or the hash of a subtree, told apart by length."""
NOTHING: Place = b""

_SLOT_BITS = tuple((slot, 1 << (SLOTS - 1 - slot)) for slot in range(SLOTS))


def compute_state_leaf_hash(leaf: bytes) -> Hash:
    """Hash of a leaf, given as key hash and value hash joined."""
    return Hash(hashlib.sha256(LEAF_DOMAIN + leaf).digest())


def compute_state_node_hash(left: Hash, right: Hash) -> Hash:
    """Hash of an inner node over its two children."""
    return Hash(hashlib.sha256(NODE_DOMAIN + left + right).digest())


def compute_place_hash(place: Place) -> Hash:
    """Hash by which a place enters its parent."""
    if len(place) == HASH_BYTES:
        return Hash(place)
    return compute_state_leaf_hash(place) if place else EMPTY_STATE_ROOT


def join_places(left: Place, right: Place) -> Place:
    """Node over these two halves: a leaf alone moves up as it is, anything more is a subtree."""
    if not left and len(right) != HASH_BYTES:
        return right
    if not right and len(left) != HASH_BYTES:
        return left
    return compute_state_node_hash(compute_place_hash(left), compute_place_hash(right))


def compute_page_levels(slots: Sequence[Place]) -> tuple[Sequence[Place], ...]:
    """All five levels of a page, from its top (one place) down to its 16 slots."""
    levels = [slots]
    while len(slots) > 1:
        slots = [join_places(left, right) for left, right in zip(slots[::2], slots[1::2], strict=True)]
        levels.append(slots)
    return tuple(reversed(levels))


def compute_page_top(slots: Sequence[Place]) -> Place:
    """Place that the whole page takes in its parent."""
    return compute_page_levels(slots)[0][0]


def encode_page(slots: Sequence[Place]) -> bytes:
    """Encode the 16 slots of a page."""
    return b"".join((encode_header(slots), *slots))


def is_stored(path: bytes, end: bytes) -> bool:
    """Whether the page at `path` is stored, in a store whose deeper pages are so from `end` on: see `format_end`.

    Those before `end` follow from the leaves, which are all stored. A block of some size changes nearly every page of depth 3
    and many below these, and they would be half of all that it writes.
    """
    return len(path) <= STORED_DEPTH or path >= end


def format_end(number: int) -> bytes:
    """Return the path of the group of pages of this number. That of `GROUPS` is behind all paths: no deeper page is stored."""
    return b"%03x" % number if number < GROUPS else WHOLE


def parse_end(end: bytes) -> int:
    """Return the number of a group from its path; raise `ValueError` for what `format_end` does not make."""
    number = GROUPS if end == WHOLE else int(end, 16)
    if not 0 <= number <= GROUPS or format_end(number) != end:
        raise ValueError("not the path of a group of pages")
    return number


def compute_page_length(page: bytes) -> int:
    """Length of the encoding of a page that more bytes may follow."""
    leaves, children = int.from_bytes(page[:2], "big"), int.from_bytes(page[2:HEADER_BYTES], "big")
    return HEADER_BYTES + LEAF_BYTES * leaves.bit_count() + HASH_BYTES * children.bit_count()


def encode_header(slots: Sequence[Place]) -> bytes:
    """Encode which of the 16 slots are leaves and which are subtrees."""
    leaves = children = 0
    for slot, bit in _SLOT_BITS:
        length = len(slots[slot])
        if length == LEAF_BYTES:
            leaves |= bit
        elif length:
            children |= bit
    return leaves.to_bytes(2, "big") + children.to_bytes(2, "big")


def decode_page(data: bytes) -> list[Place]:
    """Return the 16 slots of a page; raise `CodecError` unless `data` is what `encode_page` makes of slots not all empty."""
    leaves, children = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:HEADER_BYTES], "big")
    expected = compute_page_length(data)
    if len(data) != expected or expected == HEADER_BYTES or leaves & children:
        raise CodecError("not a page of the state tree")
    slots = [NOTHING] * SLOTS
    offset = HEADER_BYTES
    for slot, bit in _SLOT_BITS:
        if leaves & bit:
            slots[slot] = data[offset : offset + LEAF_BYTES]
            offset += LEAF_BYTES
        elif children & bit:
            slots[slot] = data[offset : offset + HASH_BYTES]
            offset += HASH_BYTES
    return slots


def find_place(page: bytes, slot: int) -> Place:
    """Return what is in one slot of an encoded page."""
    leaves, children = int.from_bytes(page[:2], "big"), int.from_bytes(page[2:HEADER_BYTES], "big")
    shift = SLOTS - slot
    offset = HEADER_BYTES + LEAF_BYTES * (leaves >> shift).bit_count() + HASH_BYTES * (children >> shift).bit_count()
    length = LEAF_BYTES if leaves >> (shift - 1) & 1 else HASH_BYTES if children >> (shift - 1) & 1 else 0
    return page[offset : offset + length]
