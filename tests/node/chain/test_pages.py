"""A store gives every page of its state tree, wherever it begins to store deeper ones, and a chain moves that place down."""

from contextlib import suppress
from functools import cache
from random import Random

import pytest

from ledger import state_updates
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.state import iterate_hashed
from ledger.state_pages import GROUPS, STORED_DEPTH, WHOLE, format_end, is_stored, parse_end
from ledger.state_tree import compute_key_hash, compute_state_root, prove, read_root, update, verify_absence, verify_inclusion
from ledger.types import Hash
from node.chain import Chain, application
from node.chain.pages import StoredPages, choose_end, load_end, load_page, move_end
from node.chain.rebuilding import add_values, build_tree
from node.storage import namespaces
from node.storage.fsck import check_store
from node.storage.memory import MemoryStore
from node.storage.namespaces import Namespace
from tests.effort import choose
from tests.node import toy
from tests.node.faulty_store import FaultyStore

CROWDED = {0x000, 0x001, 0x123, 0x7FF, 0x800, 0xFFF}


@cache
def find_crowd() -> tuple[bytes, ...]:
    """Keys of the toy's rules whose values lie below a few pages of depth 3, some 30 below each."""
    numbers = (b"%d" % number for number in range(120_000))
    return tuple(key for key in numbers if int.from_bytes(compute_key_hash(b"value/" + key)[:2], "big") >> 4 in CROWDED)


def read_space(store: MemoryStore, namespace: Namespace) -> dict[bytes, bytes]:
    return {key[1:]: value for key, value in store.iterate(namespace.prefix)}


def require_whole(store: MemoryStore) -> dict[bytes, bytes]:
    """Leaves and pages are those that follow from the values and the end, and all pages can be read; return these."""
    leaves: dict[Hash, Hash | None] = dict(iterate_hashed(read_space(store, namespaces.STATE)))
    assert read_space(store, namespaces.LEAVES) == leaves
    plain = update(lambda _path: None, leaves)
    whole = {path: page for path, page in plain.pages.items() if page is not None}
    end = load_end(store)
    assert read_space(store, namespaces.PAGES) == {path: page for path, page in whole.items() if is_stored(path, end)}
    stored = StoredPages(store)
    assert {path: stored.read(path) for path in whole} == whole
    assert stored.read(b"1234567890") is None
    return whole


def fsck(store: MemoryStore) -> None:
    check_store(store, toy.GENESIS, toy.RULE_BOOKS, toy.make_genesis_state(), toy.parties_of)


def open_chain(store: MemoryStore, *, is_warm: bool) -> Chain:
    chain = toy.open_chain(store)
    if is_warm:
        chain.warm_up()
    return chain


@pytest.mark.parametrize("capacity", [0, 3, 20, 1_000])
@pytest.mark.parametrize("seed", range(choose(2, 20)))
def test_any_history_with_little_memory(monkeypatch: pytest.MonkeyPatch, seed: int, capacity: int) -> None:
    monkeypatch.setattr(application, "KEPT_PAGES", capacity)
    monkeypatch.setattr(state_updates, "MAX_STEP", 1_500)
    random, store = Random(seed), MemoryStore()
    chain, ends = open_chain(store, is_warm=True), [GROUPS]
    for nonce in range(1, 16):
        keys = random.sample(find_crowd(), random.choice([1, 20, 100]))
        values = [random.choice([b"", b"1", b"2", b"%d" % nonce]) for _ in keys]
        if random.random() < 0.4:
            chain = open_chain(store, is_warm=random.random() < 0.5)
        toy.add_block(chain, toy.transact(nonce, *zip(keys, values, strict=True)))
        require_whole(store)
        ends.append(parse_end(load_end(store)))
    assert ends == sorted(ends, reverse=True)
    assert (ends[-1] < GROUPS) == (capacity < 1_000)
    fsck(store)


def test_a_dropped_block_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "KEPT_PAGES", 10)
    store = MemoryStore()
    chain = open_chain(store, is_warm=True)
    toy.add_block(chain, toy.transact(1, *((key, b"1") for key in find_crowd())))
    before = load_end(store)
    puts = [tuple((key, value) for key in find_crowd()[::3]) for value in (b"2", b"3")]
    _dropped, candidate = (toy.build(chain, [toy.transact(2, *pairs)]) for pairs in puts)
    assert load_end(store) == before
    require_whole(store)
    chain.commit(candidate, toy.make_commit(candidate.block.header))
    assert load_end(store) < before
    require_whole(store)


@pytest.mark.parametrize("is_applied", [True, False])
def test_a_block_and_the_end_that_it_moves_are_stored_together(monkeypatch: pytest.MonkeyPatch, *, is_applied: bool) -> None:
    monkeypatch.setattr(application, "KEPT_PAGES", 10)
    store = MemoryStore()
    for nonce in range(1, 5):
        chain = toy.open_chain(FaultyStore(store, 2 if nonce == 1 else 1, is_applied=is_applied))
        chain.warm_up()
        puts = tuple((key, b"%d" % nonce) for key in find_crowd()[:: nonce + 1])
        for number in range(2):
            candidate = toy.build(chain, [toy.transact(2 * nonce + number, *puts[number::2])])
            with suppress(HourledgerError):
                chain.commit(candidate, toy.make_commit(candidate.block.header))
            require_whole(store)
    assert load_end(store) < WHOLE
    fsck(store)


