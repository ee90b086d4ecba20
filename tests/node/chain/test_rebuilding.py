"""The state tree made in one go over stored values is the one that updates lead to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.state import iterate_hashed
from ledger.state_tree import update
from node.chain.rebuilding import add_values, build_tree
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
