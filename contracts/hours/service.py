"""Service: certified in batches by the organisation that ran the activity, corrected by amending or making void.

The organisation that ran the activity records, and who records certifies (Order 67, article 3). A record is due within ten
working days after the service; a late one is marked, not refused (article 11). What a volunteer earned in points follows the
record.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.accrual import Accrual, change_points
from contracts.activities import Activity
from contracts.hours.screening import Screening, Served
from contracts.identity.departed import find_absences, require_account, require_past_account
from contracts.identity.parties import get_organisation, require_officers
from contracts.kinds import Kind
from contracts.lots import row_codec
from contracts.parameters import MINUTES_PER_DAY
from contracts.records import (
    BATCHES,
    FIRST_REVISION,
    LAST_REVISION,
    REFUSED,
    VOID,
    Batch,
    Calendars,
    Record,
    RecordStatus,
    find_conflict,
    is_void,
    set_revision,
    start_codec,
)
from contracts.savings import correct_savings
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection, RowOutcome
from ledger.events import MAX_ROWS, EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import IDENTIFIER_BYTES, Day, Hash, Identifier, Minutes, Points


class Mode(IntEnum):
    """What happens to a batch when some of its rows are refused; the signers choose."""

    ATOMIC = 1
    BEST_EFFORT = 2


class Correction(IntEnum):
    """Why a record is amended or made void. A code, because free text about a person does not belong on the chain."""

    WRONG_PERSON = 1
    WRONG_TIME = 2
    WRONG_ACTIVITY = 3
    RECORDED_TWICE = 4
    NOT_SERVICE = 5
    WRONG_DETAILS = 6


class Attendance(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One row: who served when and for how long. `commitment` hides the details that a certificate opens."""

    record: Identifier
    activity: Identifier
    volunteer: Identifier
    day: Day
    start: int | None
    minutes: Minutes
    commitment: Hash


class CertifyHours(msgspec.Struct, frozen=True, array_like=True):
    """Body: an organisation certifies up to 1,000 attendances.

    `is_backfilled` says that an administrator entered them later, without the persons' own check-in and check-out. It stays
    with the records: an amendment does not change how they came to be.
    """

    organisation: Identifier
    mode: Mode
    rows: tuple[Attendance, ...]
    is_backfilled: bool = False


@dataclass(frozen=True, slots=True)
class AmendHours:
    """Body: an organisation replaces the content of its record, found in the month of `recorded_day`."""

    organisation: Identifier
    recorded_day: Day
    attendance: Attendance
    correction: Correction


@dataclass(frozen=True, slots=True)
class VoidHours:
    """Body: an organisation makes its record void."""

    organisation: Identifier
    record: Identifier
    volunteer: Identifier
    recorded_day: Day
    correction: Correction


