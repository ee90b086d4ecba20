"""Values in memory are the store's: whatever was read or written, and is known of keys, and however little room there is."""

from collections.abc import Mapping, Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.state_pages import SLOTS, format_end
from ledger.state_tree import compute_key_hash
from ledger.state_updates import PageCache, Revised, hash_changes, revise
from node.chain.pages import StoredPages, compute_end_write, compute_leaving, fill_cache, load_end
from node.chain.records import Ground, lay_ground
from node.chain.values import OVERHEAD_BYTES, RecentView
from node.storage import namespaces
from node.storage.memory import MemoryStore

Changes = Mapping[bytes, bytes | None]
STATE = namespaces.STATE.prefix

keys = st.sampled_from([b"t/%d" % number for number in range(6)])
changes = st.dictionaries(keys, st.none() | st.binary(max_size=3), max_size=4)
steps = st.lists(keys | st.lists(keys, max_size=8) | changes, max_size=60)


def know_nothing(asked: Sequence[bytes]) -> list[None]:
    return [None] * len(asked)


@given(steps, st.integers(0, 8))
def test_memory_never_differs_from_the_store(taken: list[bytes | list[bytes] | dict[bytes, bytes | None]], room: int) -> None:
    store = MemoryStore()
    view = RecentView(store, know_nothing, capacity=room * OVERHEAD_BYTES)
    for step in taken:
        if isinstance(step, dict):
            store.write({STATE + key: value for key, value in step.items()})
            view.take_over(step)
        elif isinstance(step, list):
            assert view.get_each(step) == [store.get(STATE + key) for key in step]
        else:
            assert view.get(step) == store.get(STATE + step)


def test_what_is_asked_for_again_is_read_once() -> None:
    store = MemoryStore()
    store.write({STATE + b"t/1": b"value"})
    view = RecentView(store, know_nothing)
    assert view.get(b"t/1") == b"value"
    store.write({STATE + b"t/1": b"behind its back"})
    assert view.get(b"t/1") == b"value"


def test_memory_is_bounded() -> None:
    view = RecentView(MemoryStore(), know_nothing, capacity=100 * OVERHEAD_BYTES)
    for number in range(10_000):
        view.get(b"t/%d" % number)
    assert len(view._younger) + len(view._older) <= 100


def test_a_value_that_is_overwritten_takes_room_once() -> None:
    view = RecentView(MemoryStore(), know_nothing, capacity=8 * OVERHEAD_BYTES)
    view.get(b"t/2")
    for number in range(1_000):
        view.take_over({b"t/1": bytes(number % 7)})
    assert set(view._younger) == {b"t/1", b"t/2"}
    assert view._bytes == sum(len(value or b"") for value in view._younger.values())


