"""What becomes of an activity: other dates, called off, closed.

Days that have begun stay as they were announced: people came on them, and hours may be recorded for them.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from msgspec.structs import replace

from contracts.activities.projects import finish_activity
from contracts.activities.published import ACTIVITIES, Activity, ActivityStatus, require_activity, require_period
from contracts.identity.parties import require_officers
from contracts.kinds import Kind
from contracts.parameters import compute_today
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Day, Hash, Identifier


class Cancellation(IntEnum):
    """Why an activity is called off. A code, so that nothing about a person is said."""

    WEATHER = 1
    SAFETY = 2
    TOO_FEW_VOLUNTEERS = 3
    NO_LONGER_NEEDED = 4
    OTHER = 5


@dataclass(frozen=True, slots=True)
class ChangeActivity:
    """Body and event: an activity has other dates or another description."""

    activity: Identifier
    organisation: Identifier
    first_day: Day
    last_day: Day
    details: Hash


@dataclass(frozen=True, slots=True)
class CancelActivity:
    """Body and event: an activity does not take place."""

    activity: Identifier
    organisation: Identifier
    cancellation: Cancellation


@dataclass(frozen=True, slots=True)
class CloseActivity:
    """Body and event: nothing more is recorded for the activity."""

    activity: Identifier
    organisation: Identifier


_change = codec.struct(ChangeActivity, codec.identifier, codec.identifier, codec.day, codec.day, codec.hash_)
_cancel = codec.struct(CancelActivity, codec.identifier, codec.identifier, codec.member(Cancellation))
_close = codec.struct(CloseActivity, codec.identifier, codec.identifier)
ACTIVITY_CHANGED: Final = EventType("activities.changed", _change)
ACTIVITY_CANCELLED: Final = EventType("activities.cancelled", _cancel)
ACTIVITY_CLOSED: Final = EventType("activities.closed", _close)


def change_activity(state: Overlay, body: ChangeActivity, context: TransactionContext) -> Effects:
    """Change dates or description (signed by one officer). Who has signed up keeps the place, and may withdraw."""
    require_officers(state, context, body.organisation, count=1)
    old = require_activity(state, body.activity, body.organisation)
    require_period(body.first_day, body.last_day)
    today = compute_today(state, context.block.time_ms)
    if old.first_day <= today and (body.first_day > old.first_day or body.last_day < min(today, old.last_day)):
        raise Rejection(Reason.ACTIVITY_BEGUN, "the days that have begun stay", body.activity.hex())
    new = replace(old, first_day=body.first_day, last_day=body.last_day, details=body.details)
    if new == old:
        raise Rejection(Reason.NO_CHANGE, "that is what was announced already", body.activity.hex())
    ACTIVITIES.put(state, new, body.activity)
    return Effects((ACTIVITY_CHANGED.encode(body),))


def cancel_activity(state: Overlay, body: CancelActivity, context: TransactionContext) -> Effects:
    """Call an activity off, on its first day at the latest (signed by one officer). Later it can only be closed."""
    require_officers(state, context, body.organisation, count=1)
    activity = require_activity(state, body.activity, body.organisation)
    if compute_today(state, context.block.time_ms) > activity.first_day:
        raise Rejection(Reason.ACTIVITY_BEGUN, "the activity's first day has passed", body.activity.hex())
    _end(state, body.activity, activity, ActivityStatus.CANCELLED)
    return Effects((ACTIVITY_CANCELLED.encode(body),))


def close_activity(state: Overlay, body: CloseActivity, context: TransactionContext) -> Effects:
    """Close an activity (signed by one officer)."""
    require_officers(state, context, body.organisation, count=1)
    activity = require_activity(state, body.activity, body.organisation)
    _end(state, body.activity, activity, ActivityStatus.CLOSED)
    return Effects((ACTIVITY_CLOSED.encode(body),))


def _end(state: Overlay, identifier: Identifier, activity: Activity, status: ActivityStatus) -> None:
    ACTIVITIES.put(state, replace(activity, status=status), identifier)
    finish_activity(state, identifier)


KINDS: Final = (
    Kind("activities.change", _change, change_activity),
    Kind("activities.cancel", _cancel, cancel_activity),
    Kind("activities.close", _close, close_activity),
)
EVENTS: Final = (ACTIVITY_CHANGED, ACTIVITY_CANCELLED, ACTIVITY_CLOSED)
