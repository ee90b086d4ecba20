"""A store from a snapshot. Everything is rebuilt in an empty store and compared with what the checkpoint's quorum vouches for.

Nobody's word is taken but that quorum's: the log must have the checkpoint's root, its last entry is the header that names the
root of the current values, and all else follows from entries and values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from ledger.blocks import HEADER, Block, commit_codec, compute_block_hash, decode_block, verify_commit
from ledger.checkpoint import Checkpoint
from ledger.codec import encode
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.merkle import EMPTY_FRONTIER, Frontier
from ledger.reasons import Reason
from ledger.state_tree import read_root
from ledger.trust import TrustPolicy, verify_checkpoint
from ledger.types import EntryIndex, Hash
from node.chain.auditing import validate_content
from node.chain.rebuilding import add_entries, add_values, index_entries
from node.chain.records import Tip, encode_tip, load_page
from node.chain.rules import PartiesOf
from node.snapshot.format import Beginning, End, Entries, Record, Values, read_records
from node.storage import namespaces
from node.storage.protocol import KeyValueStore


@dataclass(frozen=True, slots=True)
class Expected:
    """What the snapshot must be of, and whose word counts."""

    chain_id: str
    genesis_hash: Hash
    policy: TrustPolicy
    parties_of: PartiesOf


def restore(
    file: IO[bytes],
    target: KeyValueStore,
    expected: Expected,
    progress: Callable[[int], None] = lambda _entries: None,
) -> Checkpoint:
    """Fill an empty store with what a snapshot holds and return the checkpoint that proves it.

    Until this returns, the store names no format, so that nobody takes it for a whole one. `progress` is told how many entries
    came. Raises `HourledgerError` with the reason for which the snapshot is refused; the store is then of no use.
    """
    records = read_records(file)
    beginning = next(records, None)
    if not isinstance(beginning, Beginning):
        raise CodecError("the snapshot does not say what it is of")
    checkpoint, block = _verify_beginning(beginning, expected)
    frontier, record = _take_entries(records, target, checkpoint, progress)
    _verify_log(target, frontier, checkpoint, block)
    if index_entries(target, expected.genesis_hash, expected.parties_of) != block.header.height:
        raise ProofError("the last header in the log is not that of the snapshot's block", value=str(block.header.height))
    values, record = _take_values(records, record, target)
    if record != End(frontier.size, values) or next(records, None) is not None:
        raise CodecError("the snapshot does not end as it should: it was cut off, or something was added")
    if read_root(lambda path: load_page(target, path)) != block.header.state_root:
        raise ProofError("the values of the snapshot are not those of its block", value=str(block.header.height))
    _finish(target, beginning, Tip(block.header, frontier))
    return checkpoint


def _verify_beginning(beginning: Beginning, expected: Expected) -> tuple[Checkpoint, Block]:
    """Return the checkpoint and the block, which is good if the log ends with its header."""
    if beginning.chain_id != expected.chain_id:
        raise HourledgerError(Reason.WRONG_CHAIN, f"the snapshot is not of {expected.chain_id}", beginning.chain_id)
    if beginning.genesis_hash != expected.genesis_hash:
        detail = f"the snapshot is of a chain of that name with another genesis than {expected.genesis_hash.hex()[:16]}..."
        raise HourledgerError(Reason.WRONG_CHAIN, detail, beginning.genesis_hash.hex())
    checkpoint = verify_checkpoint(expected.policy, beginning.note).checkpoint
    if checkpoint.origin != expected.chain_id:
        raise HourledgerError(Reason.WRONG_CHAIN, "the snapshot's checkpoint is of another log", checkpoint.origin)
    block = decode_block(beginning.block)
    validate_content(block)
    if beginning.commit is not None:
        verify_commit(expected.chain_id, beginning.authorities, block.header, beginning.commit)
    elif block.header.height:
        raise ProofError("the snapshot's block has no commit", Reason.QUORUM_MISSING, compute_block_hash(block.header).hex())
    return checkpoint, block


def _take_entries(
    records: Iterator[Record], target: KeyValueStore, checkpoint: Checkpoint, progress: Callable[[int], None]
) -> tuple[Frontier, Record | None]:
    frontier = EMPTY_FRONTIER
    record = next(records, None)
    while isinstance(record, Entries):
        frontier = add_entries(target, frontier, record.entries)
        if frontier.size > checkpoint.size:
            raise ProofError("the snapshot has more entries than the checkpoint's log", value=str(checkpoint.size))
        progress(len(record.entries))
        record = next(records, None)
    return frontier, record


def _verify_log(target: KeyValueStore, frontier: Frontier, checkpoint: Checkpoint, block: Block) -> None:
    if (frontier.size, frontier.root) != (checkpoint.size, checkpoint.root):
        raise ProofError("the snapshot's entries are not those of the checkpoint's log", value=str(frontier.size))
    last = target.get(namespaces.compute_entry_key(EntryIndex(frontier.size - 1)))
    if last != HEADER.encode(block.header):
        raise ProofError("the log does not end with the header of the snapshot's block", value=str(block.header.height))


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
