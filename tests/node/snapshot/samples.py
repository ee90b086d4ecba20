"""The toy chain's story as a snapshot: its checkpoint, its records, its bytes."""

from collections.abc import Callable, Sequence
from io import BytesIO

from certificates.handover import build_chain_trust
from ledger.checkpoint import Checkpoint, add_signatures, cosign, format_signed_checkpoint, sign_checkpoint
from ledger.crypto import SigningKey
from ledger.genesis import Genesis
from ledger.trust import TrustPolicy
from ledger.types import EntryIndex
from node.chain import Chain, ChainReader
from node.snapshot.format import Record, read_records, write_records
from node.snapshot.restoring import Expected, Restored, restore
from node.snapshot.writing import Source, iterate_records
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore
from tests.node import toy

SIZE = 3
GENESIS = toy.make_genesis(SIZE)
POLICY = build_chain_trust(GENESIS.chain_id, GENESIS.authorities)


def cosigner_key(number: int) -> SigningKey:
    return SigningKey(bytes([number, 1]) * 16)


def log_key(number: int) -> SigningKey:
    return SigningKey(bytes([number, 2]) * 16)


def make_checkpoint(reader: ChainReader, size: int | None = None) -> Checkpoint:
    wanted = reader.tip.size if size is None else EntryIndex(size)
    return Checkpoint(toy.CHAIN_ID, wanted, reader.compute_root_at(wanted))


def make_note(checkpoint: Checkpoint, cosigners: Sequence[int] = range(SIZE), log: int = 0) -> bytes:
    lines = [cosign(checkpoint, GENESIS.authorities[n].name, cosigner_key(n), 1_790_000_000 + n) for n in cosigners]
    return format_signed_checkpoint(add_signatures(sign_checkpoint(checkpoint, log_key(log)), lines))


def make_chain(blocks: int = len(toy.STORY)) -> tuple[Chain, MemoryStore]:
    store = MemoryStore()
    chain = toy.open_chain(store, GENESIS)
    for transactions in toy.STORY[:blocks]:
        candidate = toy.build(chain, transactions)
        chain.commit(candidate, toy.make_commit(candidate.block.header, toy.AUTHORITY_KEYS[:SIZE]))
    return chain, store


def make_records(chain: Chain, note: bytes | None = None) -> list[Record]:
    with chain.reader() as reader:
        made = make_note(make_checkpoint(reader)) if note is None else note
        return list(iterate_records(Source(GENESIS, reader, chain.deciders, made)))


def to_bytes(records: Sequence[Record]) -> bytes:
    file = BytesIO()
    write_records(file, records)
    return file.getvalue()


def to_records(data: bytes) -> list[Record]:
    return list(read_records(BytesIO(data)))


def restore_bytes(
    data: bytes,
    target: KeyValueStore | None = None,
    genesis: Genesis = GENESIS,
    policy: TrustPolicy = POLICY,
    vouched_for: Checkpoint | None = None,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Restored:
    expected = Expected(genesis, policy, toy.parties_of, vouched_for)
    return restore(BytesIO(data), MemoryStore() if target is None else target, expected, progress)