class CountingStore(MemoryStore):
    """Counts what is read of the state."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[bytes] = []

    def get(self, key: bytes) -> bytes | None:
        if key.startswith(STATE):
            self.reads.append(key.removeprefix(STATE))
        return super().get(key)


@cache
def find_crowd() -> tuple[bytes, ...]:
    """Keys that lie close to each other in the tree, so that it has pages of some depth."""
    numbers = (b"t/%d" % number for number in range(40_000))
    return tuple(key for key in numbers if compute_key_hash(key)[0] in (0x00, 0x8F, 0xFF))


def revise_on(ground: Ground, changed: Changes) -> Revised:
    leaving = compute_leaving(ground.store, ground.pages.end, ground.pages.next_end)
    return revise(ground.pages, StoredPages(ground.store).read, hash_changes(changed), leaving)


def store_block(store: MemoryStore, ground: Ground, changed: Changes) -> None:
    """Write what a block does to the state and its tree, and follow it."""
    revised = revise_on(ground, changed)
    writes = {STATE + key: value for key, value in changed.items()}
    writes.update({namespaces.LEAVES.prefix + key: value for key, value in hash_changes(changed).items()})
    writes.update({namespaces.PAGES.prefix + path: page for path, page in revised.pages.items()})
    store.write({**writes, **compute_end_write(revised.end)})
    ground.take_over(changed, revised)


def read_state(store: MemoryStore, asked: Sequence[bytes]) -> list[bytes | None]:
    return [MemoryStore.get(store, STATE + key) for key in asked]


crowd = st.integers(0, 400).map(lambda number: find_crowd()[number % len(find_crowd())])
values = st.none() | st.binary(max_size=3)
blocks = st.dictionaries(crowd, values, max_size=60)
moves = st.tuples(st.just("store"), blocks) | st.tuples(st.just("drop"), blocks) | st.tuples(st.just("read"), st.lists(crowd))
nothing: dict[bytes, bytes | None] = {}
openings = st.tuples(st.sampled_from(["open", "open warm"]), st.just(nothing))


@given(st.lists(moves | moves | openings, max_size=12), st.integers(0, 300), st.sampled_from([0, 3, 30, 1_000]))
def test_what_the_tree_knows_is_what_the_store_has(
    taken: list[tuple[str, dict[bytes, bytes | None] | list[bytes]]], room: int, capacity: int
) -> None:
    store = CountingStore()

    def open_ground(*, is_warm: bool) -> Ground:
        cache = PageCache(capacity, load_end(store))
        if is_warm:
            fill_cache(cache, store)
        return Ground(store, cache, RecentView(store, cache.find_keys, room * OVERHEAD_BYTES))

    ground = open_ground(is_warm=True)
    for move, content in taken:
        if move.startswith("open"):
            ground = open_ground(is_warm=move == "open warm")
        elif move == "read":
            assert ground.values.get_each(list(content)) == read_state(store, list(content))
        elif isinstance(content, dict):
            if move == "drop":
                revise_on(ground, content)
            else:
                store_block(store, ground, content)
        asked = [*content, *find_crowd()[:3]]
        assert [ground.values.get(key) for key in asked] == read_state(store, asked)


@pytest.mark.parametrize("is_warm", [True, False])
def test_the_store_is_asked_for_what_there_is(is_warm: bool) -> None:
    store, some = CountingStore(), find_crowd()[:300]
    ground = lay_ground(store, PageCache())
    store_block(store, ground, dict.fromkeys(some[:200], b"value"))
    ground = lay_ground(store, cache := PageCache())
    if is_warm:
        fill_cache(cache, store)
    store.reads.clear()
    assert ground.values.get_each(some) == [b"value"] * 200 + [None] * 100
    assert ground.values.get(find_crowd()[300]) is None
    assert store.reads == [*some[: 200 if is_warm else 300], *([] if is_warm else find_crowd()[300:301])]
    store_block(store, ground, {some[0]: None, some[250]: b"new"})
    assert ground.values.get_each((some[0], some[250])) == [None, b"new"]


def test_a_value_that_is_lost_is_not_taken_for_one_that_never_was() -> None:
    store, some = MemoryStore(), find_crowd()[:50]
    ground = lay_ground(store, PageCache())
    store_block(store, ground, dict.fromkeys(some, b"value"))
    store.write({STATE + some[7]: None})
    fill_cache(cache := PageCache(), store)
    with pytest.raises(HourledgerError) as caught:
        lay_ground(store, cache).values.get(some[7])
    assert caught.value.reason is Reason.STORE_DAMAGED
    assert some[7].decode() in caught.value.detail


@pytest.mark.parametrize("damage", ["page", "leaf"])
def test_damage_to_the_tree_hides_no_value(damage: str) -> None:
    store, some = MemoryStore(), find_crowd()[:300]
    ground = lay_ground(store, PageCache(1_000, format_end(SLOTS**2)))
    store_block(store, ground, dict.fromkeys(some, b"value"))
    key_hash = compute_key_hash(some[0])
    if damage == "page":
        store.write({namespaces.PAGES.key(b"%x" % (key_hash[0] >> 4)): bytes.fromhex("8000 0000") + bytes(64)})
    else:
        store.write({namespaces.LEAVES.prefix + key_hash: None})
    fill_cache(cache := PageCache(1_000, load_end(store)), store)
    ground = lay_ground(store, cache)
    assert ground.values.get_each(some) == [b"value"] * 300
    with pytest.raises(HourledgerError):
        revise_on(ground, {some[0]: b"other"})
