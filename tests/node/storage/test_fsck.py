"""Whatever is changed in a store, fsck finds it and says where; a good one it counts."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.blocks import Block, decode_block, encode_block
from ledger.errors import HourledgerError
from ledger.genesis import Genesis
from ledger.reasons import Reason
from ledger.types import Height, TimeMs
from node.storage import namespaces
from node.storage.fsck import FsckReport, check_store
from node.storage.leveldb import open_leveldb
from node.storage.memory import MemoryStore
from node.storage.namespaces import Namespace
from node.storage.protocol import KeyValueStore
from tests.node import toy
from tests.node.faulty_store import FaultyStore


def make_story() -> dict[bytes, bytes]:
    store = MemoryStore()
    toy.tell_story(toy.open_chain(store))
    return toy.read_all(store)


STORY = make_story()
KEYS = sorted(STORY)


def fsck(store: KeyValueStore, genesis: Genesis = toy.GENESIS, scratch: KeyValueStore | None = None) -> FsckReport:
    return check_store(store, genesis, toy.RULE_BOOKS, toy.make_genesis_state(), toy.parties_of, scratch=scratch)


def fsck_after(changes: dict[bytes, bytes | None]) -> HourledgerError:
    store = MemoryStore()
    store.write({**STORY, **changes})
    before = toy.read_all(store)
    with pytest.raises(HourledgerError) as caught:
        fsck(store)
    assert toy.read_all(store) == before
    assert caught.value.reason is Reason.STORE_DAMAGED
    return caught.value


def flip(value: bytes, position: int) -> bytes:
    return value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]


def get_keys(namespace: Namespace) -> list[bytes]:
    return [key for key in KEYS if key.startswith(namespace.prefix)]


def test_a_good_store_is_counted(tmp_path: Path) -> None:
    with closing(open_leveldb(tmp_path / "store")) as store, closing(open_leveldb(tmp_path / "scratch")) as scratch:
        chain = toy.open_chain(store)
        toy.tell_story(chain)
        values = len([key for key in STORY if key.startswith(namespaces.STATE.prefix)])
        assert fsck(store, scratch=scratch) == FsckReport(blocks=6, entries=chain.tip.size, transactions=6, values=values)


def test_progress_is_told() -> None:
    heights: list[Height] = []
    store = MemoryStore()
    store.write(STORY)
    check_store(store, toy.GENESIS, toy.RULE_BOOKS, toy.make_genesis_state(), toy.parties_of, progress=heights.append)
    assert heights == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("namespace", namespaces.NAMESPACES, ids=lambda namespace: namespace.holds)
def test_a_flipped_value_is_found_and_named(namespace: Namespace) -> None:
    keys = get_keys(namespace)
    for key in {keys[0], keys[len(keys) // 2], keys[-1]}:
        value = STORY[key]
        error = fsck_after({key: flip(value, len(value) // 2) if value else b"x"})
        assert namespaces.describe_key(key) in error.detail


@pytest.mark.parametrize("namespace", namespaces.NAMESPACES, ids=lambda namespace: namespace.holds)
def test_a_missing_value_is_found_and_named(namespace: Namespace) -> None:
    keys = get_keys(namespace)
    for key in {keys[0], keys[len(keys) // 2], keys[-1]}:
        assert namespaces.describe_key(key) in fsck_after({key: None}).detail


@pytest.mark.parametrize("namespace", namespaces.NAMESPACES, ids=lambda namespace: namespace.holds)
def test_a_value_too_many_is_found(namespace: Namespace) -> None:
    for key in (get_keys(namespace)[0] + b"\x00", get_keys(namespace)[-1] + b"\x00"):
        error = fsck_after({key: STORY[get_keys(namespace)[-1]]})
        assert "should not be there" in error.detail or "block" in error.detail


@pytest.mark.parametrize("key", [b"", b"!", b"\xff\xff", b"a"])
def test_a_key_of_no_namespace_is_found(key: bytes) -> None:
    assert "unknown key" in fsck_after({key: b"1"}).detail


@settings(max_examples=30)
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

    def drop(block: Block) -> Block:
        return replace(block, transactions=block.transactions[1:])

    assert "commit 2 is not good" in fsck_after(change_block(2, shift)).detail
    assert "transactions_root" in fsck_after(change_block(3, drop)).detail
    assert "differs" in fsck_after(change_block(0, shift)).detail


def test_a_commit_of_another_block_is_found() -> None:
    first, second = (namespaces.compute_commit_key(Height(height)) for height in (1, 2))
    assert "commit 1 is not good" in fsck_after({first: STORY[second]}).detail


def test_lost_blocks_at_the_end_are_named() -> None:
    keys = [namespaces.compute_block_key(Height(height)) for height in (4, 5)]
    assert "block 4 is missing" in fsck_after(dict.fromkeys(keys)).detail


def test_the_difference_is_shown() -> None:
    key = namespaces.STATE.key(b"value/c")
    error = fsck_after({key: b"4"})
    assert error.detail == ("state value value/c differs from byte 0 on: expected 33 (of 1 bytes), found 34 (of 1 bytes)")


def test_another_genesis_is_not_called_damage() -> None:
    store = MemoryStore()
    store.write(STORY)
    with pytest.raises(HourledgerError) as caught:
        fsck(store, toy.make_genesis(3))
    assert caught.value.reason is Reason.STORE_OF_ANOTHER_CHAIN


def test_an_empty_store_is_not_good() -> None:
    with pytest.raises(HourledgerError, match="format version is missing"):
        fsck(MemoryStore())


def test_a_full_disk_of_the_scratch_store_is_not_called_damage() -> None:
    store = MemoryStore()
    store.write(STORY)
    with pytest.raises(HourledgerError) as caught:
        fsck(store, scratch=FaultyStore(MemoryStore(), 2, is_applied=False))
    assert caught.value.reason is Reason.WRITE_FAILED
