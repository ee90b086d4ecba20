"""The history tree of RFC 6962, section 2.1: append-only, SHA-256, grown leaf by leaf without hashing anything twice.

A node is named by its level (0 for leaf hashes) and its index within the level; it covers the entries from `index << level` up
to `(index + 1) << level`. Only complete nodes, those whose entries all exist, are ever stored or asked for: they never change.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from ledger import codec
from ledger.codec import Codec
from ledger.errors import CodecError, ProofError
from ledger.hashing import hash_each, hash_pairs
from ledger.reasons import Reason
from ledger.types import HASH_BYTES, Hash

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = Hash(hashlib.sha256(b"").digest())
"""Root of the tree without entries."""
MAX_LEVELS = 63
"""Sizes are below 2**63, so no proof and no frontier is longer than this."""

NodeReader: TypeAlias = Callable[[int, int], Hash]
"""Gives the complete node at (level, index)."""
Node: TypeAlias = tuple[int, int, Hash]
"""Level, index and hash of a complete node."""


def compute_leaf_hash(entry: bytes) -> Hash:
    """Hash of an entry as a leaf."""
    return Hash(hashlib.sha256(LEAF_PREFIX + entry).digest())


def compute_node_hash(left: Hash, right: Hash) -> Hash:
    """Hash of a node over its two children."""
    return Hash(hashlib.sha256(NODE_PREFIX + left + right).digest())


def compute_leaf_hashes(entries: Sequence[bytes]) -> list[Hash]:
    """Hashes of entries as leaves."""
    return cast("list[Hash]", hash_each(LEAF_PREFIX, entries))


def compute_tree_root(leaf_hashes: Sequence[Hash]) -> Hash:
    """Root over the leaves, level by level; a last node without a partner moves up as it is."""
    if not leaf_hashes:
        return EMPTY_ROOT
    nodes = list(leaf_hashes)
    while len(nodes) > 1:
        unpaired = nodes[-1:] if len(nodes) % 2 else []
        nodes = _compute_parents(nodes) + unpaired
    return nodes[0]


def compute_tree_root_by_definition(leaf_hashes: Sequence[Hash]) -> Hash:
    """Root over the leaves, word for word as RFC 6962 defines it; the other ways are checked against this one."""
    size = len(leaf_hashes)
    if size == 0:
        return EMPTY_ROOT
    if size == 1:
        return leaf_hashes[0]
    split = _largest_power_of_two_below(size)
    left, right = leaf_hashes[:split], leaf_hashes[split:]
    return compute_node_hash(compute_tree_root_by_definition(left), compute_tree_root_by_definition(right))


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that appending needs to know of a tree: its size and the roots of its complete subtrees, largest first.

    There is one hash for each bit that is set in `size`.
    """

    size: int
    hashes: tuple[Hash, ...]

    @property
    def root(self) -> Hash:
        """Root of the tree."""
        return _compute_joined(self.hashes)


EMPTY_FRONTIER = Frontier(0, ())


def _frontier_codec() -> Codec[Frontier]:
    plain = codec.struct(Frontier, codec.entry_index, codec.sequence(codec.hash_, 0, MAX_LEVELS))

    def check(frontier: Frontier) -> Frontier:
        if len(frontier.hashes) != frontier.size.bit_count():
            raise CodecError(f"Frontier: {len(frontier.hashes)} hashes for {frontier.size} entries")
        return frontier

    return codec.checked(plain, check)


frontier_codec: Codec[Frontier] = _frontier_codec()


@dataclass(frozen=True, slots=True)
class Appended:
    """The tree after appending, and the nodes that became complete, each after its children."""

    frontier: Frontier
    nodes: tuple[Node, ...]


