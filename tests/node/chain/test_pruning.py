"""Old blocks given up: everything else stays and is proven as before, whenever the power fails."""

import pytest

from ledger import state_tree
from ledger.blocks import HEADER
from ledger.errors import HourledgerError
from ledger.merkle import compute_leaf_hash, verify_inclusion
from ledger.reasons import Reason
from ledger.types import EntryIndex, Height
from node.chain.pruning import BATCH_BLOCKS, compute_new_lowest, load_lowest, prune
from node.storage import namespaces
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore
from tests.node import toy
from tests.node.faulty_store import FaultyStore

HELD = (namespaces.BLOCKS.prefix, namespaces.COMMITS.prefix, namespaces.LOWEST.prefix)


def make_store(blocks: int = 5) -> MemoryStore:
    store = MemoryStore()
    chain = toy.open_chain(store)
    toy.tell_story(chain)
    while chain.tip.height < blocks:
        toy.add_block(chain)
    return store


def list_blocks(store: KeyValueStore) -> list[int]:
    return [namespaces.decode_number(key[1:]) for key, _value in store.iterate(namespaces.BLOCKS.prefix)]


def list_commits(store: KeyValueStore) -> list[int]:
    return [namespaces.decode_number(key[1:]) for key, _value in store.iterate(namespaces.COMMITS.prefix)]


@pytest.mark.parametrize(("keep", "lowest"), [(1, 5), (2, 4), (5, 1), (6, 0), (100, 0), (0, 0)])
def test_the_last_blocks_are_kept_and_all_else_is(keep: int, lowest: int) -> None:
    store = make_store()
    before = toy.read_all(store)
    assert compute_new_lowest(store, keep) == lowest
    assert prune(store, keep) == lowest
    assert load_lowest(store) == lowest
    assert list_blocks(store) == list(range(lowest, 6))
    assert list_commits(store) == list(range(max(lowest, 1), 6))
    after = toy.read_all(store)
    assert {k: v for k, v in after.items() if k[:1] not in HELD} == {k: v for k, v in before.items() if k[:1] not in HELD}
    assert prune(store, keep) == 0


def test_more_is_given_up_but_nothing_comes_back() -> None:
    store = make_store()
    prune(store, 3)
    assert prune(store, 5) == 0
    assert (load_lowest(store), prune(store, 2), load_lowest(store)) == (3, 1, 4)


def test_every_entry_value_and_outcome_is_proven_as_before() -> None:
    store = make_store()
    prune(store, 1)
    chain = toy.open_chain(store)
    with chain.reader() as reader:
        for index in map(EntryIndex, range(reader.tip.size)):
            leaf = compute_leaf_hash(reader.read_entry(index))
            verify_inclusion(leaf, index, reader.tip.size, reader.prove_entry(index), reader.tip.frontier.root)
        for height in map(Height, range(6)):
            assert reader.read_entry(reader.find_header_entry(height)) == HEADER.encode(reader.read_header(height))
        for signed in [item for transactions in toy.STORY for item in transactions]:
            assert chain.find_outcome(signed.transaction_id) is not None
        state_tree.verify_inclusion(reader.tip.header.state_root, b"value/c", b"3", reader.prove_state(b"value/c"))
        assert reader.prove_consistency(EntryIndex(1))


def test_old_blocks_are_refused_by_their_reason() -> None:
    store = make_store()
    prune(store, 2)
    with toy.open_chain(store).reader() as reader:
        assert reader.lowest_block == 4
        assert reader.read_block(Height(4)).header.height == reader.read_commit(Height(4)).height == 4
        for read in (reader.read_block, reader.read_commit):
            with pytest.raises(HourledgerError, match="from 4 on") as caught:
                read(Height(3))
            assert caught.value.reason is Reason.PRUNED
        with pytest.raises(HourledgerError) as caught:
            reader.read_block(Height(6))
        assert caught.value.reason is Reason.NOT_FOUND


def test_the_chain_goes_on_as_one_that_keeps_all() -> None:
    pruned, whole = make_store(), make_store()
    prune(pruned, 1)
    first, second = toy.open_chain(pruned), toy.open_chain(whole)
    transaction = toy.transact(77, (b"z", b"9"))
    assert toy.add_block(first, transaction).block == toy.add_block(second, transaction).block
    assert toy.open_chain(pruned).tip == second.tip


@pytest.mark.parametrize("is_applied", [False, True], ids=["not_written", "written"])
@pytest.mark.parametrize("failing_write", range(3))
def test_whichever_write_fails_the_store_is_whole(failing_write: int, is_applied: bool) -> None:
    store = make_store(3 * BATCH_BLOCKS)
    with pytest.raises(HourledgerError) as caught:
        prune(FaultyStore(store, failing_write, is_applied=is_applied), 1)
    assert caught.value.reason is Reason.WRITE_FAILED
    lowest = load_lowest(store)
    assert lowest == BATCH_BLOCKS * (failing_write + is_applied)
    assert list_blocks(store) == list(range(lowest, 3 * BATCH_BLOCKS + 1))
    toy.open_chain(store)
    prune(store, 1)
    assert list_blocks(store) == [3 * BATCH_BLOCKS]


@pytest.mark.parametrize("value", [b"", b"\x01", bytes(8), bytes(9)])
def test_a_lowest_height_that_cannot_be_is_damage(value: bytes) -> None:
    store = make_store()
    store.write({namespaces.LOWEST.key(): value})
    with pytest.raises(HourledgerError) as caught:
        load_lowest(store)
    assert caught.value.reason is Reason.STORE_DAMAGED
