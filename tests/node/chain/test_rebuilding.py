"""The state tree made in one go over stored values is the one that updates lead to, and a store gives all of its pages."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import HourledgerError
from ledger.state import iterate_hashed
from ledger.state_tree import compute_key_hash, prove, update, verify_inclusion
from node.chain.rebuilding import add_values, build_tree
from node.chain.records import load_page
from node.storage import namespaces
from node.storage.memory import MemoryStore

VALUES = st.dictionaries(st.binary(min_size=1, max_size=4), st.binary(max_size=4), max_size=300)


def build(values: dict[bytes, bytes], held: int) -> tuple[bytes, dict[bytes, bytes]]:
    """Root and pages."""
    store = MemoryStore()
    add_values(store, list(values.items()))
    root = build_tree(store, len(values), held)
    prefix = namespaces.PAGES.prefix
    return root, {key[len(prefix) :]: page for key, page in store.iterate(prefix)}


@given(VALUES, st.sampled_from([1, 7, 100, 10_000]))
def test_it_is_the_tree_of_the_plain_update(values: dict[bytes, bytes], held: int) -> None:
    plain = update(lambda _path: None, dict(iterate_hashed(values)))
    assert build(values, held) == (plain.root, plain.pages)


@pytest.mark.parametrize("held", [100, 1_000, 5_000])
def test_deep_pages_are_the_same_however_many_leaves_are_held(held: int) -> None:
    values = {b"%d" % number: b"v" for number in range(5_000)}
    plain = update(lambda _path: None, dict(iterate_hashed(values)))
    assert build(values, held) == (plain.root, plain.pages)


def make_crowd() -> dict[bytes, bytes]:
    """Values whose keys lie below one page of depth 3, several in each of its slots."""
    keys: dict[int, list[bytes]] = {slot: [] for slot in range(16)}
    numbers = count()
    while any(len(found) < 2 for found in keys.values()):
        key = b"%d" % next(numbers)
        key_hash = compute_key_hash(key)
        if key_hash[0] == 0xAB and key_hash[1] >> 4 == 0xC:
            keys[key_hash[1] & 15].append(key)
    return {key: b"v" for found in keys.values() for key in found}


def test_a_page_that_is_not_stored_is_made_of_those_below_it() -> None:
    store, values = MemoryStore(), {**make_crowd(), **{b"other %d" % number: b"v" for number in range(100)}}
    add_values(store, list(values.items()))
    root = build_tree(store, len(values))
    plain = update(lambda _path: None, dict(iterate_hashed(values))).pages
    assert store.get(namespaces.PAGES.key(b"abc")) is None
    assert all(load_page(store, path) == page for path, page in plain.items())
    for key, value in values.items():
        verify_inclusion(root, key, value, prove(lambda path: load_page(store, path), compute_key_hash(key)))
    store.write({namespaces.PAGES.key(b"abc7"): None})
    with pytest.raises(HourledgerError) as caught:
        load_page(store, b"abc")
    assert caught.value.value == "abc7"
