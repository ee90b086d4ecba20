"""Ratings of a volunteer's service in an activity: by who was served, with a one-time token, and by the person in charge.

Ratings come from who holds the activity's one-time token, once, after completion (DOMAIN section 4, rule 7). The organisation
puts the hashes of tokens on record for volunteers who attended, and hands the tokens to those who were served, who have no
account (`contracts.tokens`). An officer rates a volunteer once in an activity.
"""

from dataclasses import dataclass
from typing import Final

from contracts.activities.attendance import Mark, get_marks
from contracts.activities.published import get_activity
from contracts.identity.departed import find_absence, require_account, resolve_account
from contracts.identity.parties import get_organisation, require_officers
from contracts.kinds import Kind
from contracts.ratings.tally import TABLES as TALLY_TABLES
from contracts.ratings.tally import add_officer_rating, add_served_rating
from contracts.tokens import Statement, require_token, score_codec
from ledger import codec
from ledger.errors import Rejection, RowOutcome
from ledger.events import MAX_ROWS, EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Hash, Identifier, PublicKey, Signature

RATE_KIND: Final = "ratings.rate"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One row: whoever holds the token of `token_hash` may rate a volunteer's service in an activity, once."""

    rating: Identifier
    activity: Identifier
    volunteer: Identifier
    token_hash: Hash


@dataclass(frozen=True, slots=True)
class InviteRatings:
    """Body: an organisation lets up to 1,000 services be rated. Rows that cannot be are refused, the others go ahead."""

    organisation: Identifier
    rows: tuple[Invitation, ...]


@dataclass(frozen=True, slots=True)
class Invited:
    """Event and value: a rating that is waited for."""

    organisation: Identifier
    invitation: Invitation


@dataclass(frozen=True, slots=True)
class RateService:
    """Body: the score of whoever holds the token, signed with it."""

    rating: Identifier
    score: int
    token: PublicKey
    signature: Signature


@dataclass(frozen=True, slots=True)
class WithdrawInvitation:
    """Body and event: an organisation no longer waits for a rating, say because its token was lost."""

    organisation: Identifier
    rating: Identifier


@dataclass(frozen=True, slots=True)
class RateByOfficer:
    """Body: the person in charge rates a volunteer's service in an activity."""

    organisation: Identifier
    activity: Identifier
    volunteer: Identifier
    score: int


@dataclass(frozen=True, slots=True)
class ServiceRated:
    """Event: a score from 1 to 5, by somebody served (`rating` names which) or by an officer (none)."""

    organisation: Identifier
    activity: Identifier
    volunteer: Identifier
    rating: Identifier | None
    score: int


_invitation = codec.struct(Invitation, codec.identifier, codec.identifier, codec.identifier, codec.hash_)
_invite = codec.struct(InviteRatings, codec.identifier, codec.sequence(_invitation, 1, MAX_ROWS))
_invited = codec.struct(Invited, codec.identifier, _invitation)
_rate = codec.struct(RateService, codec.identifier, score_codec, codec.public_key, codec.signature)
_withdraw = codec.struct(WithdrawInvitation, codec.identifier, codec.identifier)
_by_officer = codec.struct(RateByOfficer, codec.identifier, codec.identifier, codec.identifier, score_codec)

INVITED: EventType[Invited] = EventType(
    "ratings.invited", _invited, lambda event: (event.organisation, event.invitation.volunteer)
)
INVITATION_WITHDRAWN: EventType[WithdrawInvitation] = EventType(
    "ratings.invitation_withdrawn", _withdraw, lambda event: (event.organisation,)
)
SERVICE_RATED: EventType[ServiceRated] = EventType(
    "ratings.rated",
    codec.struct(
        ServiceRated, codec.identifier, codec.identifier, codec.identifier, codec.optional(codec.identifier), score_codec
    ),
    lambda event: (event.volunteer, event.organisation),
)
INVITATIONS: Final[Table[Invited]] = Table(b"rating", _invited)
"""Ratings that are waited for. One that was given or withdrawn is in the log only."""
RATED_BY_OFFICER: Final[Table[int]] = Table(b"rated-by-officer", score_codec)
"""Key: activity, then volunteer."""


def invite_ratings(state: Overlay, body: InviteRatings, context: TransactionContext) -> Effects:
    """Let the service of volunteers who attended be rated by who was served (signed by one officer)."""
    require_officers(state, context, body.organisation, count=1)
    events: list[bytes] = []
    outcomes: list[RowOutcome | None] = []
    for row in body.rows:
        refusal = _find_refusal(state, body.organisation, row)
        outcomes.append(refusal)
        if refusal is None:
            invited = Invited(body.organisation, row)
            INVITATIONS.put(state, invited, row.rating)
            events.append(INVITED.encode(invited))
    return Effects(tuple(events), tuple(outcomes))


