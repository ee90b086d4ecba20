"""Updates with pages in memory, in C and in Python, against the plain ones: the same root, pages and complaints."""

import gc
import hashlib
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import HourledgerError
from ledger.hashing import IS_COMPILED
from ledger.plain_pages import UPPER_DEPTH, PlainPages
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
    encode_page,
    format_end,
    is_stored,
    parse_end,
)
from ledger.state_tree import compute_state_root, read_root, update
from ledger.state_updates import MAX_STEP, PageCache, Revised, build_pages, revise
from ledger.types import Hash
from tests.effort import choose

Changes: TypeAlias = Mapping[Hash, Hash | None]

NOT_COMPILED = pytest.mark.skipif(not IS_COMPILED, reason="ledger/c is not compiled: there is no C compiler here")
WAYS = [pytest.param(True, marks=NOT_COMPILED, id="in C"), pytest.param(False, id="in Python")]
both_ways = pytest.mark.parametrize("is_native", WAYS)


class Tree:
    """Stored pages in a dictionary, and those in memory; every update is also made the plain way, whose pages are all kept.

    What is not stored is read from those of the plain way, as a store gives it from the leaves.
    """

    def __init__(self, is_native: bool, capacity: int = 1_000, end: bytes = WHOLE) -> None:
        self.is_native = is_native
        self.pages: dict[bytes, bytes] = {}
        self.plain: dict[bytes, bytes] = {}
        self.cache = PageCache(capacity, end, is_native=is_native)
        self.reads: list[bytes] = []

    def read(self, path: bytes) -> bytes | None:
        self.reads.append(path)
        return self.load(path)

    def load(self, path: bytes) -> bytes | None:
        return (self.pages if is_stored(path, self.cache.end) else self.plain).get(path)

    def get_kept(self) -> dict[bytes, bytes]:
        return dict(self.cache.list_pages())

    def revise(self, changes: Changes) -> Revised:
        end, next_end = self.cache.end, self.cache.next_end
        plain = update(self.plain.get, changes)
        leaving = {path: page for path, page in self.plain.items() if len(path) > STORED_DEPTH and next_end <= path < end}
        revised = revise(self.cache, self.read, changes, leaving)
        assert revised.root == plain.root
        stored = {path: page for path, page in write(self.plain, plain.pages).items() if is_stored(path, next_end)}
        assert write({**self.pages, **leaving}, revised.pages) == stored
        return revised

    def change(self, changes: Changes) -> Hash:
        revised = self.revise(changes)
        self.plain = write(self.plain, update(self.plain.get, changes).pages)
        self.pages = write(self.pages, revised.pages)
        self.cache.take_over(revised)
        kept = self.cache.list_pages()
        assert kept == [(path, self.plain[path]) for path in sorted(dict(kept))]
        assert all(len(path) <= UPPER_DEPTH or path < self.cache.end for path, _page in kept)
        assert self.cache.deep_count == sum(len(path) > UPPER_DEPTH for path, _page in kept)
        assert len(self.cache) == len(kept)
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
def test_any_history_is_that_of_the_plain_version(is_native: bool, history: list[tuple[Changes, bool]], capacity: int) -> None:
    tree, items = Tree(is_native, capacity), dict[Hash, Hash]()
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
def test_random_keys(is_native: bool, capacity: int) -> None:
    tree, keys = Tree(is_native, capacity), make_hashes(3_000)
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
def test_deeper_pages_are_stored_from_the_end_on(is_native: bool, end: bytes) -> None:
    tree, crowd, value = Tree(is_native, 1_000, end), make_crowd("abc"), Hash(bytes(32))
    tree.change(dict.fromkeys([*crowd, *make_hashes(50)], value))
    assert {b"abc", b"abc0"} <= tree.plain.keys()
    assert (b"abc" in tree.pages, b"abc0" in tree.pages) == (end <= b"abc", end <= b"abc")
    assert (b"abc" in tree.get_kept(), b"abc0" in tree.get_kept()) == (True, end > b"abc")
    tree.change(dict.fromkeys(crowd))
    assert all(len(path) <= STORED_DEPTH or path >= end for path in tree.pages)


