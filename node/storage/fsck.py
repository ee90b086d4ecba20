"""Derives everything in a store anew from genesis, its blocks and their commits, and names the first thing that differs.

The blocks are replayed into a scratch chain, which checks them as it would a stranger's: signatures, commits, roots, rules.
Then the two stores are compared key by key, causes before consequences. Nothing is repaired and nothing written to the store.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger.blocks import decode_block
from ledger.errors import CodecError, HourledgerError
from ledger.execution import RuleBook
from ledger.genesis import Genesis
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Height
from node.chain.application import Chain
from node.chain.reader import decode_commit
from node.chain.records import damaged, decode_tip, load, load_required
from node.chain.rules import PartiesOf
from node.storage import namespaces
from node.storage.memory import MemoryStore
from node.storage.namespaces import Namespace, describe_key
from node.storage.protocol import KeyValueStore, Readable

SHOWN_BYTES = 16


@dataclass(frozen=True, slots=True)
class FsckReport:
    """How much was checked and found good."""

    blocks: int
    entries: int
    transactions: int
    values: int


@dataclass(frozen=True, slots=True)
class _Difference:
    key: bytes
    expected: bytes | None
    found: bytes | None


def check_store(
    store: KeyValueStore,
    genesis: Genesis,
    rule_book: RuleBook,
    genesis_state: Overlay,
    parties_of: PartiesOf,
    *,
    scratch: KeyValueStore | None = None,
    progress: Callable[[Height], None] | None = None,
) -> FsckReport:
    """Check a store and count what is in it; raise `STORE_DAMAGED` that says what differs, where, and how.

    `scratch` is an empty store for the replay, which takes as much room as the one that is checked: by default in memory.
    `progress` is told each height that was replayed. Raises `STORE_OF_ANOTHER_CHAIN` when the store began from another genesis.
    """
    scratch = MemoryStore() if scratch is None else scratch
    chain = Chain.open(scratch, genesis, rule_book, genesis_state, parties_of)
    content = store.snapshot()
    try:
        _validate_beginning(scratch, content)
        _replay(chain, content, progress)
        counts = {namespace.prefix: _compare(scratch, content, namespace) for namespace in namespaces.NAMESPACES}
        _validate_no_strangers(content)
    finally:
        content.close()
    return FsckReport(
        blocks=counts[namespaces.BLOCKS.prefix],
        entries=counts[namespaces.ENTRIES.prefix],
        transactions=counts[namespaces.TRANSACTIONS.prefix],
        values=counts[namespaces.STATE.prefix],
    )


def _validate_beginning(expected: Readable, found: Readable) -> None:
    """Compare format, genesis and block 0. Two of them against one say that it is another chain and not damage."""
    _compare(expected, found, namespaces.FORMAT)
    genesis_key, block_key = namespaces.GENESIS.key(), namespaces.compute_block_key(Height(0))
    is_other_genesis = found.get(genesis_key) != expected.get(genesis_key)
    is_other_block = found.get(block_key) != expected.get(block_key)
    if is_other_genesis and is_other_block:
        first = load_required(found, block_key, decode_block)
        if first.header.parent_hash == found.get(genesis_key):
            detail = "the store was begun from another genesis"
            raise HourledgerError(Reason.STORE_OF_ANOTHER_CHAIN, detail, first.header.parent_hash.hex())
    if is_other_genesis:
        raise _explain(_Difference(genesis_key, expected.get(genesis_key), found.get(genesis_key)))
    if is_other_block:
        raise _explain(_Difference(block_key, expected.get(block_key), found.get(block_key)))


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


def _compare(expected: Readable, found: Readable, namespace: Namespace) -> int:
    """Return how many values a namespace has, or raise `STORE_DAMAGED` for the first that differs."""
    count = 0
    for item in _iterate_pairs(expected.iterate(namespace.prefix), found.iterate(namespace.prefix)):
        if item.expected != item.found:
            raise _explain(item)
        count += 1
    return count


def _iterate_pairs(expected: Iterator[tuple[bytes, bytes]], found: Iterator[tuple[bytes, bytes]]) -> Iterator[_Difference]:
    """Walk along two ascending sequences and pair what has the same key."""
    left, right = next(expected, None), next(found, None)
    while left is not None and right is not None:
        if left[0] < right[0]:
            yield _Difference(left[0], left[1], None)
            left = next(expected, None)
        elif right[0] < left[0]:
            yield _Difference(right[0], None, right[1])
            right = next(found, None)
        else:
            yield _Difference(left[0], left[1], right[1])
            left, right = next(expected, None), next(found, None)
    while left is not None:
        yield _Difference(left[0], left[1], None)
        left = next(expected, None)
    while right is not None:
        yield _Difference(right[0], None, right[1])
        right = next(found, None)


def _validate_no_strangers(found: Readable) -> None:
    """Raise `STORE_DAMAGED` for a key outside all namespaces."""
    known = {namespace.prefix for namespace in (*namespaces.NAMESPACES, *namespaces.COLLECTED)}
    unknown = (bytes([first]) for first in range(256) if bytes([first]) not in known)
    for prefix in unknown:
        stranger = next(found.iterate(prefix), None)
        if stranger is not None:
            raise _explain(_Difference(stranger[0], None, stranger[1]))
    nameless = found.get(b"")
    if nameless is not None:
        raise _explain(_Difference(b"", None, nameless))


def _explain(item: _Difference) -> HourledgerError:
    name = describe_key(item.key)
    if item.expected is None:
        return damaged(f"{name} should not be there", _shown(item.found or b"", 0))
    if item.found is None:
        return damaged(f"{name} is missing, expected {_shown(item.expected, 0)}")
    offset = next(
        (at for at, (left, right) in enumerate(zip(item.expected, item.found, strict=False)) if left != right),
        min(len(item.expected), len(item.found)),
    )
    expected, found = _shown(item.expected, offset), _shown(item.found, offset)
    return damaged(f"{name} differs from byte {offset} on: expected {expected}, found {found}")


def _shown(value: bytes, offset: int) -> str:
    """Some bytes from `offset` on, as hexadecimal digits, and how many there are in all."""
    some = value[offset : offset + SHOWN_BYTES].hex()
    return f"{some or 'nothing'} (of {len(value)} bytes)"
