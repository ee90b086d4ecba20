"""Reads and proofs, all of one moment: a reader goes on showing the chain at its height while blocks are added.

So that proofs fit together: entry proofs are under the log of `tip.size` entries or a smaller one, state proofs under the state
root of the header that is the last of those entries. Keep the reader of the height whose checkpoint is being served.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from ledger import log_proof, merkle, state_tree
from ledger.blocks import Block, Commit, Header, commit_codec, decode_block
from ledger.codec import decode
from ledger.errors import CodecError, HourledgerError
from ledger.events import OUTCOME, Outcome
from ledger.merkle import NodeReader
from ledger.reasons import Reason
from ledger.state import compute_key_hash
from ledger.state_tree import StateProof
from ledger.tiles import MAX_TILE_LEVEL, TILE_HEIGHT, TILE_WIDTH, node_reader_from_tiles
from ledger.types import HASH_BYTES, EntryIndex, Hash, Height, Identifier
from node.chain.log_entries import (
    decode_mentions,
    iterate_entries,
    load_entry,
    load_header_at,
    load_run,
)
from node.chain.pages import StoredPages
from node.chain.pruning import load_lowest, require_held
from node.chain.records import (
    StateView,
    Tip,
    damaged,
    decode_reference,
    decode_tip,
    load,
    load_required,
    load_tile,
)
from node.storage import namespaces
from node.storage.namespaces import ENTRIES_IN_RUN
from node.storage.protocol import Readable, Snapshot

MAX_COMMIT_BYTES = 1 << 14
"""Above 64 votes of 100 bytes."""
FIRST_ENTRY: Final = EntryIndex(0)


@dataclass(frozen=True, slots=True)
class FoundOutcome:
    """What became of a transaction, and the index of the entry that says so."""

    outcome: Outcome
    index: EntryIndex


def find_outcome(source: Readable, transaction_id: Hash) -> FoundOutcome | None:
    """Return the final outcome of a transaction, None when there is none; raise `STORE_DAMAGED`."""
    index = load(source, namespaces.compute_transaction_key(transaction_id), decode_reference)
    if index is None:
        return None
    return FoundOutcome(load_entry(source, index, OUTCOME.decode), index)


class ChainReader:
    """A chain as it was at one height. Close it, or use it in a `with` statement.

    What does not exist at that height raises `NOT_FOUND`; what must exist and does not, `STORE_DAMAGED`; a block that was given
    up to free disk, `PRUNED`.
    """

    __slots__ = ("_last_run", "_pages", "_snapshot", "state", "tip")

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._pages = StoredPages(snapshot)
        self._last_run: tuple[int, tuple[bytes, ...]] = -1, ()
        self.tip: Tip = load_required(snapshot, namespaces.TIP.key(), decode_tip)
        self.state = StateView(snapshot)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the snapshot."""
        self._snapshot.close()

    def read_block(self, height: Height) -> Block:
        """Return the block at a height."""
        self._require_height(height)
        require_held(self._snapshot, height)
        return load_required(self._snapshot, namespaces.compute_block_key(height), decode_block)

    def read_block_bytes(self, height: Height) -> bytes:
        """Return the bytes of the block at a height, as they are stored: they are the one encoding of it."""
        self._require_height(height)
        require_held(self._snapshot, height)
        return load_required(self._snapshot, namespaces.compute_block_key(height), bytes)

    def read_commit(self, height: Height) -> Commit:
        """Return the commit of the block at a height; block 0 has none."""
        self._require_height(height)
        if height == 0:
            raise HourledgerError(Reason.NOT_FOUND, "block 0 follows from genesis and has no commit")
        require_held(self._snapshot, height)
        return load_required(self._snapshot, namespaces.compute_commit_key(height), decode_commit)

    @property
    def lowest_block(self) -> Height:
        """Lowest height whose block is held."""
        return load_lowest(self._snapshot)

    def find_header_entry(self, height: Height) -> EntryIndex:
        """Return the index of the entry that is the header of a height."""
        self._require_height(height)
        return load_required(self._snapshot, namespaces.compute_header_key(height), decode_reference)

    def read_header(self, height: Height) -> Header:
        """Return the header at a height, without reading its block."""
        return load_header_at(self._snapshot, self.find_header_entry(height))

    def read_entry(self, index: EntryIndex) -> bytes:
        """Return an entry."""
        self._require_range(index, index + 1)
        number, position = divmod(index, ENTRIES_IN_RUN)
        # Who reads the entries of an organisation reads many of one run: from the second on, they are taken apart once.
        # Other threads may read meanwhile.
        last, entries = self._last_run
        if last != number:
            self._last_run = number, ()
            return load_entry(self._snapshot, index, bytes)
        if not entries:
            entries = load_run(self._snapshot, number)
            self._last_run = number, entries
        if position >= len(entries):
            raise damaged(f"log entry {index} is missing")
        return entries[position]

    def iterate_entries(self, start: EntryIndex, stop: EntryIndex) -> Iterator[bytes]:
        """Yield the entries from `start` on, before `stop`."""
        self._require_range(start, stop)
        yield from iterate_entries(self._snapshot, start, stop)

    def iterate_values(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the current values by state key, ascending."""
        for key, value in self._snapshot.iterate(namespaces.STATE.prefix):
            yield key[len(namespaces.STATE.prefix) :], value

    def iterate_values_under(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the current values whose state key begins with `prefix`, with the rest of the key, from the rest `start` on."""
        whole = namespaces.STATE.key(prefix)
        for key, value in self._snapshot.iterate(whole, start):
            yield key[len(whole) :], value

    def iterate_subject(self, party: Identifier, start: EntryIndex = FIRST_ENTRY) -> Iterator[EntryIndex]:
        """Yield the indexes, from `start` on, of the entries that a party may read because they name it."""
        self._require_range(start, self.tip.size)
        prefix = namespaces.SUBJECTS.key(party)
        for key, data in self._snapshot.iterate(prefix, namespaces.encode_number(start)):
            if data:
                yield from (index for index in _decode_mentions(key, data) if index >= start)
            else:  # One entry of the block names the party, as most often.
                yield decode_reference(key[len(prefix) :])

    def find_outcome(self, transaction_id: Hash) -> FoundOutcome | None:
        """Return the final outcome of a transaction, None when there was none at this height."""
        return find_outcome(self._snapshot, transaction_id)

    def iterate_handovers(self, start: Height) -> Iterator[tuple[Height, bytes]]:
        """Yield what is kept of the handovers to sets that decide from `start` on or later, oldest first."""
        prefix = namespaces.HANDOVERS.prefix
        for key, data in self._snapshot.iterate(prefix, namespaces.encode_number(start)):
            yield Height(namespaces.decode_number(key[len(prefix) :])), data

    def read_tile(self, level: int, index: int, width: int = TILE_WIDTH) -> bytes:
        """Return the first `width` hashes of a tile (C2SP tlog-tiles)."""
        is_tile = 0 <= level <= MAX_TILE_LEVEL and index >= 0 and 0 < width <= TILE_WIDTH
        if not is_tile or (index * TILE_WIDTH + width) << (TILE_HEIGHT * level) > self.tip.size:
            raise HourledgerError(Reason.NOT_FOUND, "the log has no such tile", f"{level}/{index}.p/{width}")
        return load_tile(self._snapshot, level, index)[: width * HASH_BYTES]

    def compute_root_at(self, size: EntryIndex) -> Hash:
        """Return the root of the log when it had `size` entries."""
        self._require_range(0, size)
        return merkle.compute_root_at(self._node_reader(), size)

    def prove_entry(self, index: EntryIndex, size: EntryIndex | None = None) -> tuple[Hash, ...]:
        """Return the proof that an entry is in the log of `size` entries, by default of all at this height."""
        size = self.tip.size if size is None else size
        self._require_range(0, size)
        return merkle.compute_inclusion_proof(self._node_reader(), index, size)

    def prove_entries(self, indices: Sequence[EntryIndex]) -> tuple[Hash, ...]:
        """Return the one proof that all these entries, ascending, are in the log of all at this height."""
        return log_proof.prove_entries(self._node_reader(), indices, self.tip.size)

    def prove_consistency(self, old_size: EntryIndex, new_size: EntryIndex | None = None) -> tuple[Hash, ...]:
        """Return the proof that the log of `new_size` entries, by default of all, begins with the one of `old_size`."""
        new_size = self.tip.size if new_size is None else new_size
        self._require_range(0, new_size)
        return merkle.compute_consistency_proof(self._node_reader(), old_size, new_size)

    def prove_state(self, key: bytes) -> StateProof:
        """Return the proof of a state key's value, or of its absence, under `tip.header.state_root`."""
        return state_tree.prove(self._pages.read, compute_key_hash(key))

    def _node_reader(self) -> NodeReader:
        return node_reader_from_tiles(lambda level, index: load_tile(self._snapshot, level, index))

    def _require_height(self, height: Height) -> None:
        if not 0 <= height <= self.tip.height:
            raise HourledgerError(Reason.NOT_FOUND, f"the chain has blocks 0 to {self.tip.height}", str(height))

    def _require_range(self, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= self.tip.size:
            raise HourledgerError(Reason.NOT_FOUND, f"the log has {self.tip.size} entries", f"{start} to {stop}")


def _decode_mentions(key: bytes, data: bytes) -> tuple[EntryIndex, ...]:
    try:
        return decode_mentions(decode_reference(key[-namespaces.NUMBER_BYTES :]), data)
    except CodecError as error:
        raise damaged(f"{namespaces.describe_key(key)} is damaged", error.detail) from error


def decode_commit(data: bytes) -> Commit:
    """Return the commit, or raise `CodecError`."""
    return decode(commit_codec, data, max_bytes=MAX_COMMIT_BYTES)
