"""What authorities sign while they agree: proposals and votes, and the two of one authority that convict it.

A precommit for a block is signed over the very bytes that commits are made of. A prevote states its basis: the round of the
latest polka for its value that the voter knows of, or -1. With it, two signed votes are enough to show a broken lock.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from ledger import codec
from ledger.blocks import compute_commit_message
from ledger.codec import Codec, decode, encode
from ledger.crypto import Context, SigningKey, sha256, verify_signature
from ledger.errors import ProofError
from ledger.transactions import chain_id_codec
from ledger.types import ZERO_HASH, Hash, Height, PublicKey, Round, Signature

NO_ROUND: Final = -1
MAX_PARTS: Final = 128
PART_BYTES: Final = 65_536
_UNSIGNED: Final = Signature(bytes(64))


class VoteType(IntEnum):
    """The two votes of a round."""

    PREVOTE = 1
    PRECOMMIT = 2


@dataclass(frozen=True, slots=True)
class SignedVote:
    """One authority's vote; a block hash of None is a vote for nil. `basis` is -1 for precommits."""

    type: VoteType
    height: Height
    round: Round
    block_hash: Hash | None
    basis: int
    key: PublicKey
    signature: Signature


@dataclass(frozen=True, slots=True)
class SignedProposal:
    """A proposer's block for a round, by its hash and the hashes of its parts of 64 KiB; `valid_round` as in the paper."""

    height: Height
    round: Round
    block_hash: Hash
    valid_round: int
    parts: tuple[Hash, ...]
    key: PublicKey
    signature: Signature


Signed: TypeAlias = SignedVote | SignedProposal

_any_round: Codec[int] = codec.integer("round or -1", NO_ROUND, 2**31 - 1)
vote_codec: Codec[SignedVote] = codec.struct(
    SignedVote,
    codec.member(VoteType),
    codec.height,
    codec.round_,
    codec.optional(codec.hash_),
    _any_round,
    codec.public_key,
    codec.signature,
)
proposal_codec: Codec[SignedProposal] = codec.struct(
    SignedProposal,
    codec.height,
    codec.round_,
    codec.hash_,
    _any_round,
    codec.sequence(codec.hash_, 1, MAX_PARTS),
    codec.public_key,
    codec.signature,
)


@dataclass(frozen=True, slots=True)
class _PrevoteMessage:
    chain_id: str
    height: Height
    round: Round
    block_hash: Hash | None
    basis: int


@dataclass(frozen=True, slots=True)
class _ProposalMessage:
    chain_id: str
    height: Height
    round: Round
    block_hash: Hash
    valid_round: int
    parts: tuple[Hash, ...]


_prevote_message: Codec[_PrevoteMessage] = codec.struct(
    _PrevoteMessage, chain_id_codec, codec.height, codec.round_, codec.optional(codec.hash_), _any_round
)
_proposal_message: Codec[_ProposalMessage] = codec.struct(
    _ProposalMessage,
    chain_id_codec,
    codec.height,
    codec.round_,
    codec.hash_,
    _any_round,
    codec.sequence(codec.hash_, 1, MAX_PARTS),
)


def _compute_message(chain_id: str, signed: Signed) -> tuple[Context, bytes]:
    if isinstance(signed, SignedProposal):
        message = _ProposalMessage(chain_id, signed.height, signed.round, signed.block_hash, signed.valid_round, signed.parts)
        return Context.PROPOSAL, encode(_proposal_message, message)
    if signed.type is VoteType.PRECOMMIT:
        block_hash = ZERO_HASH if signed.block_hash is None else signed.block_hash
        return Context.BLOCK, compute_commit_message(chain_id, signed.height, signed.round, block_hash)
    prevote = _PrevoteMessage(chain_id, signed.height, signed.round, signed.block_hash, signed.basis)
    return Context.PREVOTE, encode(_prevote_message, prevote)


def sign_vote(
    chain_id: str, key: SigningKey, type_: VoteType, height: Height, round_: Round, block_hash: Hash | None, basis: int
) -> SignedVote:
    """Return a signed vote. The caller has made it durable first."""
    unsigned = SignedVote(type_, height, round_, block_hash, basis, key.public_key, _UNSIGNED)
    signature = key.sign(*_compute_message(chain_id, unsigned))
    return SignedVote(type_, height, round_, block_hash, basis, key.public_key, signature)


def sign_proposal(
    chain_id: str,
    key: SigningKey,
    height: Height,
    round_: Round,
    block_hash: Hash,
    valid_round: int,
    parts: tuple[Hash, ...],
) -> SignedProposal:
    """Return a signed proposal. The caller has made it durable first."""
    unsigned = SignedProposal(height, round_, block_hash, valid_round, parts, key.public_key, _UNSIGNED)
    signature = key.sign(*_compute_message(chain_id, unsigned))
    return SignedProposal(height, round_, block_hash, valid_round, parts, key.public_key, signature)


