"""The state tree made in one go over stored values is the one that updates lead to, and a store gives all of its pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.plain_pages import UPPER_DEPTH
from ledger.state import iterate_hashed
from ledger.state_pages import GROUP_DEPTH, WHOLE, is_stored
from ledger.state_tree import update
from node.chain.pages import load_end, load_page
from node.chain.rebuilding import add_values, build_tree
from node.storage import namespaces
from node.storage.memory import MemoryStore

VALUES = st.dictionaries(st.binary(min_size=1, max_size=4), st.binary(max_size=4), max_size=300)


def build(values: dict[bytes, bytes]) -> tuple[bytes, dict[bytes, bytes | None]]:
    """Root and all pages, of which none is more than it should be."""
    store = MemoryStore()
    add_values(store, list(values.items()))
    root, prefix = build_tree(store, 0), namespaces.PAGES.prefix
    return root, {key[len(prefix) :]: page for key, page in store.iterate(prefix)}


@given(VALUES)
def test_it_is_the_tree_of_the_plain_update(values: dict[bytes, bytes]) -> None:
    plain = update(lambda _path: None, dict(iterate_hashed(values)))
    root, pages = build(values)
    deeper = {path for path in plain.pages if len(path) > UPPER_DEPTH}
    end = min((path[:GROUP_DEPTH] for path in deeper), default=WHOLE)
    assert root == plain.root
    assert pages == {path: page for path, page in plain.pages.items() if is_stored(path, end)}


@pytest.mark.parametrize("capacity", [0, 50, 100, 10_000])
def test_as_much_is_left_out_as_is_kept_in_memory(capacity: int) -> None:
    store, values = MemoryStore(), {b"%d" % number: b"v" for number in range(5_000)}
    add_values(store, list(values.items()))
    plain = update(lambda _path: None, dict(iterate_hashed(values)))
    assert build_tree(store, capacity) == plain.root
    end = load_end(store)
    deeper = [path for path in plain.pages if len(path) > UPPER_DEPTH]
    assert sum(path < end for path in deeper) <= capacity
    assert end == WHOLE or sum(path[:GROUP_DEPTH] <= end for path in deeper) > capacity
    assert all(load_page(store, path) == page for path, page in plain.pages.items())
