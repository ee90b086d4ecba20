"""Deposits: the time of a certified record is saved, once, by the volunteer whose record it is.

Time that is given in a group's activity, such as a company's day, can only be given away (Nanjing); which activities are so is
declared by their organisation.
"""

from dataclasses import dataclass
from typing import Final

from contracts.activities.published import require_activity
from contracts.hours.service import find_own_record, require_counted
from contracts.identity.parties import get_organisation, require_officers
from contracts.kinds import Kind
from contracts.lots import row_codec
from contracts.parameters import compute_today, get_parameter
from contracts.records import Calendars, Record
from contracts.savings import (
    SAVED_RECORDS,
    TimeLot,
    add_time_issued,
    compute_minutes,
    compute_row_key,
    count_saved,
    floor_to_unit,
    get_account,
    receive_lots,
    require_room,
    split_at_cap,
)
from contracts.timebank.holders import require_holder, require_time_bank
from ledger import codec
from ledger.codec import MAX_DAY
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, Minutes, TimeMs


@dataclass(frozen=True, slots=True)
class DeclareGroup:
    """Body and event: an activity is a group's, so that its time can only be given away where the region says so."""

    activity: Identifier
    organisation: Identifier


@dataclass(frozen=True, slots=True)
class DepositTime:
    """Body: a volunteer saves the time of a record, found in the month of `recorded_day`."""

    organisation: Identifier
    volunteer: Identifier
    record: Identifier
    recorded_day: Day


@dataclass(frozen=True, slots=True)
class TimeDeposited:
    """Event: `minutes` of a record are saved, of which `gift_only_minutes` can only be given away."""

    organisation: Identifier
    volunteer: Identifier
    record: Identifier
    batch: Identifier
    row: int
    minutes: Minutes
    gift_only_minutes: Minutes


_ids = (codec.identifier, codec.identifier, codec.identifier)
_declare = codec.struct(DeclareGroup, codec.identifier, codec.identifier)
_deposit = codec.struct(DepositTime, *_ids, codec.day)
GROUP_DECLARED: Final = EventType("timebank.group_declared", _declare)
TIME_DEPOSITED: Final[EventType[TimeDeposited]] = EventType(
    "timebank.deposited",
    codec.struct(TimeDeposited, *_ids, codec.identifier, row_codec, codec.minutes, codec.minutes),
    lambda event: (event.volunteer, event.organisation),
)
GROUPS: Final[Table[Identifier]] = Table(b"group-activity", codec.identifier, is_public=True)
"""Key: activity. The organisation that declared it to be a group's."""


def declare_group(state: Overlay, body: DeclareGroup, context: TransactionContext) -> Effects:
    """Declare an activity to be a group's, for good (signed by one officer). What was saved before stays as it is."""
    require_officers(state, context, body.organisation, count=1)
    require_activity(state, body.activity, body.organisation)
    if GROUPS.has(state, body.activity):
        raise Rejection(Reason.NO_CHANGE, "the activity is a group's already", body.activity.hex())
    GROUPS.put(state, body.organisation, body.activity)
    return Effects((GROUP_DECLARED.encode(body),))


def deposit_time(state: Overlay, body: DepositTime, context: TransactionContext) -> Effects:
    """Save what is not yet saved of a record (signed by the volunteer; for one without a key by the enrolling organisation).

    An hour of service is an hour saved (Nanjing; a point in Guangzhou, a coin in Beijing), in whole units of the region. A
    record that was amended to more minutes can be saved again, for what it has more.
    """
    get_organisation(state, body.organisation)
    require_holder(state, context, body.volunteer)
    calendars = Calendars(state)
    record, _revision = find_own_record(state, calendars, body.organisation, body.volunteer, body.recorded_day, body.record)
    require_counted(record)
    minutes = _require_minutes(state, body.volunteer, record)
    lot = TimeLot(_compute_day(state, context.block.time_ms), record.batch, record.row, _is_gift_only(state, record), minutes)
    account = get_account(state, body.volunteer)
    gift_only = compute_minutes(item for item in split_at_cap(state, account, (lot,)) if item.is_gift_only)
    receive_lots(state, body.volunteer, (lot,))
    add_time_issued(state, minutes)
    key = compute_row_key(record.batch, record.row)
    SAVED_RECORDS.put(state, Minutes((SAVED_RECORDS.get(state, *key) or 0) + minutes), *key)
    ids = body.organisation, body.volunteer, body.record
    event = TIME_DEPOSITED.encode(TimeDeposited(*ids, record.batch, record.row, minutes, gift_only))
    return Effects((event, *count_saved(state, body.volunteer, minutes)))


def _require_minutes(state: View, volunteer: Identifier, record: Record) -> Minutes:
    """Return the minutes of a record that are to be saved, or raise `Rejection`."""
    unit = get_parameter(state, "time_unit_minutes")
    if record.minutes < unit:
        raise Rejection(Reason.INVALID_MINUTES, f"a record of {unit} minutes or more can be saved", str(record.minutes))
    require_room(state, volunteer)
    require_time_bank(state)
    saved = SAVED_RECORDS.get(state, *compute_row_key(record.batch, record.row)) or 0
    minutes = floor_to_unit(state, record.minutes) - saved
    if minutes <= 0:
        raise Rejection(Reason.ALREADY_SAVED, "the record's time is saved already", str(saved))
    return Minutes(minutes)


def _is_gift_only(state: View, record: Record) -> bool:
    return GROUPS.has(state, record.activity) and not get_parameter(state, "time_of_groups_spendable")


def _compute_day(state: View, time_ms: TimeMs) -> Day:
    return Day(min(max(compute_today(state, time_ms), 0), MAX_DAY))


KINDS: Final = (
    Kind("timebank.declare_group", _declare, declare_group),
    Kind("timebank.deposit", _deposit, deposit_time),
)
EVENTS: Final = (GROUP_DECLARED, TIME_DEPOSITED)
TABLES: Final = (GROUPS,)
