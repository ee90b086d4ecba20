"""One proof for several entries of the log: the hashes that a verifier cannot compute, each once.

The tree is walked depth first, from left to right. A part without any of the entries is one hash of the proof, in that order;
all else follows. So a proof has one form, and each entry's own inclusion proof can be taken out of it (`compute_path`).

There are two ways to verify, which lead to the same: the fast one only finds that a proof is good; on all that it does not find
good the plain one decides, and says what is wrong with it.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import ProofError
from ledger.hashing import climb
from ledger.merkle import NODE_PREFIX, NodeReader, compute_node_hash, compute_range_root, get_split
from ledger.reasons import Reason
from ledger.types import HASH_BYTES, EntryIndex, Hash


def prove_entries(read: NodeReader, indices: Sequence[EntryIndex], size: int) -> tuple[Hash, ...]:
    """Proof of the entries at `indices`, ascending and each once, in the tree over `size` entries; empty for none.

    Raises `ProofError` when the tree has no such entry.
    """
    if not indices:
        return ()
    if indices[0] < 0 or indices[-1] >= size:
        raise ProofError(f"a log of {size} entries has no entry {indices[-1]}", Reason.NOT_FOUND)
    ranges = _iterate_missing(indices, 0, size)
    return tuple([compute_range_root(read, begin, end) for begin, end in ranges])


def verify_entries(leaf_hashes: Mapping[EntryIndex, Hash], size: int, hashes: Sequence[Hash], root: Hash) -> None:
    """Raise `ProofError` unless `hashes` lead from these leaves, by index, to the root over `size` entries.

    For no leaves the proof is empty.
    """
    if not _is_good(leaf_hashes, size, hashes, root):
        verify_entries_plainly(leaf_hashes, size, hashes, root)


def verify_entries_plainly(leaf_hashes: Mapping[EntryIndex, Hash], size: int, hashes: Sequence[Hash], root: Hash) -> None:
    """Do the same as `verify_entries`, by the plain way."""
    if not leaf_hashes:
        if hashes:
            raise ProofError("a proof of no entries must be empty")
        return
    if _Walk.over(leaf_hashes, size, hashes, root).compute_root() != root:
        raise ProofError("the proof of the entries leads to another root")


def _is_good(leaf_hashes: Mapping[EntryIndex, Hash], size: int, hashes: Sequence[Hash], root: Hash) -> bool:
    """Whether the fast way leads to the root with all of `hashes`."""
    if not leaf_hashes or set(map(len, (root, *hashes, *leaf_hashes.values()))) != {HASH_BYTES}:
        return False
    indices = sorted(leaf_hashes)
    if indices[0] < 0 or indices[-1] >= size:
        return False
    known = _Known(indices, [leaf_hashes[index] for index in indices], tuple(hashes))
    try:
        return known.join(0, len(indices), 0, size, 0) == (root, len(hashes))
    except IndexError:
        return False


@dataclass(frozen=True, slots=True)
class _Known:
    """Leaves whose indices ascend, and the hashes of their proof."""

    indices: Sequence[int]
    leaf_hashes: Sequence[Hash]
    hashes: tuple[Hash, ...]

    def join(self, low: int, high: int, begin: int, end: int, used: int) -> tuple[bytes, int]:
        """Root over the entries from `begin` to `end`, and how many hashes were used then.

        Known among them are those from `low` to `high`, one at least; so many hashes as `used` were used before. Raises
        `IndexError` where there are no more.
        """
        length = end - begin
        if high - low == 1 and length & length - 1 == 0:
            place = self.indices[low] - begin
            return climb(NODE_PREFIX, self.leaf_hashes[low], place, length.bit_length() - 1, self.hashes, used)
        middle = begin + (1 << (length - 1).bit_length() - 1)
        cut = bisect_left(self.indices, middle, low, high)
        if cut == low:
            left: bytes = self.hashes[used]
            used += 1
        else:
            left, used = self.join(low, cut, begin, middle, used)
        if cut == high:
            right: bytes = self.hashes[used]
            used += 1
        else:
            right, used = self.join(cut, high, middle, end, used)
        return hashlib.sha256(NODE_PREFIX + left + right).digest(), used


def compute_path(
    leaf_hashes: Mapping[EntryIndex, Hash], size: int, hashes: Sequence[Hash], index: EntryIndex
) -> tuple[Hash, ...]:
    """Inclusion proof of one of the entries by itself (RFC 6962, 2.1.1), out of the proof of all; raise `ProofError`."""
    if index not in leaf_hashes:
        raise ProofError(f"the proof is not about entry {index}", Reason.NOT_FOUND)
    walk = _Walk.over(leaf_hashes, size, hashes)
    path: list[Hash] = []
    walk.compute_root(index, path)
    return tuple(path)


def _iterate_missing(indices: Sequence[int], begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of the tree that have none of `indices`, all of which lie from `begin` to `end`."""
    if not indices:
        yield begin, end
    elif end - begin > 1:
        middle = get_split(begin, end)
        cut = bisect_left(indices, middle)
        yield from _iterate_missing(indices[:cut], begin, middle)
        yield from _iterate_missing(indices[cut:], middle, end)


