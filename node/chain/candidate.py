"""From a block's executed transactions to its header and to everything that is stored of it.

A proposer and a validator both come through here; so the header that one proposes is compared with the one that the other would
have made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from ledger.authorities import Authority, compute_authorities_hash
from ledger.blocks import HEADER, HEADER_VERSION, Block, Header, compute_block_hash, encode_block
from ledger.errors import HourledgerError
from ledger.events import Outcome
from ledger.execution import BlockContext, Executed
from ledger.merkle import (
    EMPTY_FRONTIER,
    Extended,
    Frontier,
    compute_leaf_hash,
    compute_leaf_hashes,
    compute_tree_root,
    extend,
)
from ledger.state_updates import Revised, hash_changes, revise
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH
from ledger.types import HASH_BYTES, PUBLIC_KEY_BYTES, ZERO_HASH, EntryIndex, Hash, Height, Identifier, PublicKey, TimeMs
from node.chain.log_entries import compute_mention_writes, compute_run_writes
from node.chain.pages import StoredPages, compute_end_write, compute_leaving
from node.chain.records import Ground, Tip, damaged, encode_tip, load_tile
from node.chain.rules import ChainRules, PartiesOf
from node.storage import namespaces
from node.storage.protocol import Readable

NO_PROPOSER = PublicKey(bytes(PUBLIC_KEY_BYTES))
"""Stands in block 0, which nobody proposed."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A transaction that a proposer did not take into its block, and why."""

    transaction_id: Hash
    error: HourledgerError


