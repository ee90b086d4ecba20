"""One proof for several values of the state: the hashes that a verifier cannot compute, each once.

The tree is walked depth first, from left to right. A part to which no key leads is one hash of the proof, in that order. Where
a key's path ends, and what stands there, each item says itself: its own leaf, another key's, or nothing.

There are two ways to verify, which lead to the same: the fast one only finds that a proof is good; on all that it does not find
good the plain one decides, and says what is wrong with it.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from ledger.errors import ProofError
from ledger.hashing import climb
from ledger.state_pages import LEAF_DOMAIN, NODE_DOMAIN, NOTHING, compute_place_hash, compute_state_node_hash
from ledger.state_tree import KEY_BITS, StateProof, get_bit
from ledger.types import HASH_BYTES, Hash


class StateItem(msgspec.Struct, frozen=True, gc=False):
    """What a proof shows of one key: the hash of its value, None for none, and the place where the key's path ends.

    `depth` is how many bits lead to that place; `leaf` is the leaf (key hash, value hash) of another key that stands there.
    """

    key_hash: Hash
    value_hash: Hash | None
    depth: int
    leaf: tuple[Hash, Hash] | None = None

    def get_place(self) -> tuple[Hash, Hash] | None:
        """Return the leaf that stands where the path ends, None for nothing."""
        return self.leaf if self.value_hash is None else (self.key_hash, self.value_hash)


def build_item(key_hash: Hash, proof: StateProof) -> StateItem:
    """Return what a proof of a single key (`state_tree.prove`) shows of it."""
    depth = len(proof.siblings)
    if proof.leaf is not None and proof.leaf[0] == key_hash:
        return StateItem(key_hash, proof.leaf[1], depth)
    return StateItem(key_hash, None, depth, proof.leaf)


def join_proofs(proofs: Mapping[Hash, StateProof]) -> tuple[Hash, ...]:
    """Return the one proof of several keys, given each one's own by its key hash, all of one state."""
    return tuple(_iterate_joined(sorted(proofs.items()), 0))


def _iterate_joined(proofs: Sequence[tuple[Hash, StateProof]], depth: int) -> Iterator[Hash]:
    """Yield the hashes below a node at `depth` to which all these keys lead, or nothing where their paths end."""
    if not proofs or len(proofs[0][1].siblings) == depth:
        return
    sides = [[item for item in proofs if get_bit(item[0], depth) == bit] for bit in (0, 1)]
    for side, other in zip(sides, reversed(sides), strict=True):
        if side:
            yield from _iterate_joined(side, depth + 1)
        else:
            yield other[0][1].siblings[-1 - depth]


def verify_items(items: Iterable[StateItem], hashes: Sequence[Hash], root: Hash) -> None:
    """Raise `ProofError` unless `hashes` lead from what the items say, each of another key, to `root`.

    For no items the proof is empty.
    """
    ordered = sorted(items, key=attrgetter("key_hash"))
    if not _is_good(ordered, hashes, root):
        verify_ordered_plainly(ordered, hashes, root)


def verify_ordered_plainly(ordered: Sequence[StateItem], hashes: Sequence[Hash], root: Hash) -> None:
    """Do the same as `verify_items` for items in the order of their key hashes, by the plain way."""
    if not ordered:
        if hashes:
            raise ProofError("a proof of no values must be empty")
        return
    _validate(ordered, hashes, root)
    given = iter(hashes)
    try:
        computed = _compute(ordered, 0, given)
    except StopIteration:
        raise ProofError("the proof of the values has too few hashes") from None
    if computed != root:
        raise ProofError("the proof of the values leads to another root")
    if next(given, None) is not None:
        raise ProofError("the proof of the values has hashes too many")


def _is_good(items: Sequence[StateItem], hashes: Sequence[Hash], root: Hash) -> bool:
    """Whether the fast way leads to the root with all of `hashes`.

    It takes items of which each stands alone where its path ends.
    """
    keys = [item.key_hash for item in items]
    places = [hash_ for item in items for hash_ in item.get_place() or ()]
    if not items or set(map(len, (root, *hashes, *keys, *places))) != {HASH_BYTES} or len(set(keys)) != len(keys):
        return False
    try:
        known = _Known([int.from_bytes(key, "big") for key in keys], items, tuple(hashes))
        return known.join(0, len(items), 0, 0, 0) == (root, len(hashes))
    except (IndexError, ProofError):
        return False


