"""Corrections: records amended to what a corrected roster says, and records made void. Each is a transaction of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.office.answers import NodeOutcome
from cli.office.book_records import KnownRecord, RecordStatus
from cli.office.describing import decode_body
from cli.office.desk import Desk
from cli.office.outbox import Waiting
from cli.office.planning import is_same
from cli.office.roster import build_details, get_day
from cli.office.rows import AttendanceRow
from contracts.hours import AmendHours, Attendance, Correction, VoidHours
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Day, Identifier, Minutes


@dataclass(frozen=True, slots=True)
class Amendment:
    """A row of the corrected roster and the record that it corrects."""

    row: AttendanceRow
    record: KnownRecord


@dataclass(frozen=True, slots=True)
class Corrected:
    """What became of corrections: each with its outcome, and those that lack an officer's signature."""

    done: tuple[tuple[Waiting, NodeOutcome], ...]
    drafts: tuple[Waiting, ...]


def find_amendments(desk: Desk, rows: Sequence[AttendanceRow], recorded_day: Day | None = None) -> tuple[Amendment, ...]:
    """Return the rows that say something else than what was certified.

    `recorded_day` is the day under which the records were certified, where the correction is one of the day. Rows whose
    correction is in the outbox already are left out.
    """
    waiting = _list_waiting_records(desk)
    found = []
    for row in rows:
        known = desk.records.find_row(row.volunteer, recorded_day or get_day(row), row.record)
        if known is None or known.status is not RecordStatus.CERTIFIED or known.record in waiting:
            continue
        if not is_same(desk.records, known, row):
            found.append(Amendment(row, known))
    return tuple(found)


def _list_waiting_records(desk: Desk) -> set[Identifier]:
    bodies = [decode_body(item.transaction) for item in desk.outbox.list_waiting()]
    return {body.attendance.record for body in bodies if isinstance(body, AmendHours)} | {
        body.record for body in bodies if isinstance(body, VoidHours)
    }


def amend(desk: Desk, amendments: Sequence[Amendment], correction: Correction) -> Corrected:
    """Send one amendment for each; the openings are committed first."""
    with desk.book.database.transaction():
        waiting = [desk.prepare("hours.amend", _build_amendment(desk, item, correction)) for item in amendments]
    return _send(desk, waiting)


def build_amendments(desk: Desk, amendments: Sequence[Amendment], correction: Correction) -> tuple[AmendHours, ...]:
    """Return the bodies, for trying out; nothing stays in the record book."""
    with desk.book.database.rehearsal():
        return tuple(_build_amendment(desk, item, correction) for item in amendments)


def build_void(desk: Desk, known: KnownRecord, correction: Correction) -> VoidHours:
    """Return the body that makes one record void."""
    return VoidHours(desk.organisation, known.record, known.volunteer, known.recorded_day, correction)


def void(desk: Desk, known: KnownRecord, correction: Correction) -> Corrected:
    """Make one record void."""
    if known.record in _list_waiting_records(desk):
        raise HourledgerError(Reason.ALREADY_EXISTS, "a correction of that record waits for a signature", known.reference)
    return _send(desk, desk.prepare_all("hours.void", (build_void(desk, known, correction),)))


def _send(desk: Desk, waiting: Sequence[Waiting]) -> Corrected:
    drafts = tuple(item for item in waiting if not desk.has_enough_signatures(item))
    return Corrected(tuple(desk.send_all(waiting)), drafts)


def _build_amendment(desk: Desk, item: Amendment, correction: Correction) -> AmendHours:
    row, known, day = item.row, item.record, get_day(item.row)
    activity = next((found for found in desk.book.find_activities(row.activity) if found.covers(day)), None)
    if activity is None:
        detail = f"no activity {row.activity} that is known here takes place on {row.day.isoformat()}"
        raise HourledgerError(Reason.UNKNOWN_ACTIVITY, detail, f"row {row.row_number}")
    commitment = desk.records.make_opening(known.record, build_details(row))
    attendance = Attendance(
        known.record, activity.activity, known.volunteer, day, row.start_minute, Minutes(row.minutes), commitment
    )
    return AmendHours(desk.organisation, known.recorded_day, attendance, correction)
