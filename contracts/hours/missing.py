"""Claims that a record is missing: service that was given and not recorded, which the organisation must answer for.

Service that is not recorded was a defect of the systems before this one (DOMAIN section 2, S2). As with a dispute, the day by
which an answer is due stands in the state for both. How many claims one volunteer may have open is bounded.
"""

from dataclasses import dataclass
from typing import Final

from contracts.activities import get_activity
from contracts.hours.disputes import compute_answer_day
from contracts.hours.service import find_own_record, require_counted, require_once_known
from contracts.identity.departed import resolve_account
from contracts.identity.parties import get_organisation, require_officers, require_volunteer
from contracts.kinds import Kind
from contracts.parameters import compute_today, get_parameter
from contracts.records import Calendars
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table
from ledger.types import Day, Identifier

MAX_OPEN_CLAIMS: Final = 1_000
"""The most that a region may allow a volunteer."""


@dataclass(frozen=True, slots=True)
class ClaimMissing:
    """Body: a volunteer served at an activity on a day and has no record of it. `claim` names the claim."""

    claim: Identifier
    organisation: Identifier
    volunteer: Identifier
    activity: Identifier
    day: Day


@dataclass(frozen=True, slots=True)
class AnswerClaim:
    """Body: the organisation answers with the `record` that there is now, or with None: there was no such service."""

    claim: Identifier
    organisation: Identifier
    volunteer: Identifier
    record: Identifier | None


@dataclass(frozen=True, slots=True)
class MissingClaim:
    """An open claim. The answer is due by `deadline_day`."""

    volunteer: Identifier
    activity: Identifier
    day: Day
    claimed_day: Day
    deadline_day: Day

    def is_overdue(self, today: Day) -> bool:
        """Whether the organisation should have answered before `today`."""
        return today > self.deadline_day


@dataclass(frozen=True, slots=True)
class ClaimedMissing:
    """Event: a record is said to be missing; an answer is due by `deadline_day`."""

    claim: Identifier
    organisation: Identifier
    volunteer: Identifier
    activity: Identifier
    day: Day
    deadline_day: Day


@dataclass(frozen=True, slots=True)
class AnsweredClaim:
    """Event: the organisation has answered. `is_late` says that it did so after the deadline."""

    claim: Identifier
    organisation: Identifier
    volunteer: Identifier
    record: Identifier | None
    is_late: bool


_ids = (codec.identifier, codec.identifier, codec.identifier)
_claim = codec.struct(ClaimMissing, *_ids, codec.identifier, codec.day)
_answer = codec.struct(AnswerClaim, *_ids, codec.optional(codec.identifier))
CLAIMED_MISSING: EventType[ClaimedMissing] = EventType(
    "hours.claimed_missing",
    codec.struct(ClaimedMissing, *_ids, codec.identifier, codec.day, codec.day),
    lambda event: (event.volunteer, event.organisation),
)
CLAIM_ANSWERED: EventType[AnsweredClaim] = EventType(
    "hours.claim_answered",
    codec.struct(AnsweredClaim, *_ids, codec.optional(codec.identifier), codec.boolean),
    lambda event: (event.volunteer, event.organisation),
)
CLAIMS: Final[Table[MissingClaim]] = Table(
    b"missing", codec.struct(MissingClaim, codec.identifier, codec.identifier, codec.day, codec.day, codec.day)
)
"""Key: organisation, then claim. An answered claim is in the log only."""
_count: Codec[int] = codec.integer("open claims", 1, MAX_OPEN_CLAIMS)
OPEN_CLAIMS: Final[Table[int]] = Table(b"missing-count", _count)


def claim_missing(state: Overlay, body: ClaimMissing, context: TransactionContext) -> Effects:
    """Say that a record of one's own is missing (signed by the volunteer)."""
    get_organisation(state, body.organisation)
    require_volunteer(state, context, body.volunteer)
    if CLAIMS.has(state, body.organisation, body.claim):
        raise Rejection(Reason.ALREADY_EXISTS, "the claim's identifier is taken", body.claim.hex())
    activity = get_activity(state, body.activity, body.organisation)
    if activity is None:
        raise Rejection(Reason.UNKNOWN_ACTIVITY, "the organisation has no such activity", body.activity.hex())
    count = OPEN_CLAIMS.get(state, body.volunteer) or 0
    most = get_parameter(state, "max_open_claims")
    if count >= most:
        raise Rejection(Reason.TOO_MANY_CLAIMS, f"a volunteer has at most {most} claims open", str(count))
    if not activity.activity_class.counts_hours:
        raise Rejection(Reason.CLASS_COUNTS_NO_HOURS, "the activity counts no hours", activity.activity_class.name.lower())
    if not activity.first_day <= body.day <= activity.last_day:
        raise Rejection(Reason.OUTSIDE_ACTIVITY, "the activity did not take place then", str(body.day))
    today, deadline = compute_answer_day(state, context.block.time_ms)
    if body.day > today:
        raise Rejection(Reason.FUTURE_DATE, "that day has not begun", str(body.day))
    claim = MissingClaim(body.volunteer, body.activity, body.day, today, deadline)
    CLAIMS.put(state, claim, body.organisation, body.claim)
    OPEN_CLAIMS.put(state, count + 1, body.volunteer)
    event = ClaimedMissing(body.claim, body.organisation, body.volunteer, body.activity, body.day, deadline)
    return Effects((CLAIMED_MISSING.encode(event),))


def answer_claim(state: Overlay, body: AnswerClaim, context: TransactionContext) -> Effects:
    """Answer a claim (signed by officers as the policy says). A record named in answer must be there and count.

    A late answer is taken, and marked.
    """
    require_once_known(state, body.organisation, body.volunteer)
    require_officers(state, context, body.organisation, may_be_suspended=True)
    claim = CLAIMS.get(state, body.organisation, body.claim)
    if claim is None or claim.volunteer != body.volunteer:
        raise Rejection(Reason.UNKNOWN_CLAIM, "the volunteer has no such claim open", body.claim.hex())
    if body.record is not None:
        owner = resolve_account(state, body.volunteer)
        record, _revision = find_own_record(state, Calendars(state), body.organisation, owner, claim.day, body.record)
        require_counted(record)
    CLAIMS.delete(state, body.organisation, body.claim)
    _close_one(state, body.volunteer)
    is_late = compute_today(state, context.block.time_ms) > claim.deadline_day
    event = AnsweredClaim(body.claim, body.organisation, body.volunteer, body.record, is_late)
    return Effects((CLAIM_ANSWERED.encode(event),))


def _close_one(state: Overlay, volunteer: Identifier) -> None:
    left = (OPEN_CLAIMS.get(state, volunteer) or 1) - 1
    if left:
        OPEN_CLAIMS.put(state, left, volunteer)
    else:
        OPEN_CLAIMS.delete(state, volunteer)


KINDS: Final = (
    Kind("hours.claim_missing", _claim, claim_missing),
    Kind("hours.answer_claim", _answer, answer_claim),
)
EVENTS: Final = (CLAIMED_MISSING, CLAIM_ANSWERED)
TABLES: Final = (CLAIMS, OPEN_CLAIMS)
