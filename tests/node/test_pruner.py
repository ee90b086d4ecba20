"""Old blocks given up really free the disk, of a stopped node and of one that runs; and what cannot be written is said."""

import asyncio
import random
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Height
from node.app import open_service
from node.chain.pruning import BATCH_BLOCKS, load_lowest
from node.home import Home, init_development_home, load_genesis
from node.pruner import compute_bytes, keep_pruned, prune_home, prune_round
from node.storage import namespaces
from node.storage.leveldb import LevelDbStore, open_leveldb
from tests.node import toy
from tests.node.running import KEYS, NOW_MS

BLOCKS = 120
NOISE = random.Random(7)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("pruned")
    init_development_home(folder)
    home = Home(folder)
    with closing(open_leveldb(home.store)) as store:
        service = open_service(home, load_genesis(home), KEYS, store, lambda: NOW_MS)
        for _ in range(BLOCKS):
            service.publish(service.make_block((), KEYS.authority, is_due=True))
        service.pinned.replace()
    return home


def test_the_store_of_a_stopped_node_takes_less_room(home: Home) -> None:
    expected = prune_home(home, 10, is_dry_run=True)
    assert (expected.blocks, expected.lowest_block) == (BLOCKS - 9, BLOCKS - 9)
    assert prune_home(home, 10, is_dry_run=True).blocks == expected.blocks, "a dry run gives up nothing"
    pruned = prune_home(home, 10)
    assert (pruned.blocks, pruned.lowest_block) == (expected.blocks, expected.lowest_block)
    assert pruned.bytes_after < pruned.bytes_before
    assert compute_bytes(home.store) <= pruned.bytes_after * 1.1
    assert prune_home(home, 10).blocks == 0


def test_a_folder_without_a_store_has_nothing_to_prune(tmp_path: Path) -> None:
    init_development_home(tmp_path)
    with pytest.raises(HourledgerError) as caught:
        prune_home(Home(tmp_path), 1)
    assert caught.value.reason is Reason.NOT_FOUND
    assert not Home(tmp_path).store.exists()


def add_noise(store: LevelDbStore, blocks: int) -> None:
    """Blocks that cannot be compressed, in place of real ones of the same heights."""
    chain = toy.open_chain(store)
    for _ in range(blocks):
        toy.add_block(chain)
    last = chain.tip.height
    for height in map(Height, range(last - blocks + 1, last)):
        store.write({namespaces.compute_block_key(height): NOISE.randbytes(20_000)})


def test_a_running_node_gets_its_room_back_a_round_later(tmp_path: Path) -> None:
    with closing(open_leveldb(tmp_path / "store")) as store:
        add_noise(store, 2 * BATCH_BLOCKS)
        view = store.snapshot()
        prune_round(store, 10)
        assert load_lowest(store) == 2 * BATCH_BLOCKS - 9
        store.compact()
        full = compute_bytes(tmp_path / "store")
        view.close()
        add_noise(store, BATCH_BLOCKS - 1)
        prune_round(store, 10)
        assert load_lowest(store) == 2 * BATCH_BLOCKS - 9, "less than a batch is not worth a write"
        add_noise(store, 1)
        prune_round(store, 10)
        assert load_lowest(store) == 3 * BATCH_BLOCKS - 9
        # The first 200 blocks have gone, of 4 MB; the last 100, of 2 MB, are only deleted yet. Less than 1 MB more was of
        # runs of entries that have grown since.
        assert full - 5_000_000 < compute_bytes(tmp_path / "store") - 2_000_000 < full - 3_500_000
        assert toy.open_chain(store).tip.height == 3 * BATCH_BLOCKS


def run_rounds(store: LevelDbStore, keep_blocks: int, rounds: int, patch: pytest.MonkeyPatch) -> list[int]:
    """Let it go on for a number of rounds, each with a new batch to give up; return the lowest block after each."""
    lowest: list[int] = []

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def round_and_more(store: LevelDbStore, keep_blocks: int) -> None:
            prune_round(store, keep_blocks)
            lowest.append(load_lowest(store))
            add_noise(store, BATCH_BLOCKS)
            if len(lowest) == rounds:
                loop.call_soon_threadsafe(stop.set)

        patch.setattr("node.pruner.prune_round", round_and_more)
        await keep_pruned(store, keep_blocks, stop)

    patch.setattr("node.pruner.ROUND_SECONDS", 0.01)
    asyncio.run(run())
    return lowest


def test_it_goes_on_until_it_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_leveldb(tmp_path / "store")) as store:
        add_noise(store, BATCH_BLOCKS + 5)
        assert run_rounds(store, 5, 3, monkeypatch) == [number * BATCH_BLOCKS + 1 for number in (1, 2, 3)]


def test_0_keeps_all(tmp_path: Path) -> None:
    with closing(open_leveldb(tmp_path / "store")) as store:
        add_noise(store, BATCH_BLOCKS + 5)
        asyncio.run(keep_pruned(store, 0, asyncio.Event()))
        assert load_lowest(store) == 0


def test_a_disk_that_is_full_is_told_and_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, object]] = []

    def refuse(*_arguments: object) -> None:
        raise HourledgerError(Reason.WRITE_FAILED, "no room", "")

    def tell(event: str, **fields: object) -> None:
        told.append((event, fields["reason"]))

    monkeypatch.setattr("node.pruner.prune_round", refuse)
    monkeypatch.setattr("node.pruner.log_event", tell)
    with closing(open_leveldb(tmp_path / "store")) as store:
        asyncio.run(keep_pruned(store, 5, asyncio.Event()))
    assert told == [("pruning failed", "write_failed")]
