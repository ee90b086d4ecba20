"""The state tree: a sparse Merkle tree over the current values, whose shape depends on the set of keys alone.

Only the current version is kept, in pages (`ledger.state_pages`). Below every page except the root's lie at least two leaves; a
page that would hold fewer is deleted and its leaf moves up. So the same leaves always make the same pages, whatever
the order in which they came and whatever was there in between.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from ledger import codec
from ledger.codec import Codec
from ledger.crypto import sha256
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.reasons import Reason
from ledger.state_pages import (
    NOTHING,
    SLOTS,
    Place,
    compute_page_levels,
    compute_page_top,
    compute_place_hash,
    compute_state_node_hash,
    decode_page,
    encode_page,
)
from ledger.types import HASH_BYTES, Hash

KEY_BITS = 8 * HASH_BYTES
KEY_NIBBLES = 2 * HASH_BYTES
ROOT_PATH = b""

PageReader: TypeAlias = Callable[[bytes], bytes | None]
"""Gives the page at a path, or None."""

DIGITS = tuple(b"%x" % nibble for nibble in range(SLOTS))


@dataclass(frozen=True, slots=True)
class Updated:
    """The root after an update, and the pages that are others now; None means that the page is gone."""

    root: Hash
    pages: dict[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class StateProof:
    """What lies at the end of a key's path, and the hashes beside that path, ordered from the leaf up to the root.

    `leaf` is (key hash, value hash): the key's own leaf shows inclusion, another's shows absence, None is an empty place and
    shows absence. There is one sibling for each bit of the path, the empty ones included.
    """

    leaf: tuple[Hash, Hash] | None
    siblings: tuple[Hash, ...]


state_proof_codec: Codec[StateProof] = codec.struct(
    StateProof, codec.optional(codec.sequence(codec.hash_, 2, 2)), codec.sequence(codec.hash_, 0, KEY_BITS)
)


def compute_key_hash(key: bytes) -> Hash:
    """Place of a key in the tree."""
    return sha256(key)


def compute_value_hash(value: bytes) -> Hash:
    """Hash that stands for a value in its leaf."""
    return sha256(value)


def read_root(read_page: PageReader) -> Hash:
    """Root of the stored tree."""
    return compute_place_hash(compute_page_top(_load_root(read_page)))


def update(read_page: PageReader, changes: Mapping[Hash, Hash | None]) -> Updated:
    """Set (key hash -> value hash) or delete (key hash -> None) leaves; deleting what is absent changes nothing.

    Every page on the way is read once; `pages` holds only what differs from what is stored. Raises `ValueError` for hashes of
    another length and `HourledgerError` (`STORE_DAMAGED`) when the stored pages do not fit together.
    """
    require_hash_lengths(changes)
    pages: dict[bytes, bytes | None] = {}
    before = _load_root(read_page)
    after = _apply(read_page, pages, ROOT_PATH, before, sorted(changes.items()))
    if after != before:
        pages[ROOT_PATH] = encode_page(after) if any(after) else None
    return Updated(compute_place_hash(compute_page_top(after)), pages)


def prove(read_page: PageReader, key_hash: Hash) -> StateProof:
    """Proof of what the stored tree holds for a key, present or absent."""
    siblings: list[Hash] = []
    path, slots = ROOT_PATH, _load_root(read_page)
    while True:
        nibble = get_nibble(key_hash, len(path))
        levels = compute_page_levels(slots)
        for level, places in enumerate(levels):
            index = nibble >> (len(levels) - 1 - level)
            if level:
                siblings.append(compute_place_hash(places[index ^ 1]))
            if len(places[index]) != HASH_BYTES:
                return StateProof(_split_leaf(places[index]), tuple(reversed(siblings)))
        path += DIGITS[nibble]
        slots = _load(read_page, path)


def verify_inclusion(root: Hash, key: bytes, value: bytes, proof: StateProof) -> None:
    """Raise `ProofError` unless `proof` shows that the tree with this root holds `value` for `key`."""
    if proof.leaf != (compute_key_hash(key), compute_value_hash(value)):
        raise ProofError("the state proof is about another key or value")
    _verify_path(root, compute_key_hash(key), proof)


def verify_absence(root: Hash, key: bytes, proof: StateProof) -> None:
    """Raise `ProofError` unless `proof` shows that the tree with this root holds nothing for `key`."""
    key_hash = compute_key_hash(key)
    if proof.leaf is not None:
        if proof.leaf[0] == key_hash:
            raise ProofError("the state proof shows that the key is present")
        # The other leaf must stand where the key would: alone in the subtree that the key's own bits lead to.
        if _count_common_bits(proof.leaf[0], key_hash) < len(proof.siblings):
            raise ProofError("the state proof leads to a place where the key would not be")
    _verify_path(root, key_hash, proof)


def compute_state_root(items: Mapping[Hash, Hash]) -> Hash:
    """Root over (key hash -> value hash), word for word as the tree is defined; `update` is checked against this one."""
    return _compute_root_by_definition(sorted(items.items()), 0)


def _compute_root_by_definition(leaves: Sequence[tuple[Hash, Hash]], depth: int) -> Hash:
    if len(leaves) < 2:
        return compute_place_hash(b"".join(leaves[0]) if leaves else NOTHING)
    left = [leaf for leaf in leaves if not get_bit(leaf[0], depth)]
    right = [leaf for leaf in leaves if get_bit(leaf[0], depth)]
    return compute_state_node_hash(_compute_root_by_definition(left, depth + 1), _compute_root_by_definition(right, depth + 1))


def _apply(
    read_page: PageReader,
    pages: dict[bytes, bytes | None],
    path: bytes,
    before: Sequence[Place],
    changes: Iterable[tuple[Hash, Hash | None]],
) -> list[Place]:
    """Slots of the page at `path` after the changes, which are sorted and all lie below it; deeper pages go to `pages`."""
    slots = list(before)
    depth = len(path)
    for nibble, group in groupby(changes, lambda change: get_nibble(change[0], depth)):
        place, deeper = slots[nibble], path + DIGITS[nibble]
        if len(place) == HASH_BYTES:
            slots[nibble] = _apply_to_page(read_page, pages, deeper, place, group)
        else:
            slots[nibble] = _build(pages, deeper, merge_leaves(deeper, place, group))
    return slots


def _apply_to_page(
    read_page: PageReader,
    pages: dict[bytes, bytes | None],
    path: bytes,
    place: Place,
    changes: Iterable[tuple[Hash, Hash | None]],
) -> Place:
    """Place that the stored page at `path`, until now `place`, takes after the changes."""
    before = _load(read_page, path)
    after = _apply(read_page, pages, path, before, changes)
    if after == before:
        return place
    top = compute_page_top(after)
    pages[path] = encode_page(after) if len(top) == HASH_BYTES else None
    return top


def merge_leaves(path: bytes, place: Place, changes: Iterable[tuple[Hash, Hash | None]]) -> list[bytes]:
    """Sorted leaves below `path`, where there was at most one leaf before; raise `STORE_DAMAGED` for one that is elsewhere."""
    values: dict[bytes, bytes | None] = {}
    if place:
        if not place.hex().encode().startswith(path):
            raise describe_damage(path)
        values[place[:HASH_BYTES]] = place[HASH_BYTES:]
    values.update(changes)
    return sorted(key_hash + value_hash for key_hash, value_hash in values.items() if value_hash is not None)


def _build(pages: dict[bytes, bytes | None], path: bytes, leaves: Sequence[bytes]) -> Place:
    """Place that a new subtree at `path` over these leaves takes; its pages go to `pages`."""
    if len(leaves) < 2:
        return leaves[0] if leaves else NOTHING
    depth = len(path)
    slots = [NOTHING] * SLOTS
    for nibble, group in groupby(leaves, lambda leaf: get_nibble(leaf, depth)):
        slots[nibble] = _build(pages, path + DIGITS[nibble], tuple(group))
    pages[path] = encode_page(slots)
    return compute_page_top(slots)


def _load_root(read_page: PageReader) -> list[Place]:
    page = read_page(ROOT_PATH)
    return [NOTHING] * SLOTS if page is None else _decode(ROOT_PATH, page)


def _load(read_page: PageReader, path: bytes) -> list[Place]:
    page = read_page(path) if len(path) < KEY_NIBBLES else None
    if page is None:
        raise describe_damage(path)
    return _decode(path, page)


def _decode(path: bytes, page: bytes) -> list[Place]:
    try:
        return decode_page(page)
    except CodecError as error:
        raise describe_damage(path) from error


def describe_damage(path: bytes) -> HourledgerError:
    """Return the error for a page that does not fit the others."""
    return HourledgerError(Reason.STORE_DAMAGED, "a page of the state tree is missing or damaged", path.decode())


def require_hash_lengths(changes: Mapping[Hash, Hash | None]) -> None:
    """Raise `ValueError` for hashes of another length."""
    for key_hash, value_hash in changes.items():
        if len(key_hash) != HASH_BYTES or (value_hash is not None and len(value_hash) != HASH_BYTES):
            raise ValueError(f"keys and values of the state tree are hashes of {HASH_BYTES} bytes")


def _verify_path(root: Hash, key_hash: Hash, proof: StateProof) -> None:
    """Raise `ProofError` unless the path along the bits of `key_hash` leads from the proof's end to the root."""
    hashes = (root, *proof.siblings, *(proof.leaf or ()))
    if len(proof.siblings) > KEY_BITS or any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise ProofError(f"a state proof has at most {KEY_BITS} siblings, and its hashes have {HASH_BYTES} bytes")
    node = compute_place_hash(b"".join(proof.leaf) if proof.leaf else NOTHING)
    for depth, sibling in zip(reversed(range(len(proof.siblings))), proof.siblings, strict=True):
        node = compute_state_node_hash(sibling, node) if get_bit(key_hash, depth) else compute_state_node_hash(node, sibling)
    if node != root:
        raise ProofError("the state proof leads to another root")


def _split_leaf(place: Place) -> tuple[Hash, Hash] | None:
    return (Hash(place[:HASH_BYTES]), Hash(place[HASH_BYTES:])) if place else None


def get_bit(key_hash: bytes, depth: int) -> int:
    """Return the bit of the key hash that decides at `depth`, from the most significant on; 1 is right."""
    return key_hash[depth >> 3] >> (7 - (depth & 7)) & 1


def get_nibble(key_hash: bytes, depth: int) -> int:
    """Return the nibble of the key hash that decides between the slots of a page whose path has `depth` nibbles."""
    byte = key_hash[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def _count_common_bits(left: Hash, right: Hash) -> int:
    return KEY_BITS - (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).bit_length()
