"""A store without its old blocks: fsck checks all that is there, and whatever is changed in it, it finds."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
from ledger.blocks import Block, commit_codec, decode_block, encode_block
from ledger.codec import encode
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import EntryIndex, Height, TimeMs
from node.chain.pruning import prune
from node.chain.sets import collect_sets
from node.storage import namespaces
from node.storage.fsck import FsckReport, check_store
from node.storage.leveldb import open_leveldb
from node.storage.memory import MemoryStore
from node.storage.namespaces import Namespace
from node.storage.protocol import KeyValueStore
from tests.node import toy
from tests.node.chain import test_membership as membership

KEEP = 3
LOWEST = 3


def make_story() -> dict[bytes, bytes]:
    store = MemoryStore()
    toy.tell_story(toy.open_chain(store))
    prune(store, KEEP)
    return toy.read_all(store)


STORY = make_story()
KEYS = sorted(STORY)
HEADS = {namespaces.FORMAT, namespaces.GENESIS}


def fsck(store: KeyValueStore, scratch: KeyValueStore | None = None) -> FsckReport:
    return check_store(store, toy.GENESIS, toy.RULE_BOOKS, toy.make_genesis_state(), toy.parties_of, scratch=scratch)


def fsck_after(changes: dict[bytes, bytes | None]) -> HourledgerError:
    store = MemoryStore()
    store.write({**STORY, **changes})
    before = toy.read_all(store)
    with pytest.raises(HourledgerError) as caught:
        fsck(store)
    assert toy.read_all(store) == before
    return caught.value


def get_keys(namespace: Namespace) -> list[bytes]:
    return [key for key in KEYS if key.startswith(namespace.prefix)]


def test_a_good_store_is_counted(tmp_path: Path) -> None:
    with closing(open_leveldb(tmp_path / "store")) as store, closing(open_leveldb(tmp_path / "scratch")) as scratch:
        store.write(STORY)
        report = fsck(store, scratch)
        tip = toy.open_chain(store).tip
    assert report == FsckReport(3, tip.size, 6, len(get_keys(namespaces.STATE)), LOWEST)


def test_progress_is_told() -> None:
    heights: list[Height] = []
    store = MemoryStore()
    store.write(STORY)
    check_store(store, toy.GENESIS, toy.RULE_BOOKS, toy.make_genesis_state(), toy.parties_of, progress=heights.append)
    assert heights == [3, 4, 5]


@pytest.mark.parametrize("namespace", namespaces.NAMESPACES, ids=lambda namespace: namespace.holds)
def test_a_flipped_value_is_found(namespace: Namespace) -> None:
    keys = get_keys(namespace)
    for key in {keys[0], keys[len(keys) // 2], keys[-1]}:
        value = STORY[key]
        middle = len(value) // 2
        changed = value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :] if value else b"x"
        error = fsck_after({key: changed})
        if namespace not in HEADS:
            assert error.reason is Reason.STORE_DAMAGED


@pytest.mark.parametrize("namespace", namespaces.NAMESPACES, ids=lambda namespace: namespace.holds)
def test_a_missing_value_is_found(namespace: Namespace) -> None:
    keys = get_keys(namespace)
    for key in {keys[0], keys[len(keys) // 2], keys[-1]}:
        assert fsck_after({key: None}).reason is Reason.STORE_DAMAGED


@pytest.mark.parametrize("namespace", namespaces.NAMESPACES, ids=lambda namespace: namespace.holds)
def test_a_value_too_many_is_found(namespace: Namespace) -> None:
    for key in (get_keys(namespace)[0] + b"\x00", get_keys(namespace)[-1] + b"\x00"):
        assert fsck_after({key: STORY[get_keys(namespace)[-1]]}).reason is Reason.STORE_DAMAGED


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KEYS), st.data())
def test_any_change_of_any_value_is_found(key: bytes, data: st.DataObject) -> None:
    other = data.draw(st.none() | st.binary(max_size=100) | st.just(STORY[key] + b"\x00"))
    if other != STORY[key]:
        fsck_after({key: other})


def change_block(height: int, edit: Callable[[Block], Block]) -> dict[bytes, bytes | None]:
    key = namespaces.compute_block_key(Height(height))
    return {key: encode_block(edit(decode_block(STORY[key])))}


def test_a_well_formed_forgery_is_found() -> None:
    def shift(block: Block) -> Block:
        return replace(block, header=replace(block.header, time_ms=TimeMs(block.header.time_ms + 1)))

    assert "header is in the log" in fsck_after(change_block(4, shift)).detail
    assert "does not hold what" in fsck_after(change_block(3, lambda block: replace(block, transactions=()))).detail
    assert "block 4 is not good" in fsck_after({namespaces.compute_commit_key(Height(4)): make_commit(5)}).detail


def make_commit(height: int) -> bytes:
    block = decode_block(STORY[namespaces.compute_block_key(Height(height))])
    return encode(commit_codec, toy.make_commit(block.header))


def test_a_commit_by_others_is_found() -> None:
    header = decode_block(STORY[namespaces.compute_block_key(Height(4))]).header
    forged = encode(commit_codec, toy.make_commit(header, toy.AUTHORITY_KEYS[1:2]))
    assert "block 4 is not good" in fsck_after({namespaces.compute_commit_key(Height(4)): forged}).detail


def test_old_blocks_that_are_there_after_all_are_found() -> None:
    store = MemoryStore()
    toy.tell_story(toy.open_chain(store))
    for key in (namespaces.compute_block_key(Height(2)), namespaces.compute_commit_key(Height(2))):
        assert "should not be there" in fsck_after({key: store.get(key)}).detail


# Who decided, when sets change.


def make_changing_chain() -> membership.Runner:
    """Four, five from block 4 on, and then others by recovery at block 6."""
    runner = membership.Runner()
    runner.add(runner.change(membership.FIVE, 4, "a", "b", "c"))
    while runner.chain.tip.height < 5:
        runner.add()
    runner.override = membership.make_recovery(runner)
    runner.chain = runner.open()
    runner.commit(runner.build())
    runner.add()
    return runner


def check(store: MemoryStore) -> FsckReport:
    genesis = membership.GENESIS
    return check_store(store, genesis, RULE_BOOKS, compute_genesis_state(genesis), get_parties)


def test_the_log_names_all_sets() -> None:
    with make_changing_chain().chain.reader() as reader:
        entries = list(reader.iterate_entries(EntryIndex(0), reader.tip.size))
    assert collect_sets(membership.FOUR, entries) == (membership.FOUR, membership.FIVE, membership.SPARE)


@pytest.mark.parametrize("keep", range(1, 7))
def test_commits_of_earlier_sets_are_checked(keep: int) -> None:
    runner = make_changing_chain()
    prune(runner.store, keep)
    assert check(runner.store).lowest_block == 8 - keep
    height = Height(8 - keep)
    with runner.chain.reader() as reader:
        commit = reader.read_commit(height)
    few = replace(commit, votes=commit.votes[:2])
    runner.store.write({namespaces.compute_commit_key(height): encode(commit_codec, few)})
    with pytest.raises(HourledgerError) as caught:
        check(runner.store)
    assert caught.value.reason is Reason.STORE_DAMAGED