@both_ways
def test_pages_that_leave_memory_are_stored(is_native: bool) -> None:
    tree, value = Tree(is_native, 40), Hash(bytes(32))
    paths = [b"%03x" % group for group in range(0, GROUPS, 400)]
    ends = []
    for number in range(70):
        tree.change(dict.fromkeys(make_crowd(paths[number % 11].decode()), Hash(b"%032d" % number)))
        ends.append(parse_end(tree.cache.end))
    assert ends == sorted(ends, reverse=True)
    assert all(before - after <= MAX_STEP for before, after in pairwise(ends))
    assert 0 < sum(len(path) > UPPER_DEPTH for path in tree.get_kept()) <= 40
    assert any(len(path) > UPPER_DEPTH for path in tree.pages)
    tree.change(dict.fromkeys([key for path in paths for key in make_crowd(path.decode())], value))
    tree.change(dict.fromkeys([key for path in paths for key in make_crowd(path.decode())]))


@both_ways
def test_crowds_come_and_go(is_native: bool) -> None:
    tree, crowds = (
        Tree(is_native, 30),
        [make_crowd(path, count) for path, count in (("abc", 2), ("abe", 3), ("fff", 2), ("000", 5))],
    )
    for number in range(choose(6, 30)):
        present = [key for crowd in crowds[number % 3 :] for key in crowd]
        tree.change({**dict.fromkeys(present, Hash(b"%032d" % number)), **dict.fromkeys(present[number :: 5 + number])})


@both_ways
def test_the_whole_tree_goes_and_comes_back(is_native: bool) -> None:
    tree, items = Tree(is_native), dict.fromkeys(make_hashes(300), Hash(bytes(32)))
    root = tree.change(items)
    assert tree.change(dict.fromkeys(items)) == EMPTY_STATE_ROOT
    assert tree.pages == {}
    assert tree.change({}) == EMPTY_STATE_ROOT
    assert tree.change(items) == root


