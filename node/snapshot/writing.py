"""A snapshot from a node's store: the chain at its newest block, which a checkpoint with a quorum must cover."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.authorities import Authority
from ledger.blocks import encode_block
from ledger.errors import HourledgerError
from ledger.genesis import Genesis, compute_genesis_hash
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, verify_checkpoint
from ledger.types import EntryIndex, Height
from node.chain import ChainReader
from node.files import sync_folder
from node.handovers import format_proven
from node.snapshot.format import (
    Beginning,
    End,
    Entries,
    Handover,
    Handovers,
    Record,
    Value,
    Values,
    split_into_chunks,
    write_records,
)

_ITEM_BYTES = 16
"""At least what an item takes besides its content, so that a record has a bounded number of items."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a snapshot is made of: a view of the chain, who decided on its last block, and the note of a checkpoint."""

    genesis: Genesis
    reader: ChainReader
    deciders: tuple[Authority, ...]
    note: bytes


def validate_source(source: Source, policy: TrustPolicy) -> None:
    """Raise `NOT_FINAL` unless the note is of a checkpoint that counts under `policy` and covers the newest block."""
    tip = source.reader.tip
    try:
        checkpoint = verify_checkpoint(policy, source.note).checkpoint
    except HourledgerError as error:
        raise _not_covered(error.detail) from error
    if (checkpoint.size, checkpoint.root) != (tip.size, tip.frontier.root):
        raise _not_covered(f"the checkpoint kept is over {checkpoint.size} of {tip.size} entries")


def _not_covered(detail: str) -> HourledgerError:
    words = "no checkpoint of a quorum covers the newest block of the store; run the node until it shows one, and stop it"
    return HourledgerError(Reason.NOT_FINAL, words, detail)


def iterate_records(source: Source, progress: Callable[[int], None] = lambda _entries: None) -> Iterator[Record]:
    """Yield a snapshot's records; `progress` is told how many entries each one has."""
    reader = source.reader
    yield _make_beginning(source)
    for entries in split_into_chunks(reader.iterate_entries(EntryIndex(0), reader.tip.size), _measure_entry):
        yield Entries(entries)
        progress(len(entries))
    count = 0
    for values in split_into_chunks((Value(*pair) for pair in reader.iterate_values()), _measure_value):
        yield Values(values)
        count += len(values)
    # What proves nothing yet stays behind: the old set's cosignatures can be asked for again.
    kept = reader.iterate_handovers(Height(0))
    handovers = [Handover(height, data) for height, data in kept if format_proven(data) is not None]
    for chunk in split_into_chunks(handovers, _measure_handover):
        yield Handovers(chunk)
    yield End(reader.tip.size, count, len(handovers))


def _measure_entry(entry: bytes) -> int:
    return len(entry) + _ITEM_BYTES


def _measure_value(item: Value) -> int:
    return len(item.key) + len(item.value) + _ITEM_BYTES


def _measure_handover(item: Handover) -> int:
    return len(item.bundle) + _ITEM_BYTES


def _make_beginning(source: Source) -> Beginning:
    reader, header = source.reader, source.reader.tip.header
    commit = reader.read_commit(header.height) if header.height else None
    block = encode_block(reader.read_block(header.height))
    return Beginning(header.chain_id, compute_genesis_hash(source.genesis), source.note, block, commit, source.deciders)


def require_free(path: Path) -> None:
    """Raise `ALREADY_EXISTS` for a file that is there."""
    if path.exists():
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a file of that name already", str(path))


def save_snapshot(path: Path, records: Iterator[Record]) -> int:
    """Write a snapshot to a file that is not there yet, durable and whole or not at all; return its bytes.

    Only its owner may read it: it holds who served when. Raises `HourledgerError`, `ALREADY_EXISTS` for a file that is there.
    """
    require_free(path)
    temporary = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            write_records(file, records)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise HourledgerError(Reason.WRITE_FAILED, f"the file could not be written: {error.strerror}", str(path)) from error
    except (HourledgerError, KeyboardInterrupt):
        temporary.unlink(missing_ok=True)
        raise
    return size
