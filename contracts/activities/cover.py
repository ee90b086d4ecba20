"""Cover: that a policy insures an activity or a volunteer for some days (DOMAIN section 2, S15).

The policy itself stays with the insurer; its commitment is here, and the days, so that sign-up can ask for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contracts.activities.published import get_activity
from contracts.identity.departed import require_account
from contracts.identity.parties import get_organisation, require_officers
from contracts.kinds import Kind
from contracts.parameters import compute_today
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier

MAX_COVERS: Final = 16
"""Of one activity or volunteer at a time; those that have ended make room."""
MAX_COVER_DAYS: Final = 3_660


class Insured(IntEnum):
    """What a cover is for."""

    ACTIVITY = 1
    VOLUNTEER = 2


@dataclass(frozen=True, slots=True)
class Cover:
    """A policy in force from `first_day` to `last_day`, both included, and the organisation that vouches for it."""

    cover: Identifier
    organisation: Identifier
    first_day: Day
    last_day: Day
    policy: Hash


@dataclass(frozen=True, slots=True)
class AttachCover:
    """Body and event: an organisation says that a policy covers its activity, or a volunteer."""

    cover: Identifier
    organisation: Identifier
    insured: Insured
    subject: Identifier
    first_day: Day
    last_day: Day
    policy: Hash


@dataclass(frozen=True, slots=True)
class WithdrawCover:
    """Body and event: a cover that the organisation attached does not hold any more."""

    cover: Identifier
    organisation: Identifier
    insured: Insured
    subject: Identifier


_insured: Codec[Insured] = codec.member(Insured)
_attach = codec.struct(
    AttachCover, codec.identifier, codec.identifier, _insured, codec.identifier, codec.day, codec.day, codec.hash_
)
_withdraw = codec.struct(WithdrawCover, codec.identifier, codec.identifier, _insured, codec.identifier)
_cover = codec.struct(Cover, codec.identifier, codec.identifier, codec.day, codec.day, codec.hash_)
COVERS: Final[Table[tuple[Cover, ...]]] = Table(b"cover", codec.sequence(_cover, 1, MAX_COVERS))


def _find_parties(event: AttachCover | WithdrawCover) -> tuple[Identifier, ...]:
    return (event.subject, event.organisation) if event.insured is Insured.VOLUNTEER else ()


COVER_ATTACHED: Final = EventType("cover.attached", _attach, _find_parties)
COVER_WITHDRAWN: Final = EventType("cover.withdrawn", _withdraw, _find_parties)


def is_covered(view: View, activity: Identifier, volunteer: Identifier, first_day: Day, last_day: Day) -> bool:
    """Whether every one of the days is covered, for the activity or for the volunteer."""
    covers = (*_get_covers(view, Insured.ACTIVITY, activity), *_get_covers(view, Insured.VOLUNTEER, volunteer))
    uncovered = first_day
    for item in sorted(covers, key=lambda item: item.first_day):
        if item.first_day <= uncovered <= item.last_day:
            uncovered = Day(item.last_day + 1)
    return uncovered > last_day


def attach_cover(state: Overlay, body: AttachCover, context: TransactionContext) -> Effects:
    """Attach a cover to an activity of one's own, or to a volunteer (signed by one officer)."""
    _require_party(state, context, body.organisation, body.insured, body.subject)
    today = compute_today(state, context.block.time_ms)
    covers = _get_covers(state, body.insured, body.subject)
    running = tuple(item for item in covers if item.last_day >= today)
    if len(running) >= MAX_COVERS or any(item.cover == body.cover for item in covers):
        raise Rejection(Reason.ALREADY_EXISTS, "that cover is attached, or there are too many", body.cover.hex())
    _require_own(state, body.organisation, body.insured, body.subject)
    if not 0 <= body.last_day - body.first_day < MAX_COVER_DAYS or body.last_day < today:
        raise Rejection(Reason.INVALID_PERIOD, "a cover ends after it begins, and not in the past", str(body.last_day))
    cover = Cover(body.cover, body.organisation, body.first_day, body.last_day, body.policy)
    COVERS.put(state, (*running, cover), bytes([body.insured]), body.subject)
    return Effects((COVER_ATTACHED.encode(body),))


def withdraw_cover(state: Overlay, body: WithdrawCover, context: TransactionContext) -> Effects:
    """Withdraw a cover (signed by one officer of the organisation that attached it). Who has signed up keeps the place."""
    _require_party(state, context, body.organisation, body.insured, body.subject)
    covers = _get_covers(state, body.insured, body.subject)
    rest = tuple(item for item in covers if (item.cover, item.organisation) != (body.cover, body.organisation))
    if rest == covers:
        raise Rejection(Reason.UNKNOWN_COVER, "the organisation has attached no such cover", body.cover.hex())
    _put_covers(state, body.insured, body.subject, rest)
    return Effects((COVER_WITHDRAWN.encode(body),))


def _require_party(
    state: View, context: TransactionContext, organisation: Identifier, insured: Insured, subject: Identifier
) -> None:
    get_organisation(state, organisation)
    if insured is Insured.VOLUNTEER:
        require_account(state, subject)
    require_officers(state, context, organisation, count=1)


def _require_own(state: View, organisation: Identifier, insured: Insured, subject: Identifier) -> None:
    if insured is Insured.ACTIVITY and get_activity(state, subject, organisation) is None:
        raise Rejection(Reason.UNKNOWN_ACTIVITY, "the organisation has no such activity", subject.hex())


def _get_covers(view: View, insured: Insured, subject: Identifier) -> tuple[Cover, ...]:
    return COVERS.get(view, bytes([insured]), subject) or ()


def _put_covers(state: Overlay, insured: Insured, subject: Identifier, covers: Iterable[Cover]) -> None:
    left = tuple(covers)
    if left:
        COVERS.put(state, left, bytes([insured]), subject)
    else:
        COVERS.delete(state, bytes([insured]), subject)


KINDS: Final = (Kind("cover.attach", _attach, attach_cover), Kind("cover.withdraw", _withdraw, withdraw_cover))
EVENTS: Final = (COVER_ATTACHED, COVER_WITHDRAWN)
TABLES: Final = (COVERS,)
