"""Old blocks and commits given up to free disk. What they led to stays: every entry, tile, proof and outcome.

A store says which is the lowest block that it holds; below it there is none. One synced batch a step, apart from the batches of
blocks, so that a crash leaves either the one or the other.
"""

from typing import Final

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Height
from node.chain.records import damaged, decode_tip, load, load_required
from node.storage import namespaces
from node.storage.protocol import KeyValueStore, Readable

BATCH_BLOCKS: Final = 100


def load_lowest(source: Readable) -> Height:
    """Return the lowest height whose block is held; 0 where nothing was given up. Raises `STORE_DAMAGED`."""
    lowest = load(source, namespaces.LOWEST.key(), bytes)
    if lowest is None:
        return Height(0)
    if len(lowest) != namespaces.NUMBER_BYTES or namespaces.decode_number(lowest) == 0:
        raise damaged("the lowest block held is not a height", lowest.hex())
    return Height(namespaces.decode_number(lowest))


def require_held(source: Readable, height: Height) -> None:
    """Raise `PRUNED` for the height of a block that this store has given up or never had."""
    lowest = load_lowest(source)
    if height < lowest:
        raise HourledgerError(Reason.PRUNED, f"this node holds blocks from {lowest} on", str(height))


def compute_new_lowest(source: Readable, keep_blocks: int) -> Height:
    """Return the lowest height that is held when only the last `keep_blocks` blocks are kept; 0 keeps all."""
    lowest = load_lowest(source)
    if keep_blocks == 0:
        return lowest
    tip = load_required(source, namespaces.TIP.key(), decode_tip)
    return Height(max(lowest, tip.height + 1 - keep_blocks))


def prune(store: KeyValueStore, keep_blocks: int) -> int:
    """Give up all blocks but the last `keep_blocks`, in batches; return how many went. 0 keeps all.

    The newest block always stays. Raises `WRITE_FAILED`; what was given up until then stays given up.
    """
    lowest, new_lowest = load_lowest(store), compute_new_lowest(store, keep_blocks)
    for start in range(lowest, new_lowest, BATCH_BLOCKS):
        stop = min(start + BATCH_BLOCKS, new_lowest)
        writes: dict[bytes, bytes | None] = {namespaces.LOWEST.key(): namespaces.encode_number(stop)}
        for height in map(Height, range(start, stop)):
            writes[namespaces.compute_block_key(height)] = None
            writes[namespaces.compute_commit_key(height)] = None
        store.write(writes)
    return new_lowest - lowest
