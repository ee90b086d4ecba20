"""Everything in a store that follows from the log's entries and the current values, without replaying a block.

Nothing is proven here: the caller compares the roots that come out with those that somebody vouches for.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from ledger.blocks import HEADER
from ledger.errors import ProofError
from ledger.events import OUTCOME, split_entry
from ledger.merkle import Frontier, append, compute_leaf_hash
from ledger.state import iterate_hashed
from ledger.state_updates import PageCache, revise
from ledger.types import EntryIndex, Hash, Height, Identifier
from node.chain.candidate import compute_tile_writes
from node.chain.log_entries import compute_mention_writes, compute_run_writes, iterate_entries
from node.chain.records import load_page
from node.chain.rules import PartiesOf
from node.storage import namespaces
from node.storage.protocol import KeyValueStore

BATCH_ITEMS: Final = 5_000


def add_entries(target: KeyValueStore, frontier: Frontier, entries: Sequence[bytes]) -> Frontier:
    """Append entries and their tiles to a store whose log ends at `frontier`; return the new right edge."""
    appended = append(frontier, [compute_leaf_hash(entry) for entry in entries])
    writes = compute_run_writes(target, frontier.size, entries)
    target.write({**writes, **compute_tile_writes(target, appended)})
    return appended.frontier


def add_values(target: KeyValueStore, pages: PageCache, values: Sequence[tuple[bytes, bytes]]) -> Hash:
    """Set current values and their pages; return the root of the state tree. `pages` are those of the target in memory."""
    revised = revise(pages, lambda path: load_page(target, path), dict(iterate_hashed(dict(values))))
    writes: dict[bytes, bytes | None] = {namespaces.STATE.prefix + key: value for key, value in values}
    writes.update((namespaces.PAGES.prefix + path, page) for path, page in revised.pages.items())
    target.write(writes)
    pages.take_over(revised)
    return revised.root


def index_entries(target: KeyValueStore, size: int, genesis_hash: Hash, parties_of: PartiesOf) -> Height:
    """Write what is found by way of the log's `size` entries: headers, outcomes, parties. Return the height of the last header.

    Raises `CodecError` for an entry of a type that is not known here, `ProofError` when the headers are not those of one chain
    from `genesis_hash` on.
    """
    height = -1
    content = target.snapshot()
    try:
        entries = enumerate(iterate_entries(content, 0, size))
        mentions: dict[Identifier, list[int]] = {}
        while batch := tuple(islice(entries, BATCH_ITEMS)):
            writes: dict[bytes, bytes | None] = {}
            for index, entry in batch:
                for party in parties_of(entry):
                    mentions.setdefault(party, []).append(index)
                last_height, height = height, _index_entry(writes, EntryIndex(index), entry, height, genesis_hash)
                if height > last_height:  # A header ends its block.
                    writes.update(compute_mention_writes(mentions))
                    mentions = {}
            target.write(writes)
    finally:
        content.close()
    return Height(height)


def _index_entry(writes: dict[bytes, bytes | None], index: EntryIndex, entry: bytes, height: int, genesis_hash: Hash) -> int:
    """Note an outcome or a header; return the height of the last header so far."""
    name, _fields = split_entry(entry)
    if name == OUTCOME.name:
        key = namespaces.compute_transaction_key(OUTCOME.decode(entry).transaction_id)
        writes[key] = namespaces.encode_number(index)
    elif name == HEADER.name:
        header = HEADER.decode(entry)
        if header.height != height + 1 or (header.height == 0 and header.parent_hash != genesis_hash):
            raise ProofError("the headers in the log are not those of one chain from this genesis on", value=str(header.height))
        writes[namespaces.compute_header_key(header.height)] = namespaces.encode_number(index)
        return header.height
    return height
