"""Everything in a store that follows from the log's entries and the current values, without replaying a block.

Nothing is proven here: the caller compares the roots that come out with those that somebody vouches for.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Final

from ledger.blocks import HEADER
from ledger.errors import ProofError
from ledger.events import OUTCOME, find_type
from ledger.merkle import Frontier, compute_leaf_hashes, extend
from ledger.state_pages import GROUP_DEPTH
from ledger.state_tree import read_root
from ledger.state_updates import DEFAULT_CAPACITY, PageCache, hash_changes, revise
from ledger.types import EntryIndex, Hash, Height, Identifier
from node.chain.candidate import compute_tile_writes
from node.chain.log_entries import compute_mention_writes, compute_run_writes, iterate_entries
from node.chain.pages import choose_end, load_leaves, move_end
from node.chain.rules import PartiesOf
from node.storage import namespaces
from node.storage.protocol import KeyValueStore

BATCH_ITEMS: Final = 5_000
_PARTS: Final = 256
"""In which the tree is made: by the first byte of leaves."""


def add_entries(target: KeyValueStore, frontier: Frontier, entries: Sequence[bytes]) -> Frontier:
    """Append entries and their tiles to a store whose log ends at `frontier`; return the new right edge."""
    extended = extend(frontier, compute_leaf_hashes(entries))
    writes = compute_run_writes(target, frontier.size, entries)
    target.write({**writes, **compute_tile_writes(target, extended)})
    return extended.frontier


def add_values(target: KeyValueStore, values: Sequence[tuple[bytes, bytes]]) -> None:
    """Set current values and their leaves; `build_tree` makes the pages of the state tree over them."""
    state, leaf = namespaces.STATE.prefix, namespaces.LEAVES.prefix
    leaves = hash_changes(dict(values))
    target.write(
        {
            **{state + key: value for key, value in values},
            **{leaf + key_hash: value_hash for key_hash, value_hash in leaves.items()},
        }
    )


def build_tree(target: KeyValueStore, capacity: int = DEFAULT_CAPACITY) -> Hash:
    """Write the pages of the state tree over the leaves of a store that has no pages yet; return its root.

    Of the deeper ones as many stay unwritten as a node keeps in memory.
    """
    counts: Counter[bytes] = Counter()

    def read(path: bytes) -> bytes | None:
        return target.get(namespaces.PAGES.key(path))

    for part in range(_PARTS):
        made = PageCache()
        revised = revise(made, read, load_leaves(target, b"%02x" % part))
        target.write({namespaces.PAGES.prefix + path: page for path, page in revised.pages.items()})
        made.take_over(revised)
        counts.update(path[:GROUP_DEPTH] for path, _page in made.list_pages() if len(path) > GROUP_DEPTH)
    move_end(target, choose_end(counts, capacity))
    return read_root(read)


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
    name = find_type(entry)
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
