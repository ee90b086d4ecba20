"""Derives everything in a store anew from genesis, its blocks and their commits, and names the first thing that differs.

The blocks are replayed into a scratch chain, which checks them as it would a stranger's: signatures, commits, roots, rules.
Then the two stores are compared key by key, causes before consequences. Nothing is repaired and nothing written to the store.

A store that was pruned or begun from a snapshot cannot be replayed: see `node.chain.auditing` for how it is checked instead.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.blocks import decode_block
from ledger.errors import CodecError, HourledgerError
from ledger.execution import RuleBooks
from ledger.genesis import Genesis, compute_genesis_hash
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Height
from node.chain.application import Chain
from node.chain.auditing import audit
from node.chain.pages import load_end, move_end
from node.chain.pruning import load_lowest
from node.chain.reader import decode_commit
from node.chain.records import damaged, decode_tip, load, load_required
from node.chain.rules import PartiesOf
from node.storage import namespaces
from node.storage.comparing import Difference, compare, explain, validate_no_strangers
from node.storage.memory import MemoryStore
from node.storage.namespaces import describe_key
from node.storage.protocol import KeyValueStore, Readable


@dataclass(frozen=True, slots=True)
class FsckReport:
    """How much was checked and found good. Blocks are held from height `lowest_block` on; 0 means that all were replayed."""

    blocks: int
    entries: int
    transactions: int
    values: int
    lowest_block: int = 0


def check_store(
    store: KeyValueStore,
    genesis: Genesis,
    rule_books: RuleBooks,
    genesis_state: Overlay,
    parties_of: PartiesOf,
    *,
    scratch: KeyValueStore | None = None,
    progress: Callable[[Height], None] | None = None,
) -> FsckReport:
    """Check a store and count what is in it; raise `STORE_DAMAGED` that says what differs, where, and how.

    `scratch` is an empty store for the replay, which takes as much room as the one that is checked: by default in memory.
    `progress` is told each height that was checked. Raises `STORE_OF_ANOTHER_CHAIN` when the store began from another genesis.
    """
    scratch = MemoryStore() if scratch is None else scratch
    content = store.snapshot()
    try:
        lowest = load_lowest(content)
        if lowest:
            Chain.open(store, genesis, rule_books, genesis_state, parties_of)
            counts = audit(content, scratch, genesis.authorities, compute_genesis_hash(genesis), parties_of, progress)
        else:
            chain = Chain.open(scratch, genesis, rule_books, genesis_state, parties_of)
            _validate_beginning(scratch, content)
            _replay(chain, content, progress)
            move_end(scratch, load_end(content))
            counts = {namespace.prefix: compare(scratch, content, namespace) for namespace in namespaces.NAMESPACES}
        compare(scratch, content, namespaces.END)
        validate_no_strangers(content)
        size = load_required(content, namespaces.TIP.key(), decode_tip).size
    finally:
        content.close()
    return FsckReport(
        blocks=counts[namespaces.BLOCKS.prefix],
        entries=size,
        transactions=counts[namespaces.TRANSACTIONS.prefix],
        values=counts[namespaces.STATE.prefix],
        lowest_block=lowest,
    )


def _validate_beginning(expected: Readable, found: Readable) -> None:
    """Compare format, genesis and block 0. Two of them against one say that it is another chain and not damage."""
    compare(expected, found, namespaces.FORMAT)
    genesis_key, block_key = namespaces.GENESIS.key(), namespaces.compute_block_key(Height(0))
    is_other_genesis = found.get(genesis_key) != expected.get(genesis_key)
    is_other_block = found.get(block_key) != expected.get(block_key)
    if is_other_genesis and is_other_block:
        first = load_required(found, block_key, decode_block)
        if first.header.parent_hash == found.get(genesis_key):
            detail = "the store was begun from another genesis"
            raise HourledgerError(Reason.STORE_OF_ANOTHER_CHAIN, detail, first.header.parent_hash.hex())
    if is_other_genesis:
        raise explain(Difference(genesis_key, expected.get(genesis_key), found.get(genesis_key)))
    if is_other_block:
        raise explain(Difference(block_key, expected.get(block_key), found.get(block_key)))


def _replay(chain: Chain, found: Readable, progress: Callable[[Height], None] | None) -> None:
    """Bring the scratch chain to the height of the store, block by block."""
    height = Height(0)
    for key, data in found.iterate(namespaces.BLOCKS.prefix, namespaces.encode_number(1)):
        height = Height(chain.tip.height + 1)
        if key != namespaces.compute_block_key(height):
            raise damaged(f"{describe_key(namespaces.compute_block_key(height))} is missing, though later ones are there")
        _replay_block(chain, found, height, data)
        if progress is not None:
            progress(height)
    tip = load(found, namespaces.TIP.key(), decode_tip)
    if tip is not None and tip.height > height:
        raise damaged(f"block {height + 1} is missing: the tip is at {tip.height}")


def _replay_block(chain: Chain, found: Readable, height: Height, data: bytes) -> None:
    try:
        candidate = chain.validate(decode_block(data))
    except CodecError as error:
        raise damaged(f"block {height} is damaged", error.detail) from error
    except HourledgerError as error:
        raise damaged(f"block {height} does not follow from the blocks before: {error.detail}", error.value) from error
    commit = load_required(found, namespaces.compute_commit_key(height), decode_commit)
    try:
        chain.commit(candidate, commit)
    except HourledgerError as error:
        if error.reason is Reason.WRITE_FAILED:  # The scratch store's disk is full: that says nothing about this one.
            raise
        raise damaged(f"commit {height} is not good: {error.detail}", error.value) from error
