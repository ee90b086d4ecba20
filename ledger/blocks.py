"""What is agreed: header, block and commit.

Execution comes before the vote: a header holds the roots after its own transactions, so a commit of height H finalises the
state of height H. A header is also the last entry that its block adds to the log.
"""

from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.authorities import Authority, compute_authorities_hash, compute_quorum
from ledger.codec import Codec, decode, encode
from ledger.crypto import Context, sha256, verify_signature
from ledger.errors import ProofError
from ledger.events import EventType
from ledger.reasons import Reason
from ledger.transactions import MAX_TRANSACTION_BYTES, chain_id_codec
from ledger.types import EntryIndex, Hash, Height, PublicKey, Round, Signature, TimeMs

HEADER_VERSION: Final = 1
MAX_BLOCK_BYTES: Final = 4 << 20
MAX_BLOCK_TRANSACTIONS: Final = 10_000
MAX_BLOCK_EVIDENCE: Final = 16


@dataclass(frozen=True, slots=True)
class Header:
    """What authorities vote on.

    `log_size` and `log_root` describe the log before this block. `events_root` is the RFC 6962 root over the block's entries
    without the header itself, `transactions_root` the one over its envelopes,
    `evidence_root` the one over its evidence. At height 0 `parent_hash` is the genesis hash.
    """

    version: int
    chain_id: str
    height: Height
    time_ms: TimeMs
    parent_hash: Hash
    proposer: PublicKey
    transactions_root: Hash
    events_root: Hash
    state_root: Hash
    log_size: EntryIndex
    log_root: Hash
    authorities_hash: Hash
    next_authorities_hash: Hash
    rule_book_version: int
    evidence_root: Hash


@dataclass(frozen=True, slots=True)
class Block:
    """A header and the envelopes that lead to it. `evidence` is of misbehaving authorities; empty with one authority."""

    header: Header
    transactions: tuple[bytes, ...]
    evidence: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """One authority's signature in a commit."""

    key: PublicKey
    signature: Signature


@dataclass(frozen=True, slots=True)
class Commit:
    """A quorum's votes for one block."""

    height: Height
    round: Round
    block_hash: Hash
    votes: tuple[Vote, ...]


header_codec: Codec[Header] = codec.struct(
    Header,
    codec.integer("version", HEADER_VERSION, HEADER_VERSION),
    chain_id_codec,
    codec.height,
    codec.time_ms,
    codec.hash_,
    codec.public_key,
    codec.hash_,
    codec.hash_,
    codec.hash_,
    codec.entry_index,
    codec.hash_,
    codec.hash_,
    codec.hash_,
    codec.integer("rule book version", 1, 2**16),
    codec.hash_,
)
HEADER: EventType[Header] = EventType("ledger.header", header_codec)

_block_codec: Codec[Block] = codec.struct(
    Block,
    header_codec,
    codec.sequence(codec.binary("transaction", 1, MAX_TRANSACTION_BYTES), 0, MAX_BLOCK_TRANSACTIONS),
    codec.sequence(codec.binary("evidence", 1, codec.MAX_ENTRY_BYTES), 0, 64),
)
commit_codec: Codec[Commit] = codec.struct(
    Commit,
    codec.height,
    codec.round_,
    codec.hash_,
    codec.sequence(codec.struct(Vote, codec.public_key, codec.signature), 1, 64),
)


def compute_block_hash(header: Header) -> Hash:
    """Hash that names a block: of its header's log entry."""
    return sha256(b"hourledger/block-hash/v1\x00", HEADER.encode(header))


def encode_block(block: Block) -> bytes:
    """Return the bytes of a block."""
    return encode(_block_codec, block)


def decode_block(data: bytes) -> Block:
    """Return the block, or raise `CodecError`."""
    return decode(_block_codec, data, max_bytes=MAX_BLOCK_BYTES + MAX_TRANSACTION_BYTES)


@dataclass(frozen=True, slots=True)
class _CommitMessage:
    chain_id: str
    height: Height
    round: Round
    block_hash: Hash


_commit_message_codec: Codec[_CommitMessage] = codec.struct(
    _CommitMessage, chain_id_codec, codec.height, codec.round_, codec.hash_
)


def compute_commit_message(chain_id: str, height: Height, round_: Round, block_hash: Hash) -> bytes:
    """Bytes that an authority signs to commit a block."""
    return encode(_commit_message_codec, _CommitMessage(chain_id, height, round_, block_hash))


def verify_commit(chain_id: str, authorities: tuple[Authority, ...], header: Header, commit: Commit) -> None:
    """Raise `ProofError` or `SignatureError` unless a quorum of `authorities` voted for the block of `header`.

    `authorities` must be those that the header itself names as deciding: a caller that holds an outdated set finds out here.
    """
    validate_commit(chain_id, authorities, header, commit)
    message = compute_commit_message(chain_id, commit.height, commit.round, commit.block_hash)
    for vote in commit.votes:
        verify_signature(vote.key, Context.BLOCK, message, vote.signature)


def validate_commit(chain_id: str, authorities: tuple[Authority, ...], header: Header, commit: Commit) -> None:
    """Do the same as `verify_commit`, but for the signatures: for a caller that has verified each of them before."""
    if header.chain_id != chain_id:
        raise ProofError("the block is of another chain", Reason.WRONG_CHAIN, header.chain_id)
    if header.authorities_hash != compute_authorities_hash(authorities):
        raise ProofError("the block was decided by other authorities", value=header.authorities_hash.hex())
    block_hash = compute_block_hash(header)
    if commit.height != header.height or commit.block_hash != block_hash:
        raise ProofError("the commit is for another block", value=commit.block_hash.hex())
    known = {authority.key for authority in authorities}
    voters = {vote.key for vote in commit.votes}
    if len(voters) != len(commit.votes) or not voters <= known:
        raise ProofError("the commit has a vote of a stranger, or one twice", value=str(commit.height))
    if len(voters) < compute_quorum(len(authorities)):
        raise ProofError("the commit has too few votes", Reason.QUORUM_MISSING, str(len(voters)))
