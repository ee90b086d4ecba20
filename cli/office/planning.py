"""What an import has to do: which rows are new, whom to enrol and what to publish first. Reads the book, changes nothing."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cli.office.book_records import KnownRecord, Records, RecordStatus
from cli.office.record_book import KnownActivity, KnownVolunteer, RecordBook
from cli.office.roster import build_details, get_day
from cli.office.rows import AttendanceRow
from contracts.activities import MAX_ACTIVITY_DAYS, ActivityClass
from ledger.errors import RowOutcome
from ledger.reasons import Reason
from ledger.types import Day, Identifier


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    """To be certified; after an import, certified by it."""
    KNOWN = "already_certified"
    CHANGED = "changed"
    """Certified before with another content."""
    REFUSED = "refused"
    WAITING = "waiting"
    """In a transaction that lacks an officer's signature or an answer."""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row, its record's identifier, and what becomes of it."""

    row: AttendanceRow
    record: Identifier
    fate: Fate
    refusal: RowOutcome | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order. `activities` holds the activity of every new row by its number."""

    rows: tuple[PlannedRow, ...]
    to_enrol: tuple[KnownVolunteer, ...]
    to_publish: tuple[KnownActivity, ...]
    activities: dict[int, KnownActivity]

    @property
    def new_rows(self) -> tuple[PlannedRow, ...]:
        """The rows to be certified."""
        return tuple(item for item in self.rows if item.fate is Fate.NEW)


def make_plan(book: RecordBook, records: Records, rows: Sequence[AttendanceRow], not_service: Iterable[str] = ()) -> Plan:
    """Return what an import of these rows has to do; rows of a category in `not_service` are of meetings."""
    excluded = {fold_category(category) for category in not_service}
    planned = tuple(_plan_row(book, records, row) for row in rows)
    new = [item.row for item in planned if item.fate is Fate.NEW]
    activities = _plan_activities(book, new, excluded)
    unpublished = {item.activity: item for item in activities.values() if not item.is_published}
    return Plan(planned, _plan_volunteers(book, new), tuple(unpublished.values()), activities)


def _plan_row(book: RecordBook, records: Records, row: AttendanceRow) -> PlannedRow:
    known = records.find_row(row.volunteer, get_day(row), row.record)
    if known is None:
        return PlannedRow(row, book.compute_record(row.volunteer, get_day(row), row.record), Fate.NEW)
    match known.status:
        case RecordStatus.REFUSED:
            return PlannedRow(row, known.record, Fate.NEW)
        case RecordStatus.SENT:
            return PlannedRow(row, known.record, Fate.WAITING)
        case RecordStatus.VOID:
            return PlannedRow(row, known.record, Fate.REFUSED, RowOutcome(Reason.RECORD_VOID, known.record.hex()))
        case RecordStatus.RESERVED:
            return PlannedRow(row, known.record, Fate.KNOWN)
        case RecordStatus.CERTIFIED:
            return PlannedRow(row, known.record, Fate.KNOWN if is_same(records, known, row) else Fate.CHANGED)


def is_same(records: Records, known: KnownRecord, row: AttendanceRow) -> bool:
    """Whether a row says what was certified; of a record whose details are not here any more, only the minutes are compared."""
    opening = records.find_opening(known.commitment)
    if opening is None:
        return known.minutes == row.minutes
    return known.activity_reference == row.activity and opening.details == build_details(row)


def _plan_volunteers(book: RecordBook, rows: Iterable[AttendanceRow]) -> tuple[KnownVolunteer, ...]:
    names: dict[str, str] = {}
    for row in rows:
        names[row.volunteer] = names.get(row.volunteer) or row.name
    unknown = []
    for reference, name in names.items():
        known = book.find_volunteer(reference)
        if known is None:
            unknown.append(KnownVolunteer(reference, book.compute_volunteer(reference), is_enrolled=False, name=name))
        elif not known.is_enrolled:
            unknown.append(known)
    return tuple(unknown)


def _plan_activities(book: RecordBook, rows: Iterable[AttendanceRow], excluded: set[str]) -> dict[int, KnownActivity]:
    """Return the activity of each row, by row number; where there is none yet, one over the days of the rows that need it."""
    groups: dict[tuple[str, bool], list[AttendanceRow]] = defaultdict(list)
    for row in rows:
        groups[row.activity, fold_category(row.category) in excluded].append(row)
    found: dict[int, KnownActivity] = {}
    for (reference, is_excluded), members in groups.items():
        known = [item for item in book.find_activities(reference) if not (is_excluded and item.activity_class.counts_hours)]
        known.sort(key=lambda item: not item.activity_class.counts_hours)
        activity_class = ActivityClass.MEETING if is_excluded else ActivityClass.SERVICE
        for row in sorted(members, key=get_day):
            activity = next((item for item in known if item.covers(get_day(row))), None)
            if activity is None:
                activity = _make_activity(book, row, activity_class, members)
                known.append(activity)
            found[row.row_number] = activity
    return found


def _make_activity(
    book: RecordBook, first: AttendanceRow, activity_class: ActivityClass, members: Sequence[AttendanceRow]
) -> KnownActivity:
    """Return a new activity from the day of `first` to the last day of the rows, as far as one activity may reach."""
    first_day = get_day(first)
    last_day = Day(min(max(get_day(row) for row in members), first_day + MAX_ACTIVITY_DAYS - 1))
    activity = book.compute_activity(first.activity, activity_class, first_day)
    return KnownActivity(activity, first.activity, activity_class, first_day, last_day, first.activity_name, is_published=False)


def fold_category(category: str) -> str:
    """Return what two spellings of a category have in common: width, case and blanks do not count."""
    return " ".join(unicodedata.normalize("NFKC", category).casefold().split())
