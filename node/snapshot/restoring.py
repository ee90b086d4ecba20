"""A store from a snapshot. Everything is rebuilt in an empty store and compared with what the checkpoint's quorum vouches for.

Nobody's word is taken but that quorum's: the log must have the checkpoint's root, its last entry is the header that names the
root of the current values, and all else follows from entries and values. Handovers carry their own proofs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from ledger.authorities import Authority
from ledger.blocks import HEADER, Block, commit_codec, compute_block_hash, decode_block, verify_commit
from ledger.checkpoint import Checkpoint
from ledger.codec import encode
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.genesis import Genesis, compute_genesis_hash
from ledger.merkle import EMPTY_FRONTIER, Frontier, compute_root_at
from ledger.reasons import Reason
from ledger.tiles import node_reader_from_tiles
from ledger.trust import TrustPolicy, verify_checkpoint
from ledger.types import EntryIndex, Height
from node.chain.auditing import validate_content
from node.chain.log_entries import find_entry, iterate_entries
from node.chain.rebuilding import add_entries, add_values, build_tree, index_entries
from node.chain.records import Tip, encode_tip, load_tile
from node.chain.rules import PartiesOf
from node.chain.sets import collect_sets
from node.handovers import verify_handover
from node.snapshot.format import Beginning, End, Entries, Handovers, Record, Values, read_records
from node.storage import namespaces
from node.storage.protocol import KeyValueStore


@dataclass(frozen=True, slots=True)
class Expected:
    """What the snapshot must be of, whose word counts, and a checkpoint that its log must continue, if there is one."""

    genesis: Genesis
    policy: TrustPolicy
    parties_of: PartiesOf
    vouched_for: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What a store was filled with: its last block's height, how much, and the note of the checkpoint that proves it."""

    height: Height
    entries: int
    values: int
    handovers: int
    note: bytes


