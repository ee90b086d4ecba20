"""Stars: publicised for some days before they are awarded, so that whoever knows better can object.

The region chooses how long. What is shown in public, with the volunteer's consent (Personal Information Protection Law, 25),
stays off the chain; here are the days, the objections as hashes, and who decided. A star shows nothing of the
hours behind it.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from contracts.balances import get_balance
from contracts.hours.totals import get_imported_minutes
from contracts.identity.departed import ENROLLED, VOLUNTEERS, require_account, resolve_account
from contracts.identity.parties import (
    ORGANISATIONS,
    get_organisation,
    require_authority,
    require_officers,
    require_volunteer,
)
from contracts.kinds import Kind
from contracts.parameters import compute_today, get_parameter
from contracts.regions.leaving import get_left_minutes
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier

MAX_STARS: Final = 5
MAX_OBJECTIONS: Final = 16


class StarStatus(IntEnum):
    """What has become of a star."""

    PUBLICISED = 1
    AWARDED = 2
    WITHDRAWN = 3


@dataclass(frozen=True, slots=True)
class Star:
    """One star award. `effective_day` is the first day on which it may be awarded; `objectors` have objected before it."""

    organisation: Identifier
    volunteer: Identifier
    stars: int
    effective_day: Day
    status: StarStatus
    objectors: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class PublicizeStar:
    """Body: an organisation announces a star award of one to five stars."""

    award: Identifier
    organisation: Identifier
    volunteer: Identifier
    stars: int


@dataclass(frozen=True, slots=True)
class ObjectToStar:
    """Body and event: an organisation or a volunteer objects; `grounds` is the hash of why."""

    award: Identifier
    organisation: Identifier
    objector: Identifier
    grounds: Hash


@dataclass(frozen=True, slots=True)
class DecideStar:
    """Body: an organisation awards a star that was publicised, or withdraws it."""

    award: Identifier
    organisation: Identifier


@dataclass(frozen=True, slots=True)
class StarChanged:
    """Event: where a star award stands now."""

    award: Identifier
    organisation: Identifier
    volunteer: Identifier
    stars: int
    effective_day: Day
    status: StarStatus


_stars = codec.integer("stars", 1, MAX_STARS)
_status = codec.member(StarStatus)
_publicize = codec.struct(PublicizeStar, codec.identifier, codec.identifier, codec.identifier, _stars)
_object = codec.struct(ObjectToStar, codec.identifier, codec.identifier, codec.identifier, codec.hash_)
_decide = codec.struct(DecideStar, codec.identifier, codec.identifier)

STARS: Final[Table[Star]] = Table(
    b"star",
    codec.struct(
        Star,
        codec.identifier,
        codec.identifier,
        _stars,
        codec.day,
        _status,
        codec.sequence(codec.identifier, 0, MAX_OBJECTIONS),
    ),
)
STAR_CHANGED: Final[EventType[StarChanged]] = EventType(
    "certificates.star_changed",
    codec.struct(StarChanged, codec.identifier, codec.identifier, codec.identifier, _stars, codec.day, _status),
    lambda event: (event.volunteer, event.organisation),
)
STAR_OBJECTED: Final[EventType[ObjectToStar]] = EventType(
    "certificates.star_objected", _object, lambda event: (event.objector, event.organisation)
)


def publicize_star(state: Overlay, body: PublicizeStar, context: TransactionContext) -> Effects:
    """Announce a star award (signed by officers as the policy says). The volunteer has the hours that the region asks for."""
    get_organisation(state, body.organisation)
    require_account(state, body.volunteer)
    require_officers(state, context, body.organisation)
    if STARS.has(state, body.award):
        raise Rejection(Reason.ALREADY_EXISTS, "the award's identifier is taken", body.award.hex())
    today = compute_today(state, context.block.time_ms)
    _require_merit(state, body.volunteer, body.stars, today)
    effective = today + get_parameter(state, "star_publicity_days")
    day = Day(max(0, min(effective, codec.MAX_DAY)))
    star = Star(body.organisation, body.volunteer, body.stars, day, StarStatus.PUBLICISED, ())
    return _put_star(state, body.award, star)


def _require_merit(state: View, volunteer: Identifier, stars: int, today: int) -> None:
    """Raise `Rejection` for fewer hours, or days since enrolment, than the region asks for.

    Time from an earlier system is continued (DOMAIN, S1); time that has left for another region counts there.
    """
    minutes = get_balance(state, volunteer).minutes + get_imported_minutes(state, volunteer)
    minutes -= get_left_minutes(state, volunteer)
    needed = get_parameter(state, f"star_{stars}_hours")
    if minutes < needed * 60:
        raise Rejection(Reason.TOO_FEW_HOURS, f"the region asks for {needed} hours", str(minutes // 60))
    since, tenure = ENROLLED.get(state, volunteer), get_parameter(state, "star_tenure_days")
    if tenure and (since is None or today - since < tenure):
        raise Rejection(Reason.TOO_SHORT_TENURE, f"the region asks for {tenure} days since enrolment", volunteer.hex())


def object_to_star(state: Overlay, body: ObjectToStar, context: TransactionContext) -> Effects:
    """Object to a star award while it is publicised (signed by one officer of the objector, or by the volunteer)."""
    if ORGANISATIONS.has(state, body.objector):
        require_officers(state, context, body.objector, count=1)
    else:
        require_volunteer(state, context, body.objector)
    star = _require_own(state, body.award, body.organisation)
    if body.objector in star.objectors or len(star.objectors) >= MAX_OBJECTIONS:
        raise Rejection(Reason.NO_CHANGE, "the objection is on record, or there are enough of them", body.objector.hex())
    _require_publicised(star, body.award)
    if compute_today(state, context.block.time_ms) >= star.effective_day:
        raise Rejection(Reason.PUBLICITY_OVER, "objections were possible before that day", str(star.effective_day))
    STARS.put(state, replace(star, objectors=(*star.objectors, body.objector)), body.award)
    return Effects((STAR_OBJECTED.encode(body),))


def award_star(state: Overlay, body: DecideStar, context: TransactionContext) -> Effects:
    """Award what was publicised (signed by officers as the policy says, and by an authority where somebody objected).

    An authority signs as well where the region says that authorities award. The hours must still be there.
    """
    get_organisation(state, body.organisation)
    _require_arbiter(state, body.award, context)
    require_officers(state, context, body.organisation)
    star = _require_own(state, body.award, body.organisation)
    _require_publicised(star, body.award)
    volunteer = resolve_account(state, star.volunteer)
    if not VOLUNTEERS.has(state, volunteer):
        raise Rejection(Reason.AWARD_CLOSED, "the volunteer's account is no more", body.award.hex())
    _require_merit(state, volunteer, star.stars, compute_today(state, context.block.time_ms))
    if compute_today(state, context.block.time_ms) < star.effective_day:
        raise Rejection(Reason.PUBLICITY_RUNNING, "the award is publicised until then", str(star.effective_day))
    return _put_star(state, body.award, replace(star, status=StarStatus.AWARDED))


def withdraw_star(state: Overlay, body: DecideStar, context: TransactionContext) -> Effects:
    """Withdraw what was publicised and not awarded (signed by officers as the policy says)."""
    require_officers(state, context, body.organisation)
    star = _require_own(state, body.award, body.organisation)
    _require_publicised(star, body.award)
    return _put_star(state, body.award, replace(star, status=StarStatus.WITHDRAWN))


def _require_arbiter(state: View, award: Identifier, context: TransactionContext) -> None:
    """Raise `Rejection` where no authority has signed an award that needs one: the region says so, or somebody objected."""
    star = STARS.get(state, award)
    if get_parameter(state, "stars_need_authority") or (star is not None and star.objectors):
        require_authority(state, context)


def _require_own(state: View, award: Identifier, organisation: Identifier) -> Star:
    """Return an organisation's award, or raise `Rejection`."""
    star = STARS.get(state, award)
    if star is None or star.organisation != organisation:
        raise Rejection(Reason.UNKNOWN_AWARD, "the organisation has no such award", award.hex())
    return star


def _require_publicised(star: Star, award: Identifier) -> None:
    """Raise `Rejection` for an award that is decided."""
    if star.status is not StarStatus.PUBLICISED:
        raise Rejection(Reason.AWARD_CLOSED, f"the award is {star.status.name.lower()}", award.hex())


def _put_star(state: Overlay, award: Identifier, star: Star) -> Effects:
    STARS.put(state, star, award)
    event = StarChanged(award, star.organisation, star.volunteer, star.stars, star.effective_day, star.status)
    return Effects((STAR_CHANGED.encode(event),))


KINDS: Final = (
    Kind("certificates.publicize_star", _publicize, publicize_star),
    Kind("certificates.object_to_star", _object, object_to_star),
    Kind("certificates.award_star", _decide, award_star),
    Kind("certificates.withdraw_star", _decide, withdraw_star),
)
EVENTS: Final = (STAR_CHANGED, STAR_OBJECTED)
TABLES: Final = (STARS,)