@dataclass(frozen=True, slots=True)
class Candidate:
    """A block that follows the tip, executed and ready to be committed.

    `deciders` are the authorities whose quorum makes it final. `entries` ends with the header's. `tip` is where the chain
    stands after it, `writes` all that is stored of it besides the commit; `changes` of the state and `revised` of its tree are
    for what is kept in memory. `left_out` is for whoever offered the transactions of a built block.
    """

    block: Block
    block_hash: Hash
    deciders: tuple[Authority, ...]
    outcomes: tuple[Outcome, ...]
    entries: tuple[bytes, ...]
    tip: Tip
    writes: Mapping[bytes, bytes | None]
    changes: Mapping[bytes, bytes | None]
    revised: Revised
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block goes: its height, what it follows, and the log before it."""

    height: Height
    parent_hash: Hash
    frontier: Frontier


def compute_first_place(rules: ChainRules) -> Place:
    """Place of block 0."""
    return Place(Height(0), rules.compute_genesis_hash(), EMPTY_FRONTIER)


def compute_next_place(tip: Tip) -> Place:
    """Place of the block after `tip`."""
    return Place(Height(tip.height + 1), tip.block_hash, tip.frontier)


def compute_header_start(
    rules: ChainRules,
    rule_book_version: int,
    place: Place,
    deciders: tuple[Authority, ...],
    time_ms: TimeMs,
    proposer: PublicKey,
    transactions: Sequence[bytes],
    evidence: Sequence[bytes] = (),
) -> Header:
    """Return the header as far as it is known before execution; the fields that execution decides are zero."""
    return Header(
        version=HEADER_VERSION,
        chain_id=rules.chain_id,
        height=place.height,
        time_ms=time_ms,
        parent_hash=place.parent_hash,
        proposer=proposer,
        transactions_root=compute_tree_root([compute_leaf_hash(envelope) for envelope in transactions]),
        events_root=ZERO_HASH,
        state_root=ZERO_HASH,
        log_size=EntryIndex(place.frontier.size),
        log_root=place.frontier.root,
        authorities_hash=compute_authorities_hash(deciders),
        next_authorities_hash=ZERO_HASH,
        rule_book_version=rule_book_version,
        evidence_root=compute_tree_root([compute_leaf_hash(item) for item in evidence]),
    )


def make_context(chain_id: str, place: Place, time_ms: TimeMs, deciders: tuple[Authority, ...]) -> BlockContext:
    """Return what the block at `place` gives to its transactions."""
    return BlockContext(chain_id, place.height, time_ms, place.parent_hash, compute_authorities_hash(deciders))


def find_difference(expected: Header, found: Header, ignored: Sequence[str] = ()) -> str | None:
    """Return the name of the first field in which two headers differ, None when they agree."""
    names = (field.name for field in fields(Header) if field.name not in ignored)
    return next((name for name in names if getattr(expected, name) != getattr(found, name)), None)


def assemble(
    rules: ChainRules,
    ground: Ground,
    place: Place,
    deciders: tuple[Authority, ...],
    start: Header,
    transactions: tuple[bytes, ...],
    executed: Executed,
    evidence: tuple[bytes, ...] = (),
) -> Candidate:
    """Return the block that these executed transactions make at `place`, with everything to be stored of it.

    The store of `ground` is read at the right edge of the log and along the changed paths of the state tree, and nowhere else.
    """
    changes = executed.state.changes
    leaves, end, next_end = hash_changes(changes), ground.pages.end, ground.pages.next_end
    leaving = compute_leaving(ground.store, end, next_end)
    revised = revise(ground.pages, StoredPages(ground.store).read, leaves, leaving)
    leaf_hashes = compute_leaf_hashes(executed.entries)
    header = replace(
        start,
        events_root=compute_tree_root(leaf_hashes),
        state_root=revised.root,
        next_authorities_hash=compute_authorities_hash(
            rules.rule_books.find_authorities(executed.state, Height(place.height + 1))
        ),
    )
    entries = (*executed.entries, HEADER.encode(header))
    extended = extend(place.frontier, [*leaf_hashes, compute_leaf_hash(entries[-1])])
    tip = Tip(header, extended.frontier)
    block = Block(header, transactions, evidence)
    writes: dict[bytes, bytes | None] = {namespaces.compute_block_key(place.height): encode_block(block)}
    writes.update(compute_run_writes(ground.store, place.frontier.size, entries))
    writes.update(compute_mention_writes(_find_mentions(place, entries, rules.parties_of)))
    writes[namespaces.compute_header_key(place.height)] = namespaces.encode_number(tip.size - 1)
    writes.update(_compute_outcome_writes(place, executed))
    writes.update(compute_tile_writes(ground.store, extended))
    state, leaf, page = namespaces.STATE.prefix, namespaces.LEAVES.prefix, namespaces.PAGES.prefix
    writes.update({state + key: value for key, value in changes.items()})
    writes.update({leaf + key_hash: value_hash for key_hash, value_hash in leaves.items()})
    writes.update({page + path: encoded for path, encoded in revised.pages.items()})
    if next_end != end:
        writes.update(compute_end_write(next_end))
    writes[namespaces.TIP.key()] = encode_tip(tip)
    return Candidate(block, compute_block_hash(header), deciders, executed.outcomes, entries, tip, writes, changes, revised)


def _find_mentions(place: Place, entries: Sequence[bytes], parties_of: PartiesOf) -> dict[Identifier, list[int]]:
    """Return the indexes of the entries that name each party."""
    mentions: dict[Identifier, list[int]] = {}
    for index, entry in enumerate(entries, place.frontier.size):
        for party in parties_of(entry):
            mentions.setdefault(party, []).append(index)
    return mentions


def _compute_outcome_writes(place: Place, executed: Executed) -> dict[bytes, bytes | None]:
    """Where each transaction's outcome is: after its events, which come in order, and the events of offences before all."""
    writes: dict[bytes, bytes | None] = {}
    of_transactions = sum(outcome.event_count + 1 for outcome in executed.outcomes)
    index = place.frontier.size + len(executed.entries) - of_transactions
    for outcome in executed.outcomes:
        index += outcome.event_count
        writes[namespaces.compute_transaction_key(outcome.transaction_id)] = namespaces.encode_number(index)
        index += 1
    return writes


def compute_tile_writes(source: Readable, extended: Extended) -> dict[bytes, bytes | None]:
    """Tiles that grow. Only the last tile of a level can have been there before, as a partial one."""
    writes: dict[bytes, bytes | None] = {}
    for tile_level, (index, hashes) in enumerate(extended.levels[::TILE_HEIGHT]):
        taken = 0
        while taken < len(hashes):
            tile_index, position = divmod(index + taken, TILE_WIDTH)
            before = _load_partial_tile(source, (tile_level, tile_index), position) if position else b""
            grown = hashes[taken : taken + TILE_WIDTH - position]
            writes[namespaces.compute_tile_key(tile_level, tile_index)] = before + b"".join(grown)
            taken += len(grown)
    return writes


def _load_partial_tile(source: Readable, tile: tuple[int, int], width: int) -> bytes:
    data = load_tile(source, *tile)
    if len(data) != width * HASH_BYTES:
        raise damaged(f"tile {tile[0]}/{tile[1]} does not have {width} hashes", f"{len(data)} bytes")
    return data