def restore(
    file: IO[bytes],
    target: KeyValueStore,
    expected: Expected,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Restored:
    """Fill an empty store with what a snapshot holds.

    Until this returns, the store names no format, so that nobody takes it for a whole one. `progress` is told how many bytes
    were taken in. Raises `HourledgerError` with the reason for which the snapshot is refused; the store is then of no use.
    """
    records = read_records(file, progress)
    beginning = next(records, None)
    if not isinstance(beginning, Beginning):
        raise CodecError("the snapshot does not say what it is of")
    checkpoint, block = _verify_beginning(beginning, expected)
    frontier, record = _take_entries(records, target, checkpoint)
    _verify_log(target, frontier, checkpoint, block)
    _verify_continues(target, checkpoint, expected.vouched_for)
    genesis_hash = compute_genesis_hash(expected.genesis)
    if index_entries(target, frontier.size, genesis_hash, expected.parties_of) != block.header.height:
        raise ProofError("the last header in the log is not that of the snapshot's block", value=str(block.header.height))
    values, record = _take_values(records, record, target)
    handovers, record = _take_handovers(records, record, target, expected.genesis, frontier.size)
    if record != End(frontier.size, values, handovers) or next(records, None) is not None:
        raise CodecError("the snapshot does not end as it should: it was cut off, or something was added")
    if build_tree(target) != block.header.state_root:
        raise ProofError("the values of the snapshot are not those of its block", value=str(block.header.height))
    _finish(target, beginning, Tip(block.header, frontier))
    return Restored(block.header.height, frontier.size, values, handovers, beginning.note)


def _verify_beginning(beginning: Beginning, expected: Expected) -> tuple[Checkpoint, Block]:
    """Return the checkpoint and the block, which is good if the log ends with its header."""
    chain_id, genesis_hash = expected.genesis.chain_id, compute_genesis_hash(expected.genesis)
    if beginning.chain_id != chain_id:
        raise HourledgerError(Reason.WRONG_CHAIN, f"the snapshot is not of {chain_id}", beginning.chain_id)
    if beginning.genesis_hash != genesis_hash:
        detail = f"the snapshot is of a chain of that name with another genesis than {genesis_hash.hex()[:16]}..."
        raise HourledgerError(Reason.WRONG_CHAIN, detail, beginning.genesis_hash.hex())
    checkpoint = verify_checkpoint(expected.policy, beginning.note).checkpoint
    if checkpoint.origin != chain_id:
        raise HourledgerError(Reason.WRONG_CHAIN, "the snapshot's checkpoint is of another log", checkpoint.origin)
    known = expected.vouched_for
    if known is not None and checkpoint.size < known.size:
        detail = f"this node has vouched for {known.size} entries, and the snapshot has {checkpoint.size}"
        raise HourledgerError(Reason.SNAPSHOT_TOO_OLD, detail, str(checkpoint.size))
    block = decode_block(beginning.block)
    validate_content(block)
    _verify_commit(beginning, chain_id, block)
    return checkpoint, block


def _verify_commit(beginning: Beginning, chain_id: str, block: Block) -> None:
    if beginning.commit is not None:
        verify_commit(chain_id, beginning.authorities, block.header, beginning.commit)
    elif block.header.height:
        raise ProofError("the snapshot's block has no commit", Reason.QUORUM_MISSING, compute_block_hash(block.header).hex())


def _take_entries(records: Iterator[Record], target: KeyValueStore, checkpoint: Checkpoint) -> tuple[Frontier, Record | None]:
    frontier = EMPTY_FRONTIER
    record = next(records, None)
    while isinstance(record, Entries):
        frontier = add_entries(target, frontier, record.entries)
        if frontier.size > checkpoint.size:
            raise ProofError("the snapshot has more entries than the checkpoint's log", value=str(checkpoint.size))
        record = next(records, None)
    return frontier, record


def _verify_log(target: KeyValueStore, frontier: Frontier, checkpoint: Checkpoint, block: Block) -> None:
    if (frontier.size, frontier.root) != (checkpoint.size, checkpoint.root):
        raise ProofError("the snapshot's entries are not those of the checkpoint's log", value=str(frontier.size))
    last = find_entry(target, EntryIndex(frontier.size - 1))
    if last != HEADER.encode(block.header):
        raise ProofError("the log does not end with the header of the snapshot's block", value=str(block.header.height))


def _verify_continues(target: KeyValueStore, checkpoint: Checkpoint, known: Checkpoint | None) -> None:
    """Raise `ProofError` unless the log begins with what this node has vouched for."""
    nodes = node_reader_from_tiles(lambda level, index: load_tile(target, level, index))
    if known is not None and compute_root_at(nodes, EntryIndex(known.size)) != known.root:
        detail = f"the snapshot's log does not begin with the {known.size} entries that this node has vouched for"
        raise ProofError(detail, value=str(checkpoint.size))


def _take_values(records: Iterator[Record], record: Record | None, target: KeyValueStore) -> tuple[int, Record | None]:
    count, last_key = 0, b""
    while isinstance(record, Values):
        for item in record.values:
            if item.key <= last_key:
                raise CodecError("the snapshot's values are not in ascending order, each once")
            last_key = item.key
        add_values(target, [(item.key, item.value) for item in record.values])
        count += len(record.values)
        record = next(records, None)
    return count, record


def _take_handovers(
    records: Iterator[Record], record: Record | None, target: KeyValueStore, genesis: Genesis, log_size: int
) -> tuple[int, Record | None]:
    count, last_height = 0, 0
    sets: tuple[tuple[Authority, ...], ...] = ()
    while isinstance(record, Handovers):
        sets = sets or collect_sets(genesis.authorities, iterate_entries(target, 0, log_size))
        for item in record.handovers:
            if item.effective_height <= last_height:
                raise CodecError("the snapshot's handovers are not in ascending order, each once")
            last_height = item.effective_height
            verify_handover(genesis.chain_id, sets, item.effective_height, item.bundle)
        target.write({namespaces.compute_handover_key(item.effective_height): item.bundle for item in record.handovers})
        count += len(record.handovers)
        record = next(records, None)
    return count, record


def _finish(target: KeyValueStore, beginning: Beginning, tip: Tip) -> None:
    """Write the last block, and what says that the store is whole."""
    writes: dict[bytes, bytes | None] = {
        namespaces.compute_block_key(tip.height): beginning.block,
        namespaces.GENESIS.key(): bytes(beginning.genesis_hash),
        namespaces.TIP.key(): encode_tip(tip),
        namespaces.FORMAT.key(): namespaces.FORMAT_VERSION,
    }
    if beginning.commit is not None:
        writes[namespaces.compute_commit_key(tip.height)] = encode(commit_codec, beginning.commit)
        writes[namespaces.LOWEST.key()] = namespaces.encode_number(tip.height)
    target.write(writes)