def verify_signed(chain_id: str, signed: Signed) -> None:
    """Raise `SignatureError` unless the signature is the key's over the content, `ProofError` for what nobody honest signs."""
    if isinstance(signed, SignedVote) and (signed.basis >= signed.round or (signed.basis >= 0 and not _may_have_basis(signed))):
        raise ProofError("a vote has a basis that it cannot have", value=str(signed.basis))
    if isinstance(signed, SignedProposal) and signed.valid_round >= signed.round:
        raise ProofError("a proposal rests on a later round", value=str(signed.valid_round))
    context, message = _compute_message(chain_id, signed)
    verify_signature(signed.key, context, message, signed.signature)


def _may_have_basis(vote: SignedVote) -> bool:
    return vote.type is VoteType.PREVOTE and vote.block_hash is not None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two messages of one authority that no honest one sends, as encoded bytes, the earlier-sorting first.

    `is_proposal` says what they are.
    """

    is_proposal: bool
    first: bytes
    second: bytes


_evidence_codec: Codec[Evidence] = codec.struct(
    Evidence, codec.boolean, codec.binary("message", 1, 8_192), codec.binary("message", 1, 8_192)
)


def make_evidence(first: Signed, second: Signed) -> bytes:
    """Return the evidence of two messages; the same two in either order are the same evidence."""
    is_proposal = isinstance(first, SignedProposal)
    encoded = sorted(encode_signed_message(item) for item in (first, second))
    return encode(_evidence_codec, Evidence(is_proposal, *encoded))


def encode_signed_message(signed: Signed) -> bytes:
    """Return the bytes of a vote or a proposal."""
    return encode(proposal_codec, signed) if isinstance(signed, SignedProposal) else encode(vote_codec, signed)


class OffenceKind(IntEnum):
    """What an authority has done that no honest one does."""

    DOUBLE_VOTE = 1
    DOUBLE_PROPOSAL = 2
    BROKEN_LOCK = 3


@dataclass(frozen=True, slots=True)
class Offence:
    """What evidence shows: who, when, the earlier of the two messages' rounds, what, and the SHA-256 of the evidence."""

    key: PublicKey
    height: Height
    round: Round
    kind: OffenceKind
    evidence_hash: Hash


def verify_evidence(chain_id: str, data: bytes) -> Offence:
    """Return the offence that evidence shows; raise `CodecError`, `SignatureError` or `ProofError` where it shows none."""
    evidence = decode(_evidence_codec, data)
    message_codec: Codec[Signed] = proposal_codec if evidence.is_proposal else vote_codec  # type: ignore[assignment]
    first, second = (decode(message_codec, item) for item in (evidence.first, evidence.second))
    if evidence.first >= evidence.second:
        raise ProofError("evidence has its messages out of order, or one twice")
    if (first.key, first.height) != (second.key, second.height):
        raise ProofError("evidence is of two authorities or two heights")
    for item in (first, second):
        verify_signed(chain_id, item)
    kind = _find_offence(first, second)
    if kind is None:
        raise ProofError("the two messages are ones that an honest authority may send", value=first.key.hex())
    return Offence(first.key, first.height, Round(min(first.round, second.round)), kind, sha256(data))


def _find_offence(first: Signed, second: Signed) -> OffenceKind | None:
    if isinstance(first, SignedProposal) and isinstance(second, SignedProposal):
        is_other = (first.block_hash, first.valid_round) != (second.block_hash, second.valid_round)
        return OffenceKind.DOUBLE_PROPOSAL if first.round == second.round and is_other else None
    if not isinstance(first, SignedVote) or not isinstance(second, SignedVote):
        return None
    if first.type is second.type:
        is_double = first.round == second.round and first.block_hash != second.block_hash
        return OffenceKind.DOUBLE_VOTE if is_double else None
    precommit, prevote = (first, second) if first.type is VoteType.PRECOMMIT else (second, first)
    is_broken = is_broken_lock(precommit.round, precommit.block_hash, prevote.round, prevote.block_hash, prevote.basis)
    return OffenceKind.BROKEN_LOCK if is_broken else None


def is_broken_lock(locked_round: int, locked: Hash | None, round_: int, voted: Hash | None, basis: int) -> bool:
    """Whether a prevote in `round_` for `voted` goes against a precommit for `locked` in `locked_round`.

    An honest authority that precommitted v in round r prevotes another value later only on the strength of a polka for it in a
    round from r on (arXiv:1807.04938, lines 23 and 29), and says so in the basis. So nobody honest casts two such votes.
    """
    return locked is not None and voted is not None and voted != locked and round_ > locked_round and basis < locked_round