def make_store() -> MemoryStore:
    store = MemoryStore()
    add_values(store, [(b"value/" + key, b"v") for key in find_crowd()])
    build_tree(store)
    return store


def test_the_end_moves_both_ways() -> None:
    store = make_store()
    for end in (b"800", b"124", b"000", b"001", b"7ff", b"fff", WHOLE, b"000", WHOLE):
        move_end(store, end)
        assert load_end(store) == end
        assert any(len(path) > STORED_DEPTH for path in require_whole(store))


def test_proofs_are_the_same_wherever_the_end_is() -> None:
    store, crowd = make_store(), [b"value/" + key for key in find_crowd()[::17]]
    proofs = []
    for end in (WHOLE, b"500", b"000"):
        move_end(store, end)
        read = StoredPages(store).read
        proofs.append([prove(read, compute_key_hash(key)) for key in (*crowd, b"nothing")])
    assert proofs[0] == proofs[1] == proofs[2]
    root = read_root(StoredPages(store).read)
    for key, proof in zip(crowd, proofs[0], strict=False):
        verify_inclusion(root, key, b"v", proof)
    verify_absence(root, b"nothing", proofs[0][-1])


def test_a_leaf_that_is_damaged_is_not_taken_for_good() -> None:
    leaves = sorted(read_space(make_store(), namespaces.LEAVES))
    for leaf in (leaves[0], leaves[-1]):
        path = leaf.hex()[:3].encode()
        key, longer = namespaces.LEAVES.key(leaf), namespaces.LEAVES.key(leaf + b"\x00")
        for damage in ({key: None}, {key: bytes(32)}, {key: b"short"}, {longer: bytes(32)}, {key: None, longer: bytes(32)}):
            store = make_store()
            store.write(damage)
            with pytest.raises(HourledgerError) as caught:
                load_page(store, path)
            assert (caught.value.reason, caught.value.value) == (Reason.STORE_DAMAGED, path.decode())


@pytest.mark.parametrize("leaf", [bytes(32), b"short"])
def test_a_chain_does_not_go_on_over_damage(leaf: bytes) -> None:
    store = MemoryStore()
    toy.add_block(open_chain(store, is_warm=True), toy.transact(1, *((key, b"1") for key in find_crowd())))
    key = find_crowd()[0]
    store.write({namespaces.LEAVES.key(compute_key_hash(b"value/" + key)): leaf})
    chain = open_chain(store, is_warm=True)
    with pytest.raises(HourledgerError) as caught:
        toy.build(chain, [toy.transact(2, (key, b"2"))])
    assert caught.value.reason is Reason.STORE_DAMAGED


@pytest.mark.parametrize("end", [b"", b"00", b"0000", b"ABC", b"h", b"gg", b" 12", b"+12", b"\xff\xff\xff"])
def test_an_end_that_is_none_is_damage(end: bytes) -> None:
    store = make_store()
    store.write({namespaces.END.key(): end})
    for act in (lambda: load_end(store), lambda: toy.open_chain(store), lambda: StoredPages(store)):
        with pytest.raises(HourledgerError) as caught:
            act()
        assert caught.value.reason is Reason.STORE_DAMAGED


def test_fsck_checks_what_is_stored_against_the_end() -> None:
    store = MemoryStore()
    toy.add_block(toy.open_chain(store), toy.transact(1, *((key, b"1") for key in find_crowd())))
    move_end(store, b"700")
    fsck(store)
    whole = require_whole(store)
    path = max(path for path in whole if path > b"700")
    absent = max(path for path in whole if len(path) > STORED_DEPTH and path < b"700")
    leaf = min(read_space(store, namespaces.LEAVES))
    for changes in (
        {namespaces.END.key(): None},
        {namespaces.END.key(): b"801"},
        {namespaces.END.key(): b"000"},
        {namespaces.END.key(b"\x00"): b"801"},
        {namespaces.PAGES.key(path): None},
        {namespaces.PAGES.key(path): whole[path][:-1] + b"x"},
        {namespaces.PAGES.key(absent): whole[absent]},
        {namespaces.LEAVES.key(leaf): None},
        {namespaces.LEAVES.key(leaf): bytes(32)},
    ):
        damaged = MemoryStore()
        damaged.write({**toy.read_all(store), **changes})
        with pytest.raises(HourledgerError) as caught:
            fsck(damaged)
        assert caught.value.reason is Reason.STORE_DAMAGED


def test_the_end_is_where_memory_is_full() -> None:
    counts = {format_end(number): 10 for number in range(GROUPS)}
    assert choose_end(counts, 10 * GROUPS) == WHOLE
    assert choose_end(counts, 10 * GROUPS - 1) == b"fff"
    assert choose_end(counts, 100) == b"00a"
    assert choose_end(counts, 0) == b"000"
    assert choose_end({b"abc": 5}, 4) == b"abc"
    assert choose_end({}, 0) == WHOLE


def test_a_page_of_nothing() -> None:
    store = MemoryStore()
    assert [load_page(store, path) for path in (b"", b"a", b"abc", b"abcd")] == [None] * 4
    assert build_tree(store) == compute_state_root({})
    add_values(store, [(b"a", b"1")])
    root = build_tree(store)
    assert root == compute_state_root({compute_key_hash(b"a"): Hash(compute_key_hash(b"1"))})
