"""Updates with pages in memory, in C and in Python, against the plain ones: the same root, pages and complaints."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import state_updates
from ledger.errors import HourledgerError
from ledger.hashing import IS_COMPILED
from ledger.reasons import Reason
from ledger.state_pages import DERIVED_DEPTH, EMPTY_STATE_ROOT, encode_page, is_stored
from ledger.state_tree import PageReader, compute_state_root, read_root, update
from ledger.state_updates import UPPER_DEPTH, PageCache, Revised, derive_page, revise, revise_natively, revise_plainly
from ledger.types import Hash
from tests.effort import choose

Changes: TypeAlias = Mapping[Hash, Hash | None]
Way: TypeAlias = Callable[[PageCache, PageReader, Changes], Revised]

NOT_COMPILED = pytest.mark.skipif(not IS_COMPILED, reason="ledger/native.c is not compiled: there is no C compiler here")
WAYS = [pytest.param(revise_natively, marks=NOT_COMPILED, id="in C"), pytest.param(revise_plainly, id="in Python")]
both_ways = pytest.mark.parametrize("way", WAYS)


class Tree:
    """Stored pages in a dictionary, and those in memory; every update is also made the plain way, whose pages are all kept."""

    def __init__(self, way: Way, capacity: int = 1_000) -> None:
        self.way = way
        self.pages: dict[bytes, bytes] = {}
        self.plain: dict[bytes, bytes] = {}
        self.cache = PageCache(capacity)
        self.reads: list[bytes] = []

    def read(self, path: bytes) -> bytes | None:
        self.reads.append(path)
        return self.load(path)

    def load(self, path: bytes) -> bytes | None:
        page = self.pages.get(path)
        return derive_page(self.pages.get, path) if page is None and len(path) == DERIVED_DEPTH else page

    def revise(self, changes: Changes) -> Revised:
        plain = update(self.plain.get, changes)
        revised = self.way(self.cache, self.read, changes)
        assert revised.root == plain.root
        assert sorted([*revised.upper, *revised.deeper, *revised.forgotten]) == sorted(plain.pages)
        stored = {path: page for path, page in write(self.plain, plain.pages).items() if is_stored(path, page)}
        assert write(self.pages, revised.pages) == stored
        return revised

    def change(self, changes: Changes) -> Hash:
        revised = self.revise(changes)
        self.plain = write(self.plain, update(self.plain.get, changes).pages)
        self.pages = write(self.pages, revised.pages)
        self.cache.take_over(revised)
        return revised.root


def write(stored: Mapping[bytes, bytes], pages: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    """Pages after an update, of which only such may be deleted as were there."""
    assert all(path in stored for path, page in pages.items() if page is None)
    return {path: page for path, page in {**stored, **pages}.items() if page is not None}


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


@both_ways
@given(histories(), st.sampled_from([0, 1, 5, 1_000]))
def test_any_history_is_that_of_the_plain_version(way: Way, history: list[tuple[Changes, bool]], capacity: int) -> None:
    tree, items = Tree(way, capacity), dict[Hash, Hash]()
    for changes, is_taken in history:
        if not is_taken:  # A block that was dropped leaves nothing behind in memory.
            tree.revise(changes)
            continue
        root = tree.change(changes)
        merged = {**items, **changes}
        items = {key_hash: value_hash for key_hash, value_hash in merged.items() if value_hash is not None}
        assert root == compute_state_root(items) == read_root(tree.load)


@both_ways
@pytest.mark.parametrize("capacity", [0, 100, 10_000])
def test_random_keys(way: Way, capacity: int) -> None:
    tree, keys = Tree(way, capacity), make_hashes(3_000)
    values = make_hashes(3, b"value")
    tree.change(dict.fromkeys(keys, values[0]))
    for number in range(4):
        changed = dict.fromkeys(keys[number * 100 : number * 100 + 300], values[number % 3])
        added = dict.fromkeys(make_hashes(200, b"%d" % number), values[1])
        tree.change({**changed, **added, **dict.fromkeys(keys[-1 - number :: -9])})
    tree.change(dict.fromkeys(keys))


def make_crowd(path: str, in_a_slot: int = 2) -> list[Hash]:
    """So many keys in each slot of the page at a path of three digits."""
    begins = [bytes.fromhex(f"{path}{slot:x}") for slot in range(16)]
    return [Hash(begin + name[2:]) for begin in begins for name in make_hashes(in_a_slot, begin)]


@both_ways
@pytest.mark.parametrize("capacity", [0, 5, 1_000])
def test_a_page_that_follows_from_those_below_is_not_stored(way: Way, capacity: int) -> None:
    tree, crowd, value = Tree(way, capacity), make_crowd("abc"), Hash(bytes(32))
    tree.change(dict.fromkeys([*crowd, *make_hashes(50)], value))
    assert b"abc" in tree.plain
    assert b"abc" not in tree.pages
    tree.change({crowd[0]: None})
    assert tree.pages[b"abc"] == tree.plain[b"abc"]
    tree.change({crowd[0]: value, crowd[5]: Hash(b"v" * 32)})
    assert b"abc" not in tree.pages
    tree.change(dict.fromkeys(crowd))
    assert tree.plain.keys() == tree.pages.keys()


@both_ways
def test_crowds_come_and_go(way: Way) -> None:
    tree, crowds = Tree(way, 30), [make_crowd(path, count) for path, count in (("abc", 2), ("abe", 3), ("fff", 2), ("000", 5))]
    for number in range(choose(6, 30)):
        present = [key for crowd in crowds[number % 3 :] for key in crowd]
        tree.change({**dict.fromkeys(present, Hash(b"%032d" % number)), **dict.fromkeys(present[number :: 5 + number])})


@both_ways
def test_the_whole_tree_goes_and_comes_back(way: Way) -> None:
    tree, items = Tree(way), dict.fromkeys(make_hashes(300), Hash(bytes(32)))
    root = tree.change(items)
    assert tree.change(dict.fromkeys(items)) == EMPTY_STATE_ROOT
    assert tree.pages == {}
    assert tree.change({}) == EMPTY_STATE_ROOT
    assert tree.change(items) == root


@both_ways
def test_pages_in_memory_are_not_read_again(way: Way) -> None:
    tree, keys = Tree(way), make_hashes(2_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.reads.clear()
    tree.change(dict.fromkeys(keys[::7], Hash(b"v" * 32)))
    assert tree.reads == []


@both_ways
def test_a_page_is_read_once_in_an_update(way: Way) -> None:
    tree, keys = Tree(way), make_hashes(2_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.cache = PageCache()
    tree.reads.clear()
    tree.change(dict.fromkeys(keys[::7], Hash(b"v" * 32)))
    assert len(tree.reads) == len(set(tree.reads)) > 100


@both_ways
def test_no_more_pages_stay_in_memory_than_it_may_have(way: Way) -> None:
    tree, upper = Tree(way, 50), sum(16**depth for depth in range(UPPER_DEPTH + 1))
    for number in range(choose(10, 30)):
        tree.change(dict.fromkeys(make_hashes(2_000, b"%d/" % number), Hash(bytes(32))))
        assert len(tree.cache) <= upper + 50
    assert 0 < sum(len(path) > UPPER_DEPTH for path in tree.pages if path in tree.cache.pages) <= 50


@both_ways
def test_pages_in_memory_do_not_depend_on_how_they_came_there(way: Way) -> None:
    tree, other = Tree(way), Tree(way)
    for number in range(5):
        tree.change(dict.fromkeys(make_hashes(300, b"%d" % number), Hash(b"%032d" % number)))
        tree.change(dict.fromkeys(make_hashes(300, b"%d" % number)[::3]))
    other.pages, other.plain = dict(tree.pages), dict(tree.plain)
    changes: Changes = dict.fromkeys(make_hashes(50, b"4"), Hash(bytes(32)))
    assert tree.revise(changes) == other.revise(changes)


@NOT_COMPILED
def test_an_update_hands_on_no_more_than_so_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_updates, "MAX_HANDED_ON", 10)
    tree = Tree(revise_natively)
    for number in range(3):
        changes = dict.fromkeys(make_hashes(1_000, b"%d" % number), Hash(bytes(32)))
        revised = tree.revise(changes)
        assert len(revised.pages) > 100
        assert len(revised.deeper) <= 10
        tree.change(changes)


@both_ways
@pytest.mark.parametrize("changes", [{b"short": bytes(32)}, {bytes(32): b"short"}])
def test_hashes_only(way: Way, changes: Changes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        way(PageCache(), lambda _path: None, changes)


def test_what_was_compiled_is_used() -> None:
    cache, changes = PageCache(), {Hash(bytes(32)): Hash(bytes(32)), Hash(b"v" * 32): Hash(bytes(32))}
    way = revise_natively if IS_COMPILED else revise_plainly
    assert revise(cache, lambda _path: None, changes) == way(cache, lambda _path: None, changes)


@both_ways
def test_an_error_of_the_reader_comes_out_as_it_is(way: Way) -> None:
    def read(_path: bytes) -> bytes | None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        way(PageCache(), read, {Hash(bytes(32)): Hash(bytes(32))})


@both_ways
class TestDamage:
    def test_every_missing_or_damaged_page_is_named(self, way: Way) -> None:
        key = hash_from_bits([])
        for path in [b"0" * depth for depth in range(1, 64)]:
            for damaged in [None, b"", bytes(68), b"\x80\x00\x80\x00" + bytes(64), b"\xff\xff\x00\x00" + bytes(1_000)]:
                tree = Tree(way)
                tree.change({key: Hash(bytes(32)), hash_from_bits([255]): Hash(bytes(32))})
                pages = {**tree.pages, path: damaged}
                with pytest.raises(HourledgerError) as caught:
                    way(PageCache(), pages.get, {key: Hash(b"v" * 32)})
                assert (caught.value.reason, caught.value.value) == (Reason.STORE_DAMAGED, path.decode())

    def test_a_page_below_one_that_is_not_stored(self, way: Way) -> None:
        tree, crowd = Tree(way), make_crowd("abc")
        tree.change(dict.fromkeys([*crowd, *make_hashes(2)], Hash(bytes(32))))
        for damaged in (None, b"", b"rubbish", encode_page([bytes(64)] + [b""] * 15)):
            tree.pages = {path: page for path, page in {**tree.pages, b"abc5": damaged}.items() if page is not None}
            with pytest.raises(HourledgerError) as caught:
                way(PageCache(), tree.load, {crowd[0]: None})
            assert caught.value.reason is Reason.STORE_DAMAGED

    def test_a_stored_page_is_not_taken_for_one_from_memory(self, way: Way) -> None:
        tree = Tree(way)
        tree.change(dict.fromkeys(make_hashes(100), Hash(bytes(32))))
        for more in (1, 32, 64, 15 * 32):
            pages = {**tree.pages, b"": tree.pages[b""] + bytes(more)}
            with pytest.raises(HourledgerError):
                way(PageCache(), pages.get, {make_hashes(1)[0]: None})

    def test_a_page_that_leads_too_deep(self, way: Way) -> None:
        pages = {b"0" * depth: bytes.fromhex("0000 8000") + bytes(32) for depth in range(65)}
        with pytest.raises(HourledgerError):
            way(PageCache(), pages.get, {Hash(bytes(32)): None})

    def test_a_leaf_in_the_wrong_slot(self, way: Way) -> None:
        pages = {b"": bytes.fromhex("4000 0000") + bytes(64)}
        with pytest.raises(HourledgerError):
            way(PageCache(), pages.get, {hash_from_bits([3]): Hash(bytes(32))})


@pytest.mark.parametrize("capacity", [0, 7, 100, 10_000])
def test_a_cache_is_filled_with_what_is_stored(capacity: int) -> None:
    tree, keys = Tree(revise, 10_000), make_hashes(3_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.cache = PageCache(capacity)
    tree.cache.fill(sorted(tree.pages.items()))
    tree.reads.clear()
    assert sum(len(path) > UPPER_DEPTH for path in tree.cache.pages) <= capacity
    changes: Changes = dict.fromkeys(keys[::5], Hash(b"v" * 32))
    tree.change(changes)
    if capacity > len(tree.pages):
        assert tree.reads == []
    assert tree.revise(dict.fromkeys(keys[::7])).pages


def test_a_cache_is_filled_with_what_is_not_stored_too() -> None:
    tree, crowd = Tree(revise), make_crowd("abc", 3)
    tree.change(dict.fromkeys([*crowd, *make_hashes(50)], Hash(bytes(32))))
    tree.cache = PageCache()
    tree.cache.fill(sorted(tree.pages.items()))
    assert b"abc" not in tree.pages
    assert len(tree.cache) == len(tree.plain)
    tree.reads.clear()
    tree.change(dict.fromkeys(crowd[::4], Hash(b"v" * 32)))
    assert tree.reads == []


def test_a_damaged_page_is_not_taken_into_memory() -> None:
    tree, keys = Tree(revise), make_hashes(100)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.cache = PageCache()
    damaged = {**tree.pages, b"": b"rubbish"}
    tree.cache.fill(sorted(damaged.items()))
    with pytest.raises(HourledgerError):
        revise(tree.cache, damaged.get, {keys[0]: None})
