"""Voting on proposals: each authority that decides approves the whole proposal; a quorum of them adopts it.

An authority approves one proposal on a subject at a time: a later approval takes an earlier one's place. Approvals under
another set of authorities, or older than the region allows, no longer count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeVar

from contracts.identity.parties import compute_authority_identifier, get_authorities
from contracts.parameters import get_parameter
from ledger import codec
from ledger.authorities import Authority, compute_authorities_hash, compute_quorum
from ledger.codec import Codec, encode
from ledger.crypto import sha256
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Hash, Height, Identifier

MIN_LEAD_BLOCKS: Final = 2
"""The block before a change is decided and cosigned by the old set alone, so that a proven handover can be made of it."""
MAX_LEAD_BLOCKS: Final = 1_000_000

B = TypeVar("B")


class Subject(IntEnum):
    """What a proposal is about."""

    PARAMETERS = 1
    CALENDAR = 2
    RULE_BOOK = 3
    REGION = 4


@dataclass(frozen=True, slots=True)
class Ballot:
    """What an authority has approved last on a subject, in which block, and which set decided then."""

    base_hash: Hash
    proposal_hash: Hash
    height: Height


@dataclass(frozen=True, slots=True)
class ProposalApproved:
    """Event: one more authority approves a proposal. `approvals` of `quorum` have done so."""

    subject: Subject
    authority: Identifier
    effective_height: Height
    proposal_hash: Hash
    approvals: int
    quorum: int


_count = codec.integer("count", 1, 64)
_subject: Codec[Subject] = codec.member(Subject)
BALLOTS: Final[Table[Ballot]] = Table(b"ballot", codec.struct(Ballot, codec.hash_, codec.hash_, codec.height), is_public=True)
PROPOSAL_APPROVED: Final = EventType(
    "governance.proposal_approved",
    codec.struct(ProposalApproved, _subject, codec.identifier, codec.height, codec.hash_, _count, _count),
)


def find_voters(deciding: Sequence[Authority], context: TransactionContext) -> list[Authority]:
    """Return the deciding authorities that signed; raise `Rejection` where there is none."""
    voters = [item for item in deciding if item.key in context.signers]
    if not voters:
        raise Rejection(Reason.NOT_PERMITTED, "only an authority that decides now may do this", context.signers[0].hex())
    return voters


def require_lead(height: Height, effective_height: Height) -> None:
    """Raise `Rejection` unless a proposal takes effect late enough and not too late."""
    if not height + MIN_LEAD_BLOCKS <= effective_height <= height + MAX_LEAD_BLOCKS:
        detail = f"a proposal at block {height} takes effect {MIN_LEAD_BLOCKS} to {MAX_LEAD_BLOCKS} blocks later"
        raise Rejection(Reason.INVALID_PROPOSAL, detail, str(effective_height))


def compute_proposal_hash(subject: Subject, body_codec: Codec[B], body: B) -> Hash:
    """Name of a proposal: of its whole content, so that all approve the same."""
    return sha256(b"hourledger/proposal/v1\x00", bytes([subject]), encode(body_codec, body))


def approve(
    state: Overlay, subject: Subject, proposal_hash: Hash, effective_height: Height, context: TransactionContext
) -> tuple[list[bytes], bool]:
    """Record the signers' approvals; return their events, and whether a quorum of the deciding set now adopts the proposal."""
    height = context.block.height
    deciding = get_authorities(state, height)
    voters, quorum = find_voters(deciding, context), compute_quorum(len(deciding))
    approving = {item.name for item in find_approvals(state, subject, proposal_hash, height)}
    events = []
    for voter in voters:
        approving.add(voter.name)
        identifier = compute_authority_identifier(voter.name)
        event = ProposalApproved(subject, identifier, effective_height, proposal_hash, len(approving), quorum)
        events.append(PROPOSAL_APPROVED.encode(event))
    if len(approving) >= quorum:
        _clear(state, subject, deciding)
        return events, True
    ballot = Ballot(compute_authorities_hash(deciding), proposal_hash, height)
    for voter in voters:
        BALLOTS.put(state, ballot, bytes([subject]), compute_authority_identifier(voter.name))
    return events, False


def find_approvals(view: View, subject: Subject, proposal_hash: Hash, height: Height) -> tuple[Authority, ...]:
    """Return the deciding authorities whose approval of this very proposal counts at `height`."""
    deciding = get_authorities(view, height)
    base_hash, validity = compute_authorities_hash(deciding), get_parameter(view, "ballot_validity_blocks")
    found = [(item, get_ballot(view, subject, item)) for item in deciding]
    return tuple(
        item
        for item, ballot in found
        if ballot is not None
        and (ballot.base_hash, ballot.proposal_hash) == (base_hash, proposal_hash)
        and height - ballot.height < validity
    )


def get_ballot(view: View, subject: Subject, authority: Authority) -> Ballot | None:
    """Return what an authority has approved last on a subject."""
    return BALLOTS.get(view, bytes([subject]), compute_authority_identifier(authority.name))


def _clear(state: Overlay, subject: Subject, deciding: Sequence[Authority]) -> None:
    """What is adopted needs no ballots any more, and those for something else would have to be cast again."""
    for item in deciding:
        if get_ballot(state, subject, item) is not None:
            BALLOTS.delete(state, bytes([subject]), compute_authority_identifier(item.name))


EVENTS: Final = (PROPOSAL_APPROVED,)
TABLES: Final = (BALLOTS,)
