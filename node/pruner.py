"""Old blocks given up: now and then while a node runs, or all at once for the operator of a stopped one.

What readers still look at cannot be taken off the disk. So a running node deletes first, and gives the room back a round later,
when every view that was open then has long been replaced.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import HourledgerError
from ledger.types import Height
from node.chain.pruning import BATCH_BLOCKS, compute_new_lowest, load_lowest, prune
from node.home import Home
from node.log import log_event
from node.stopped import open_stopped
from node.storage import namespaces
from node.storage.leveldb import LevelDbStore
from node.storage.namespaces import Namespace

ROUND_SECONDS: Final = 10.0
_PRUNED: Final = (namespaces.BLOCKS, namespaces.COMMITS)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many blocks went, the lowest that is held now, and the bytes that the store took on the disk before and after."""

    blocks: int
    lowest_block: Height
    bytes_before: int
    bytes_after: int


async def keep_pruned(store: LevelDbStore, keep_blocks: int, stop: asyncio.Event) -> None:
    """Hold about the last `keep_blocks` blocks until `stop` is set; 0 holds all. A write that fails ends it.

    The store then refuses the next block, too, and so the node ends.
    """
    while keep_blocks and not stop.is_set():
        try:
            await asyncio.to_thread(prune_round, store, keep_blocks)
        except HourledgerError as error:
            log_event("pruning failed", reason=error.reason.value, detail=error.detail)
            return
        try:
            await asyncio.wait_for(stop.wait(), ROUND_SECONDS)
        except TimeoutError:
            continue


def prune_round(store: LevelDbStore, keep_blocks: int) -> None:
    """Give up old blocks if they are worth a write, and give back the room of those of the rounds before."""
    lowest = load_lowest(store)
    if compute_new_lowest(store, keep_blocks) - lowest < BATCH_BLOCKS:
        return
    _give_back(store, lowest)
    count = prune(store, keep_blocks)
    log_event("pruned", blocks=count, lowest_block=int(load_lowest(store)))


def prune_home(home: Home, keep_blocks: int, *, is_dry_run: bool = False) -> Pruned:
    """Give up the old blocks of a stopped node; with `is_dry_run` only say how many. Raises `HourledgerError`."""
    before = compute_bytes(home.store)
    with open_stopped(home) as node:
        lowest, new_lowest = load_lowest(node.store), compute_new_lowest(node.store, keep_blocks)
        if is_dry_run:
            return Pruned(new_lowest - lowest, new_lowest, before, before)
        count = prune(node.store, keep_blocks)
        _give_back(node.store, new_lowest)
    return Pruned(count, new_lowest, before, compute_bytes(home.store))


def _give_back(store: LevelDbStore, lowest: Height) -> None:
    """Take what is deleted below a height off the disk."""
    for namespace in _PRUNED:
        store.compact(_make_key(namespace, 0), _make_key(namespace, lowest))


def _make_key(namespace: Namespace, height: int) -> bytes:
    return namespace.key(namespaces.encode_number(height))


def compute_bytes(folder: Path) -> int:
    """Return the bytes of the files in a folder, of those that do not go away meanwhile."""
    total = 0
    for path in folder.glob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total
