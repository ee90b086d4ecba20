"""A roster file as the import takes it: its rows, its problems, what it comes to, and the details that each row commits to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from certificates.details import encode_details
from certificates.jcs import JsonObject
from cli.office.columns import Column, ColumnMap, map_columns
from cli.office.rows import AttendanceRow, RowProblem, parse_rows
from cli.office.sheet import Table, read_table
from cli.office.values import format_clock, format_day
from ledger.errors import CodecError
from ledger.genesis import to_day
from ledger.types import Day


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster that was read. `rows` can be used, `problems` are of the others."""

    encoding: str
    columns: ColumnMap
    row_count: int
    rows: tuple[AttendanceRow, ...]
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True, slots=True)
class RosterTotals:
    """What the usable rows come to."""

    rows: int
    minutes: int
    volunteers: int
    activities: int
    first_day: date | None
    last_day: date | None


def read_roster(path: Path, sheet: str | None = None, overrides: Mapping[str, str] | None = None) -> Roster:
    """Read a file; raise `HourledgerError` for one that is no roster, or without the columns that are needed."""
    return build_roster(read_table(path, sheet), overrides)


def build_roster(table: Table, overrides: Mapping[str, str] | None = None) -> Roster:
    """Return the roster in a table."""
    columns = map_columns(table.header, overrides)
    parsed = parse_rows(table, columns)
    too_long = {row.row_number: problem for row in parsed.rows if (problem := _find_length_problem(row, columns)) is not None}
    rows = tuple(row for row in parsed.rows if row.row_number not in too_long)
    problems = sorted((*parsed.problems, *too_long.values()), key=lambda problem: problem.row_number)
    return Roster(table.encoding, columns, len(table.rows), rows, tuple(problems))


def build_details(row: AttendanceRow) -> JsonObject:
    """Return what the record's commitment binds (Order 67, article 7); what the roster leaves empty is left out."""
    texts = {
        "category": row.category,
        "content": row.content,
        "person_in_charge": row.person_in_charge,
        "place": row.place,
        "start": "" if row.start_minute is None else format_clock(row.start_minute),
        "end": "" if row.end_minute is None else format_clock(row.end_minute),
    }
    details: JsonObject = {"activity_name": row.activity_name, "date": format_day(row.day), "minutes": row.minutes}
    details.update({name: text for name, text in texts.items() if text})
    return details


def get_day(row: AttendanceRow) -> Day:
    """Return the row's day as the ledger counts days."""
    return to_day(row.day)


def compute_roster_totals(roster: Roster) -> RosterTotals:
    """Return the sums over the usable rows."""
    rows = roster.rows
    days = [row.day for row in rows]
    return RosterTotals(
        len(rows),
        sum(row.minutes for row in rows),
        len({row.volunteer for row in rows}),
        len({row.activity for row in rows}),
        min(days, default=None),
        max(days, default=None),
    )


def _find_length_problem(row: AttendanceRow, columns: ColumnMap) -> RowProblem | None:
    try:
        encode_details(build_details(row))
    except CodecError as error:
        return RowProblem(row.row_number, columns.find_title(Column.CONTENT), "", f"makes the row unusable: {error.detail}")
    return None