@dataclass(frozen=True, slots=True)
class _Known:
    """Items whose key hashes, as numbers, ascend, and the hashes of their proof."""

    keys: Sequence[int]
    items: Sequence[StateItem]
    hashes: tuple[Hash, ...]

    def join(self, low: int, high: int, begin: int, depth: int, used: int) -> tuple[bytes, int]:
        """Hash of the node at `depth` to which keys from `begin` on lead, and how many hashes were used then.

        Known among these are the items from `low` to `high`, one at least; so many hashes as `used` were used before. Raises
        `IndexError` where there are no more, and `ProofError` where items do not stand where this way takes them.
        """
        if high - low == 1:
            item = self.items[low]
            if not depth <= item.depth <= KEY_BITS:
                raise ProofError("a path in the state that ends before it parts from another")
            place, levels = self.keys[low] >> KEY_BITS - item.depth, item.depth - depth
            return climb(NODE_DOMAIN, _compute_lone(item), place, levels, self.hashes, used)
        middle = begin + (1 << KEY_BITS - 1 - depth)
        cut = bisect_left(self.keys, middle, low, high)
        if cut == low:
            left: bytes = self.hashes[used]
            used += 1
        else:
            left, used = self.join(low, cut, begin, depth + 1, used)
        if cut == high:
            right: bytes = self.hashes[used]
            used += 1
        else:
            right, used = self.join(cut, high, middle, depth + 1, used)
        return hashlib.sha256(NODE_DOMAIN + left + right).digest(), used


def _compute_lone(item: StateItem) -> Hash:
    """Hash of the place where the path of this item alone ends; raise `ProofError` for one that does not belong there."""
    if item.value_hash is None:
        return _compute_end((item,), item.depth)
    if item.leaf is not None:
        raise ProofError("a value of the state with the leaf of another key")
    return Hash(hashlib.sha256(LEAF_DOMAIN + item.key_hash + item.value_hash).digest())


def _validate(items: Sequence[StateItem], hashes: Sequence[Hash], root: Hash) -> None:
    lengths = {len(root), *map(len, hashes)}
    for item in items:
        lengths.update(map(len, (item.key_hash, *(item.get_place() or ()))))
        if not 0 <= item.depth <= KEY_BITS:
            raise ProofError(f"a path in the state has at most {KEY_BITS} bits", value=str(item.depth))
        if item.leaf is not None and item.value_hash is not None:
            raise ProofError("a value of the state with the leaf of another key")
    if lengths != {HASH_BYTES}:
        raise ProofError(f"a hash in a proof has {HASH_BYTES} bytes")
    if len({item.key_hash for item in items}) != len(items):
        raise ProofError("a proof shows one key twice")


def _compute(items: Sequence[StateItem], depth: int, hashes: Iterator[Hash]) -> Hash:
    """Hash of the node at `depth` to which all these keys lead."""
    if not items:
        return next(hashes)
    if len(items) == 1:
        return _climb(items[0], depth, hashes)
    if any(item.depth <= depth for item in items):
        return _compute_end(items, depth)
    right = next((place for place, item in enumerate(items) if get_bit(item.key_hash, depth)), len(items))
    left_hash = _compute(items[:right], depth + 1, hashes)
    return compute_state_node_hash(left_hash, _compute(items[right:], depth + 1, hashes))


def _climb(item: StateItem, depth: int, hashes: Iterator[Hash]) -> Hash:
    """Hash of the node at `depth` to which one key leads: the same without a call for each level."""
    bits = int.from_bytes(item.key_hash, "big") >> (KEY_BITS - item.depth) if item.depth else 0
    levels = max(item.depth - depth, 0)
    # What is to the left comes first in the proof, from above; what is to the right after the end of the path, from below.
    lefts = [next(hashes) if bits >> level & 1 else None for level in reversed(range(levels))]
    node = _compute_end((item,), max(item.depth, depth))
    for left in reversed(lefts):
        node = compute_state_node_hash(node, next(hashes)) if left is None else compute_state_node_hash(left, node)
    return node


def _compute_end(items: Sequence[StateItem], depth: int) -> Hash:
    """Hash of the place where all these paths end. All must say the same of it, and a leaf must belong there."""
    places = {item.get_place() for item in items}
    if len(places) != 1 or any(item.depth != depth for item in items):
        raise ProofError("the proof of the values says two things of one place")
    (place,) = places
    if place is None:
        return compute_place_hash(NOTHING)
    for item in items:
        if item.value_hash is None and place[0] == item.key_hash:
            raise ProofError("the proof of the values shows that a key is present")
        if not has_common_path(place[0], item.key_hash, depth):
            raise ProofError("the proof of the values leads to a place where the key would not be")
    return compute_place_hash(b"".join(place))


def has_common_path(left: Hash, right: Hash, depth: int) -> bool:
    """Whether two key hashes agree in their first `depth` bits."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")) >> (KEY_BITS - depth) == 0
