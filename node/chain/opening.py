"""How a chain's store begins, and the checks with which it is taken up again.

Opening looks only at the ends, in a time that does not grow with the chain: `node.storage.fsck` looks at everything.
"""

from ledger import merkle, state_tree
from ledger.blocks import HEADER, decode_block, verify_commit
from ledger.errors import HourledgerError
from ledger.execution import Executed
from ledger.reasons import Reason
from ledger.state_updates import PageCache
from ledger.tiles import node_reader_from_tiles
from ledger.types import EntryIndex, Height
from node.chain.candidate import NO_PROPOSER, Candidate, assemble, compute_first_place, compute_header_start
from node.chain.log_entries import find_entry, load_entry
from node.chain.pages import StoredPages
from node.chain.reader import decode_commit
from node.chain.records import (
    StateView,
    Tip,
    damaged,
    decode_reference,
    decode_tip,
    lay_ground,
    load_required,
    load_tile,
)
from node.chain.rules import ChainRules
from node.storage import namespaces
from node.storage.protocol import KeyValueStore, Readable


def open_tip(store: KeyValueStore, rules: ChainRules) -> Tip:
    """Write block 0 to an empty store, or check the one that is there; return where the chain stands.

    Raises `STORE_OF_ANOTHER_CHAIN`, `STORE_DAMAGED`, or `UNSUPPORTED_VERSION` for a store of another format.
    """
    version = store.get(namespaces.FORMAT.key())
    if version is None:
        return _initialise(store, rules)
    if version != namespaces.FORMAT_VERSION:
        detail = "the store is of another format than this version's: restore a snapshot, which any version reads, or sync anew"
        raise HourledgerError(Reason.UNSUPPORTED_VERSION, detail, ascii(version))
    genesis_hash = load_required(store, namespaces.GENESIS.key(), bytes)
    if genesis_hash != rules.compute_genesis_hash():
        detail = f"the store was not begun from this genesis of {rules.chain_id}"
        raise HourledgerError(Reason.STORE_OF_ANOTHER_CHAIN, detail, genesis_hash.hex())
    tip = load_required(store, namespaces.TIP.key(), decode_tip)
    _verify_last_block(store, rules, tip)
    _verify_log_end(store, tip)
    _verify_state_root(store, tip)
    return tip


def compute_first_candidate(store: Readable, rules: ChainRules) -> Candidate:
    """Return block 0: the genesis state and nothing else."""
    place = compute_first_place(rules)
    deciders = rules.rule_books.find_authorities(rules.genesis_state, place.height)
    version = rules.rule_books.find_version(rules.genesis_state, place.height)
    start = compute_header_start(rules, version, place, deciders, rules.genesis.time_ms, NO_PROPOSER, ())
    return assemble(rules, lay_ground(store, PageCache()), place, deciders, start, (), Executed((), (), rules.genesis_state))


def _initialise(store: KeyValueStore, rules: ChainRules) -> Tip:
    if next(store.iterate(), None) is not None:
        raise damaged("the store has content, but does not say of which format")
    candidate = compute_first_candidate(store, rules)
    beginning = {
        namespaces.FORMAT.key(): namespaces.FORMAT_VERSION,
        namespaces.GENESIS.key(): bytes(rules.compute_genesis_hash()),
    }
    store.write({**candidate.writes, **beginning})
    return candidate.tip


def _verify_last_block(store: Readable, rules: ChainRules, tip: Tip) -> None:
    block = load_required(store, namespaces.compute_block_key(tip.height), decode_block)
    if block.header != tip.header:
        raise damaged(f"block {tip.height} is not the one that the tip names")
    if store.get(namespaces.compute_block_key(Height(tip.height + 1))) is not None:
        raise damaged(f"there is a block above the tip, {tip.height}")
    if tip.height > 0:
        commit = load_required(store, namespaces.compute_commit_key(tip.height), decode_commit)
        try:
            # The state after a block still names the set that decided on it.
            deciders = rules.rule_books.find_authorities(StateView(store), tip.height)
            verify_commit(rules.chain_id, deciders, tip.header, commit)
        except HourledgerError as error:
            raise damaged(f"the commit of block {tip.height} is not good", error.detail) from error


def _verify_log_end(store: Readable, tip: Tip) -> None:
    if tip.size <= tip.header.log_size:
        raise damaged("the frontier of the tip does not fit its header", str(tip.size))
    last = EntryIndex(tip.size - 1)
    if load_entry(store, last, bytes) != HEADER.encode(tip.header):
        raise damaged("the last entry of the log is not the header of the tip", str(last))
    if load_required(store, namespaces.compute_header_key(tip.height), decode_reference) != last:
        raise damaged("the header of the tip is not found where the log has it", str(last))
    if find_entry(store, tip.size) is not None:
        raise damaged("the log goes on after the header of the tip", str(tip.size))
    reader = node_reader_from_tiles(lambda level, index: load_tile(store, level, index))
    try:
        frontier = merkle.read_frontier(reader, tip.size)
    except HourledgerError as error:
        raise damaged("the right edge of the log's tiles is missing or too short", error.detail) from error
    if frontier != tip.frontier:
        raise damaged("the log's tiles do not lead to the frontier of the tip")


def _verify_state_root(store: Readable, tip: Tip) -> None:
    if state_tree.read_root(StoredPages(store).read) != tip.header.state_root:
        raise damaged(f"the state tree does not have the root of block {tip.height}")
