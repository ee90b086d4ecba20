"""The state tree: vectors, any history against a fresh build, and proofs of presence and absence."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger import codec
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.reasons import Reason
from ledger.state_pages import EMPTY_STATE_ROOT
from ledger.state_tree import (
    StateProof,
    compute_key_hash,
    compute_state_root,
    compute_value_hash,
    prove,
    read_root,
    state_proof_codec,
    update,
    verify_absence,
    verify_inclusion,
)
from ledger.types import ZERO_HASH, Hash

FOLDER = Path(__file__).parents[1] / "vectors"
VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "jmt_sha256.json").read_text())["vectors"]
HISTORIES: list[list[dict[str, Any]]] = json.loads((FOLDER / "jmt_histories.json").read_text())["histories"]

Leaves = dict[Hash, Hash]
Changes = dict[Hash, Hash | None]


class Tree:
    """Pages in a dictionary, written as a store would write them; counts what is read."""

    def __init__(self, items: Mapping[bytes, bytes] | None = None) -> None:
        self.pages: dict[bytes, bytes] = {}
        self.reads: list[bytes] = []
        self.root = EMPTY_STATE_ROOT
        if items:
            self.change({compute_key_hash(key): compute_value_hash(value) for key, value in items.items()})

    def read(self, path: bytes) -> bytes | None:
        self.reads.append(path)
        return self.pages.get(path)

    def change(self, changes: Mapping[Hash, Hash | None]) -> dict[bytes, bytes | None]:
        updated = update(self.read, changes)
        for path, page in updated.pages.items():
            if page is None:
                del self.pages[path]
            else:
                assert self.pages.get(path) != page
                self.pages[path] = page
        self.root = updated.root
        return updated.pages


def hash_from_bits(bits: Iterable[int]) -> Hash:
    """All zeros but for these bits, counted from the most significant."""
    return Hash(sum(1 << (255 - bit) for bit in set(bits)).to_bytes(32, "big"))


# Keys that share prefixes of every length, up to the last bit, beside keys that share nothing.
BITS = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 127, 128, 251, 252, 254, 255]
key_hashes = st.sets(st.sampled_from(BITS), max_size=4).map(hash_from_bits) | st.binary(min_size=32, max_size=32).map(Hash)
value_hashes = st.integers(0, 3).map(lambda number: Hash(bytes([number]) * 32))
leaves_ = st.dictionaries(key_hashes, value_hashes, max_size=12)


@st.composite
def histories(draw: st.DrawFn) -> list[Changes]:
    """Batches of changes over one small set of keys, so that they meet."""
    keys = draw(st.lists(key_hashes, min_size=1, max_size=12, unique=True))
    batch = st.dictionaries(st.sampled_from(keys), st.none() | value_hashes, max_size=len(keys))
    return draw(st.lists(batch, max_size=6))


class TestVectors:
    @pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(len(vector["data"])))
    def test_published(self, vector: dict[str, Any]) -> None:
        items = {bytes.fromhex(pair["key"]): bytes.fromhex(pair["value"]) for pair in vector["data"]}
        tree = Tree(items)
        assert tree.root.hex() == vector["expected_root"]
        for key, value in items.items():
            verify_inclusion(tree.root, key, value, prove(tree.read, compute_key_hash(key)))
        verify_absence(tree.root, b"another", prove(tree.read, compute_key_hash(b"another")))

    @pytest.mark.parametrize("history", HISTORIES)
    def test_of_the_reference_implementation(self, history: list[dict[str, Any]]) -> None:
        tree = Tree()
        for batch in history:
            tree.change(
                {
                    Hash(bytes.fromhex(key_hash)): None if value is None else compute_value_hash(bytes.fromhex(value))
                    for key_hash, value in batch["changes"].items()
                }
            )
            assert tree.root.hex() == batch["expected_root"]


class TestUpdate:
    @given(histories())
    def test_any_history_makes_the_tree_of_its_outcome(self, history: list[Changes]) -> None:
        tree, items = Tree(), Leaves()
        for changes in history:
            tree.change(changes)
            for key_hash, value_hash in changes.items():
                items.pop(key_hash, None)
                if value_hash is not None:
                    items[key_hash] = value_hash
            fresh = Tree()
            fresh.change(items)
            assert tree.root == compute_state_root(items) == fresh.root == read_root(tree.read)
            assert tree.pages == fresh.pages

    @given(leaves_, leaves_)
    def test_what_is_added_and_deleted_leaves_no_trace(self, items: Leaves, more: Leaves) -> None:
        tree = Tree()
        tree.change(items)
        root, pages = tree.root, dict(tree.pages)
        added = {key_hash: value_hash for key_hash, value_hash in more.items() if key_hash not in items}
        tree.change(added)
        tree.change(dict.fromkeys(added))
        assert (tree.root, tree.pages) == (root, pages)
        tree.change(dict.fromkeys(items))
        assert (tree.root, tree.pages) == (EMPTY_STATE_ROOT, {})

    @given(leaves_, key_hashes)
    def test_without_a_change_nothing_is_written(self, items: Leaves, absent: Hash) -> None:
        assume(absent not in items)
        tree = Tree()
        tree.change(items)
        assert tree.change({}) == tree.change(items) == tree.change({absent: None}) == {}
        assert tree.root == compute_state_root(items)

    def test_random_keys(self) -> None:
        items = {Hash(hashlib.sha256(b"%d" % number).digest()): Hash(bytes(32)) for number in range(3000)}
        tree = Tree()
        tree.change(items)
        changes: Changes = {key_hash: None if key_hash[0] < 100 else Hash(b"v" * 32) for key_hash in list(items)[::3]}
        tree.change(changes)
        items = {key: value for key, value in {**items, **changes}.items() if value is not None}
        assert tree.root == compute_state_root(items)

    def test_a_page_is_read_once_and_only_on_the_way(self) -> None:
        tree = Tree({b"%d" % number: b"" for number in range(200)})
        key_hashes_ = [compute_key_hash(b"%d" % number) for number in range(10)]
        tree.reads.clear()
        tree.change(dict.fromkeys(key_hashes_, Hash(bytes(32))))
        assert len(tree.reads) == len(set(tree.reads))
        for path in tree.reads:
            assert any(key_hash.hex().encode().startswith(path) for key_hash in key_hashes_)

    def test_shape(self) -> None:
        # Keys that part at the last bit need every page; when one goes, the other moves up through all of them to the root.
        first, second = hash_from_bits([]), hash_from_bits([255])
        tree = Tree()
        tree.change({first: Hash(bytes(32)), second: Hash(bytes(32))})
        assert sorted(tree.pages) == [b"0" * depth for depth in range(64)]
        tree.change({second: None})
        assert tree.pages == {b"": bytes.fromhex("8000 0000") + bytes(64)}

    @pytest.mark.parametrize("changes", [{b"short": bytes(32)}, {bytes(32): b"short"}])
    def test_hashes_only(self, changes: Changes) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            Tree().change(changes)


class TestDamage:
    def test_every_missing_or_damaged_page_is_named(self) -> None:
        key = hash_from_bits([])
        for path in [b"0" * depth for depth in range(1, 64)]:
            for damaged in [None, b"", bytes(68)]:
                tree = Tree()
                tree.change({key: Hash(bytes(32)), hash_from_bits([255]): Hash(bytes(32))})
                tree.pages.pop(path)
                if damaged is not None:
                    tree.pages[path] = damaged
                with pytest.raises(HourledgerError) as in_update:
                    tree.change({key: Hash(b"v" * 32)})
                with pytest.raises(HourledgerError) as in_proof:
                    prove(tree.read, key)
                for caught in [in_update, in_proof]:
                    assert (caught.value.reason, caught.value.value) == (Reason.STORE_DAMAGED, path.decode())

    def test_a_page_that_leads_too_deep(self) -> None:
        tree = Tree()
        tree.pages = {b"0" * depth: bytes.fromhex("0000 8000") + bytes(32) for depth in range(65)}
        with pytest.raises(HourledgerError):
            prove(tree.read, Hash(bytes(32)))
        with pytest.raises(HourledgerError):
            tree.change({Hash(bytes(32)): None})

    def test_a_leaf_in_the_wrong_slot(self) -> None:
        tree = Tree()
        tree.pages = {b"": bytes.fromhex("4000 0000") + bytes(64)}
        with pytest.raises(HourledgerError):
            tree.change({hash_from_bits([3]): Hash(bytes(32))})


class TestProofs:
    ITEMS: Mapping[bytes, bytes] = {b"organisation/%d" % number: b"valid %d" % number for number in range(60)}
    ABSENT: tuple[bytes, ...] = tuple(b"organisation/%d" % number for number in range(60, 200))

    @given(leaves_, st.lists(key_hashes, max_size=4))
    def test_a_proof_for_every_key_leads_to_the_root(self, items: Leaves, others: list[Hash]) -> None:
        tree = Tree()
        tree.change(items)
        for key_hash in [*items, *others]:
            proof = prove(tree.read, key_hash)
            assert compute_root_of(proof, key_hash) == tree.root
            is_own = proof.leaf is not None and proof.leaf[0] == key_hash
            assert is_own == (key_hash in items)
            assert not is_own or proof.leaf == (key_hash, items[key_hash])

    def test_present(self) -> None:
        tree = Tree(self.ITEMS)
        for key, value in self.ITEMS.items():
            proof = prove(tree.read, compute_key_hash(key))
            verify_inclusion(tree.root, key, value, proof)
            with pytest.raises(ProofError):
                verify_absence(tree.root, key, proof)
            with pytest.raises(ProofError):
                verify_inclusion(tree.root, key, b"revoked", proof)

    def test_absent(self) -> None:
        tree = Tree(self.ITEMS)
        proofs = [prove(tree.read, compute_key_hash(key)) for key in self.ABSENT]
        assert {proof.leaf is None for proof in proofs} == {True, False}
        for key, proof in zip(self.ABSENT, proofs, strict=True):
            verify_absence(tree.root, key, proof)
            with pytest.raises(ProofError):
                verify_inclusion(tree.root, key, b"valid 0", proof)

    def test_no_proof_speaks_for_another_key(self) -> None:
        tree = Tree(self.ITEMS)
        everything = [*self.ITEMS, *self.ABSENT]
        for key in self.ITEMS:
            for other in everything:
                proof = prove(tree.read, compute_key_hash(other))
                with pytest.raises(ProofError):
                    verify_absence(tree.root, key, proof)
                # Even cut at any height, or with its end taken for an empty place.
                for forged in [replace(proof, leaf=None), replace(proof, siblings=proof.siblings[1:])]:
                    with pytest.raises(ProofError):
                        verify_absence(tree.root, key, forged)

    def test_another_leaf_must_stand_where_the_key_would(self) -> None:
        # No honest tree has a leaf on a path that is not its own; a root over one is refused all the same.
        key = b"a"
        key_hash = compute_key_hash(key)
        stray = Hash(bytes([key_hash[0] ^ 0x80]) + key_hash[1:])
        proof = StateProof((stray, ZERO_HASH), (EMPTY_STATE_ROOT,))
        with pytest.raises(ProofError, match="would not be"):
            verify_absence(compute_root_of(proof, key_hash), key, proof)

    def test_empty_and_single(self) -> None:
        tree = Tree()
        assert prove(tree.read, compute_key_hash(b"a")) == StateProof(None, ())
        verify_absence(EMPTY_STATE_ROOT, b"a", StateProof(None, ()))
        tree = Tree({b"a": b"1"})
        own = (compute_key_hash(b"a"), compute_value_hash(b"1"))
        assert prove(tree.read, compute_key_hash(b"b")) == StateProof(own, ())
        verify_inclusion(tree.root, b"a", b"1", StateProof(own, ()))
        verify_absence(tree.root, b"b", StateProof(own, ()))

    def test_siblings_run_from_the_leaf_up(self) -> None:
        tree = Tree()
        keys = [hash_from_bits([]), hash_from_bits([1]), hash_from_bits([0])]
        tree.change(dict.fromkeys(keys, Hash(bytes(32))))
        beside, above = (compute_state_root({key: Hash(bytes(32))}) for key in keys[1:])
        assert prove(tree.read, keys[0]) == StateProof((keys[0], Hash(bytes(32))), (beside, above))

    def test_longest_path(self) -> None:
        tree = Tree()
        key_hash = hash_from_bits([255])
        tree.change({key_hash: Hash(bytes(32)), hash_from_bits([]): Hash(bytes(32))})
        proof = prove(tree.read, key_hash)
        assert len(proof.siblings) == 256
        assert compute_root_of(proof, key_hash) == tree.root

    def test_bounds(self) -> None:
        proof = StateProof((compute_key_hash(b"a"), compute_value_hash(b"1")), (EMPTY_STATE_ROOT,) * 257)
        for changed in [proof, replace(proof, siblings=(Hash(bytes(31)),)), replace(proof, siblings=(Hash(bytes(33)),))]:
            with pytest.raises(ProofError, match="256 siblings"):
                verify_inclusion(EMPTY_STATE_ROOT, b"a", b"1", changed)

    @given(st.data())
    @settings(max_examples=60)
    def test_no_bit_may_change(self, data: st.DataObject) -> None:
        tree = Tree(self.ITEMS)
        key = data.draw(st.sampled_from([*self.ITEMS, *self.ABSENT]))
        proof = prove(tree.read, compute_key_hash(key))
        hashes = [tree.root, *(proof.leaf or ()), *proof.siblings]
        changed = data.draw(st.integers(0, len(hashes) - 1))
        flipped = int.from_bytes(hashes[changed], "big") ^ 1 << data.draw(st.integers(0, 255))
        hashes[changed] = Hash(flipped.to_bytes(32, "big"))
        split = 3 if proof.leaf else 1
        forged = StateProof((hashes[1], hashes[2]) if proof.leaf else None, tuple(hashes[split:]))
        with pytest.raises(ProofError):
            verify_inclusion(hashes[0], key, self.ITEMS.get(key, b""), forged)
        with pytest.raises(ProofError):
            verify_absence(hashes[0], key, forged)

    @given(
        st.none() | st.tuples(key_hashes, value_hashes),
        st.lists(st.binary(min_size=31, max_size=33).map(Hash) | key_hashes, max_size=260).map(tuple),
    )
    def test_garbage(self, leaf: tuple[Hash, Hash] | None, siblings: tuple[Hash, ...]) -> None:
        root = Tree(self.ITEMS).root if not siblings else Hash(b"r" * 32)
        with pytest.raises(ProofError):
            verify_absence(root, b"a", StateProof(leaf, siblings))
        with pytest.raises(ProofError):
            verify_inclusion(root, b"a", b"1", StateProof(leaf, siblings))


class TestProofCodec:
    @given(st.builds(StateProof, st.none() | st.tuples(key_hashes, value_hashes), st.lists(key_hashes, max_size=9).map(tuple)))
    def test_round_trip(self, proof: StateProof) -> None:
        assert codec.decode(state_proof_codec, codec.encode(state_proof_codec, proof)) == proof

    def test_bounds(self) -> None:
        codec.encode(state_proof_codec, StateProof(None, (EMPTY_STATE_ROOT,) * 256))
        with pytest.raises(CodecError):
            codec.encode(state_proof_codec, StateProof(None, (EMPTY_STATE_ROOT,) * 257))

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_a_leaf_is_two_hashes(self, count: int) -> None:
        leaf = b"\xc4\x20" + bytes(32)
        assert codec.decode(state_proof_codec, b"\x92\x92" + leaf * 2 + b"\x90") == StateProof((ZERO_HASH, ZERO_HASH), ())
        with pytest.raises(CodecError):
            codec.decode(state_proof_codec, b"\x92" + bytes([0x90 + count]) + leaf * count + b"\x90")

    @given(st.binary(max_size=120))
    def test_any_bytes(self, data: bytes) -> None:
        try:
            assert codec.encode(state_proof_codec, codec.decode(state_proof_codec, data)) == data
        except CodecError:
            return


def compute_root_of(proof: StateProof, key_hash: Hash) -> Hash:
    """Where a proof leads, worked out bit by bit from its definition, apart from the code under test."""
    node = EMPTY_STATE_ROOT
    if proof.leaf is not None:
        node = Hash(hashlib.sha256(b"JMT::LeafNode" + b"".join(proof.leaf)).digest())
    bits = f"{int.from_bytes(key_hash, 'big'):0256b}"[: len(proof.siblings)]
    for bit, sibling in zip(reversed(bits), proof.siblings, strict=True):
        pair = sibling + node if bit == "1" else node + sibling
        node = Hash(hashlib.sha256(b"JMT::IntrnalNode" + pair).digest())
    return node
