"""The history tree: published vectors, growth in any steps, and proofs that hold for nothing but what they prove."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import codec
from ledger.errors import CodecError, ProofError
from ledger.merkle import (
    EMPTY_FRONTIER,
    EMPTY_ROOT,
    Frontier,
    Node,
    append,
    compute_consistency_proof,
    compute_inclusion_proof,
    compute_leaf_hash,
    compute_leaf_hashes,
    compute_node_hash,
    compute_root_at,
    compute_tree_root,
    compute_tree_root_by_definition,
    extend,
    frontier_codec,
    read_frontier,
    verify_consistency,
    verify_inclusion,
)
from ledger.reasons import Reason
from ledger.types import Hash

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "rfc6962.json").read_text())
ENTRIES = [bytes.fromhex(entry) for entry in VECTORS["entries"]]
ROOTS = [Hash(bytes.fromhex(root)) for root in VECTORS["roots"]]
LARGEST = 40
LEAVES = [compute_leaf_hash(b"entry %d" % number) for number in range(LARGEST)]
ROOTS_OF_LEAVES = [compute_tree_root_by_definition(LEAVES[:size]) for size in range(LARGEST + 1)]
NODES = {(level, index): node for level, index, node in append(EMPTY_FRONTIER, LEAVES).nodes}


def read(level: int, index: int) -> Hash:
    return NODES[level, index]


def parse_hashes(texts: Sequence[str]) -> tuple[Hash, ...]:
    return tuple(Hash(bytes.fromhex(text)) for text in texts)


def flip(data: Hash, bit: int) -> Hash:
    return Hash((int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big"))


@given(st.lists(st.integers(0, 70), max_size=6))
def test_level_by_level_is_the_same_as_leaf_by_leaf(portions: list[int]) -> None:
    frontier = EMPTY_FRONTIER
    for count in portions:
        entries = [b"%d" % number for number in range(frontier.size, frontier.size + count)]
        leaves = compute_leaf_hashes(entries)
        assert leaves == [compute_leaf_hash(entry) for entry in entries]
        plain, extended = append(frontier, leaves), extend(frontier, leaves)
        nodes = [
            (level, index + offset, node)
            for level, (index, hashes) in enumerate(extended.levels)
            for offset, node in enumerate(hashes)
        ]
        assert (extended.frontier, nodes) == (plain.frontier, sorted(plain.nodes))
        frontier = extended.frontier


class TestPublishedVectors:
    @pytest.mark.parametrize("size", range(9))
    def test_roots(self, size: int) -> None:
        leaves = [compute_leaf_hash(entry) for entry in ENTRIES[:size]]
        assert append(EMPTY_FRONTIER, leaves).frontier.root == ROOTS[size]
        assert compute_tree_root(leaves) == compute_tree_root_by_definition(leaves) == ROOTS[size]

    @pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: case["name"])
    def test_inclusion(self, case: dict[str, Any]) -> None:
        leaf_hash, root = parse_hashes([case["leaf_hash"], case["root"]])
        proof = parse_hashes(case["proof"])
        if case["valid"]:
            verify_inclusion(leaf_hash, case["index"], case["size"], proof, root)
        else:
            with pytest.raises(ProofError):
                verify_inclusion(leaf_hash, case["index"], case["size"], proof, root)

    @pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda case: case["name"])
    def test_consistency(self, case: dict[str, Any]) -> None:
        old_root, new_root = parse_hashes([case["old_root"], case["new_root"]])
        proof = parse_hashes(case["proof"])
        if case["valid"]:
            verify_consistency(case["old_size"], old_root, case["new_size"], new_root, proof)
        else:
            with pytest.raises(ProofError):
                verify_consistency(case["old_size"], old_root, case["new_size"], new_root, proof)

    def test_made_proofs_are_the_published_ones(self) -> None:
        leaves = [compute_leaf_hash(entry) for entry in ENTRIES]
        nodes = {(level, index): node for level, index, node in append(EMPTY_FRONTIER, leaves).nodes}
        for case in VECTORS["inclusion"]:
            if case["valid"] and case["leaf_hash"] == leaves[case["index"]].hex():
                made = compute_inclusion_proof(lambda *at: nodes[at], case["index"], case["size"])
                assert made == parse_hashes(case["proof"])
        for case in VECTORS["consistency"]:
            if case["valid"]:
                made = compute_consistency_proof(lambda *at: nodes[at], case["old_size"], case["new_size"])
                assert made == parse_hashes(case["proof"])


class TestAppend:
    @given(st.lists(st.integers(0, LARGEST), max_size=6))
    def test_steps_do_not_matter(self, cuts: list[int]) -> None:
        frontier = EMPTY_FRONTIER
        nodes: list[Node] = []
        for begin, end in pairwise([0, *sorted(cuts), LARGEST]):
            appended = append(frontier, LEAVES[begin:end])
            assert appended.frontier.root == ROOTS_OF_LEAVES[end]
            frontier = appended.frontier
            nodes += appended.nodes
        assert {(level, index): node for level, index, node in nodes} == NODES
        assert len(nodes) == len(NODES)

    def test_nodes_are_those_of_complete_subtrees(self) -> None:
        for (level, index), node in NODES.items():
            assert node == compute_tree_root_by_definition(LEAVES[index << level : (index + 1) << level])
        assert {at for at in NODES if at[0] == 5} == {(5, 0)}
        assert sorted(NODES)[: LARGEST + 1] == [(0, index) for index in range(LARGEST)] + [(1, 0)]

    def test_one_node_at_a_time(self) -> None:
        first, second, third = LEAVES[:3]
        pair = compute_node_hash(first, second)
        appended = append(Frontier(1, (first,)), [second, third])
        assert appended.nodes == ((0, 1, second), (1, 0, pair), (0, 2, third))
        assert appended.frontier == Frontier(3, (pair, third))

    @pytest.mark.parametrize("size", range(LARGEST + 1))
    def test_roots_of_every_size(self, size: int) -> None:
        assert compute_tree_root(LEAVES[:size]) == ROOTS_OF_LEAVES[size]
        assert compute_root_at(read, size) == ROOTS_OF_LEAVES[size]
        assert read_frontier(read, size) == append(EMPTY_FRONTIER, LEAVES[:size]).frontier

    def test_leaf_and_node_hashes_are_apart(self) -> None:
        left, right = LEAVES[:2]
        assert compute_leaf_hash(left + right) != compute_node_hash(left, right)
        assert compute_leaf_hash(b"") != EMPTY_ROOT


class TestFrontierCodec:
    @given(st.integers(0, LARGEST))
    def test_round_trip(self, size: int) -> None:
        frontier = read_frontier(read, size)
        assert codec.decode(frontier_codec, codec.encode(frontier_codec, frontier)) == frontier

    @pytest.mark.parametrize("frontier", [Frontier(1, ()), Frontier(0, tuple(LEAVES[:1])), Frontier(4, tuple(LEAVES[:2]))])
    def test_number_of_hashes_fits_the_size(self, frontier: Frontier) -> None:
        with pytest.raises(CodecError):
            codec.encode(frontier_codec, frontier)
        wire = codec.encode(codec.sequence(codec.binary("any", 0, 99), 0, 9), frontier.hashes)
        with pytest.raises(CodecError):
            codec.decode(frontier_codec, b"\x92" + bytes([frontier.size]) + wire)

    @given(st.binary(max_size=80))
    def test_any_bytes(self, data: bytes) -> None:
        try:
            assert codec.encode(frontier_codec, codec.decode(frontier_codec, data)) == data
        except CodecError:
            return


class TestInclusion:
    def test_every_entry_of_every_size(self) -> None:
        for size in range(1, LARGEST + 1):
            for index in range(size):
                proof = compute_inclusion_proof(read, index, size)
                verify_inclusion(LEAVES[index], index, size, proof, ROOTS_OF_LEAVES[size])

    @pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
    def test_no_such_entry(self, index: int, size: int) -> None:
        with pytest.raises(ProofError) as caught:
            compute_inclusion_proof(read, index, size)
        assert caught.value.reason is Reason.NOT_FOUND

    def test_for_no_other_index(self) -> None:
        for size in range(1, 24):
            for index in range(size):
                proof = compute_inclusion_proof(read, index, size)
                for other in set(range(-1, size + 2)) - {index}:
                    with pytest.raises(ProofError):
                        verify_inclusion(LEAVES[index], other, size, proof, ROOTS_OF_LEAVES[size])

    def test_for_no_other_root(self) -> None:
        # A size alone is not bound by a proof: 0 of 3 and 0 of 4 have paths of one shape. The root of another size is refused.
        for size in range(1, 24):
            for other in set(range(1, 24)) - {size}:
                proof = compute_inclusion_proof(read, size - 1, size)
                with pytest.raises(ProofError):
                    verify_inclusion(LEAVES[size - 1], size - 1, other, proof, ROOTS_OF_LEAVES[other])

    @given(st.data())
    def test_no_bit_may_change(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(1, LARGEST))
        index = data.draw(st.integers(0, size - 1))
        hashes = [LEAVES[index], ROOTS_OF_LEAVES[size], *compute_inclusion_proof(read, index, size)]
        changed = data.draw(st.integers(0, len(hashes) - 1))
        hashes[changed] = flip(hashes[changed], data.draw(st.integers(0, 255)))
        with pytest.raises(ProofError):
            verify_inclusion(hashes[0], index, size, hashes[2:], hashes[1])

    def test_a_smaller_tree_is_not_given_the_path_of_a_larger_one(self) -> None:
        with pytest.raises(ProofError, match="too long"):
            verify_inclusion(LEAVES[1], 0, 1, compute_inclusion_proof(read, 1, 2), ROOTS_OF_LEAVES[2])

    def test_hashes_may_not_be_cut_elsewhere(self) -> None:
        proof = compute_inclusion_proof(read, 0, 2)
        with pytest.raises(ProofError, match="32 bytes"):
            verify_inclusion(Hash(LEAVES[0] + proof[0][:1]), 0, 2, [Hash(proof[0][1:])], ROOTS_OF_LEAVES[2])

    @given(st.integers(-1, 70), st.integers(-1, 70), st.lists(st.binary(min_size=31, max_size=33).map(Hash), max_size=8))
    def test_garbage(self, index: int, size: int, proof: list[Hash]) -> None:
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[0], index, size, proof, ROOTS_OF_LEAVES[LARGEST])


class TestConsistency:
    def test_every_pair_of_sizes(self) -> None:
        for new_size in range(LARGEST + 1):
            for old_size in range(new_size + 1):
                proof = compute_consistency_proof(read, old_size, new_size)
                verify_consistency(old_size, ROOTS_OF_LEAVES[old_size], new_size, ROOTS_OF_LEAVES[new_size], proof)

    @pytest.mark.parametrize(("old_size", "new_size"), [(4, 3), (-1, 3)])
    def test_no_such_pair(self, old_size: int, new_size: int) -> None:
        with pytest.raises(ProofError) as caught:
            compute_consistency_proof(read, old_size, new_size)
        assert caught.value.reason is Reason.NOT_FOUND

    def test_empty_tree_has_one_root_and_an_empty_proof(self) -> None:
        verify_consistency(0, EMPTY_ROOT, 3, ROOTS_OF_LEAVES[3], ())
        verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())
        for old_root, new_size, new_root, proof in [
            (ROOTS_OF_LEAVES[1], 3, ROOTS_OF_LEAVES[3], ()),
            (EMPTY_ROOT, 3, ROOTS_OF_LEAVES[3], (LEAVES[0],)),
            (LEAVES[0], 0, LEAVES[0], ()),
            (EMPTY_ROOT, 0, LEAVES[0], ()),
        ]:
            with pytest.raises(ProofError):
                verify_consistency(0, old_root, new_size, new_root, proof)

    def test_smaller_trees_are_not_given_the_proof_of_larger_ones(self) -> None:
        with pytest.raises(ProofError, match="too long"):
            verify_consistency(3, ROOTS_OF_LEAVES[7], 4, ROOTS_OF_LEAVES[8], compute_consistency_proof(read, 7, 8))

    @pytest.mark.parametrize(("old_size", "new_size"), [(4, 3), (-1, 3)])
    def test_no_log_shrinks(self, old_size: int, new_size: int) -> None:
        with pytest.raises(ProofError, match="does not extend"):
            verify_consistency(old_size, ROOTS_OF_LEAVES[3], new_size, ROOTS_OF_LEAVES[3], ())

    def test_rewritten_history_is_found(self) -> None:
        # The new log is sound in itself, but one old entry was changed: no proof of its own satisfies whoever has the old root.
        for new_size in range(2, 24):
            for old_size in range(1, new_size):
                leaves = [compute_leaf_hash(b"another"), *LEAVES[1:new_size]]
                nodes = {(level, index): node for level, index, node in append(EMPTY_FRONTIER, leaves).nodes}
                proof = compute_consistency_proof(lambda *at, nodes=nodes: nodes[at], old_size, new_size)
                with pytest.raises(ProofError):
                    verify_consistency(old_size, ROOTS_OF_LEAVES[old_size], new_size, compute_tree_root(leaves), proof)

    @given(st.data())
    def test_no_bit_may_change(self, data: st.DataObject) -> None:
        new_size = data.draw(st.integers(1, LARGEST))
        old_size = data.draw(st.integers(1, new_size))
        proof = compute_consistency_proof(read, old_size, new_size)
        hashes = [ROOTS_OF_LEAVES[old_size], ROOTS_OF_LEAVES[new_size], *proof]
        changed = data.draw(st.integers(0, len(hashes) - 1))
        hashes[changed] = flip(hashes[changed], data.draw(st.integers(0, 255)))
        with pytest.raises(ProofError):
            verify_consistency(old_size, hashes[0], new_size, hashes[1], hashes[2:])

    @given(st.data())
    def test_no_hash_may_be_added_or_missing(self, data: st.DataObject) -> None:
        new_size = data.draw(st.integers(2, LARGEST))
        old_size = data.draw(st.integers(1, new_size - 1))
        proof = list(compute_consistency_proof(read, old_size, new_size))
        place = data.draw(st.integers(0, len(proof)))
        if place < len(proof) and data.draw(st.booleans()):
            del proof[place]
        else:
            proof.insert(place, data.draw(st.sampled_from(sorted(NODES.values()))))
        with pytest.raises(ProofError):
            verify_consistency(old_size, ROOTS_OF_LEAVES[old_size], new_size, ROOTS_OF_LEAVES[new_size], proof)

    @settings(max_examples=50)
    @given(st.integers(-1, 70), st.integers(-1, 70), st.lists(st.binary(min_size=31, max_size=33).map(Hash), max_size=8))
    def test_garbage(self, old_size: int, new_size: int, proof: list[Hash]) -> None:
        with pytest.raises(ProofError):
            verify_consistency(old_size, ROOTS_OF_LEAVES[3], new_size, ROOTS_OF_LEAVES[LARGEST], proof)