class RecordedHours(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Event: a record as it stands at `revision`. It is current while its batch's byte for `row` equals `revision`.

    `points` are those earned by the record in all. `correction` is None for a first recording.
    """

    record: Identifier
    revision: int
    batch: Identifier
    row: int
    organisation: Identifier
    activity: Identifier
    volunteer: Identifier
    day: Day
    start: int | None
    minutes: Minutes
    points: Points
    is_late: bool
    is_backfilled: bool
    commitment: Hash
    correction: Correction | None


@dataclass(frozen=True, slots=True)
class VoidedHours:
    """Event: a record no longer counts. `points_returned` went back to the issuer, what was spent stays spent."""

    record: Identifier
    batch: Identifier
    row: int
    organisation: Identifier
    volunteer: Identifier
    correction: Correction
    points_returned: Points


correction_codec: Codec[Correction] = codec.member(Correction)
_attendance = codec.struct(
    Attendance,
    codec.identifier,
    codec.identifier,
    codec.identifier,
    codec.day,
    start_codec,
    codec.minutes,
    codec.hash_,
)
_certify = codec.struct(
    CertifyHours, codec.identifier, codec.member(Mode), codec.sequence(_attendance, 1, MAX_ROWS), codec.boolean
)
_amend = codec.struct(AmendHours, codec.identifier, codec.day, _attendance, correction_codec)
_void = codec.struct(VoidHours, codec.identifier, codec.identifier, codec.identifier, codec.day, correction_codec)

HOURS_RECORDED: EventType[RecordedHours] = EventType(
    "hours.recorded",
    codec.struct(
        RecordedHours,
        codec.identifier,
        codec.integer("revision", FIRST_REVISION, LAST_REVISION),
        codec.identifier,
        row_codec,
        codec.identifier,
        codec.identifier,
        codec.identifier,
        codec.day,
        start_codec,
        codec.minutes,
        codec.points,
        codec.boolean,
        codec.boolean,
        codec.hash_,
        codec.optional(correction_codec),
    ),
    lambda event: (event.volunteer, event.organisation),
)
HOURS_VOIDED: EventType[VoidedHours] = EventType(
    "hours.voided",
    codec.struct(
        VoidedHours,
        codec.identifier,
        codec.identifier,
        row_codec,
        codec.identifier,
        codec.identifier,
        correction_codec,
        codec.points,
    ),
    lambda event: (event.volunteer, event.organisation),
)


def certify_hours(state: Overlay, body: CertifyHours, context: TransactionContext) -> Effects:
    """Certify a batch (signed by officers as the policy says). Each row gets its own outcome."""
    require_officers(state, context, body.organisation)
    batch = Identifier(context.transaction_id[:IDENTIFIER_BYTES])
    accrual, calendars = Accrual.load(state, context.block.time_ms), Calendars(state)
    absences = find_absences(state, [row.volunteer for row in body.rows])
    calendars.load([(row.volunteer, row.day) for row in body.rows if row.volunteer not in absences])
    screening = Screening(body.organisation, accrual, calendars)
    recorded: list[RecordedHours] = []
    outcomes: list[RowOutcome | None] = []
    for number, row in enumerate(body.rows):
        refusal = absences.get(row.volunteer)
        if refusal is None and not screening.is_clear(row):
            refusal = _find_refusal(state, body.organisation, row, accrual, calendars)
        outcomes.append(refusal)
        if refusal is None:
            record = compute_record(row, batch, number, (accrual, calendars), accrual.today, is_backfilled=body.is_backfilled)
            calendars.add(row.volunteer, record)
            recorded.append(make_recorded(body.organisation, row, record, FIRST_REVISION, None))
    if body.mode is Mode.ATOMIC and any(outcomes):
        raise _refuse_batch(tuple(outcomes))
    if recorded:
        revisions = bytes(FIRST_REVISION if outcome is None else REFUSED for outcome in outcomes)
        BATCHES.put(state, Batch(body.organisation, revisions), batch)
        calendars.save(state)
    return Effects(tuple(HOURS_RECORDED.encode_each(recorded)), tuple(outcomes))


def _refuse_batch(outcomes: tuple[RowOutcome | None, ...]) -> Rejection:
    number, first = next((number, outcome) for number, outcome in enumerate(outcomes) if outcome is not None)
    return Rejection(Reason.BATCH_REFUSED, f"row {number + 1} was refused: {first.reason}", str(number + 1), outcomes)


def _find_refusal(
    state: View, organisation: Identifier, row: Attendance, accrual: Accrual, calendars: Calendars
) -> RowOutcome | None:
    """Return the first reason against a new row of an account that is there, in the documented order, or None."""
    refusal = find_duplicate(state, row, calendars)
    refusal = refusal or find_content_refusal(organisation, row, accrual, is_correction=False)
    return refusal or find_clash(calendars, row, accrual, correcting=None) or calendars.find_full(row.volunteer)


def find_duplicate(state: View, row: Attendance, calendars: Calendars) -> RowOutcome | None:
    """Return the reason why a record of that identifier cannot be new, or None."""
    existing = calendars.find(row.volunteer, row.day, row.record)
    if existing is None:
        return None
    reason = Reason.RECORD_VOID if is_void(state, existing.batch, existing.row) else Reason.DUPLICATE_RECORD
    return RowOutcome(reason, row.record.hex())


def find_content_refusal(organisation: Identifier, row: Served, accrual: Accrual, *, is_correction: bool) -> RowOutcome | None:
    """Return the first reason against a row's content, other records left aside.

    A correction may also concern a closed activity (Order 67, article 13).
    """
    activity = accrual.find_activity(row.activity)
    if activity is None or activity.organisation != organisation:
        return RowOutcome(Reason.UNKNOWN_ACTIVITY, row.activity.hex())
    refusal = _find_activity_refusal(activity, row, is_correction=is_correction)
    if refusal is not None:
        return refusal
    if not 1 <= row.minutes <= accrual.max_record_minutes:
        return RowOutcome(Reason.INVALID_MINUTES, str(row.minutes))
    if _compute_end(row) > accrual.local_minute:
        return RowOutcome(Reason.FUTURE_DATE, str(row.day))
    return None


def find_clash(calendars: Calendars, row: Attendance, accrual: Accrual, *, correcting: Record | None) -> RowOutcome | None:
    """Return the reason why other records of the volunteer leave no room for this one, or None."""
    return find_conflict(
        calendars, row.volunteer, row.day, row.start, row.minutes, accrual.daily_cap_minutes, correcting=correcting
    )


def _find_activity_refusal(activity: Activity, row: Served, *, is_correction: bool) -> RowOutcome | None:
    if not activity.is_open and not is_correction:
        return RowOutcome(Reason.ACTIVITY_CLOSED, row.activity.hex())
    if not activity.activity_class.counts_hours:
        return RowOutcome(Reason.CLASS_COUNTS_NO_HOURS, activity.activity_class.name.lower())
    if not activity.first_day <= row.day <= activity.last_day:
        return RowOutcome(Reason.OUTSIDE_ACTIVITY, str(row.day))
    return None


def _compute_end(row: Served) -> int:
    """First minute after the service as far as it is known: without times, its day has begun and it is as long as it says."""
    return row.day * MINUTES_PER_DAY + (row.start or 0) + row.minutes


def compute_last_day(row: Served) -> Day:
    """Day on which the service ended; one that ends at midnight ends on the day before."""
    return Day((row.day * MINUTES_PER_DAY + (row.start or 0) + row.minutes - 1) // MINUTES_PER_DAY)


def compute_record(
    row: Attendance,
    batch: Identifier,
    number: int,
    means: tuple[Accrual, Calendars],
    certified_day: Day,
    *,
    is_backfilled: bool = False,
) -> Record:
    """Return a new record of `certified_day`, with what it earns."""
    accrual, calendars = means
    is_late = accrual.is_late(compute_last_day(row), certified_day)
    points, allowance = accrual.compute_new(
        calendars, row.volunteer, row.activity, row.minutes, is_late=is_late, is_backfilled=is_backfilled
    )
    return Record(
        row.record,
        batch,
        number,
        row.activity,
        row.day,
        row.start,
        row.minutes,
        points,
        certified_day,
        accrual.expires_day,
        is_late,
        RecordStatus.COUNTED,
        allowance,
        is_backfilled,
    )


def make_recorded(
    organisation: Identifier, row: Attendance, record: Record, revision: int, correction: Correction | None
) -> RecordedHours:
    """Return the event of a record as it stands."""
    return RecordedHours(
        row.record,
        revision,
        record.batch,
        record.row,
        organisation,
        row.activity,
        row.volunteer,
        row.day,
        row.start,
        row.minutes,
        record.points,
        record.is_late,
        record.is_backfilled,
        row.commitment,
        correction,
    )


def require_known(state: View, organisation: Identifier, volunteer: Identifier) -> None:
    """Raise `Rejection` unless both exist; that comes before the question who signed."""
    get_organisation(state, organisation)
    require_account(state, volunteer)


def require_once_known(state: View, organisation: Identifier, volunteer: Identifier) -> None:
    """Raise `Rejection` unless there is such an organisation, and the account is there or was."""
    get_organisation(state, organisation)
    require_past_account(state, volunteer)


def find_own_record(
    state: View, calendars: Calendars, organisation: Identifier, volunteer: Identifier, day: Day, record: Identifier
) -> tuple[Record, int]:
    """Return the organisation's record, void or not, and its revision; raise `Rejection` where there is none."""
    found = calendars.find(volunteer, day, record)
    batch = None if found is None else BATCHES.get(state, found.batch)
    if found is None or found.status is RecordStatus.MOVED or batch is None or batch.organisation != organisation:
        raise Rejection(Reason.UNKNOWN_RECORD, "the organisation has no such record of the volunteer", record.hex())
    return found, batch.revisions[found.row]


def require_counted(record: Record) -> None:
    """Raise `Rejection` for a record that was made void."""
    if record.status is RecordStatus.VOID:
        raise Rejection(Reason.RECORD_VOID, "the record was made void", record.record.hex())


def _get_counted(
    state: View, calendars: Calendars, organisation: Identifier, volunteer: Identifier, day: Day, record: Identifier
) -> tuple[Record, int]:
    found, revision = find_own_record(state, calendars, organisation, volunteer, day, record)
    require_counted(found)
    return found, revision


def amend_hours(state: Overlay, body: AmendHours, context: TransactionContext) -> Effects:
    """Replace a record's content (signed by officers as the policy says). The earlier revision stays in the log."""
    row = body.attendance
    require_known(state, body.organisation, row.volunteer)
    require_officers(state, context, body.organisation)
    calendars = Calendars(state)
    old, revision = _get_counted(state, calendars, body.organisation, row.volunteer, body.recorded_day, row.record)
    taken = calendars.find(row.volunteer, row.day, row.record)
    if taken is not None and not taken.is_same(old):
        raise Rejection(Reason.DUPLICATE_RECORD, "that month has another record of this identifier", row.record.hex())
    accrual = Accrual.load(state, context.block.time_ms)
    refusal = find_content_refusal(body.organisation, row, accrual, is_correction=True)
    if refusal is None and revision >= LAST_REVISION:
        raise Rejection(Reason.NO_CHANGE, "the record was corrected too often", str(revision))
    refusal = refusal or find_clash(calendars, row, accrual, correcting=old)
    if refusal is not None:
        raise Rejection(refusal.reason, "the corrected record cannot stand", refusal.value)
    is_late = accrual.is_late(compute_last_day(row), old.certified_day)
    content = replace(old, day=row.day, start=row.start, minutes=row.minutes, is_late=is_late, activity=row.activity)
    wanted = accrual.earn(calendars, row.volunteer, content, correcting=old)
    points = Points(old.points + change_points(state, row.volunteer, old, wanted.points - old.points))
    new = replace(wanted, points=points)
    calendars.move(row.volunteer, old, new)
    calendars.save(state)
    set_revision(state, old.batch, old.row, revision + 1)
    moved = correct_savings(state, row.volunteer, new, is_other_activity=new.activity != old.activity)
    recorded = make_recorded(body.organisation, row, new, revision + 1, body.correction)
    return Effects((HOURS_RECORDED.encode(recorded), *moved))


def void_hours(state: Overlay, body: VoidHours, context: TransactionContext) -> Effects:
    """Make a record void (signed by officers as the policy says). Its points go back as far as they are not spent.

    Also that of an account that is no more: what ends something is always possible.
    """
    require_once_known(state, body.organisation, body.volunteer)
    require_officers(state, context, body.organisation, may_be_suspended=True)
    calendars = Calendars(state)
    old, _revision = _get_counted(state, calendars, body.organisation, body.volunteer, body.recorded_day, body.record)
    return Effects(tuple(make_void(state, calendars, body.organisation, body.volunteer, old, body.correction)))


def make_void(
    state: Overlay,
    calendars: Calendars,
    organisation: Identifier,
    volunteer: Identifier,
    record: Record,
    correction: Correction,
) -> list[bytes]:
    """Let a record no longer count; return the events, its own first."""
    returned = Points(-change_points(state, volunteer, record, -record.points))
    calendars.put(volunteer, replace(record, points=Points(0), status=RecordStatus.VOID))
    calendars.save(state)
    set_revision(state, record.batch, record.row, VOID)
    event = VoidedHours(record.record, record.batch, record.row, organisation, volunteer, correction, returned)
    return [HOURS_VOIDED.encode(event), *correct_savings(state, volunteer, record)]


KINDS: Final = (
    Kind("hours.certify", _certify, certify_hours),
    Kind("hours.amend", _amend, amend_hours),
    Kind("hours.void", _void, void_hours),
)
EVENTS: Final = (HOURS_RECORDED, HOURS_VOIDED)
