"""Keys: no two namespaces meet, and the order of keys is the order of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.types import EntryIndex, Hash, Height, Identifier
from node.storage import namespaces
from node.storage.namespaces import describe_key

NUMBERS = st.integers(0, 2**63 - 1)


def test_every_prefix_is_one_byte_and_used_once() -> None:
    known = (*namespaces.NAMESPACES, *namespaces.COLLECTED, namespaces.LOWEST)
    prefixes = [namespace.prefix for namespace in known]
    assert {len(prefix) for prefix in prefixes} == {1}
    assert len(set(prefixes)) == len(prefixes)


@given(NUMBERS, NUMBERS)
def test_keys_are_in_the_order_of_numbers(left: int, right: int) -> None:
    keys = [namespaces.compute_run_key(number) for number in (left, right)]
    assert (keys[0] < keys[1]) == (left < right)
    assert namespaces.decode_number(namespaces.encode_number(left)) == left


def test_keys_in_words() -> None:
    assert describe_key(namespaces.compute_block_key(Height(12))) == "block 12"
    assert describe_key(namespaces.compute_tile_key(1, 300)) == "tile 1/300"
    assert describe_key(namespaces.compute_run_key(2)) == "log entries 64 to 95"
    assert describe_key(namespaces.STATE.key(b"value/\xff")) == "state value value/\\xff"
    assert describe_key(namespaces.TIP.key()) == "tip"
    assert describe_key(namespaces.LOWEST.key()) == "lowest block held"
    assert describe_key(namespaces.compute_handover_key(Height(9))) == "handover 9"
    assert describe_key(namespaces.compute_transaction_key(Hash(bytes(32)))).endswith("transaction " + "00" * 32)
    assert describe_key(namespaces.compute_subject_key(Identifier(b"p" * 16), EntryIndex(7))).endswith("/7")
    assert describe_key(b"?!") == "unknown key 3f21"
    assert describe_key(b"") == "unknown key"


@given(st.binary(max_size=30))
def test_any_key_has_words(key: bytes) -> None:
    assert describe_key(key)
