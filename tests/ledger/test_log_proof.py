"""One proof for several entries: as good as a proof for each, and in one form only."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import ProofError
from ledger.log_proof import compute_path, prove_entries, verify_entries, verify_entries_plainly
from ledger.merkle import EMPTY_FRONTIER, append, compute_inclusion_proof, compute_leaf_hash
from ledger.types import EntryIndex, Hash
from tests import effort

LEAVES = [compute_leaf_hash(b"entry %d" % number) for number in range(80)]
NODES = {(level, index): node for level, index, node in append(EMPTY_FRONTIER, LEAVES).nodes}
ROOTS = [append(EMPTY_FRONTIER, LEAVES[:size]).frontier.root for size in range(len(LEAVES) + 1)]


def read(level: int, index: int) -> Hash:
    return NODES[level, index]


def choose(indices: set[int]) -> dict[EntryIndex, Hash]:
    return {EntryIndex(index): LEAVES[index] for index in sorted(indices)}


def prove(indices: set[int], size: int) -> tuple[Hash, ...]:
    return prove_entries(read, [EntryIndex(index) for index in sorted(indices)], size)


@st.composite
def logs(draw: st.DrawFn) -> tuple[int, set[int]]:
    """The size of a log, and some of its entries."""
    size = draw(st.integers(1, len(LEAVES)))
    return size, draw(st.sets(st.integers(0, size - 1), min_size=1))


@pytest.mark.parametrize("size", range(1, 9))
def test_every_subset_of_every_small_log(size: int) -> None:
    for bits in range(1, 2**size):
        indices = {index for index in range(size) if bits >> index & 1}
        hashes = prove(indices, size)
        verify_entries(choose(indices), size, hashes, ROOTS[size])
        assert set(hashes).isdisjoint(choose(indices).values())


@given(logs())
def test_what_is_good_needs_no_plain_way(log: tuple[int, set[int]]) -> None:
    size, indices = log
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.log_proof.verify_entries_plainly", lambda *_: pytest.fail("the plain way"))
        verify_entries(choose(indices), size, prove(indices, size), ROOTS[size])


def tell(verify: Callable[..., None], *proof: Any) -> str:
    """What is wrong with a proof, in words."""
    try:
        verify(*proof)
    except ProofError as error:
        return str(error)
    return "good"


@settings(max_examples=effort.choose(75, 300))
@given(logs(), st.data())
def test_both_ways_say_the_same(log: tuple[int, set[int]], data: st.DataObject) -> None:
    size, indices = log
    leaves, hashes, root = choose(indices), list(prove(indices, size)), ROOTS[size]
    for _ in range(data.draw(st.integers(0, 2))):
        at, hash_ = data.draw(st.integers(0, 90)), data.draw(st.sampled_from([*LEAVES, *ROOTS, Hash(b""), Hash(bytes(33))]))
        what = data.draw(st.sampled_from(["add", "drop", "put", "leaf", "size", "root"]))
        if what == "add":
            hashes.insert(at % (len(hashes) + 1), hash_)
        elif what in {"drop", "put"} and hashes:
            hashes[at % len(hashes) : at % len(hashes) + 1] = [] if what == "drop" else [hash_]
        elif what == "leaf":
            leaves[EntryIndex(at - 5)] = hash_
        elif what == "size":
            size = at
        elif what == "root":
            root = hash_
    assert tell(verify_entries, leaves, size, hashes, root) == tell(verify_entries_plainly, leaves, size, hashes, root)


@given(logs())
def test_it_holds_and_gives_back_each_plain_proof(log: tuple[int, set[int]]) -> None:
    size, indices = log
    hashes = prove(indices, size)
    verify_entries(choose(indices), size, hashes, ROOTS[size])
    plain = {index: compute_inclusion_proof(read, index, size) for index in indices}
    for index, path in plain.items():
        assert compute_path(choose(indices), size, hashes, EntryIndex(index)) == path
    # Each hash once, and none that the plain proofs do not have.
    assert len(set(hashes)) == len(hashes)
    assert set(hashes) <= {item for path in plain.values() for item in path}


@given(logs())
def test_all_entries_need_no_hash_and_one_needs_its_plain_proof(log: tuple[int, set[int]]) -> None:
    size, indices = log
    index = min(indices)
    assert prove(set(range(size)), size) == ()
    assert set(prove({index}, size)) == set(compute_inclusion_proof(read, index, size))


@settings(max_examples=effort.choose(50, 200))
@given(logs(), st.data())
def test_no_other_hashes_lead_there(log: tuple[int, set[int]], data: st.DataObject) -> None:
    size, indices = log
    hashes = prove(indices, size)
    forged = list(hashes)
    change = data.draw(st.sampled_from(["surplus", *(["missing", "flipped", "swapped"] if hashes else [])]))
    at = data.draw(st.integers(0, max(len(hashes) - 1, 0)))
    if change == "surplus":
        forged.insert(at, data.draw(st.sampled_from([*hashes, *LEAVES])))
    elif change == "missing":
        del forged[at]
    elif change == "flipped":
        bit = data.draw(st.integers(0, 255))
        forged[at] = Hash((int.from_bytes(forged[at], "big") ^ 1 << bit).to_bytes(32, "big"))
    else:
        other = data.draw(st.integers(0, len(hashes) - 1))
        forged[at], forged[other] = forged[other], forged[at]
    if tuple(forged) != hashes:
        with pytest.raises(ProofError):
            verify_entries(choose(indices), size, forged, ROOTS[size])


@given(logs(), st.data())
def test_no_other_entries_are_proven(log: tuple[int, set[int]], data: st.DataObject) -> None:
    size, indices = log
    hashes = prove(indices, size)
    others = data.draw(st.sets(st.integers(0, size - 1), min_size=1))
    if others != indices:
        with pytest.raises(ProofError):
            verify_entries(choose(others), size, hashes, ROOTS[size])
    index = data.draw(st.sampled_from(sorted(indices)))
    changed = {**choose(indices), EntryIndex(index): compute_leaf_hash(b"another")}
    with pytest.raises(ProofError):
        verify_entries(changed, size, hashes, ROOTS[size])


@given(logs(), st.integers(1, len(LEAVES)))
def test_no_other_log(log: tuple[int, set[int]], other: int) -> None:
    size, indices = log
    if other != size:
        with pytest.raises(ProofError):
            verify_entries(choose(indices), other, prove(indices, size), ROOTS[other])


def test_nothing_is_proven_by_nothing() -> None:
    assert prove(set(), 5) == ()
    verify_entries({}, 5, (), ROOTS[5])
    with pytest.raises(ProofError, match="must be empty"):
        verify_entries({}, 5, (ROOTS[5],), ROOTS[5])


@pytest.mark.parametrize("index", [-1, 5, 2**63])
def test_entries_that_the_log_does_not_have(index: int) -> None:
    leaves = {EntryIndex(0): LEAVES[0], EntryIndex(index): LEAVES[1]}
    with pytest.raises(ProofError):
        verify_entries(leaves, 5, (), ROOTS[5])
    with pytest.raises(ProofError):
        prove_entries(read, sorted(leaves), 5)
    with pytest.raises(ProofError, match="not about"):
        compute_path(choose({0}), 5, prove({0}, 5), EntryIndex(index))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length(length: int) -> None:
    with pytest.raises(ProofError, match="32 bytes"):
        verify_entries(choose({0}), 2, (Hash(bytes(length)),), ROOTS[2])


def test_the_largest_log() -> None:
    size = 2**63 - 1
    hashes = [Hash(bytes([number]) * 32) for number in range(63)]
    with pytest.raises(ProofError, match="another root"):
        verify_entries({EntryIndex(0): LEAVES[0]}, size, hashes[:63], ROOTS[1])
    with pytest.raises(ProofError, match="too few"):
        verify_entries({EntryIndex(0): LEAVES[0]}, size, hashes[:62], ROOTS[1])
