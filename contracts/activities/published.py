"""What is done: activities with their class and dates.

The class decides whether hours count: meetings and training are other record kinds and never service hours (Order 67, article
19). Name, place and content stay off the chain; `details` is their commitment, opened in certificates.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from contracts.identity.parties import require_own_officers
from contracts.kinds import Kind
from contracts.parameters import get_parameter
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier

MAX_ACTIVITY_DAYS: Final = 1_096
MAX_COEFFICIENT: Final = 1_000
NO_COEFFICIENT: Final = 100
"""The most that a region may allow, in percent."""


class ActivityClass(IntEnum):
    """What an activity is (Order 67, articles 4, 8, 9 and 19)."""

    SERVICE = 1
    MEETING = 2
    TRAINING = 3
    COMMENDATION = 4

    @property
    def counts_hours(self) -> bool:
        """Whether attendance is voluntary service."""
        return self is ActivityClass.SERVICE


class ActivityStatus(IntEnum):
    """Whether more is to come. A cancelled activity did not take place, but for what was recorded before."""

    OPEN = 1
    CLOSED = 2
    CANCELLED = 3


class Activity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An organisation's activity, from `first_day` to `last_day`, both included.

    `coefficient` says in percent how many points its hours earn for its difficulty (Hainan), 100 as usual.
    """

    organisation: Identifier
    activity_class: ActivityClass
    first_day: Day
    last_day: Day
    details: Hash
    status: ActivityStatus
    coefficient: int

    @property
    def is_open(self) -> bool:
        """Whether people may sign up and hours may be recorded."""
        return self.status is ActivityStatus.OPEN


@dataclass(frozen=True, slots=True)
class PublishActivity:
    """Body and event: an organisation announces an activity."""

    activity: Identifier
    organisation: Identifier
    activity_class: ActivityClass
    first_day: Day
    last_day: Day
    details: Hash
    coefficient: int = NO_COEFFICIENT


_coefficient = codec.integer("coefficient", 1, MAX_COEFFICIENT)
_class: Codec[ActivityClass] = codec.member(ActivityClass)
ACTIVITIES: Final[Table[Activity]] = Table(
    b"activity",
    codec.struct(
        Activity, codec.identifier, _class, codec.day, codec.day, codec.hash_, codec.member(ActivityStatus), _coefficient
    ),
    is_public=True,
    remembered=1_024,
)
_publish = codec.struct(
    PublishActivity, codec.identifier, codec.identifier, _class, codec.day, codec.day, codec.hash_, _coefficient
)
ACTIVITY_PUBLISHED = EventType("activities.published", _publish)


def get_activity(state: View, identifier: Identifier, organisation: Identifier) -> Activity | None:
    """Return the organisation's activity; None when there is none, or when it is another organisation's."""
    activity = ACTIVITIES.get(state, identifier)
    return activity if activity is not None and activity.organisation == organisation else None


def require_activity(state: View, identifier: Identifier, organisation: Identifier) -> Activity:
    """Return the organisation's activity, or raise `Rejection` unless there is one and it is open."""
    activity = get_activity(state, identifier, organisation)
    if activity is None:
        raise Rejection(Reason.UNKNOWN_ACTIVITY, "the organisation has no such activity", identifier.hex())
    if not activity.is_open:
        raise Rejection(Reason.ACTIVITY_CLOSED, "the activity is closed already", identifier.hex())
    return activity


def require_period(first_day: Day, last_day: Day) -> None:
    """Raise `Rejection` for days that end before they begin, or are too many."""
    if not 0 <= last_day - first_day < MAX_ACTIVITY_DAYS:
        detail = f"an activity ends after it begins and lasts at most {MAX_ACTIVITY_DAYS} days"
        raise Rejection(Reason.INVALID_PERIOD, detail, str(last_day - first_day + 1))


def publish_activity(state: Overlay, body: PublishActivity, context: TransactionContext) -> Effects:
    """Announce an activity (signed by one officer, or by officers as the policy says where it has a coefficient of its own).

    The coefficient is fixed then, before anybody has served (Hainan): it makes points, so it takes whoever may certify.
    """
    require_own_officers(state, context, body.organisation, count=1 if body.coefficient == NO_COEFFICIENT else 0)
    if ACTIVITIES.has(state, body.activity):
        raise Rejection(Reason.ALREADY_EXISTS, "the activity's identifier is taken", body.activity.hex())
    require_period(body.first_day, body.last_day)
    highest = get_parameter(state, "max_coefficient_percent")
    if body.coefficient > highest:
        raise Rejection(Reason.INVALID_COEFFICIENT, f"the region allows {highest} percent at most", str(body.coefficient))
    days = body.first_day, body.last_day
    activity = Activity(body.organisation, body.activity_class, *days, body.details, ActivityStatus.OPEN, body.coefficient)
    ACTIVITIES.put(state, activity, body.activity)
    return Effects((ACTIVITY_PUBLISHED.encode(body),))


KINDS: Final = (Kind("activities.publish", _publish, publish_activity),)
EVENTS: Final = (ACTIVITY_PUBLISHED,)
