"""The check of a store that does not hold all blocks: what is held is derived anew or proven by the commit of the last block.

That commit names the last header; the header names the log before its block and the roots of its block's entries and of the
state. So every entry and every current value is checked, and each block and commit that is held.
"""

from collections.abc import Callable, Sequence
from itertools import islice, zip_longest

from ledger import merkle
from ledger.authorities import Authority
from ledger.blocks import Block, verify_commit
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.merkle import EMPTY_FRONTIER, compute_leaf_hash, compute_tree_root
from ledger.reasons import Reason
from ledger.tiles import node_reader_from_tiles
from ledger.types import EntryIndex, Hash, Height
from node.chain.pages import load_end, move_end
from node.chain.pruning import load_lowest
from node.chain.reader import ChainReader
from node.chain.rebuilding import BATCH_ITEMS, add_entries, add_values, build_tree, index_entries
from node.chain.records import damaged, encode_tip, load_tile
from node.chain.rules import PartiesOf
from node.chain.sets import collect_sets, find_deciding
from node.storage import namespaces
from node.storage.comparing import compare
from node.storage.namespaces import Namespace, describe_key
from node.storage.protocol import KeyValueStore, Snapshot

_HELD_FROM_LOWEST = (namespaces.BLOCKS, namespaces.COMMITS)


def validate_content(block: Block) -> None:
    """Raise `ProofError` unless a block holds the transactions and the evidence that its header names."""
    header = block.header
    for items, root in ((block.transactions, header.transactions_root), (block.evidence, header.evidence_root)):
        if compute_tree_root([compute_leaf_hash(item) for item in items]) != root:
            raise ProofError("a block does not hold what its header names", value=str(header.height))


def audit(
    content: Snapshot,
    scratch: KeyValueStore,
    first_set: tuple[Authority, ...],
    genesis_hash: Hash,
    parties_of: PartiesOf,
    progress: Callable[[Height], None] | None,
) -> dict[bytes, int]:
    """Check everything that a store holds; return how many values each namespace has, by prefix.

    The ends of the store were checked when its chain was opened. `first_set` is the authorities of genesis, `scratch` an empty
    store that will take as much room. Raises `STORE_DAMAGED` that names the first difference.
    """
    reader = ChainReader(content)
    _rebuild(reader, scratch, genesis_hash, parties_of)
    move_end(scratch, load_end(content))
    derived = [item for item in namespaces.NAMESPACES if item not in _HELD_FROM_LOWEST]
    counts = {namespace.prefix: compare(scratch, content, namespace) for namespace in derived}
    sets = collect_sets(first_set, reader.iterate_entries(EntryIndex(0), reader.tip.size))
    held = _check_blocks(reader, content, scratch, sets, progress)
    return {**counts, namespaces.BLOCKS.prefix: held, namespaces.COMMITS.prefix: held}


def _rebuild(reader: ChainReader, scratch: KeyValueStore, genesis_hash: Hash, parties_of: PartiesOf) -> None:
    frontier = EMPTY_FRONTIER
    entries = reader.iterate_entries(EntryIndex(0), reader.tip.size)
    while batch := tuple(islice(entries, BATCH_ITEMS)):
        frontier = add_entries(scratch, frontier, batch)
    values = reader.iterate_values()
    while pairs := tuple(islice(values, BATCH_ITEMS)):
        add_values(scratch, pairs)
    build_tree(scratch)
    try:
        index_entries(scratch, reader.tip.size, genesis_hash, parties_of)
    except (CodecError, ProofError) as error:
        raise damaged(f"the log is damaged: {error.detail}", error.value) from error
    scratch.write(
        {
            namespaces.FORMAT.key(): namespaces.FORMAT_VERSION,
            namespaces.GENESIS.key(): bytes(genesis_hash),
            namespaces.TIP.key(): encode_tip(reader.tip),
        }
    )


def _check_blocks(
    reader: ChainReader,
    content: Snapshot,
    scratch: KeyValueStore,
    sets: Sequence[tuple[Authority, ...]],
    progress: Callable[[Height], None] | None,
) -> int:
    """Check each block that is held against its header in the log, and that there are no others; return how many."""
    lowest = load_lowest(content)
    heights = [Height(height) for height in range(lowest, reader.tip.height + 1)]
    _require_keys(content, namespaces.BLOCKS, [namespaces.compute_block_key(height) for height in heights])
    _require_keys(content, namespaces.COMMITS, [namespaces.compute_commit_key(height) for height in heights])
    for height in heights:
        _check_block(reader, scratch, sets, height)
        if progress is not None:
            progress(height)
    return len(heights)


def _require_keys(content: Snapshot, namespace: Namespace, expected: Sequence[bytes]) -> None:
    found = (key for key, _value in content.iterate(namespace.prefix))
    for wanted, key in zip_longest(expected, found):
        if wanted == key:
            continue
        if key is not None and (wanted is None or key < wanted):
            raise damaged(f"{describe_key(key)} should not be there")
        raise damaged(f"{describe_key(wanted)} is missing")


def _check_block(reader: ChainReader, scratch: KeyValueStore, sets: Sequence[tuple[Authority, ...]], height: Height) -> None:
    block = reader.read_block(height)
    header = block.header
    if header != reader.read_header(height):
        raise damaged(f"block {height} is not the one whose header is in the log")
    entries = reader.iterate_entries(header.log_size, reader.find_header_entry(height))
    nodes = node_reader_from_tiles(lambda level, index: load_tile(scratch, level, index))
    try:
        validate_content(block)
        verify_commit(header.chain_id, find_deciding(sets, header), header, reader.read_commit(height))
        if compute_tree_root([compute_leaf_hash(entry) for entry in entries]) != header.events_root:
            raise ProofError("its entries in the log are not those that its header names")
        if merkle.compute_root_at(nodes, header.log_size) != header.log_root:
            raise ProofError("the log before it is not the one that its header names")
    except HourledgerError as error:
        if error.reason is Reason.STORE_DAMAGED:
            raise
        raise damaged(f"block {height} is not good: {error.detail}", error.value) from error
