"""Attendance: who came, and who did not, excused or unexcused (DOMAIN section 2, S10).

The organisation marks each day, and puts a mark right by marking again. A mark is about coming, not about hours: those are
certified apart. What a year's marks come to is kept for each volunteer; it proposes, and never decides, what follows from it.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contracts.activities.places import SIGN_UPS, SignUp, SignUpStanding
from contracts.activities.published import MAX_ACTIVITY_DAYS, Activity, get_activity, require_activity
from contracts.identity.departed import find_absence, require_account
from contracts.identity.parties import get_organisation, require_officers
from contracts.kinds import Kind
from contracts.parameters import compute_today
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection, RowOutcome
from ledger.events import MAX_ROWS, EventType
from ledger.execution import Effects, TransactionContext
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier


class Mark(IntEnum):
    """Whether a volunteer who was expected came."""

    ATTENDED = 1
    ABSENT = 2
    EXCUSED = 3


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """A volunteer's mark on one day of an activity."""

    day: Day
    mark: Mark


@dataclass(frozen=True, slots=True)
class YearOfMarks:
    """How many days of a calendar year a volunteer attended, was absent without excuse, and was excused."""

    attended: int
    absent: int
    excused: int


@dataclass(frozen=True, slots=True)
class AttendanceMark:
    """One row: a volunteer and the mark."""

    volunteer: Identifier
    mark: Mark


@dataclass(frozen=True, slots=True)
class MarkAttendance:
    """Body: an organisation marks up to 1,000 volunteers on one day of its activity."""

    activity: Identifier
    organisation: Identifier
    day: Day
    rows: tuple[AttendanceMark, ...]


@dataclass(frozen=True, slots=True)
class ExcuseAbsence:
    """Body: an organisation accepts the excuse for an absence. What the excuse is stays off the chain."""

    activity: Identifier
    organisation: Identifier
    day: Day
    volunteer: Identifier


@dataclass(frozen=True, slots=True)
class AttendanceMarked:
    """Event: a volunteer's mark on a day, which takes the place of an earlier one."""

    activity: Identifier
    organisation: Identifier
    volunteer: Identifier
    day: Day
    mark: Mark


_mark: Codec[Mark] = codec.member(Mark)
_row = codec.struct(AttendanceMark, codec.identifier, _mark)
_mark_attendance = codec.struct(
    MarkAttendance, codec.identifier, codec.identifier, codec.day, codec.sequence(_row, 1, MAX_ROWS)
)
_excuse = codec.struct(ExcuseAbsence, codec.identifier, codec.identifier, codec.day, codec.identifier)
_count = codec.integer("days", 0, 2**31 - 1)

MARKS: Final[Table[tuple[MarkedDay, ...]]] = Table(
    b"attendance", codec.sequence(codec.struct(MarkedDay, codec.day, _mark), 1, MAX_ACTIVITY_DAYS)
)
YEARS: Final[Table[YearOfMarks]] = Table(b"attendance-year", codec.struct(YearOfMarks, _count, _count, _count))
ATTENDANCE_MARKED: Final[EventType[AttendanceMarked]] = EventType(
    "activities.attendance_marked",
    codec.struct(AttendanceMarked, codec.identifier, codec.identifier, codec.identifier, codec.day, _mark),
    lambda event: (event.volunteer, event.organisation),
)


def get_year_of_marks(view: View, volunteer: Identifier, day: Day) -> YearOfMarks:
    """Return what the marks of a volunteer come to in the calendar year of `day`."""
    return YEARS.get(view, volunteer, _year_key(day)) or YearOfMarks(0, 0, 0)


def mark_attendance(state: Overlay, body: MarkAttendance, context: TransactionContext) -> Effects:
    """Mark who came on a day (signed by one officer). Each row gets its own answer.

    Only who has signed up is marked, and nobody as missing on a day before the sign-up or after the withdrawal.
    """
    require_officers(state, context, body.organisation, count=1)
    activity = require_activity(state, body.activity, body.organisation)
    _require_day(state, context, activity, body.day)
    events: list[bytes] = []
    rows: list[RowOutcome | None] = []
    for row in body.rows:
        refusal = _find_refusal(state, body, row)
        rows.append(refusal)
        if refusal is None:
            events.append(_put_mark(state, body.activity, body.organisation, row.volunteer, MarkedDay(body.day, row.mark)))
    return Effects(tuple(events), tuple(rows))


