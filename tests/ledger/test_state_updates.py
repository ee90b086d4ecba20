"""Updates with pages in memory against the plain ones: the same root, the same pages, the same complaints."""

import hashlib
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import state_updates
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.state_pages import EMPTY_STATE_ROOT
from ledger.state_tree import compute_state_root, read_root, update
from ledger.state_updates import UPPER_DEPTH, PageCache, Revised, revise
from ledger.types import Hash

Changes = Mapping[Hash, Hash | None]


class Tree:
    """Pages in a dictionary, and those in memory; every update is also made the plain way."""

    def __init__(self, capacity: int = 1_000) -> None:
        self.pages: dict[bytes, bytes] = {}
        self.cache = PageCache(capacity)
        self.reads: list[bytes] = []

    def read(self, path: bytes) -> bytes | None:
        self.reads.append(path)
        return self.pages.get(path)

    def revise(self, changes: Changes) -> Revised:
        plain = update(self.pages.get, changes)
        revised = revise(self.cache, self.read, changes)
        assert (revised.root, revised.pages) == (plain.root, plain.pages)
        return revised

    def change(self, changes: Changes) -> Hash:
        revised = self.revise(changes)
        for path, page in revised.pages.items():
            if page is None:
                del self.pages[path]
            else:
                self.pages[path] = page
        self.cache.take_over(revised)
        return revised.root


def hash_from_bits(bits: Iterable[int]) -> Hash:
    """All zeros but for these bits, counted from the most significant."""
    return Hash(sum(1 << (255 - bit) for bit in set(bits)).to_bytes(32, "big"))


def make_hashes(count: int, name: bytes = b"") -> list[Hash]:
    return [Hash(hashlib.sha256(name + b"%d" % number).digest()) for number in range(count)]


BITS = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 127, 128, 251, 252, 254, 255]
key_hashes = st.sets(st.sampled_from(BITS), max_size=4).map(hash_from_bits) | st.binary(min_size=32, max_size=32).map(Hash)
value_hashes = st.integers(0, 3).map(lambda number: Hash(bytes([number]) * 32))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Changes, bool]]:
    """Batches of changes over one small set of keys, so that they meet, and whether each is stored in the end."""
    keys = draw(st.lists(key_hashes, min_size=1, max_size=12, unique=True))
    batch = st.dictionaries(st.sampled_from(keys), st.none() | value_hashes, max_size=len(keys))
    return draw(st.lists(st.tuples(batch, st.booleans()), max_size=8))


@given(histories(), st.sampled_from([0, 1, 5, 1_000]))
def test_any_history_is_that_of_the_plain_version(history: list[tuple[Changes, bool]], capacity: int) -> None:
    tree, items = Tree(capacity), dict[Hash, Hash]()
    for changes, is_stored in history:
        if not is_stored:  # A block that was dropped leaves nothing behind in memory.
            tree.revise(changes)
            continue
        root = tree.change(changes)
        merged = {**items, **changes}
        items = {key_hash: value_hash for key_hash, value_hash in merged.items() if value_hash is not None}
        assert root == compute_state_root(items) == read_root(tree.pages.get)


@pytest.mark.parametrize("capacity", [0, 100, 10_000])
def test_random_keys(capacity: int) -> None:
    tree, keys = Tree(capacity), make_hashes(3_000)
    values = make_hashes(3, b"value")
    tree.change(dict.fromkeys(keys, values[0]))
    for number in range(4):
        changed = dict.fromkeys(keys[number * 100 : number * 100 + 300], values[number % 3])
        added = dict.fromkeys(make_hashes(200, b"%d" % number), values[1])
        tree.change({**changed, **added, **dict.fromkeys(keys[-1 - number :: -9])})
    tree.change(dict.fromkeys(keys))


def test_the_whole_tree_goes_and_comes_back() -> None:
    tree, items = Tree(), dict.fromkeys(make_hashes(300), Hash(bytes(32)))
    root = tree.change(items)
    assert tree.change(dict.fromkeys(items)) == EMPTY_STATE_ROOT
    assert tree.pages == {}
    assert tree.change({}) == EMPTY_STATE_ROOT
    assert tree.change(items) == root


def test_pages_in_memory_are_not_read_again() -> None:
    tree, keys = Tree(), make_hashes(2_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.reads.clear()
    tree.change(dict.fromkeys(keys[::7], Hash(b"v" * 32)))
    assert tree.reads == []


def test_a_page_is_read_once_in_an_update() -> None:
    tree, keys = Tree(), make_hashes(2_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.cache = PageCache()
    tree.reads.clear()
    tree.change(dict.fromkeys(keys[::7], Hash(b"v" * 32)))
    assert len(tree.reads) == len(set(tree.reads)) > 100


def test_no_more_pages_stay_in_memory_than_it_may_have() -> None:
    tree, upper = Tree(capacity=50), sum(16**depth for depth in range(UPPER_DEPTH + 1))
    for number in range(30):
        tree.change(dict.fromkeys(make_hashes(2_000, b"%d/" % number), Hash(bytes(32))))
        assert len(tree.cache) <= upper + 50
    assert 0 < sum(len(path) > UPPER_DEPTH for path in tree.pages if tree.cache.find(path)) <= 50


def test_an_update_hands_on_no_more_than_so_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_updates, "MAX_HANDED_ON", 10)
    tree = Tree()
    for number in range(3):
        changes = dict.fromkeys(make_hashes(1_000, b"%d" % number), Hash(bytes(32)))
        revised = tree.revise(changes)
        assert len(revised.pages) > 100
        assert sum(len(path) > UPPER_DEPTH for path in revised.decoded) <= 10
        tree.change(changes)


@pytest.mark.parametrize("changes", [{b"short": bytes(32)}, {bytes(32): b"short"}])
def test_hashes_only(changes: Changes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        revise(PageCache(), lambda _path: None, changes)


class TestDamage:
    def test_every_missing_or_damaged_page_is_named(self) -> None:
        key = hash_from_bits([])
        for path in [b"0" * depth for depth in range(1, 64)]:
            for damaged in [None, b"", bytes(68)]:
                tree = Tree()
                tree.change({key: Hash(bytes(32)), hash_from_bits([255]): Hash(bytes(32))})
                pages = {**tree.pages, path: damaged}
                with pytest.raises(HourledgerError) as caught:
                    revise(PageCache(), pages.get, {key: Hash(b"v" * 32)})
                assert (caught.value.reason, caught.value.value) == (Reason.STORE_DAMAGED, path.decode())

    def test_a_page_that_leads_too_deep(self) -> None:
        pages = {b"0" * depth: bytes.fromhex("0000 8000") + bytes(32) for depth in range(65)}
        with pytest.raises(HourledgerError):
            revise(PageCache(), pages.get, {Hash(bytes(32)): None})

    def test_a_leaf_in_the_wrong_slot(self) -> None:
        pages = {b"": bytes.fromhex("4000 0000") + bytes(64)}
        with pytest.raises(HourledgerError):
            revise(PageCache(), pages.get, {hash_from_bits([3]): Hash(bytes(32))})
