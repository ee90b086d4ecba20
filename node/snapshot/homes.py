"""Snapshots of whole homes: of a stopped node's into a file, and from a file into a home that has no store yet."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from certificates.handover import build_chain_trust
from contracts.rulebook import get_parties
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.trust import TrustPolicy
from ledger.types import Height
from node.cosigner import load_vouched_for
from node.files import RecordOnDisk, replace_file, sync_folder
from node.home import Home, load_genesis
from node.kept_checkpoint import load_checkpoint
from node.snapshot.restoring import Expected, Restored, restore
from node.snapshot.writing import Source, iterate_records, require_free, save_snapshot, validate_source
from node.stopped import open_chain, open_stopped
from node.storage.leveldb import open_leveldb

Progress = Callable[[int], AbstractContextManager[Callable[[int], None]]]
"""Given how much there is to do; what it gives is told how much more is done."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot that was written: the height of its block, its log's entries, and the bytes of the file."""

    height: Height
    entries: int
    bytes: int


def take_snapshot(home: Home, file: Path, progress: Progress, *, is_dry_run: bool = False) -> Taken:
    """Write a snapshot of a stopped node to a new file; with `is_dry_run` only see whether it could be, and write nothing.

    Raises `HourledgerError`: `NOT_FINAL` when no checkpoint of a quorum covers the newest block, `ALREADY_EXISTS`,
    `WRITE_FAILED`, and whatever opening the store finds.
    """
    require_free(file)
    with open_stopped(home) as node, node.chain.reader() as reader:
        deciders = node.chain.deciders
        source = Source(node.genesis, reader, deciders, load_checkpoint(home.checkpoint))
        validate_source(source, build_chain_trust(node.chain.chain_id, deciders))
        tip = reader.tip
        if is_dry_run:
            return Taken(tip.height, tip.size, 0)
        with progress(tip.size) as advance:
            return Taken(tip.height, tip.size, save_snapshot(file, iterate_records(source, advance)))


def restore_snapshot(home: Home, file: Path, policy: TrustPolicy, progress: Progress, *, is_dry_run: bool = False) -> Restored:
    """Make a home's store from a snapshot; with `is_dry_run` check all of it and leave the home as it is.

    The store is made in a folder beside its place and put there once it is whole, so that a restore that is refused or cut
    short leaves none. Raises `HourledgerError`: `ALREADY_EXISTS` for a home that has a store, `STORE_IN_USE` while another
    restore works on it, and the reason for which the snapshot is refused.
    """
    genesis = load_genesis(home)
    if home.store.exists():
        detail = "the folder has a store already: move it away first, if it is not to be used any more"
        raise HourledgerError(Reason.ALREADY_EXISTS, detail, str(home.store))
    expected = Expected(genesis, policy, get_parties, load_vouched_for(RecordOnDisk(home.cosigned), genesis.chain_id))
    with _opened(file) as stream, _staging(home):
        store = open_leveldb(home.staging)
        try:
            with progress(file.stat().st_size) as advance:
                restored = restore(stream, store, expected, advance)
            open_chain(store, genesis)
        finally:
            store.close()
        if not is_dry_run:
            _put_in_place(home, restored.note)
    return restored


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    try:
        stream = file.open("rb")
    except OSError as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the snapshot cannot be read", str(file)) from error
    with stream:
        yield stream


@contextmanager
def _staging(home: Home) -> Iterator[None]:
    """Begin with no staging folder and leave none behind."""
    _require_unused(home.staging)
    shutil.rmtree(home.staging, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(home.staging, ignore_errors=True)


def _require_unused(folder: Path) -> None:
    """Raise `STORE_IN_USE` while another restore has the folder. What a killed one left there may be in any state."""
    try:
        open_leveldb(folder, create=False).close()
    except HourledgerError as error:
        if error.reason is Reason.STORE_IN_USE:
            raise


def _put_in_place(home: Home, note: bytes) -> None:
    replace_file(home.checkpoint, note)
    try:
        home.staging.rename(home.store)
        sync_folder(home.path)
    except OSError as error:
        detail = f"the store could not be put in place: {error.strerror}"
        raise HourledgerError(Reason.WRITE_FAILED, detail, str(home.store)) from error
