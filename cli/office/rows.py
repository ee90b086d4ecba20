"""Attendances from the table of a roster, and what is wrong with the other rows, in words.

Good rows can go ahead while the others are corrected: a row with any problem gives no attendance, and never half of one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from cli.office.columns import Column, ColumnMap
from cli.office.limits import shorten
from cli.office.references import RowContent, compute_references
from cli.office.sheet import Table
from cli.office.values import (
    MAX_MINUTES,
    MINUTES_A_DAY,
    format_clock,
    parse_clock,
    parse_day,
    parse_hours,
    parse_identifier,
    parse_minutes,
    parse_name,
    parse_text,
)
from ledger.errors import HourledgerError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AttendanceRow:
    """One volunteer's service on one day, as the roster states it."""

    row_number: int
    """Where it stands in the spreadsheet, from 1."""
    record: str
    """The organisation's reference, or one derived from the content (`cli.office.references`); unique in the file."""
    activity: str
    activity_name: str
    category: str
    day: date
    start_minute: int | None
    """Minutes after midnight of `day`; both times or neither."""
    end_minute: int | None
    """Minutes after midnight of `day`, up to 2,880, since a service may pass midnight."""
    minutes: int
    """1 to 1,440; the time from start to end, where those are given."""
    place: str
    volunteer: str
    content: str
    person_in_charge: str
    name: str = field(default="", repr=False)
    """The volunteer's name, for the organisation's own record book only."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row cannot be used; a row may have several."""

    row_number: int
    column: str
    """The title in the file, or the column's own name when the file has no such column."""
    value: str
    """The cell, shortened."""
    message: str
    """What is wrong and what to write instead, as the end of a sentence that begins with the cell."""


@dataclass(frozen=True, slots=True)
class ParsedRows:
    """The usable rows in the order of the file, and the problems of all others."""

    rows: tuple[AttendanceRow, ...]
    problems: tuple[RowProblem, ...]


@dataclass(slots=True)
class _Reader:
    """One row of the table: hands out cells by meaning and collects what is wrong with them."""

    columns: ColumnMap
    row_number: int
    cells: tuple[str, ...]
    problems: list[RowProblem]

    def find_text(self, column: Column) -> str:
        position = self.columns.positions.get(column, len(self.cells))
        return self.cells[position] if position < len(self.cells) else ""

    def is_filled(self, column: Column) -> bool:
        return bool(self.find_text(column).strip())

    def report(self, column: Column, message: str) -> None:
        value = shorten(self.find_text(column))
        self.problems.append(RowProblem(self.row_number, self.columns.find_title(column), value, message))

    def read(self, column: Column, parser: Callable[[str], T], default: T) -> T:
        """Return the cell's value, or `default` with the problem reported."""
        try:
            return parser(self.find_text(column))
        except HourledgerError as error:
            self.report(column, error.detail)
            return default

    def read_if_filled(self, column: Column, parser: Callable[[str], T]) -> T | None:
        return self.read(column, parser, None) if self.is_filled(column) else None


def parse_rows(table: Table, columns: ColumnMap) -> ParsedRows:
    """Read every row of `table`; nothing raises, what cannot be used is told in the problems, by row and then by column."""
    problems: list[RowProblem] = []
    rows = [
        row for number, cells in table.rows if (row := _read_row(_Reader(columns, number, cells, []), problems)) is not None
    ]
    unique = _drop_repeated(_add_references(rows), columns, problems)
    return ParsedRows(tuple(unique), tuple(sorted(problems, key=lambda problem: problem.row_number)))


def format_problem(problem: RowProblem) -> str:
    """Return the problem as one line: row 7, 服务日期 '11/10/2026' may have the day first ..."""
    cell = f" '{problem.value}'" if problem.value else ""
    return f"row {problem.row_number}, {problem.column}{cell} {problem.message}"


def _read_row(reader: _Reader, problems: list[RowProblem]) -> AttendanceRow | None:
    _check_surplus(reader)
    activity = reader.read(Column.ACTIVITY, parse_identifier, "")
    activity_name = reader.read(Column.ACTIVITY_NAME, parse_name, "")
    if not reader.is_filled(Column.ACTIVITY) and not reader.is_filled(Column.ACTIVITY_NAME):
        reader.report(
            _first_mapped(reader, Column.ACTIVITY, Column.ACTIVITY_NAME), "is empty; write the activity's number or name"
        )
    day = reader.read(Column.DATE, parse_day, date.min)
    start, end, minutes = _read_time(reader, None if day == date.min else day)
    volunteer = reader.read(Column.VOLUNTEER, parse_identifier, "")
    if not volunteer:
        reader.report(Column.VOLUNTEER, "is empty; write the volunteer's number")
    row = AttendanceRow(
        row_number=reader.row_number,
        record=reader.read(Column.RECORD, parse_identifier, ""),
        activity=activity or activity_name,
        activity_name=activity_name or activity,
        category=reader.read(Column.CATEGORY, parse_name, ""),
        day=day,
        start_minute=start,
        end_minute=end,
        minutes=minutes,
        place=reader.read(Column.PLACE, parse_name, ""),
        volunteer=volunteer,
        content=reader.read(Column.CONTENT, parse_text, ""),
        person_in_charge=reader.read(Column.PERSON_IN_CHARGE, parse_name, ""),
        name=reader.read(Column.NAME, parse_name, ""),
    )
    problems.extend(reader.problems)
    return None if reader.problems else row


