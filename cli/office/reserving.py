"""Service of helpers who are not registered: certified for a code each, which the helper gets from the office.

The code follows from the record and the record book's secret, so the same file again gives the same codes and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.office.answers import NodeOutcome
from cli.office.book_records import KnownRecord, RecordStatus
from cli.office.correcting import Corrected
from cli.office.desk import Desk
from cli.office.outbox import Waiting
from cli.office.roster import build_details, get_day
from cli.office.rows import AttendanceRow
from contracts.hours.codes import DropReserved, ReservedHours, ReserveHours, compute_code_hash
from ledger.errors import HourledgerError
from ledger.events import MAX_ROWS
from ledger.reasons import Reason
from ledger.types import Minutes

HEADER = ("volunteer", "date", "record", "code", "status")


@dataclass(frozen=True, slots=True)
class Reservation:
    """What became of a file: outcomes of what was sent, and what lacks an officer's signature."""

    new: int
    done: tuple[tuple[Waiting, NodeOutcome], ...]
    drafts: tuple[Waiting, ...]


def reserve(desk: Desk, rows: Sequence[AttendanceRow], *, is_backfilled: bool) -> Reservation:
    """Certify the rows that were not certified before; the openings are committed first."""
    new = [row for row in rows if _is_new(desk, row)]
    waiting = []
    for start in range(0, len(new), MAX_ROWS):
        with desk.book.database.transaction():
            reserved = tuple(_build(desk, row) for row in new[start : start + MAX_ROWS])
            waiting.append(desk.prepare("hours.reserve", ReserveHours(desk.organisation, reserved, is_backfilled)))
    drafts = tuple(item for item in waiting if not desk.has_enough_signatures(item))
    return Reservation(len(new), tuple(desk.send_all(waiting)), drafts)


def build_reservations(desk: Desk, rows: Sequence[AttendanceRow], *, is_backfilled: bool) -> tuple[ReserveHours, ...]:
    """Return the bodies for the rows that are new, for trying out; nothing stays in the record book."""
    new = [row for row in rows if _is_new(desk, row)]
    with desk.book.database.rehearsal():
        reserved = [_build(desk, row) for row in new]
    parts = (tuple(reserved[start : start + MAX_ROWS]) for start in range(0, len(reserved), MAX_ROWS))
    return tuple(ReserveHours(desk.organisation, part, is_backfilled) for part in parts)


def list_codes(desk: Desk, rows: Sequence[AttendanceRow]) -> list[tuple[str, ...]]:
    """Return a line for each row that is known: whom the office means, what the code is, and how the record stands."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        known = desk.records.find_row(row.volunteer, get_day(row), row.record)
        if known is not None:
            code = desk.book.compute_code(known.record).hex()
            lines.append((row.volunteer, row.day.isoformat(), row.record, code, known.status.value))
    return lines


def build_drop(desk: Desk, known: KnownRecord) -> DropReserved:
    """Return the body that takes back what nobody has claimed."""
    return DropReserved(desk.organisation, compute_code_hash(desk.book.compute_code(known.record)))


def drop(desk: Desk, known: KnownRecord) -> Corrected:
    """Take back what nobody has claimed."""
    (waiting,) = desk.prepare_all("hours.drop_reserved", (build_drop(desk, known),))
    return Corrected(tuple(desk.send_all((waiting,))), () if desk.has_enough_signatures(waiting) else (waiting,))


def _is_new(desk: Desk, row: AttendanceRow) -> bool:
    known = desk.records.find_row(row.volunteer, get_day(row), row.record)
    return known is None or known.status is RecordStatus.REFUSED


def _build(desk: Desk, row: AttendanceRow) -> ReservedHours:
    """Return a row of the transaction, and write it into the record book."""
    day = get_day(row)
    activity = next((item for item in desk.book.find_activities(row.activity) if item.covers(day)), None)
    if activity is None:
        detail = f"no activity {row.activity} that is known here takes place on {row.day.isoformat()}; publish it first"
        raise HourledgerError(Reason.UNKNOWN_ACTIVITY, detail, f"row {row.row_number}")
    record = desk.book.compute_record(row.volunteer, day, row.record)
    commitment = desk.records.make_opening(record, build_details(row))
    nobody = desk.book.compute_volunteer(row.volunteer)  # until somebody claims it
    minutes = Minutes(row.minutes)
    known = KnownRecord(
        record, row.volunteer, day, row.record, nobody, day, minutes, row.activity, commitment, RecordStatus.SENT
    )
    desk.records.put(known)
    code_hash = compute_code_hash(desk.book.compute_code(record))
    return ReservedHours(code_hash, record, activity.activity, day, row.start_minute, minutes, commitment)
