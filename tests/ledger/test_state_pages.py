"""Pages of the state tree: one encoding for each content, and the hashing rules on small examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.state_pages import (
    EMPTY_STATE_ROOT,
    NOTHING,
    SLOTS,
    Place,
    compute_page_levels,
    compute_page_top,
    compute_place_hash,
    compute_state_leaf_hash,
    compute_state_node_hash,
    decode_page,
    encode_page,
)
from ledger.types import Hash

LEAF = b"k" * 32 + b"v" * 32
OTHER_LEAF = b"l" * 32 + b"w" * 32
SUBTREE = b"s" * 32

places = st.just(NOTHING) | st.binary(min_size=32, max_size=32) | st.binary(min_size=64, max_size=64)
pages = st.lists(places, min_size=SLOTS, max_size=SLOTS).filter(any)


def slots_with(filled: dict[int, Place]) -> list[Place]:
    return [filled.get(slot, NOTHING) for slot in range(SLOTS)]


class TestEncoding:
    def test_example(self) -> None:
        data = encode_page(slots_with({0: LEAF, 1: SUBTREE, 15: OTHER_LEAF}))
        assert data == bytes.fromhex("8001 4000") + LEAF + SUBTREE + OTHER_LEAF

    @given(pages)
    def test_round_trip(self, slots: list[Place]) -> None:
        assert decode_page(encode_page(slots)) == slots

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            bytes(3),
            bytes(4),
            bytes.fromhex("8000 0000") + LEAF + b"\x00",
            bytes.fromhex("8000 0000") + LEAF[:-1],
            bytes.fromhex("8000 8000") + LEAF + SUBTREE,
        ],
        ids=["nothing", "short", "empty page", "too long", "too short", "slot in both maps"],
    )
    def test_refused(self, data: bytes) -> None:
        with pytest.raises(CodecError):
            decode_page(data)

    @given(st.binary(max_size=200) | st.tuples(pages.map(encode_page), st.binary(max_size=3)).map(b"".join))
    def test_any_bytes(self, data: bytes) -> None:
        try:
            assert encode_page(decode_page(data)) == data
        except CodecError:
            return


class TestHashing:
    def test_domains(self) -> None:
        assert compute_state_leaf_hash(LEAF) == sha256(b"JMT::LeafNode", LEAF)
        node = sha256(b"JMT::IntrnalNode", SUBTREE, EMPTY_STATE_ROOT)
        assert compute_state_node_hash(Hash(SUBTREE), EMPTY_STATE_ROOT) == node
        assert EMPTY_STATE_ROOT == b"SPARSE_MERKLE_PLACEHOLDER_HASH__"

    def test_three_kinds_of_place(self) -> None:
        assert compute_place_hash(NOTHING) == EMPTY_STATE_ROOT
        assert compute_place_hash(LEAF) == compute_state_leaf_hash(LEAF)
        assert compute_place_hash(SUBTREE) == SUBTREE

    @pytest.mark.parametrize("slot", range(SLOTS))
    def test_one_leaf_moves_to_the_top(self, slot: int) -> None:
        assert compute_page_top(slots_with({slot: LEAF})) == LEAF

    def test_one_subtree_stays_where_it_is(self) -> None:
        top = Hash(SUBTREE)
        for _ in range(4):
            top = compute_state_node_hash(top, EMPTY_STATE_ROOT)
        assert compute_page_top(slots_with({0: SUBTREE})) == top

    def test_leaves_move_up_to_where_they_part(self) -> None:
        leaf, other = compute_state_leaf_hash(LEAF), compute_state_leaf_hash(OTHER_LEAF)
        assert compute_page_top(slots_with({3: LEAF, 12: OTHER_LEAF})) == compute_state_node_hash(leaf, other)
        below = compute_state_node_hash(leaf, other)
        assert compute_page_top(slots_with({4: LEAF, 6: OTHER_LEAF})) == compute_state_node_hash(
            compute_state_node_hash(EMPTY_STATE_ROOT, below), EMPTY_STATE_ROOT
        )

    def test_levels_run_from_the_top_to_the_slots(self) -> None:
        slots = slots_with({0: LEAF, 9: OTHER_LEAF})
        levels = compute_page_levels(slots)
        assert [len(level) for level in levels] == [1, 2, 4, 8, 16]
        assert levels[1] == [LEAF, OTHER_LEAF]
        assert levels[4] == slots