def _check_surplus(reader: _Reader) -> None:
    width = len(reader.columns.header)
    for index, cell in enumerate(reader.cells[width:], start=width + 1):
        if cell.strip():
            message = "has no title above it; a text with a comma in it must stand in quotation marks"
            reader.problems.append(RowProblem(reader.row_number, f"column {index}", shorten(cell), message))
            return


def _read_time(reader: _Reader, day: date | None) -> tuple[int | None, int | None, int]:
    """Return start, end and minutes; where several of the columns are filled they must agree, and one of them must be."""
    before = len(reader.problems)
    start, end = _read_span(reader, day)
    counted = reader.read_if_filled(Column.MINUTES, parse_minutes)
    converted = reader.read_if_filled(Column.HOURS, parse_hours)
    if len(reader.problems) > before:
        return None, None, 0
    span = None if start is None or end is None else end - start
    if counted is None and converted is None and span is None:
        column = _first_mapped(reader, Column.MINUTES, Column.HOURS, Column.START)
        reader.report(column, "is empty; write the time that was given")
        return None, None, 0
    if counted is not None and converted is not None and counted != converted:
        reader.report(Column.HOURS, f"is {converted} minutes, and {reader.columns.find_title(Column.MINUTES)} says {counted}")
    for column, minutes in ((Column.MINUTES, counted), (Column.HOURS, converted)):
        if start is not None and end is not None and minutes not in {None, end - start}:
            times = f"{format_clock(start)} to {format_clock(end)}"
            reader.report(column, f"disagrees with {times}, which is {end - start} minutes; correct it, or leave out the times")
    return start, end, counted or converted or span or 0


def _read_span(reader: _Reader, day: date | None) -> tuple[int | None, int | None]:
    """Return start and end in minutes after midnight, both or neither."""
    start = reader.read_if_filled(Column.START, lambda text: parse_clock(text, day))
    end = reader.read_if_filled(Column.END, lambda text: parse_clock(text, day))
    for column, other in ((Column.START, Column.END), (Column.END, Column.START)):
        if reader.is_filled(other) and not reader.is_filled(column):
            reader.report(column, f"is empty, and {reader.columns.find_title(other)} is not; write both or neither")
    if start is None or end is None:
        return None, None
    if start >= MINUTES_A_DAY:
        reader.report(Column.START, "is not on the day of the service")
    elif end <= start:
        reader.report(Column.END, f"is not after the start at {format_clock(start)}; after midnight, count on: 25:30")
    elif end - start > MAX_MINUTES:
        reader.report(Column.END, f"is more than 24 hours after the start at {format_clock(start)}; write a row for each day")
    return start, end


def _first_mapped(reader: _Reader, *candidates: Column) -> Column:
    """Return the first of the columns that this roster has, so that a problem names one that its reader can see."""
    return next((column for column in candidates if column in reader.columns.positions), candidates[0])


def _add_references(rows: list[AttendanceRow]) -> list[AttendanceRow]:
    unnamed = [index for index, row in enumerate(rows) if not row.record]
    named = list(rows)
    for index, record in zip(unnamed, compute_references([_describe(rows[index]) for index in unnamed]), strict=True):
        named[index] = replace(rows[index], record=record)
    return named


def _describe(row: AttendanceRow) -> RowContent:
    times = (str(row.start_minute), str(row.end_minute), str(row.minutes))
    given = (row.volunteer, row.activity, row.day.isoformat(), *times)
    return RowContent(given, (row.activity_name, row.category, row.place, row.content, row.person_in_charge, row.name))


def _drop_repeated(rows: list[AttendanceRow], columns: ColumnMap, problems: list[RowProblem]) -> list[AttendanceRow]:
    first: dict[str, int] = {}
    unique = []
    for row in rows:
        if row.record in first:
            message = f"stands in row {first[row.record]} already; a reference is of one row"
            problems.append(RowProblem(row.row_number, columns.find_title(Column.RECORD), shorten(row.record), message))
        else:
            first[row.record] = row.row_number
            unique.append(row)
    return unique
