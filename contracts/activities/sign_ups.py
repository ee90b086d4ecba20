"""Sign-up: the terms of an activity, taking a place, and giving it up.

Volunteers sign up themselves, or the organisation does it for them. When all places are taken they wait, and whoever has waited
longest moves up as soon as a place is free (DOMAIN section 2, S12).
"""

from dataclasses import dataclass
from typing import Final

from contracts.activities.places import (
    PLACES,
    SIGN_UP_CHANGED,
    SIGN_UPS,
    ChangedSignUp,
    Places,
    SignUp,
    SignUpStanding,
    find_place,
    get_places,
    leave_place,
    move_up,
)
from contracts.activities.published import ACTIVITIES, Activity, require_activity
from contracts.activities.requirements import find_missing
from contracts.activities.terms import TERMS, SetTerms, set_terms_codec
from contracts.identity.departed import require_account, require_past_account
from contracts.identity.lineage import find_acting
from contracts.identity.parties import get_acting, require_active, require_officers, require_volunteer
from contracts.kinds import Kind
from contracts.parameters import compute_today, get_parameter
from ledger import codec
from ledger.codec import MAX_DAY
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import Day, Identifier


@dataclass(frozen=True, slots=True)
class SignUpVolunteer:
    """Body: a volunteer is to take part in an organisation's activity."""

    activity: Identifier
    organisation: Identifier
    volunteer: Identifier


@dataclass(frozen=True, slots=True)
class WithdrawVolunteer:
    """Body: a volunteer gives up a place, or waits no longer."""

    activity: Identifier
    organisation: Identifier
    volunteer: Identifier


_sign_up = codec.struct(SignUpVolunteer, codec.identifier, codec.identifier, codec.identifier)
_withdraw = codec.struct(WithdrawVolunteer, codec.identifier, codec.identifier, codec.identifier)
TERMS_SET: Final = EventType("activities.terms_set", set_terms_codec)


def set_terms(state: Overlay, body: SetTerms, context: TransactionContext) -> Effects:
    """Open sign-up for an activity, or change its terms (signed by one officer). Who has a place or waits keeps it.

    Places that are new go at once to those who have waited longest. What is asked of volunteers, is asked of those to come.
    """
    require_officers(state, context, body.organisation, count=1)
    activity = require_activity(state, body.activity, body.organisation)
    if body.terms.last_day > activity.last_day:
        raise Rejection(Reason.INVALID_PERIOD, "sign-up ends with the activity at the latest", str(body.terms.last_day))
    today = _require_not_over(state, context, body.activity, activity)
    taken = get_places(state, body.activity).taken
    if body.terms.capacity < taken:
        raise Rejection(Reason.ACTIVITY_FULL, "more places than that are taken", str(taken))
    if TERMS.get(state, body.activity) == body.terms:
        raise Rejection(Reason.NO_CHANGE, "these are the terms already", body.activity.hex())
    TERMS.put(state, body.terms, body.activity)
    return Effects((TERMS_SET.encode(body), *_move_up(state, body.activity, activity, today)))


def sign_up(state: Overlay, body: SignUpVolunteer, context: TransactionContext) -> Effects:
    """Sign a volunteer up (signed by the volunteer or one officer). After the terms' last day only an officer may.

    Training and cover are asked for now, and again when a place on the waiting list becomes one of the activity.
    """
    by_officer = _require_volunteer_or_officer(state, context, body.volunteer, body.organisation)
    existing = SIGN_UPS.get(state, body.activity, body.volunteer)
    if existing is not None and existing.standing is not SignUpStanding.WITHDRAWN:
        raise Rejection(Reason.ALREADY_EXISTS, "the volunteer has signed up already", body.volunteer.hex())
    activity = require_activity(state, body.activity, body.organisation)
    today = _require_not_over(state, context, body.activity, activity)
    terms = TERMS.get(state, body.activity)
    if terms is None or (today > terms.last_day and not by_officer):
        raise Rejection(Reason.SIGN_UP_CLOSED, "nobody can sign up for the activity now", body.activity.hex())
    missing = find_missing(state, body.activity, activity, terms, body.volunteer, today)
    if missing is not None:
        raise missing
    moved = _move_up(state, body.activity, activity, today)
    standing = find_place(state, body.activity, body.volunteer, terms)
    SIGN_UPS.put(state, SignUp(standing, _compute_first_day(existing, today), None), body.activity, body.volunteer)
    return Effects((*moved, _encode_changed(body.activity, body.organisation, body.volunteer, standing)))


def _compute_first_day(existing: SignUp | None, today: Day) -> Day:
    """First day on which the volunteer is expected; who comes back at once has never been away."""
    if existing is None or existing.free_day is None or existing.free_day < today:
        return today
    return existing.first_day