@both_ways
def test_pages_in_memory_are_not_read_again(is_native: bool) -> None:
    tree, keys = Tree(is_native), make_hashes(2_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.reads.clear()
    tree.change(dict.fromkeys(keys[::7], Hash(b"v" * 32)))
    assert tree.reads == []


@both_ways
def test_a_page_is_read_once_in_an_update(is_native: bool) -> None:
    tree, keys = Tree(is_native), make_hashes(2_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.cache = PageCache(is_native=is_native)
    tree.reads.clear()
    tree.change(dict.fromkeys(keys[::7], Hash(b"v" * 32)))
    assert len(tree.reads) == len(set(tree.reads)) > 100


@both_ways
def test_no_more_pages_stay_in_memory_than_it_may_have(is_native: bool) -> None:
    tree, upper = Tree(is_native, 50), sum(16**depth for depth in range(UPPER_DEPTH + 1))
    for number in range(choose(4, 10)):
        tree.change(dict.fromkeys(make_hashes(2_000, b"%d/" % number), Hash(bytes(32))))
    for _ in range(GROUPS // MAX_STEP):
        tree.change({})
    assert len(tree.cache) <= upper + 50
    assert 0 < sum(len(path) > UPPER_DEPTH for path in tree.get_kept()) <= 50


@both_ways
def test_pages_in_memory_do_not_depend_on_how_they_came_there(is_native: bool) -> None:
    tree, other = Tree(is_native), Tree(is_native)
    for number in range(5):
        tree.change(dict.fromkeys(make_hashes(300, b"%d" % number), Hash(b"%032d" % number)))
        tree.change(dict.fromkeys(make_hashes(300, b"%d" % number)[::3]))
    other.pages, other.plain = dict(tree.pages), dict(tree.plain)
    changes: Changes = dict.fromkeys(make_hashes(50, b"4"), Hash(bytes(32)))
    assert tree.revise(changes) == other.revise(changes)


@both_ways
@pytest.mark.parametrize("changes", [{b"short": bytes(32)}, {bytes(32): b"short"}])
def test_hashes_only(is_native: bool, changes: Changes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        revise(PageCache(is_native=is_native), lambda _path: None, changes)


def test_what_was_compiled_is_used() -> None:
    assert isinstance(PageCache()._pages, PlainPages) != IS_COMPILED


@both_ways
def test_an_error_of_the_reader_comes_out_as_it_is(is_native: bool) -> None:
    def read(_path: bytes) -> bytes | None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        revise(PageCache(is_native=is_native), read, {Hash(bytes(32)): Hash(bytes(32))})


@both_ways
class TestDamage:
    def test_every_missing_or_damaged_page_is_named(self, is_native: bool) -> None:
        key = hash_from_bits([])
        for path in [b"0" * depth for depth in range(1, 64)]:
            for damaged in [None, b"", bytes(68), b"\x80\x00\x80\x00" + bytes(64), b"\xff\xff\x00\x00" + bytes(1_000)]:
                tree = Tree(is_native)
                tree.change({key: Hash(bytes(32)), hash_from_bits([255]): Hash(bytes(32))})
                pages = {**tree.plain, path: damaged}
                with pytest.raises(HourledgerError) as caught:
                    revise(PageCache(is_native=is_native), pages.get, {key: Hash(b"v" * 32)})
                assert (caught.value.reason, caught.value.value) == (Reason.STORE_DAMAGED, path.decode())

    def test_a_stored_page_is_not_taken_for_one_from_memory(self, is_native: bool) -> None:
        tree = Tree(is_native)
        tree.change(dict.fromkeys(make_hashes(100), Hash(bytes(32))))
        for more in (1, 32, 64, 15 * 32):
            pages = {**tree.plain, b"": tree.plain[b""] + bytes(more)}
            with pytest.raises(HourledgerError):
                revise(PageCache(is_native=is_native), pages.get, {make_hashes(1)[0]: None})

    def test_a_page_that_leads_too_deep(self, is_native: bool) -> None:
        pages = {b"0" * depth: bytes.fromhex("0000 8000") + bytes(32) for depth in range(65)}
        with pytest.raises(HourledgerError):
            revise(PageCache(is_native=is_native), pages.get, {Hash(bytes(32)): None})

    def test_a_leaf_in_the_wrong_slot(self, is_native: bool) -> None:
        pages = {b"": bytes.fromhex("4000 0000") + bytes(64)}
        with pytest.raises(HourledgerError):
            revise(PageCache(is_native=is_native), pages.get, {hash_from_bits([3]): Hash(bytes(32))})


@both_ways
@pytest.mark.parametrize("end", [b"000", b"123", b"abc", WHOLE])
def test_a_cache_is_filled_with_what_belongs_there(is_native: bool, end: bytes) -> None:
    tree, keys = Tree(is_native, 10_000, end), make_hashes(3_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    before = tree.get_kept()
    tree.cache = PageCache(10_000, end, is_native=is_native)
    tree.cache.fill(sorted(before.items()))
    assert tree.get_kept() == before
    tree.reads.clear()
    tree.change(dict.fromkeys(keys[::5], Hash(b"v" * 32)))
    assert all(len(path) > UPPER_DEPTH and path >= end for path in tree.reads)


@both_ways
def test_where_too_many_were_filled_in_they_leave(is_native: bool) -> None:
    tree, keys = Tree(is_native), make_hashes(3_000)
    tree.change(dict.fromkeys(keys, Hash(bytes(32))))
    tree.cache = PageCache(10, is_native=is_native)
    tree.cache.fill(sorted(tree.plain.items()))
    assert tree.cache.end == WHOLE
    for number in range(1, GROUPS // MAX_STEP):
        assert tree.cache.next_end == format_end(GROUPS - number * MAX_STEP) or tree.cache.end < b"800"
        tree.change({})
    assert 0 < sum(len(path) > UPPER_DEPTH for path in tree.get_kept()) <= 10


@both_ways
class TestFilling:
    """What comes into memory is what the pages above it name, and nothing else."""

    def test_a_damaged_page_and_what_is_below_it_are_left_out(self, is_native: bool) -> None:
        tree, keys = Tree(is_native), make_hashes(3_000)
        tree.change(dict.fromkeys(keys, Hash(bytes(32))))
        other = Tree(is_native)
        other.change({**dict.fromkeys(keys, Hash(bytes(32))), keys[7]: Hash(b"v" * 32)})
        path = keys[7].hex()[:2].encode()
        for damaged in (b"", b"rubbish", other.plain[path], None):
            tree.cache = PageCache(is_native=is_native)
            pages = {**tree.plain, path: damaged}
            tree.cache.fill(sorted((key, page) for key, page in pages.items() if page is not None))
            assert tree.get_kept() == {key: page for key, page in tree.plain.items() if not key.startswith(path)}
            assert tree.cache.find_leaves([keys[7]]) == [None]
            tree.change({keys[7]: Hash(bytes(32))})
            with pytest.raises(HourledgerError):
                revise(tree.cache, pages.get, {keys[7]: None})

    def test_a_page_that_is_here_stays(self, is_native: bool) -> None:
        tree = Tree(is_native)
        tree.change(dict.fromkeys(make_hashes(100), Hash(bytes(32))))
        before = tree.get_kept()
        tree.cache.fill([(b"", encode_page([bytes(64)] + [b""] * 15)), *before.items()])
        assert tree.get_kept() == before

    def test_parts_are_made_from_leaves(self, is_native: bool) -> None:
        tree, items = Tree(is_native), dict.fromkeys(make_hashes(3_000), Hash(bytes(32)))
        tree.change(items)
        before, path = tree.get_kept(), b"ab"
        leaves = {key: value for key, value in items.items() if key.hex().encode().startswith(path)}
        (first, *_), strange = leaves, next(key for key in items if key not in leaves)
        tree.cache = PageCache(is_native=is_native)
        assert not tree.cache.build(path, leaves)
        tree.cache.fill(item for item in sorted(before.items()) if len(item[0]) < 2)
        wrong: list[Changes] = [{}, {first: Hash(bytes(32))}, {**leaves, strange: Hash(bytes(32))}, {**leaves, first: None}]
        wrong += [{**leaves, first: Hash(b"v" * 32)}, dict(list(leaves.items())[1:])]
        assert not any(tree.cache.build(path, damaged) for damaged in wrong)
        assert max(map(len, tree.get_kept())) == 1
        for _ in range(2):
            assert tree.cache.build(path, leaves)
            assert tree.get_kept() == {key: page for key, page in before.items() if len(key) < 2 or key.startswith(path)}
        tree.change(dict.fromkeys(list(leaves)[::2]))

    @pytest.mark.parametrize(
        "items", [[b"abc"], [(b"", b"", b"")], [("", b"")], [(b"x", b"")], [(b"A", b"")], [(b"0" * 64, b"")]]
    )
    def test_other_things_are_refused(self, is_native: bool, items: list[tuple[bytes, bytes]]) -> None:
        if is_native:
            with pytest.raises(ValueError, match="wanted"):
                PageCache(is_native=True).fill(items)


@both_ways
class TestFollowing:
    """An update that was stored is followed once, by pages that are as they were when it was made."""

    def test_one_of_two_updates(self, is_native: bool) -> None:
        tree, keys = Tree(is_native), make_hashes(500)
        tree.change(dict.fromkeys(keys, Hash(bytes(32))))
        one, other = tree.revise(dict.fromkeys(keys[::3], Hash(b"1" * 32))), tree.revise(dict.fromkeys(keys[::2]))
        tree.cache.take_over(other)
        after = tree.get_kept()
        for stale in (one, other):
            with pytest.raises(ValueError, match="other pages"):
                tree.cache.take_over(stale)
        assert tree.get_kept() == after

    def test_an_update_of_another_cache(self, is_native: bool) -> None:
        tree, other = Tree(is_native), Tree(is_native)
        revised = tree.revise(dict.fromkeys(make_hashes(50), Hash(bytes(32))))
        other.change({make_hashes(1)[0]: Hash(bytes(32))})
        with pytest.raises(ValueError, match="other pages"):
            other.cache.take_over(revised)
        with pytest.raises(TypeError):
            other.cache.take_over(replace(revised, patch=None))

    def test_an_update_that_fails_leaves_all_as_it_was(self, is_native: bool) -> None:
        tree, keys = Tree(is_native, 1_000, b"800"), [*make_crowd("abc", 4), *make_crowd("fff", 4), *make_hashes(500)]
        tree.change(dict.fromkeys(keys, Hash(bytes(32))))
        before = tree.get_kept()

        def fail_late(path: bytes) -> bytes | None:
            if path > b"c":
                raise OSError("the disk is gone")
            return tree.load(path)

        with pytest.raises(OSError, match="the disk is gone"):
            revise(tree.cache, fail_late, dict.fromkeys(keys[::2]))
        assert tree.get_kept() == before
        tree.change(dict.fromkeys(keys[::2]))


@NOT_COMPILED
class TestInC:
    """What only the way in C can do wrong."""

    def test_nothing_changes_while_an_update_reads(self) -> None:
        tree, crowd = Tree(True, 1_000, b"000"), make_crowd("abc", 5)
        tree.change(dict.fromkeys([*crowd, *make_hashes(200)], Hash(bytes(32))))
        pages, revised = tree.cache._pages, tree.revise({})
        refused: list[bool] = []

        def read(path: bytes) -> bytes | None:
            for change in (
                lambda: tree.cache.take_over(revised),
                lambda: pages.fill([]),
                lambda: pages.build(b"abc", {}),
                lambda: pages.drop_from(b"000"),
            ):
                with pytest.raises(RuntimeError, match="in use"):
                    change()
                refused.append(True)
            assert tree.revise({}).root == revised.root
            return tree.load(path)

        revise(tree.cache, read, dict.fromkeys(crowd[::9], Hash(b"v" * 32)))
        assert len(refused) > 10

    def test_nothing_is_updated_while_pages_come_in(self) -> None:
        cache = PageCache(is_native=True)

        def iterate() -> Iterator[tuple[bytes, bytes]]:
            with pytest.raises(RuntimeError, match="in use"):
                revise(cache, lambda _path: None, {})
            yield b"", encode_page([bytes(64)] + [b""] * 15)

        cache.fill(iterate())
        assert len(cache) == 1

    def test_all_memory_is_given_back(self) -> None:
        keys, value = [*make_hashes(1_000), *make_crowd("abc", 9), *make_crowd("fff", 4)], Hash(bytes(32))

        def live() -> None:
            """The life of a cache, with updates that are dropped, fail, and come too late."""
            cache, stored = PageCache(10_000, b"c00", is_native=True), dict[bytes, bytes | None]()
            for step in range(6):
                changes: Changes = dict.fromkeys(keys[step * 100 :: 1 + step], None if step % 3 == 2 else value)
                revised, stale = revise(cache, stored.get, changes), revise(cache, stored.get, changes)
                stored.update(revised.pages)
                cache.take_over(revised)
                with pytest.raises(ValueError, match="other pages"):
                    cache.take_over(stale)
                with pytest.raises(HourledgerError):
                    revise(cache, lambda _path: b"damaged", dict.fromkeys(keys))
            assert sys.getsizeof(cache._pages) > 100_000

        live()
        tracemalloc.start()
        try:
            live()
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(4):
                live()
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] < before + 20_000
        finally:
            tracemalloc.stop()

    def test_an_update_without_memory_changes_nothing(self) -> None:
        testcapi = pytest.importorskip("_testcapi", reason="this Python comes without its own tests")
        cache, keys, value = PageCache(is_native=True), [*make_crowd("abc", 4), *make_hashes(50)], Hash(bytes(32))
        cache.take_over(revise(cache, lambda _path: None, dict.fromkeys(keys, value)))
        before, pages = cache.list_pages(), cache._pages
        changes: dict[bytes, bytes | None] = {**dict.fromkeys(keys[::3], b"v" * 32), **dict.fromkeys(make_hashes(9), b"w" * 32)}
        root, *_ = pages.update(lambda _path: None, changes, WHOLE, b"")
        failures = 0
        for number in range(10_000):
            testcapi.set_nomemory(number, number + 1)
            try:
                updated = pages.update(lambda _path: None, changes, WHOLE, b"")
            except MemoryError:
                failures += 1
                continue
            finally:
                testcapi.remove_mem_hooks()
            assert updated[0] == root
            break
        assert failures > 50
        assert cache.list_pages() == before

    def test_what_it_takes_is_known(self) -> None:
        tree = Tree(True)
        assert sys.getsizeof(tree.cache._pages) < 200
        tree.change(dict.fromkeys(make_hashes(3_000), Hash(bytes(32))))
        assert sys.getsizeof(tree.cache._pages) > sum(len(page) for page in tree.get_kept().values())
        tree.change(dict.fromkeys(make_hashes(3_000)))
        assert sys.getsizeof(tree.cache._pages) < 200

    def test_other_types_are_refused(self) -> None:
        pages = PageCache(is_native=True)._pages
        items: list[Any] = [b"abc", (b"", b"", b""), ("", b""), (b"A", b""), (b"0" * 64, b"")]
        calls: list[Callable[[], object]] = [
            *(partial(pages.fill, [item]) for item in items),
            lambda: pages.drop_from("text"),  # type: ignore[arg-type]
            lambda: pages.list_pages(None),  # type: ignore[arg-type]
            lambda: pages.find_leaves([b"short"]),
            lambda: pages.find_leaves(["text"]),  # type: ignore[list-item]
            lambda: pages.build(b"", {}),
            lambda: pages.build(b"zz", {}),
            lambda: pages.build(b"ab", {b"short": bytes(32)}),
        ]
        for call in calls:
            with pytest.raises(ValueError, match=r"wanted|32 bytes"):
                call()


@both_ways
@given(st.data())
def test_what_there_is_of_a_key(is_native: bool, data: st.DataObject) -> None:
    end = data.draw(st.sampled_from([b"000", b"800", WHOLE]))
    tree, items = Tree(is_native, data.draw(st.sampled_from([0, 1_000])), end), dict[Hash, Hash]()
    assert tree.cache.find_leaves([Hash(bytes(32))]) == [None]
    for changes, is_taken in data.draw(histories()):
        if not is_taken:
            tree.revise(changes)
            continue
        tree.change(changes)
        merged = {**items, **changes}
        items = {key_hash: value_hash for key_hash, value_hash in merged.items() if value_hash is not None}
        asked = [*changes, *data.draw(st.lists(key_hashes, max_size=5))]
        for key_hash, answer in zip(asked, tree.cache.find_leaves(asked), strict=True):
            assert answer in (key_hash in items, None)
            if end == WHOLE and items and tree.cache.end == WHOLE:
                assert answer is not None


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

    def test_leaves_that_do_not_lead_to_the_page_above_are_damage(self) -> None:
        leaves: dict[Hash, Hash | None] = dict.fromkeys(make_crowd("abc"), Hash(bytes(32)))
        top = (update(lambda _path: None, leaves).pages[b"ab"] or b"")[HEADER_BYTES:]
        first, *others = leaves
        assert b"abc" in build_pages(b"abc", top, leaves)
        assert min(map(len, build_pages(b"abc", top, leaves))) == GROUP_DEPTH
        missing: Changes = dict.fromkeys(others, Hash(bytes(32)))
        strange: Changes = {**leaves, make_crowd("abf")[0]: Hash(bytes(32))}
        for damaged in ({}, {first: Hash(bytes(32))}, missing, strange, {**leaves, first: Hash(b"v" * 32)}):
            with pytest.raises(HourledgerError) as caught:
                build_pages(b"abc", top, damaged)
            assert (caught.value.reason, caught.value.value) == (Reason.STORE_DAMAGED, "abc")
        for key, value in ((first, b"short"), (first + b"x", bytes(32))):
            with pytest.raises(HourledgerError):
                build_pages(b"abc", top, {**leaves, Hash(key): Hash(value)})