def append(frontier: Frontier, leaf_hashes: Sequence[Hash]) -> Appended:
    """Append the leaves in order: one hash a leaf on average, whatever the size of the tree."""
    sha256 = hashlib.sha256
    right_edge = list(frontier.hashes)
    nodes: list[Node] = []
    for position, leaf_hash in enumerate(leaf_hashes, frontier.size):
        level, index, node = 0, position, leaf_hash
        nodes.append((level, index, node))
        while index & 1:
            node = Hash(sha256(NODE_PREFIX + right_edge.pop() + node).digest())
            level, index = level + 1, index >> 1
            nodes.append((level, index, node))
        right_edge.append(node)
    return Appended(Frontier(frontier.size + len(leaf_hashes), tuple(right_edge)), tuple(nodes))


@dataclass(frozen=True, slots=True)
class Extended:
    """The tree after appending, and the nodes that became complete: for each level the index of the first, and their hashes."""

    frontier: Frontier
    levels: tuple[tuple[int, Sequence[Hash]], ...]


def extend(frontier: Frontier, leaf_hashes: Sequence[Hash]) -> Extended:
    """Append the leaves as `append` does, the plain version, but level by level, which is faster for many."""
    size = frontier.size
    waiting = list(frontier.hashes)  # Left children without a right one, that of the lowest level last.
    right_edge: list[Hash] = []
    levels: list[tuple[int, Sequence[Hash]]] = []
    nodes: Sequence[Hash] = leaf_hashes
    while nodes:
        index = size >> len(levels)
        levels.append((index, nodes))
        row = [waiting.pop(), *nodes] if index & 1 else nodes
        if len(row) & 1:
            right_edge.append(row[-1])
        nodes = _compute_parents(row)
    return Extended(Frontier(size + len(leaf_hashes), (*waiting, *reversed(right_edge))), tuple(levels))


def read_frontier(read: NodeReader, size: int) -> Frontier:
    """Frontier of the tree of the first `size` entries."""
    return Frontier(size, _read_complete_subtrees(read, 0, size))


def compute_root_at(read: NodeReader, size: int) -> Hash:
    """Root of the tree of the first `size` entries."""
    return read_frontier(read, size).root


def compute_inclusion_proof(read: NodeReader, index: int, size: int) -> tuple[Hash, ...]:
    """Path from the entry at `index` to the root over `size` entries (RFC 6962, 2.1.1), from the leaf up.

    Raises `ProofError` when the tree has no such entry.
    """
    if not 0 <= index < size:
        raise ProofError(f"a log of {size} entries has no entry {index}", Reason.NOT_FOUND)
    proof: list[Hash] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = get_split(begin, end)
        if index < middle:
            proof.append(compute_range_root(read, middle, end))
            end = middle
        else:
            proof.append(compute_range_root(read, begin, middle))
            begin = middle
    return tuple(reversed(proof))


def compute_consistency_proof(read: NodeReader, old_size: int, new_size: int) -> tuple[Hash, ...]:
    """Proof that the tree of `new_size` entries begins with that of `old_size` (RFC 6962, 2.1.2), from the leaves up.

    Empty when the sizes are equal, and when the old tree is empty. Raises `ProofError` when the old tree is the larger one.
    """
    if not 0 <= old_size <= new_size:
        raise ProofError(f"a log of {new_size} entries does not extend one of {old_size}", Reason.NOT_FOUND)
    if old_size in (0, new_size):
        return ()
    proof: list[Hash] = []
    begin, end = 0, new_size
    while end != old_size:
        middle = get_split(begin, end)
        if old_size <= middle:
            proof.append(compute_range_root(read, middle, end))
            end = middle
        else:
            proof.append(compute_range_root(read, begin, middle))
            begin = middle
    if begin > 0:  # Otherwise the node is the old root itself, which the verifier has.
        proof.append(compute_range_root(read, begin, end))
    return tuple(reversed(proof))


def verify_inclusion(leaf_hash: Hash, index: int, size: int, proof: Sequence[Hash], root: Hash) -> None:
    """Raise `ProofError` unless `proof` leads from the leaf at `index` to the root over `size` entries (RFC 9162, 2.1.3.2)."""
    _require_hashes(root)
    if compute_root_from_proof(leaf_hash, index, size, proof) != root:
        raise ProofError("the inclusion proof leads to another root")