def withdraw(state: Overlay, body: WithdrawVolunteer, context: TransactionContext) -> Effects:
    """Give up a place, which goes to whoever has waited longest (signed by the volunteer or one officer).

    The place is free at once. Volunteers who withdraw themselves are expected for `withdrawal_notice_days` more, so that nobody
    undoes an absence by withdrawing from it. The place of an account that is no more is given up by an officer.
    """
    by_officer = _require_volunteer_or_officer(state, context, body.volunteer, body.organisation, may_be_gone=True)
    activity = require_activity(state, body.activity, body.organisation)
    today = _require_not_over(state, context, body.activity, activity)
    existing = SIGN_UPS.get(state, body.activity, body.volunteer)
    if existing is None or existing.standing is SignUpStanding.WITHDRAWN:
        raise Rejection(Reason.UNKNOWN_SIGN_UP, "the volunteer has not signed up", body.volunteer.hex())
    leave_place(state, body.activity, body.volunteer, existing.standing)
    if existing.standing is SignUpStanding.WAITING:
        SIGN_UPS.delete(state, body.activity, body.volunteer)  # nobody was promised anything
    else:
        notice = 0 if by_officer else get_parameter(state, "withdrawal_notice_days")
        withdrawn = SignUp(SignUpStanding.WITHDRAWN, existing.first_day, Day(min(today + notice, MAX_DAY)))
        SIGN_UPS.put(state, withdrawn, body.activity, body.volunteer)
    left = _encode_changed(body.activity, body.organisation, body.volunteer, SignUpStanding.WITHDRAWN)
    return Effects((left, *_move_up(state, body.activity, activity, today)))


def drop_sign_up(state: Overlay, identifier: Identifier, volunteer: Identifier, today: Day) -> tuple[bytes, ...]:
    """Take a volunteer whose account ends out of an activity; return the events. Nobody moves up in one that is over."""
    activity, existing = ACTIVITIES.get(state, identifier), SIGN_UPS.get(state, identifier, volunteer)
    if activity is None or existing is None:
        raise Rejection(Reason.UNKNOWN_SIGN_UP, "the volunteer has not signed up", identifier.hex())
    leave_place(state, identifier, volunteer, existing.standing)
    SIGN_UPS.delete(state, identifier, volunteer)
    left = _encode_changed(identifier, activity.organisation, volunteer, SignUpStanding.WITHDRAWN)
    is_over = not activity.is_open or today > activity.last_day
    return (left, *(() if is_over else _move_up(state, identifier, activity, today)))


def carry_sign_up(
    state: Overlay, identifier: Identifier, volunteer: Identifier, remaining: Identifier, today: Day
) -> tuple[bytes, ...]:
    """Give a merged account's place, or its place in the line, to the account that remains; return the events.

    Where that one has a place already, the other is free.
    """
    existing, own = SIGN_UPS.get(state, identifier, volunteer), SIGN_UPS.get(state, identifier, remaining)
    if existing is None or (own is not None and own.standing is not SignUpStanding.WITHDRAWN):
        return drop_sign_up(state, identifier, volunteer, today)
    places = get_places(state, identifier)
    waiting = tuple(remaining if item == volunteer else item for item in places.waiting)
    PLACES.put(state, Places(places.taken, waiting), identifier)
    SIGN_UPS.delete(state, identifier, volunteer)
    SIGN_UPS.put(state, existing, identifier, remaining)
    return ()


def _require_volunteer_or_officer(
    state: View, context: TransactionContext, volunteer: Identifier, organisation: Identifier, *, may_be_gone: bool = False
) -> bool:
    """Return whether an officer has signed; raise `Rejection` where neither an officer nor the volunteer has."""
    party = get_acting(state, organisation)
    if may_be_gone:
        require_past_account(state, volunteer)
    else:
        require_account(state, volunteer)
    if not set(party.officers).isdisjoint(context.signers):
        require_officers(state, context, organisation, count=1)
        return True
    require_volunteer(state, context, volunteer)
    require_active(state, find_acting(state, organisation))
    return False


def _require_not_over(state: View, context: TransactionContext, identifier: Identifier, activity: Activity) -> Day:
    """Return today, or raise `Rejection` when the activity's last day has passed."""
    today = compute_today(state, context.block.time_ms)
    if today > activity.last_day:
        raise Rejection(Reason.SIGN_UP_CLOSED, "the activity is over", identifier.hex())
    return Day(max(today, 0))


def _move_up(state: Overlay, identifier: Identifier, activity: Activity, today: Day) -> tuple[bytes, ...]:
    terms = TERMS.get(state, identifier)
    if terms is None:
        return ()

    def may_take_part(volunteer: Identifier) -> bool:
        return find_missing(state, identifier, activity, terms, volunteer, today) is None

    moved = move_up(state, identifier, terms, today, may_take_part)
    return tuple(_encode_changed(identifier, activity.organisation, item, SignUpStanding.CONFIRMED) for item in moved)


def _encode_changed(activity: Identifier, organisation: Identifier, volunteer: Identifier, standing: SignUpStanding) -> bytes:
    return SIGN_UP_CHANGED.encode(ChangedSignUp(activity, organisation, volunteer, standing))


KINDS: Final = (
    Kind("activities.set_terms", set_terms_codec, set_terms),
    Kind("activities.sign_up", _sign_up, sign_up),
    Kind("activities.withdraw", _withdraw, withdraw),
)
EVENTS: Final = (TERMS_SET, SIGN_UP_CHANGED)
TABLES: Final = (TERMS, PLACES, SIGN_UPS)
