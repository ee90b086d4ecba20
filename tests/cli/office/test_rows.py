"""Rows become attendances, or problems that say by row and column what to correct."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.office.columns import Column, map_columns
from cli.office.rows import AttendanceRow, ParsedRows, RowProblem, format_problem, parse_rows
from cli.office.sheet import parse_table
from tests.effort import choose

HEADER = "record,activity,activity_name,category,date,place,volunteer,minutes,start,end,content,person_in_charge"
GOOD = {
    "record": "7-1",
    "activity": "A-101",
    "activity_name": "社区敬老院陪伴",
    "category": "助老",
    "date": "2026-10-11",
    "place": "西湖社区",
    "volunteer": "V-0001",
    "minutes": "90",
    "hours": "",
    "start": "",
    "end": "",
    "content": "读报",
    "person_in_charge": "王丽华",
    "name": "",
}


def parse(text: str) -> ParsedRows:
    table = parse_table(text.encode())
    return parse_rows(table, map_columns(table.header))


def parse_one(**cells: str) -> ParsedRows:
    row = {**GOOD, **cells}
    return parse(",".join(row) + "\n" + ",".join(f'"{cell}"' for cell in row.values()) + "\n")


def only_problem(**cells: str) -> RowProblem:
    parsed = parse_one(**cells)
    assert parsed.rows == ()
    (problem,) = parsed.problems
    return problem


def test_a_row_says_all_that_a_record_needs() -> None:
    assert parse_one(start="14:00", end="15:30", name="张三") == ParsedRows(
        rows=(
            AttendanceRow(
                row_number=2,
                record="7-1",
                activity="A-101",
                activity_name="社区敬老院陪伴",
                category="助老",
                day=date(2026, 10, 11),
                start_minute=840,
                end_minute=930,
                minutes=90,
                place="西湖社区",
                volunteer="V-0001",
                content="读报",
                person_in_charge="王丽华",
                name="张三",
            ),
        ),
        problems=(),
    )


def test_a_name_never_shows_where_a_row_is_logged() -> None:
    (row,) = parse_one(name="张三").rows
    assert row.name == "张三"
    assert "张三" not in repr(row)


@pytest.mark.parametrize(
    ("cells", "minutes"),
    [
        ({"minutes": "", "hours": "1.5"}, 90),
        ({"minutes": "90", "hours": "1.5"}, 90),
        ({"minutes": "", "start": "09:00", "end": "10:15"}, 75),
        ({"minutes": "210", "start": "22:00", "end": "25:30"}, 210),
        ({"minutes": "", "start": "2026-10-11 22:00", "end": "2026-10-12 01:30"}, 210),
        ({"minutes": "1440", "start": "23:59", "end": "47:59"}, 1440),
    ],
)
def test_the_time_given_may_be_said_in_several_ways(cells: dict[str, str], minutes: int) -> None:
    parsed = parse_one(**cells)
    assert parsed.problems == ()
    assert parsed.rows[0].minutes == minutes


@pytest.mark.parametrize(
    ("cells", "column", "value", "words"),
    [
        ({"minutes": "0"}, "minutes", "0", "is not more than zero"),
        ({"minutes": "-5"}, "minutes", "-5", "is not more than zero"),
        ({"minutes": "ninety"}, "minutes", "ninety", "write one such as 90"),
        ({"minutes": "1500"}, "minutes", "1500", "more than 24 hours"),
        ({"minutes": ""}, "minutes", "", "is empty; write the time that was given"),
        ({"hours": "2"}, "hours", "2", "is 120 minutes, and minutes says 90"),
        ({"start": "09:00"}, "end", "", "is empty, and start is not"),
        ({"end": "09:00"}, "start", "", "is empty, and end is not"),
        ({"start": "22:00", "end": "01:30"}, "end", "01:30", "is not after the start at 22:00"),
        ({"start": "22:00", "end": "22:00"}, "end", "22:00", "is not after the start at 22:00"),
        ({"start": "24:00", "end": "25:30"}, "start", "24:00", "is not on the day"),
        ({"minutes": "", "start": "10:00", "end": "34:01"}, "end", "34:01", "more than 24 hours after the start"),
        ({"start": "14:00", "end": "16:00"}, "minutes", "90", "disagrees with 14:00 to 16:00, which is 120 minutes"),
        ({"minutes": "", "hours": "1", "start": "14:00", "end": "16:00"}, "hours", "1", "disagrees with 14:00 to 16:00"),
        ({"start": "2pm", "end": "16:00"}, "start", "2pm", "is not a time"),
        ({"volunteer": " "}, "volunteer", "", "is empty; write the volunteer's number"),
        ({"date": "11/10/2026"}, "date", "11/10/2026", "may have the day first"),
        ({"date": ""}, "date", "", "is empty"),
        ({"activity": "", "activity_name": ""}, "activity", "", "is empty; write the activity's number or name"),
        ({"content": "x" * 2001}, "content", "x" * 59 + "…", "2,000 is the limit"),
        ({"place": "x" * 201}, "place", "x" * 59 + "…", "200 is the limit"),
    ],
)
def test_a_problem_names_row_column_and_cell(cells: dict[str, str], column: str, value: str, words: str) -> None:
    problem = only_problem(**cells)
    assert (problem.row_number, problem.column, problem.value) == (2, column, value)
    assert words in problem.message


def test_a_row_tells_all_of_its_problems_at_once_and_good_rows_go_ahead() -> None:
    parsed = parse("活动,服务日期,志愿者编号,服务时长(分钟)\n整理,11/10/2026,,九十\n整理,2026-10-11,V-0001,90\n")
    assert [row.row_number for row in parsed.rows] == [3]
    assert [(problem.row_number, problem.column) for problem in parsed.problems] == [
        (2, "服务日期"),
        (2, "服务时长(分钟)"),
        (2, "志愿者编号"),
    ]
    assert format_problem(parsed.problems[1]) == (
        "row 2, 服务时长(分钟) '九十' is not a whole number of minutes; write one such as 90"
    )
    assert format_problem(parsed.problems[2]) == "row 2, 志愿者编号 is empty; write the volunteer's number"


def test_an_activity_may_have_only_a_number_or_only_a_name() -> None:
    named = parse_one(activity="").rows[0]
    assert (named.activity, named.activity_name) == ("社区敬老院陪伴", "社区敬老院陪伴")
    numbered = parse_one(activity_name="").rows[0]
    assert (numbered.activity, numbered.activity_name) == ("A-101", "A-101")


def test_a_short_row_has_empty_cells_and_a_long_one_a_problem() -> None:
    assert parse("event,date,volunteer,minutes,place\nx,2026-10-11,V-0001,90\n").rows[0].place == ""
    (problem,) = parse("event,date,volunteer,minutes\nx,2026-10-11,V-0001,90,bread, and butter\n").problems
    assert problem.column == "column 5"
    assert "quotation marks" in problem.message


def test_cells_that_look_like_formulas_are_data() -> None:
    row = parse_one(place="=HYPERLINK(1)", content="@home", volunteer="+49").rows[0]
    assert (row.place, row.content, row.volunteer) == ("=HYPERLINK(1)", "@home", "+49")


def test_a_reference_that_comes_twice_is_a_problem_of_the_second_row() -> None:
    parsed = parse(
        "record,event,date,volunteer,minutes\n"
        "7,x,2026-10-11,V-0001,90\n"
        "8,x,2026-10-11,V-0002,\n"
        "7,x,2026-10-12,V-0001,90\n"
        "9,x,,V-0001,90\n"
    )
    assert [row.row_number for row in parsed.rows] == [2]
    assert [(problem.row_number, problem.column) for problem in parsed.problems] == [(3, "minutes"), (4, "record"), (5, "date")]
    assert "stands in row 2 already" in parsed.problems[1].message


def test_rows_without_a_reference_get_the_same_one_in_every_order() -> None:
    lines = ["x,2026-10-11,V-0001,90,a", "x,2026-10-11,V-0001,90,b", "x,2026-10-11,V-0001,90,b", "x,2026-10-12,V-0001,90,a"]
    header = "event,date,volunteer,minutes,content\n"

    def found(chosen: list[str]) -> list[tuple[str, str, date]]:
        return sorted((row.record, row.content, row.day) for row in parse(header + "\n".join(chosen)).rows)

    assert found(lines) == found(lines[::-1]) == found([lines[2], lines[0], lines[3], lines[1]])
    assert len({record for record, _, _ in found(lines)}) == 4
    mended = [line.replace("90,a", "90,A") for line in lines[3:]]
    assert found(mended)[0][0] in {record for record, _, _ in found(lines)}, "a mended text is the same row"


def test_given_references_and_derived_ones_may_be_mixed() -> None:
    parsed = parse("record,event,date,volunteer,minutes\n,x,2026-10-11,V-0001,90\n7,x,2026-10-11,V-0002,90\n")
    assert parsed.rows[0].record.startswith("auto-")
    assert parsed.rows[1].record == "7"


cells = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "0", "90", "1.5", "09:00", "25:30", "2026-10-11", "11/10/2026", "V-0001", "\uff12\uff10\uff12\uff16年\uff11月\uff12日"]
)


@settings(max_examples=choose(50, 200))
@given(st.lists(st.lists(cells, min_size=1, max_size=13), min_size=1, max_size=4))
def test_every_row_is_an_attendance_or_has_a_problem(rows: list[list[str]]) -> None:
    header = [column.value for column in Column][:12]
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    table = parse_table("\n".join([",".join(header), *lines]).encode())
    parsed = parse_rows(table, map_columns(table.header))
    good = {row.row_number for row in parsed.rows}
    bad = {problem.row_number for problem in parsed.problems}
    assert good | bad == {number for number, _ in table.rows}
    assert not good & bad
    for row in parsed.rows:
        assert 1 <= row.minutes <= 1440
        assert row.volunteer
        assert row.activity
        assert row.record