@dataclass(frozen=True, slots=True)
class _Walk:
    """The way through a tree of `size` entries whose leaves at `indices` are known."""

    indices: Sequence[int]
    leaf_hashes: Sequence[Hash]
    size: int
    hashes: Iterator[Hash]

    @classmethod
    def over(cls, leaf_hashes: Mapping[EntryIndex, Hash], size: int, hashes: Sequence[Hash], *others: Hash) -> "_Walk":
        """Raise `ProofError` for hashes of another length, which could be read with another boundary, and indices beyond."""
        if not set(map(len, (*hashes, *leaf_hashes.values(), *others))) <= {HASH_BYTES}:
            raise ProofError(f"a hash in a proof has {HASH_BYTES} bytes")
        leaves = sorted(leaf_hashes.items())
        if leaves[0][0] < 0 or leaves[-1][0] >= size:
            raise ProofError(f"a log of {size} entries has no entry {leaves[-1][0]}")
        return cls([index for index, _ in leaves], [leaf for _, leaf in leaves], size, iter(hashes))

    def compute_root(self, index: int = -1, path: list[Hash] | None = None) -> Hash:
        """Root to which the proof leads; the hashes beside the way from `index` go to `path`, from the leaf up."""
        try:
            root = self._compute(0, len(self.indices), 0, self.size, index, path if path is not None else [])
        except StopIteration:
            raise ProofError("the proof of the entries has too few hashes") from None
        if next(self.hashes, None) is not None:
            raise ProofError("the proof of the entries has hashes too many")
        return root

    def _compute(self, low: int, high: int, begin: int, end: int, index: int, path: list[Hash]) -> Hash:
        """Root over the entries from `begin` to `end`, among which are the known ones from `low` to `high`."""
        if low == high:
            return next(self.hashes)
        if high - low == 1:
            return self._climb(low, begin, end, path if self.indices[low] == index else None)
        middle = get_split(begin, end)
        cut = bisect_left(self.indices, middle, low, high)
        left = self._compute(low, cut, begin, middle, index, path)
        right = self._compute(cut, high, middle, end, index, path)
        if begin <= index < end:
            path.append(right if index < middle else left)
        return compute_node_hash(left, right)

    def _climb(self, place: int, begin: int, end: int, path: list[Hash] | None) -> Hash:
        """Root over the entries from `begin` to `end`, of which one is known: the same without a call for each level."""
        index, node = self.indices[place], self.leaf_hashes[place]
        beside: list[Hash | None] = []  # What is to the left comes first in the proof, what is to the right after the leaf.
        while end - begin > 1:
            middle = get_split(begin, end)
            if index < middle:
                beside.append(None)
                end = middle
            else:
                beside.append(next(self.hashes))
                begin = middle
        for left in reversed(beside):
            sibling = next(self.hashes) if left is None else left
            node = compute_node_hash(node, sibling) if left is None else compute_node_hash(left, node)
            if path is not None:
                path.append(sibling)
        return node