def compute_root_from_proof(leaf_hash: Hash, index: int, size: int, proof: Sequence[Hash]) -> Hash:
    """Return the root over `size` entries to which `proof` leads from the leaf at `index` (RFC 9162, 2.1.3.2).

    Whether that is the root of a log, a signature over it says. Raises `ProofError` for a proof of another length.
    """
    _require_hashes(leaf_hash, *proof)
    if not 0 <= index < size:
        raise ProofError(f"a log of {size} entries has no entry {index}")
    position, last = index, size - 1
    node = leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if position & 1 or position == last:
            node = compute_node_hash(sibling, node)
            while position and not position & 1:  # Levels at which this node has no sibling.
                position, last = position >> 1, last >> 1
        else:
            node = compute_node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("the inclusion proof is too short")
    return node


def verify_consistency(old_size: int, old_root: Hash, new_size: int, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Raise `ProofError` unless `proof` shows that the new tree begins with the old one (RFC 9162, 2.1.4.2).

    Beyond the RFC, which asks for a non-empty old tree, every tree extends the empty one by an empty proof (C2SP tlog-witness).
    """
    _require_hashes(old_root, new_root, *proof)
    if not 0 <= old_size <= new_size:
        raise ProofError(f"a log of {new_size} entries does not extend one of {old_size}")
    if old_size in (0, new_size):
        is_same = old_root == (new_root if old_size else EMPTY_ROOT) and (new_size > 0 or new_root == EMPTY_ROOT)
        if proof or not is_same:
            raise ProofError("the consistency proof must be empty, and the roots must fit the sizes")
        return
    _verify_growth(old_size, old_root, new_size, new_root, proof)


def _verify_growth(old_size: int, old_root: Hash, new_size: int, new_root: Hash, proof: Sequence[Hash]) -> None:
    # An old tree that is complete is itself the first node of the path, so the proof leaves it out.
    path = tuple(proof) if old_size.bit_count() > 1 else (old_root, *proof)
    if not path:
        raise ProofError("the consistency proof is too short")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if position & 1 or position == last:
            old, new = compute_node_hash(sibling, old), compute_node_hash(sibling, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = compute_node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("the consistency proof is too short")
    if old != old_root or new != new_root:
        raise ProofError("the consistency proof leads to other roots")


def _require_hashes(*hashes: Hash) -> None:
    """Refuse hashes of any other length: joined, they could be read with another boundary."""
    if not set(map(len, hashes)) <= {HASH_BYTES}:
        raise ProofError(f"a hash in a proof has {HASH_BYTES} bytes")


def get_split(begin: int, end: int) -> int:
    """Where RFC 6962 splits the tree over the entries from `begin` to `end`, at least two."""
    return begin + _largest_power_of_two_below(end - begin)


def _largest_power_of_two_below(size: int) -> int:
    """Largest power of two smaller than `size`, which is at least 2: where RFC 6962 splits a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def _compute_parents(nodes: Sequence[Hash]) -> list[Hash]:
    """Parents of nodes of one level, each over two; a last one without a partner has none."""
    return cast("list[Hash]", hash_pairs(NODE_PREFIX, nodes))


def _compute_joined(hashes: Sequence[Hash]) -> Hash:
    """Root over complete subtrees given largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = compute_node_hash(left, root)
    return root


def compute_range_root(read: NodeReader, begin: int, end: int) -> Hash:
    """Root over the entries from `begin` to `end`, a part that comes about where RFC 6962 splits a tree."""
    return _compute_joined(_read_complete_subtrees(read, begin, end))


def _read_complete_subtrees(read: NodeReader, begin: int, end: int) -> tuple[Hash, ...]:
    """Roots of the complete subtrees that cover the entries from `begin` to `end`, largest first.

    `begin` is a multiple of the largest power of two in the range, as it is wherever RFC 6962 splits a tree.
    """
    hashes: list[Hash] = []
    for level in reversed(range((end - begin).bit_length())):
        if (end - begin) >> level & 1:
            hashes.append(read(level, begin >> level))
            begin += 1 << level
    return tuple(hashes)
