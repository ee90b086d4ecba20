"""Everything in a store that follows from the log's entries and the current values, without replaying a block.

Nothing is proven here: the caller compares the roots that come out with those that somebody vouches for.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from ledger.blocks import HEADER
from ledger.errors import ProofError
from ledger.events import OUTCOME, find_type
from ledger.merkle import Frontier, compute_leaf_hashes, extend
from ledger.state_tree import compute_key_hash, compute_value_hash, read_root
from ledger.state_updates import PageCache, revise
from ledger.types import HASH_BYTES, EntryIndex, Hash, Height, Identifier
from node.chain.candidate import compute_tile_writes
from node.chain.log_entries import compute_mention_writes, compute_run_writes, iterate_entries
from node.chain.records import load_page
from node.chain.rules import PartiesOf
from node.storage import namespaces
from node.storage.protocol import KeyValueStore, Readable

BATCH_ITEMS: Final = 5_000
HELD_LEAVES: Final = 1_000_000
"""Leaves of the state tree held at a time, of 64 bytes each."""
_PLACES: Final = 256
"""First bytes of a leaf's place."""


def add_entries(target: KeyValueStore, frontier: Frontier, entries: Sequence[bytes]) -> Frontier:
    """Append entries and their tiles to a store whose log ends at `frontier`; return the new right edge."""
    extended = extend(frontier, compute_leaf_hashes(entries))
    writes = compute_run_writes(target, frontier.size, entries)
    target.write({**writes, **compute_tile_writes(target, extended)})
    return extended.frontier


def add_values(target: KeyValueStore, values: Sequence[tuple[bytes, bytes]]) -> None:
    """Set current values; `build_tree` makes the pages of the state tree over them."""
    target.write({namespaces.STATE.prefix + key: value for key, value in values})


def build_tree(target: KeyValueStore, count: int, held: int = HELD_LEAVES) -> Hash:
    """Write the pages of the state tree over the `count` values of a store that has no pages yet; return its root.

    Leaves are added in the order of their places, so that each page is made once and not again with every record of values. The
    values are gone through once for every `held` of them, so that no more leaves are held in memory at a time.
    """
    pages = PageCache(0)
    parts = min(_PLACES, 1 + count // held)
    for part in range(parts):
        places = range(part * _PLACES // parts, (part + 1) * _PLACES // parts)
        for leaves in _collect_leaves(target, places):
            revised = revise(pages, lambda path: load_page(target, path), leaves)
            target.write({namespaces.PAGES.prefix + path: page for path, page in revised.pages.items()})
            pages.take_over(revised)
    return read_root(lambda path: load_page(target, path))


def _collect_leaves(source: Readable, places: range) -> Iterator[dict[Hash, Hash | None]]:
    """Yield the leaves whose place begins with one of these bytes, those of one byte together, in ascending order."""
    packed = {place: bytearray() for place in places}
    for key, value in source.iterate(namespaces.STATE.prefix):
        key_hash = compute_key_hash(key[len(namespaces.STATE.prefix) :])
        leaves = packed.get(key_hash[0])
        if leaves is not None:
            leaves += key_hash
            leaves += compute_value_hash(value)
    for place in places:
        data = bytes(packed.pop(place))
        hashes = [Hash(data[start : start + HASH_BYTES]) for start in range(0, len(data), HASH_BYTES)]
        yield dict(zip(hashes[::2], hashes[1::2], strict=True))


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
