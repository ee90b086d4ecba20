"""Updates with pages in memory, in C and in Python, against the plain ones: the same root, pages and complaints."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import HourledgerError
from ledger.hashing import IS_COMPILED
from ledger.reasons import Reason
from ledger.state_pages import (
    EMPTY_STATE_ROOT,
    GROUP_DEPTH,
    GROUPS,
    HEADER_BYTES,
    STORED_DEPTH,
    WHOLE,
    compute_page_top,
    decode_page,
    format_end,
    is_stored,
    parse_end,
)
from ledger.state_tree import PageReader, compute_state_root, read_root, update
from ledger.state_updates import (
    MAX_STEP,
    UPPER_DEPTH,
    PageCache,
    Revised,
    build_kept,
    build_pages,
    complete_page,
    revise,
    revise_natively,
    revise_plainly,
)
from ledger.types import Hash
from tests.effort import choose

Changes: TypeAlias = Mapping[Hash, Hash | None]
Way: TypeAlias = Callable[[PageCache, PageReader, Changes, Mapping[bytes, bytes]], Revised]

NOT_COMPILED = pytest.mark.skipif(not IS_COMPILED, reason="ledger/native.c is not compiled: there is no C compiler here")
WAYS = [pytest.param(revise_natively, marks=NOT_COMPILED, id="in C"), pytest.param(revise_plainly, id="in Python")]
both_ways = pytest.mark.parametrize("way", WAYS)


class Tree:
    """Stored pages in a dictionary, and those in memory; every update is also made the plain way, whose pages are all kept.

    What is not stored is read from those of the plain way, as a store gives it from the leaves.
    """

    def __init__(self, way: Way, capacity: int = 1_000, end: bytes = WHOLE) -> None:
        self.way = way
        self.pages: dict[bytes, bytes] = {}
        self.plain: dict[bytes, bytes] = {}
        self.cache = PageCache(capacity, end)
        self.reads: list[bytes] = []

    def read(self, path: bytes) -> bytes | None:
        self.reads.append(path)
        return self.load(path)

    def load(self, path: bytes) -> bytes | None:
        return (self.pages if is_stored(path, self.cache.end) else self.plain).get(path)

    def revise(self, changes: Changes) -> Revised:
        end, next_end = self.cache.end, self.cache.next_end
        plain = update(self.plain.get, changes)
        leaving = {path: page for path, page in self.plain.items() if len(path) > STORED_DEPTH and next_end <= path < end}
        revised = self.way(self.cache, self.read, changes, leaving)
        assert revised.root == plain.root
        assert set(plain.pages) <= {*revised.upper, *revised.deeper, *revised.forgotten} <= {*plain.pages, *leaving}
        stored = {path: page for path, page in write(self.plain, plain.pages).items() if is_stored(path, next_end)}
        assert write({**self.pages, **leaving}, revised.pages) == stored
        return revised

    def change(self, changes: Changes) -> Hash:
        revised = self.revise(changes)
        self.plain = write(self.plain, update(self.plain.get, changes).pages)
        self.pages = write(self.pages, revised.pages)
        self.cache.take_over(revised)
        assert self.cache.pages.keys() <= self.plain.keys()
        assert all(len(path) <= UPPER_DEPTH or path < self.cache.end for path in self.cache.pages)
        return revised.root


def write(stored: Mapping[bytes, bytes], pages: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    """Pages after an update."""
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
@pytest.mark.parametrize("end", [b"000", b"abb", b"abc", b"abf", WHOLE])
def test_deeper_pages_are_stored_from_the_end_on(way: Way, end: bytes) -> None:
    tree, crowd, value = Tree(way, 1_000, end), make_crowd("abc"), Hash(bytes(32))
    tree.change(dict.fromkeys([*crowd, *make_hashes(50)], value))
    assert {b"abc", b"abc0"} <= tree.plain.keys()
    assert (b"abc" in tree.pages, b"abc0" in tree.pages) == (end <= b"abc", end <= b"abc")
    assert (b"abc" in tree.cache.pages, b"abc0" in tree.cache.pages) == (True, end > b"abc")
    tree.change(dict.fromkeys(crowd))
    assert all(len(path) <= STORED_DEPTH or path >= end for path in tree.pages)


@both_ways
def test_pages_that_leave_memory_are_stored(way: Way) -> None:
    tree, value = Tree(way, 40), Hash(bytes(32))
    paths = [b"%03x" % group for group in range(0, GROUPS, 400)]
    ends = []
    for number in range(70):
        tree.change(dict.fromkeys(make_crowd(paths[number % 11].decode()), Hash(b"%032d" % number)))
        ends.append(parse_end(tree.cache.end))
    assert ends == sorted(ends, reverse=True)
    assert all(before - after <= MAX_STEP for before, after in pairwise(ends))
    assert 0 < sum(len(path) > UPPER_DEPTH for path in tree.cache.pages) <= 40
    assert any(len(path) > UPPER_DEPTH for path in tree.pages)
    tree.change(dict.fromkeys([key for path in paths for key in make_crowd(path.decode())], value))
    tree.change(dict.fromkeys([key for path in paths for key in make_crowd(path.decode())]))


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
    for number in range(choose(4, 10)):
        tree.change(dict.fromkeys(make_hashes(2_000, b"%d/" % number), Hash(bytes(32))))
    for _ in range(GROUPS // MAX_STEP):
        tree.change({})
    assert len(tree.cache) <= upper + 50
    assert 0 < sum(len(path) > UPPER_DEPTH for path in tree.cache.pages) <= 50


@both_ways
def test_pages_in_memory_do_not_depend_on_how_they_came_there(way: Way) -> None:
    tree, other = Tree(way), Tree(way)
    for number in range(5):
        tree.change(dict.fromkeys(make_hashes(300, b"%d" % number), Hash(b"%032d" % number)))
        tree.change(dict.fromkeys(make_hashes(300, b"%d" % number)[::3]))
    other.pages, other.plain = dict(tree.pages), dict(tree.plain)
    changes: Changes = dict.fromkeys(make_hashes(50, b"4"), Hash(bytes(32)))
    assert tree.revise(changes) == other.revise(changes)


@both_ways
@pytest.mark.parametrize("changes", [{b"short": bytes(32)}, {bytes(32): b"short"}])
def test_hashes_only(way: Way, changes: Changes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        way(PageCache(), lambda _path: None, changes, {})


def test_what_was_compiled_is_used() -> None:
    cache, changes = PageCache(), {Hash(bytes(32)): Hash(bytes(32)), Hash(b"v" * 32): Hash(bytes(32))}
    way = revise_natively if IS_COMPILED else revise_plainly
    assert revise(cache, lambda _path: None, changes) == way(cache, lambda _path: None, changes, {})


@both_ways
def test_an_error_of_the_reader_comes_out_as_it_is(way: Way) -> None:
    def read(_path: bytes) -> bytes | None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        way(PageCache(), read, {Hash(bytes(32)): Hash(bytes(32))}, {})


@both_ways
class TestDamage:
    def test_every_missing_or_damaged_page_is_named(self, way: Way) -> None:
        key = hash_from_bits([])
        for path in [b"0" * depth for depth in range(1, 64)]:
            for damaged in [None, b"", bytes(68), b"\x80\x00\x80\x00" + bytes(64), b"\xff\xff\x00\x00" + bytes(1_000)]:
                tree = Tree(way)
                tree.change({key: Hash(bytes(32)), hash_from_bits([255]): Hash(bytes(32))})
                pages = {**tree.plain, path: damaged}
                with pytest.raises(HourledgerError) as caught:
                    way(PageCache(), pages.get, {key: Hash(b"v" * 32)}, {})
                assert (caught.value.reason, caught.value.value) == (Reason.STORE_DAMAGED, path.decode())

    def test_a_stored_page_is_not_taken_for_one_from_memory(self, way: Way) -> None:
        tree = Tree(way)
        tree.change(dict.fromkeys(make_hashes(100), Hash(bytes(32))))
        for more in (1, 32, 64, 15 * 32):
            pages = {**tree.plain, b"": tree.plain[b""] + bytes(more)}
            with pytest.raises(HourledgerError):
                way(PageCache(), pages.get, {make_hashes(1)[0]: None}, {})

    def test_a_page_that_leads_too_deep(self, way: Way) -> None:
        pages = {b"0" * depth: bytes.fromhex("0000 8000") + bytes(32) for depth in range(65)}
        with pytest.raises(HourledgerError):
            way(PageCache(), pages.get, {Hash(bytes(32)): None}, {})

    def test_a_leaf_in_the_wrong_slot(self, way: Way) -> None:
        pages = {b"": bytes.fromhex("4000 0000") + bytes(64)}
        with pytest.raises(HourledgerError):
            way(PageCache(), pages.get, {hash_from_bits([3]): Hash(bytes(32))}, {})


@pytest.mark.parametrize("end", [b"000", b"123", b"abc", WHOLE])
def test_a_cache_is_filled_with_what_belongs_there(end: bytes) -> None:
    tree, keys = Tree(revise, 10_000, end), make_hashes(3_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    before, tree.cache = tree.cache, PageCache(10_000, end)
    kept = {path: page for path, page in tree.plain.items() if len(path) <= UPPER_DEPTH or path < end}
    tree.cache.fill([{path: complete_page(page) or b"" for path, page in kept.items()}])
    assert tree.cache.pages == before.pages
    tree.reads.clear()
    tree.change(dict.fromkeys(keys[::5], Hash(b"v" * 32)))
    assert all(len(path) > UPPER_DEPTH and path >= end for path in tree.reads)


def test_where_too_many_were_filled_in_they_leave() -> None:
    tree, keys = Tree(revise), make_hashes(3_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.cache = PageCache(10)
    tree.cache.fill([{path: complete_page(page) or b""} for path, page in tree.plain.items()])
    assert tree.cache.end == WHOLE
    for number in range(1, GROUPS // MAX_STEP):
        assert tree.cache.next_end == format_end(GROUPS - number * MAX_STEP) or tree.cache.end < b"800"
        tree.change({})
    assert 0 < sum(len(path) > UPPER_DEPTH for path in tree.cache.pages) <= 10


class TestBuilding:
    """Pages made from the leaves below a path."""

    @given(st.sets(key_hashes, min_size=2, max_size=12), st.sampled_from([1, 2, 3]))
    def test_they_are_those_of_the_whole_tree(self, keys: set[Hash], depth: int) -> None:
        leaves: dict[Hash, Hash | None] = dict.fromkeys(sorted(keys), Hash(bytes(32)))
        whole = update(lambda _path: None, leaves).pages
        for path in {key.hex()[:depth].encode() for key in keys}:
            below = {key: value for key, value in leaves.items() if key.hex().encode().startswith(path)}
            expected = {key: page for key, page in whole.items() if key.startswith(path) and page is not None}
            if len(below) < 2:
                assert expected == {}
                continue
            top = compute_page_top(decode_page(expected[path]))
            assert build_pages(path, top, below) == expected
            assert build_kept(path, top, below) == {key: complete_page(page) for key, page in expected.items()}

    @pytest.mark.parametrize("build", [build_pages, build_kept])
    def test_leaves_that_do_not_lead_to_the_page_above_are_damage(
        self, build: Callable[[bytes, bytes, Changes], dict[bytes, bytes]]
    ) -> None:
        leaves: dict[Hash, Hash | None] = dict.fromkeys(make_crowd("abc"), Hash(bytes(32)))
        top = (update(lambda _path: None, leaves).pages[b"ab"] or b"")[HEADER_BYTES:]
        first, *others = leaves
        assert b"abc" in build(b"abc", top, leaves)
        assert min(map(len, build(b"abc", top, leaves))) == GROUP_DEPTH
        missing: Changes = dict.fromkeys(others, Hash(bytes(32)))
        strange: Changes = {**leaves, make_crowd("abf")[0]: Hash(bytes(32))}
        for damaged in ({}, {first: Hash(bytes(32))}, missing, strange, {**leaves, first: Hash(b"v" * 32)}):
            with pytest.raises(HourledgerError) as caught:
                build(b"abc", top, damaged)
            assert (caught.value.reason, caught.value.value) == (Reason.STORE_DAMAGED, "abc")
        for key, value in ((first, b"short"), (first + b"x", bytes(32))):
            with pytest.raises(HourledgerError):
                build(b"abc", top, {**leaves, Hash(key): Hash(value)})


@pytest.mark.parametrize("page", [b"", b"rubbish", bytes(68), b"\x80\x00\x00\x00" + bytes(63)])
def test_a_damaged_page_is_not_kept(page: bytes) -> None:
    assert complete_page(page) is None