def excuse_absence(state: Overlay, body: ExcuseAbsence, context: TransactionContext) -> Effects:
    """Excuse an absence, also when the activity is closed (signed by one officer)."""
    get_organisation(state, body.organisation)
    require_account(state, body.volunteer)
    require_officers(state, context, body.organisation, count=1)
    if get_activity(state, body.activity, body.organisation) is None:
        raise Rejection(Reason.UNKNOWN_ACTIVITY, "the organisation has no such activity", body.activity.hex())
    if _find_mark(get_marks(state, body.activity, body.volunteer), body.day) is not Mark.ABSENT:
        raise Rejection(Reason.NO_CHANGE, "the volunteer is not marked as absent on that day", str(body.day))
    marked = MarkedDay(body.day, Mark.EXCUSED)
    return Effects((_put_mark(state, body.activity, body.organisation, body.volunteer, marked),))


def _require_day(state: View, context: TransactionContext, activity: Activity, day: Day) -> None:
    if not activity.first_day <= day <= activity.last_day:
        raise Rejection(Reason.OUTSIDE_ACTIVITY, "the activity has no such day", str(day))
    if day > compute_today(state, context.block.time_ms):
        raise Rejection(Reason.FUTURE_DATE, "the day has not come yet", str(day))


def _find_refusal(state: View, body: MarkAttendance, row: AttendanceMark) -> RowOutcome | None:
    absence = find_absence(state, row.volunteer)
    if absence is not None:
        return absence
    sign_up = SIGN_UPS.get(state, body.activity, row.volunteer)
    if sign_up is None or not _is_expected(sign_up, body.day, row.mark):
        return RowOutcome(Reason.UNKNOWN_SIGN_UP, row.volunteer.hex())
    if _find_mark(get_marks(state, body.activity, row.volunteer), body.day) is row.mark:
        return RowOutcome(Reason.NO_CHANGE, row.volunteer.hex())
    return None


def _is_expected(sign_up: SignUp, day: Day, mark: Mark) -> bool:
    """Whether a mark is possible. Who came, came, whenever that was written down; who is missing must have been expected."""
    if sign_up.standing is SignUpStanding.WAITING:
        return False
    is_promised = sign_up.first_day <= day and (sign_up.free_day is None or day < sign_up.free_day)
    return is_promised or mark is Mark.ATTENDED


def get_marks(view: View, activity: Identifier, volunteer: Identifier) -> tuple[MarkedDay, ...]:
    """Return a volunteer's marks in an activity, by day."""
    return MARKS.get(view, activity, volunteer) or ()


def _find_mark(marks: Iterable[MarkedDay], day: Day) -> Mark | None:
    return next((item.mark for item in marks if item.day == day), None)


def _put_mark(
    state: Overlay, activity: Identifier, organisation: Identifier, volunteer: Identifier, marked: MarkedDay
) -> bytes:
    marks = get_marks(state, activity, volunteer)
    old = _find_mark(marks, marked.day)
    place = bisect_left(marks, marked.day, key=lambda item: item.day)
    MARKS.put(state, (*marks[:place], marked, *marks[place + (old is not None) :]), activity, volunteer)
    _count_mark(state, volunteer, marked.day, old, -1)
    _count_mark(state, volunteer, marked.day, marked.mark, 1)
    return ATTENDANCE_MARKED.encode(AttendanceMarked(activity, organisation, volunteer, marked.day, marked.mark))


def _count_mark(state: Overlay, volunteer: Identifier, day: Day, mark: Mark | None, change: int) -> None:
    year = get_year_of_marks(state, volunteer, day)
    attended = year.attended + change * (mark is Mark.ATTENDED)
    absent = year.absent + change * (mark is Mark.ABSENT)
    excused = year.excused + change * (mark is Mark.EXCUSED)
    YEARS.put(state, YearOfMarks(attended, absent, excused), volunteer, _year_key(day))


def _year_key(day: Day) -> bytes:
    return to_date(day).year.to_bytes(2, "big")


KINDS: Final = (
    Kind("activities.mark_attendance", _mark_attendance, mark_attendance),
    Kind("activities.excuse", _excuse, excuse_absence),
)
EVENTS: Final = (ATTENDANCE_MARKED,)
TABLES: Final = (MARKS, YEARS)
