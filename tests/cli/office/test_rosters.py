"""Whole rosters: the sample that ships, and the real one of LEEDS 2023, of which the publisher states the totals."""

import io
import os
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest

from cli.office.columns import map_columns
from cli.office.rows import AttendanceRow, ParsedRows, parse_rows
from cli.office.sheet import Table, parse_table, read_table

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "cli" / "data" / "sample-hours.csv"
LEEDS_VARIABLE = "HOURLEDGER_LEEDS_RECORDS"
LEEDS_PATH = Path("shared", "data", "leeds-2023", "records.csv")


def parse(table: Table) -> ParsedRows:
    return parse_rows(table, map_columns(table.header))


@pytest.fixture(scope="module")
def leeds() -> Path:
    named = os.environ.get(LEEDS_VARIABLE)
    candidates = [Path(named)] if named else [folder / LEEDS_PATH for folder in ROOT.parents]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    pytest.skip(f"THE REAL ROSTER IS NOT CHECKED: no {LEEDS_PATH} beside the project; name it with {LEEDS_VARIABLE}")


def check_leeds(parsed: ParsedRows) -> None:
    assert parsed.problems == ()
    assert len(parsed.rows) == 6_098
    assert sum(row.minutes for row in parsed.rows) == 1_066_011
    assert len({row.volunteer for row in parsed.rows}) == 926
    assert len({row.activity for row in parsed.rows}) == 172


def test_the_real_roster_is_read_whole(leeds: Path) -> None:
    table = read_table(leeds)
    assert table.encoding == "UTF-8"
    check_leeds(parse(table))


def test_the_real_roster_says_the_same_as_a_workbook_in_another_order(leeds: Path) -> None:
    table = read_table(leeds)
    book = openpyxl.Workbook(write_only=True)
    target = book.create_sheet("attendances")
    for row in (table.header, *(cells for _, cells in reversed(table.rows))):
        target.append([int(cell) if cell.isdecimal() else cell for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    parsed = parse(parse_table(stream.getvalue()))
    check_leeds(parsed)
    assert {row.record for row in parsed.rows} == {row.record for row in parse(table).rows}


def test_the_sample_that_ships_has_no_problems() -> None:
    parsed = parse(read_table(SAMPLE))
    assert parsed.problems == ()
    assert 60 <= len(parsed.rows) <= 90
    assert 12 <= len({row.volunteer for row in parsed.rows}) <= 15
    assert {row.day.strftime("%Y-%m") for row in parsed.rows} == {"2026-07", "2026-08", "2026-09", "2026-10"}
    assert 3 <= sum(row.category == "会议" for row in parsed.rows) <= 4
    assert {row.start_minute is None for row in parsed.rows} == {True, False}


def test_nobody_in_the_sample_is_in_two_places_at_once_or_serves_over_sixteen_hours_a_day() -> None:
    by_day: dict[tuple[str, object], list[AttendanceRow]] = defaultdict(list)
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in parse(read_table(SAMPLE)).rows:
        by_day[row.volunteer, row.day].append(row)
        if row.start_minute is not None and row.end_minute is not None:
            midnight = row.day.toordinal() * 1440
            spans[row.volunteer].append((midnight + row.start_minute, midnight + row.end_minute))
    assert max(sum(row.minutes for row in rows) for rows in by_day.values()) <= 16 * 60
    for taken in spans.values():
        ordered = sorted(taken)
        assert all(end <= start for (_, end), (start, _) in pairwise(ordered))