def _find_refusal(state: View, organisation: Identifier, row: Invitation) -> RowOutcome | None:
    absence = find_absence(state, row.volunteer)
    if absence is not None:
        return absence
    if INVITATIONS.has(state, row.rating):
        return RowOutcome(Reason.ALREADY_EXISTS, row.rating.hex())
    if get_activity(state, row.activity, organisation) is None:
        return RowOutcome(Reason.UNKNOWN_ACTIVITY, row.activity.hex())
    if not _has_attended(state, row.activity, row.volunteer):
        return RowOutcome(Reason.NOT_ATTENDED, row.volunteer.hex())
    return None


def _has_attended(view: View, activity: Identifier, volunteer: Identifier) -> bool:
    """Whether a volunteer came on one day of an activity at least."""
    return any(item.mark is Mark.ATTENDED for item in get_marks(view, activity, volunteer))


def rate_service(state: Overlay, body: RateService, context: TransactionContext) -> Effects:
    """Rate a service, once (signed by anybody with a registered key, who carries it; the token's signature is in the body).

    A rating of somebody whose account went over into another counts there; of an erased account it counts nowhere.
    """
    invited = _get_invited(state, body.rating)
    statement = Statement(context.block.chain_id, RATE_KIND, body.rating, body.score)
    require_token(invited.invitation.token_hash, body.token, statement, body.signature)
    INVITATIONS.delete(state, body.rating)
    volunteer = resolve_account(state, invited.invitation.volunteer)
    if find_absence(state, volunteer) is None:
        add_served_rating(state, volunteer, body.score)
    row = invited.invitation
    rated = ServiceRated(invited.organisation, row.activity, row.volunteer, body.rating, body.score)
    return Effects((SERVICE_RATED.encode(rated),))


def _get_invited(view: View, rating: Identifier) -> Invited:
    invited = INVITATIONS.get(view, rating)
    if invited is None:
        raise Rejection(Reason.UNKNOWN_RATING, "no such rating is waited for: it may have been given", rating.hex())
    return invited


def withdraw_invitation(state: Overlay, body: WithdrawInvitation, context: TransactionContext) -> Effects:
    """Wait for a rating no longer (signed by one officer)."""
    require_officers(state, context, body.organisation, count=1)
    if _get_invited(state, body.rating).organisation != body.organisation:
        raise Rejection(Reason.UNKNOWN_RATING, "the organisation waits for no such rating", body.rating.hex())
    INVITATIONS.delete(state, body.rating)
    return Effects((INVITATION_WITHDRAWN.encode(body),))


def rate_by_officer(state: Overlay, body: RateByOfficer, context: TransactionContext) -> Effects:
    """Rate the service of a volunteer who attended, once in an activity (signed by one officer, the person in charge)."""
    get_organisation(state, body.organisation)
    require_account(state, body.volunteer)
    require_officers(state, context, body.organisation, count=1)
    if RATED_BY_OFFICER.has(state, body.activity, body.volunteer):
        raise Rejection(Reason.ALREADY_EXISTS, "the volunteer was rated in that activity", body.volunteer.hex())
    if get_activity(state, body.activity, body.organisation) is None:
        raise Rejection(Reason.UNKNOWN_ACTIVITY, "the organisation has no such activity", body.activity.hex())
    if not _has_attended(state, body.activity, body.volunteer):
        raise Rejection(Reason.NOT_ATTENDED, "the volunteer is not marked as having attended", body.volunteer.hex())
    RATED_BY_OFFICER.put(state, body.score, body.activity, body.volunteer)
    add_officer_rating(state, body.volunteer, body.score)
    rated = ServiceRated(body.organisation, body.activity, body.volunteer, None, body.score)
    return Effects((SERVICE_RATED.encode(rated),))


KINDS: Final = (
    Kind("ratings.invite", _invite, invite_ratings),
    Kind(RATE_KIND, _rate, rate_service),
    Kind("ratings.withdraw_invitation", _withdraw, withdraw_invitation),
    Kind("ratings.rate_by_officer", _by_officer, rate_by_officer),
)
EVENTS: Final = (INVITED, SERVICE_RATED, INVITATION_WITHDRAWN)
TABLES: Final = (INVITATIONS, RATED_BY_OFFICER, *TALLY_TABLES)
