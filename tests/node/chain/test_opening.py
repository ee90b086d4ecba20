"""Every write failing, every end damaged: after it, the chain stands at the boundary of a block or says what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.blocks import decode_block, encode_block
from ledger.errors import HourledgerError
from ledger.merkle import EMPTY_FRONTIER
from ledger.reasons import Reason
from ledger.types import Height, TimeMs
from node.chain import Tip
from node.chain.log_entries import decode_run, encode_run
from node.chain.records import decode_tip, encode_tip
from node.storage import namespaces
from node.storage.leveldb import open_leveldb
from node.storage.memory import MemoryStore
from tests.node import toy
from tests.node.faulty_store import FaultyStore


@contextmanager
def refused(reason: Reason, words: str = "") -> Iterator[None]:
    with pytest.raises(HourledgerError) as caught:
        yield
    assert caught.value.reason is reason
    assert words in caught.value.detail


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    toy.tell_story(toy.open_chain(store))
    return store


@pytest.mark.parametrize("is_applied", [False, True], ids=["not_written", "written"])
@pytest.mark.parametrize("failing_write", range(len(toy.STORY) + 1))
def test_whichever_write_fails_the_store_is_at_a_block_boundary(failing_write: int, is_applied: bool) -> None:
    inner = MemoryStore()
    with refused(Reason.WRITE_FAILED):
        toy.tell_story(toy.open_chain(FaultyStore(inner, failing_write, is_applied=is_applied)))
    blocks = len(list(inner.iterate(namespaces.BLOCKS.prefix)))
    assert blocks == failing_write + is_applied
    chain = toy.open_chain(inner)
    assert chain.tip.height == max(blocks - 1, 0)
    toy.tell_story(chain)
    whole = MemoryStore()
    toy.tell_story(toy.open_chain(whole))
    assert toy.read_all(inner) == toy.read_all(whole)


@pytest.mark.parametrize("is_applied", [False, True], ids=["not_written", "written"])
def test_after_a_failed_write_the_chain_does_no_more(is_applied: bool) -> None:
    chain = toy.open_chain(FaultyStore(MemoryStore(), 1, is_applied=is_applied))
    candidate = toy.build(chain, toy.STORY[0])
    commit = toy.make_commit(candidate.block.header)
    with refused(Reason.WRITE_FAILED):
        chain.commit(candidate, commit)
    assert chain.tip.height == 0
    for action in (
        lambda: chain.commit(candidate, commit),
        lambda: chain.validate(candidate.block),
        lambda: toy.build(chain, ()),
    ):
        with refused(Reason.WRITE_FAILED, "earlier block"):
            action()


def test_after_a_block_that_memory_did_not_follow_the_chain_does_no_more() -> None:
    chain = toy.open_chain(MemoryStore())
    toy.add_block(chain, *toy.STORY[0])
    late = toy.build(chain, toy.STORY[1])
    chain.warm_up()  # pages that come in make what was built before them late
    with pytest.raises(ValueError, match="of other pages"):
        chain.commit(late, toy.make_commit(late.block.header))
    assert chain.tip.height == 1
    with refused(Reason.WRITE_FAILED, "earlier block"):
        toy.build(chain, ())


def test_another_genesis_is_another_chain(store: MemoryStore) -> None:
    before = toy.read_all(store)
    for genesis in (toy.make_genesis(3), toy.make_genesis(1, "toy.example/other")):
        with refused(Reason.STORE_OF_ANOTHER_CHAIN):
            toy.open_chain(store, genesis)
    assert toy.read_all(store) == before


def test_a_store_of_something_else_is_not_written(store: MemoryStore) -> None:
    foreign = MemoryStore()
    foreign.write({b"shopping": b"list"})
    with refused(Reason.STORE_DAMAGED):
        toy.open_chain(foreign)
    assert toy.read_all(foreign) == {b"shopping": b"list"}
    store.write({namespaces.FORMAT.key(): b"9"})
    with refused(Reason.UNSUPPORTED_VERSION):
        toy.open_chain(store)


def change(store: MemoryStore, key: bytes, edit: Callable[[bytes], bytes | None]) -> None:
    value = store.get(key)
    assert value is not None
    store.write({key: edit(value)})


def remove(_value: bytes) -> None:
    return None


def flip(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


@pytest.mark.parametrize("edit", [remove, flip])
def test_a_damaged_end_is_noticed_at_once(store: MemoryStore, edit: Callable[[bytes], bytes | None]) -> None:
    tip = toy.open_chain(store).tip
    last_tile = namespaces.compute_tile_key(0, (tip.size - 1) // 256)
    for key in (
        namespaces.TIP.key(),
        namespaces.compute_block_key(tip.height),
        namespaces.compute_commit_key(tip.height),
        namespaces.compute_header_key(tip.height),
        namespaces.compute_run_key((tip.size - 1) // namespaces.ENTRIES_IN_RUN),
        last_tile,
        namespaces.compute_tile_key(1, 0),
        namespaces.PAGES.key(),
    ):
        damaged = MemoryStore()
        damaged.write(toy.read_all(store))
        change(damaged, key, edit)
        with refused(Reason.STORE_DAMAGED):
            toy.open_chain(damaged)


def test_a_tip_behind_the_blocks_is_noticed(store: MemoryStore) -> None:
    earlier = MemoryStore()
    chain = toy.open_chain(earlier)
    toy.add_block(chain, *toy.STORY[0])
    change(store, namespaces.TIP.key(), lambda _value: encode_tip(chain.tip))
    with refused(Reason.STORE_DAMAGED, "above the tip"):
        toy.open_chain(store)
    store.write({namespaces.compute_block_key(Height(2)): None})
    with refused(Reason.STORE_DAMAGED):
        toy.open_chain(store)


def test_a_tip_that_does_not_fit_its_log_is_noticed(store: MemoryStore) -> None:
    change(store, namespaces.TIP.key(), lambda value: encode_tip(replace(decode_tip(value), frontier=EMPTY_FRONTIER)))
    with pytest.raises(HourledgerError) as caught:
        toy.open_chain(store)
    assert caught.value.reason is Reason.STORE_DAMAGED


def test_a_log_that_goes_on_behind_the_tip_is_noticed(store: MemoryStore) -> None:
    tip = toy.open_chain(store).tip
    key = namespaces.compute_run_key(tip.size // namespaces.ENTRIES_IN_RUN)
    store.write({key: encode_run([*decode_run(store.get(key) or b""), b"x"])})
    with refused(Reason.STORE_DAMAGED, "goes on"):
        toy.open_chain(store)


def test_a_last_block_that_nobody_voted_for_is_noticed(store: MemoryStore) -> None:
    def forge(data: bytes) -> bytes:
        block = decode_block(data)
        return encode_block(replace(block, header=replace(block.header, time_ms=TimeMs(block.header.time_ms + 1))))

    change(store, namespaces.compute_block_key(Height(5)), forge)
    with refused(Reason.STORE_DAMAGED, "not the one that the tip names"):
        toy.open_chain(store)


def test_any_harm_to_any_file_is_named_or_leaves_a_block_boundary(tmp_path: Path) -> None:
    """A log that is cut off loses whole batches, which is a block boundary; all else must be the one typed error."""
    whole = MemoryStore()
    chain = toy.open_chain(whole)
    allowed: list[Tip | Reason] = [Reason.STORE_DAMAGED, chain.tip]
    allowed.extend(candidate.tip for candidate in toy.tell_story(chain))
    with closing(open_leveldb(tmp_path / "store")) as store:
        toy.tell_story(toy.open_chain(store))
    files = {path.name: path.read_bytes() for path in (tmp_path / "store").iterdir() if path.name not in {"LOCK", "LOG"}}
    for number, (name, data) in enumerate(sorted(files.items())):
        for case, harmed in enumerate((data[: len(data) // 2], data[:-1], flip(data) if data else b"x", data + b"x" * 50)):
            folder = tmp_path / f"{number}-{case}"
            folder.mkdir()
            for other, content in files.items():
                (folder / other).write_bytes(harmed if other == name else content)
            assert find_tip_or_reason(folder) in allowed


def find_tip_or_reason(folder: Path) -> Tip | Reason:
    try:
        with closing(open_leveldb(folder)) as store:
            return toy.open_chain(store).tip
    except HourledgerError as error:
        return error.reason
