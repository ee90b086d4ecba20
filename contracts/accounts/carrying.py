"""What follows a merge of two accounts: records, places and imported totals are carried over to the account that remains.

Anybody with a key may ask for it: it only carries out what was agreed. Each transaction is bounded work.
"""

from dataclasses import dataclass
from typing import Final

from contracts.activities.sign_ups import carry_sign_up
from contracts.hours.totals import carry_total
from contracts.identity.departed import MERGED, VOLUNTEERS, make_absence, require_account, resolve_account
from contracts.kinds import Kind
from contracts.parameters import compute_today, get_parameter
from contracts.records import MAX_RECORDS_A_MONTH, Calendars, Record, RecordStatus, find_conflict
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import Day, Hash, Identifier

MAX_PLACES: Final = 16
MAX_SOURCES: Final = 16


@dataclass(frozen=True, slots=True)
class CarryMonth:
    """Body: the records of a merged account in the month of `day` go to the account that remains."""

    volunteer: Identifier
    day: Day


@dataclass(frozen=True, slots=True)
class MonthCarried:
    """Event: so many records of a month stand with `remaining` now."""

    volunteer: Identifier
    remaining: Identifier
    day: Day
    records: int


@dataclass(frozen=True, slots=True)
class CarryPlaces:
    """Body: places in activities, and imported totals by their source, go to the account that remains."""

    volunteer: Identifier
    activities: tuple[Identifier, ...]
    sources: tuple[Hash, ...]


@dataclass(frozen=True, slots=True)
class PlacesCarried:
    """Event: places and totals stand with `remaining` now."""

    volunteer: Identifier
    remaining: Identifier
    activities: tuple[Identifier, ...]
    sources: tuple[Hash, ...]


_places = codec.sequence(codec.identifier, 0, MAX_PLACES)
_sources = codec.sequence(codec.hash_, 0, MAX_SOURCES)
_carry_month = codec.struct(CarryMonth, codec.identifier, codec.day)
_carry_places = codec.struct(CarryPlaces, codec.identifier, _places, _sources)
MONTH_CARRIED: EventType[MonthCarried] = EventType(
    "identity.month_carried",
    codec.struct(MonthCarried, codec.identifier, codec.identifier, codec.day, codec.integer("records", 1, MAX_RECORDS_A_MONTH)),
    lambda event: (event.volunteer, event.remaining),
)
PLACES_CARRIED: EventType[PlacesCarried] = EventType(
    "identity.places_carried",
    codec.struct(PlacesCarried, codec.identifier, codec.identifier, _places, _sources),
    lambda event: (event.volunteer, event.remaining),
)


def carry_month(state: Overlay, body: CarryMonth, context: TransactionContext) -> Effects:
    """Carry a merged account's records of one month over (signed by anybody with a registered key).

    A record that overlaps with one of the remaining account, or is there already, keeps the month back and is named. One that
    was made void, and whose identifier is taken, stays where it is.
    """
    del context  # who asks for it does not matter, nor when
    remaining = _find_remaining(state, body.volunteer)
    calendars = Calendars(state)
    cap = get_parameter(state, "daily_cap_minutes")
    records = _find_movable(calendars, body.volunteer, remaining, body.day)
    for record in records:
        if record.status is RecordStatus.COUNTED:
            _require_room(calendars, remaining, record, cap)
        if len(calendars.get_month(remaining, record.day)) >= MAX_RECORDS_A_MONTH:
            raise Rejection(Reason.DAILY_CAP, "the month has too many records", str(MAX_RECORDS_A_MONTH))
        calendars.remove(body.volunteer, record)
        calendars.put(remaining, record)
    calendars.save(state)
    return Effects((MONTH_CARRIED.encode(MonthCarried(body.volunteer, remaining, body.day, len(records))),))


def _find_movable(calendars: Calendars, volunteer: Identifier, remaining: Identifier, day: Day) -> tuple[Record, ...]:
    """Return the records of a month that can go over; raise `Rejection` where there are none, or one is in both accounts."""
    records = tuple(calendars.get_month(volunteer, day).values())
    taken = {item.record for item in records if calendars.find(remaining, item.day, item.record) is not None}
    movable = tuple(item for item in records if item.record not in taken)
    twice = [item for item in records if item.record in taken and item.status is RecordStatus.COUNTED]
    if not movable and not twice:
        raise Rejection(Reason.UNKNOWN_RECORD, "the account has nothing to carry over in that month", str(day))
    if twice:
        raise Rejection(Reason.DUPLICATE_RECORD, "both accounts have that record", twice[0].record.hex())
    return movable


def carry_places(state: Overlay, body: CarryPlaces, context: TransactionContext) -> Effects:
    """Carry a merged account's places and imported totals over (signed by anybody with a registered key).

    Where both accounts have a place in an activity, one is free again.
    """
    remaining = _find_remaining(state, body.volunteer)
    today = Day(max(0, min(compute_today(state, context.block.time_ms), codec.MAX_DAY)))
    events: list[bytes] = []
    for source in body.sources:
        carry_total(state, body.volunteer, remaining, source)
    for activity in body.activities:
        events.extend(carry_sign_up(state, activity, body.volunteer, remaining, today))
    if not (body.activities or body.sources):
        raise Rejection(Reason.NO_CHANGE, "nothing is named that is to be carried over", body.volunteer.hex())
    events.append(PLACES_CARRIED.encode(PlacesCarried(body.volunteer, remaining, body.activities, body.sources)))
    return Effects(tuple(events))


def _find_remaining(state: View, volunteer: Identifier) -> Identifier:
    """Return the account that remains of a merged one, or raise `Rejection`."""
    if VOLUNTEERS.has(state, volunteer):
        raise Rejection(Reason.UNKNOWN_VOLUNTEER, "the account did not go over into another", volunteer.hex())
    if not MERGED.has(state, volunteer):
        raise make_absence(state, volunteer)
    remaining = resolve_account(state, volunteer)
    require_account(state, remaining)
    return remaining


def _require_room(calendars: Calendars, volunteer: Identifier, record: Record, cap: int) -> None:
    content = record.day, record.start, record.minutes
    conflict = find_conflict(calendars, volunteer, *content, cap, correcting=None)
    if conflict is not None:
        raise Rejection(conflict.reason, f"the record {record.record.hex()} cannot stand beside it", conflict.value)


CARRIED_KINDS: Final = (
    Kind("identity.carry_month", _carry_month, carry_month),
    Kind("identity.carry_places", _carry_places, carry_places),
)
CARRIED_EVENTS: Final = (MONTH_CARRIED, PLACES_CARRIED)
