"""Workbooks: what Excel shows becomes the text that was typed, and a hostile archive is refused before it opens."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from cli.office import limits, workbook
from cli.office import sheet as sheets
from cli.office.sheet import WORKBOOK, parse_table
from cli.office.workbook import format_cell
from ledger.errors import HourledgerError
from ledger.reasons import Reason

HEADER = ["日期", "志愿者编号", "分钟"]


def make_workbook(rows: Sequence[Sequence[object]], title: str = "名单", others: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = title
    for row in rows:
        first.append(row)
    for other in others:
        book.create_sheet(other).append(["sheet", other])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def refusal(data: bytes, sheet: str | None = None) -> HourledgerError:
    with pytest.raises(HourledgerError) as caught:
        parse_table(data, sheet)
    assert caught.value.reason is Reason.UNREADABLE_FILE
    return caught.value


def rewrite(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    target, found = io.BytesIO(), False
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                found = old in content
                content = content.replace(old, new, 1)
            copy.writestr(name, content)
    assert found
    return target.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (90, "90"),
        (90.0, "90"),
        (1.5, "1.5"),
        (2.9999999999999996, "3"),
        (1e300, "1" + "0" * 300),
        (1e-7, "0.0000001"),
        (float("inf"), "inf"),
        (True, "TRUE"),
        (date(2026, 10, 11), "2026-10-11"),
        (datetime(2026, 10, 11), "2026-10-11"),  # noqa: DTZ001 - a cell has no time zone
        (datetime(2026, 10, 11, 9, 30), "2026-10-11 09:30"),  # noqa: DTZ001
        (datetime(2026, 10, 11, 9, 30, 15), "2026-10-11 09:30:15"),  # noqa: DTZ001
        (datetime(2026, 10, 11, 9, 29, 59, 999_000), "2026-10-11 09:30"),  # noqa: DTZ001
        (time(9, 30), "09:30"),
        (time(0, 0), "00:00"),
        (time(9, 29, 59, 999_000), "09:30"),
        (time(9, 30, 5), "09:30:05"),
        (timedelta(hours=25, minutes=30), "25:30"),
        (timedelta(minutes=-30), "-00:30"),
        ("=1+1", "=1+1"),
        ("  V-0001 ", "  V-0001 "),
    ],
)
def test_a_cell_becomes_what_a_person_would_have_typed(value: object, text: str) -> None:
    assert format_cell(value) == text


def test_dates_times_and_numbers_arrive_as_text_with_the_row_numbers_of_the_sheet() -> None:
    data = make_workbook([[], HEADER, [date(2026, 10, 11), "V-0001", 90], [], ["2026-10-12", 17, time(1, 30)]])
    table = parse_table(data)
    assert table.header == tuple(HEADER)
    assert table.rows == ((3, ("2026-10-11", "V-0001", "90")), (5, ("2026-10-12", "17", "01:30")))
    assert table.encoding == WORKBOOK


def test_a_formula_is_read_as_its_last_value() -> None:
    data = make_workbook([HEADER, ["2026-10-11", "V-0001", "=60+30"]])
    data = rewrite(data, "xl/worksheets/sheet1.xml", b"<f>60+30</f><v />", b"<f>60+30</f><v>90</v>")
    assert parse_table(data).rows == ((2, ("2026-10-11", "V-0001", "90")),)


def test_a_sheet_is_chosen_by_name_or_the_first_is_read() -> None:
    data = make_workbook([HEADER], others=["十月", "九月"])
    assert parse_table(data).header == tuple(HEADER)
    assert parse_table(data, "九月").header == ("sheet", "九月")
    assert "名单, 十月, 九月" in str(refusal(data, "八月"))


def test_merged_and_hidden_cells_are_read_as_any_others() -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert isinstance(first, openpyxl.worksheet.worksheet.Worksheet)
    for row in (["date", "volunteer"], ["2026-10-11", "V-0001"], [None, "V-0002"]):
        first.append(row)
    first.merge_cells("A2:A3")
    first.row_dimensions[2].hidden = True
    target = io.BytesIO()
    book.save(target)
    assert parse_table(target.getvalue()).rows == ((2, ("2026-10-11", "V-0001")), (3, ("", "V-0002")))


def test_neither_the_stated_size_nor_a_cell_far_out_decides_what_is_built() -> None:
    data = make_workbook([["date", "volunteer"], ["2026-10-11", "V-0001"]])
    small = rewrite(data, "xl/worksheets/sheet1.xml", b'ref="A1:B2"', b'ref="A1"')
    assert parse_table(small).rows == ((2, ("2026-10-11", "V-0001")),)
    far = rewrite(data, "xl/worksheets/sheet1.xml", b'<row r="2"', b'<row r="99999999999"')
    assert parse_table(far).rows == ()
    wide = rewrite(data, "xl/worksheets/sheet1.xml", b'r="B2"', b'r="ZZZ2"')
    assert parse_table(wide).rows == ((2, ("2026-10-11",)),), "beyond the last column that is looked at"
    too_wide = make_workbook([["date"], ["x"] * 65])
    assert "row 2 has more than 64 columns" in str(refusal(too_wide))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_workbook([HEADER])
    bomb = rewrite(data, "xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData>" + b" " * 101_000_000)
    assert len(bomb) < 200_000

    def never(*_arguments: object, **_options: object) -> None:
        raise AssertionError("it was opened")

    monkeypatch.setattr(openpyxl, "load_workbook", never)
    assert "unpacks to more than 100 MB" in str(refusal(bomb))


def test_an_archive_of_very_many_parts_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for index in range(limits.MAX_PARTS + 1):
            archive.writestr(str(index), b"")
    assert "1,000 parts" in str(refusal(target.getvalue()))


def test_an_archive_that_is_no_workbook_and_an_old_workbook_are_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert "not a workbook" in str(refusal(target.getvalue()))
    assert "before 2007" in str(refusal(workbook.OLD_WORKBOOK_PREFIX + bytes(600)))


def test_a_damaged_row_far_down_is_the_one_error_too() -> None:
    data = make_workbook([HEADER, *[["2026-10-11", "V-0001", 90]] * 50])
    damaged = rewrite(data, "xl/worksheets/sheet1.xml", b'<c r="C51" t="n"><v>90</v>', b'<c r="C51" t="n"><v>ninety</v>')
    assert "not a workbook that can be read" in str(refusal(damaged))


def test_what_the_library_prints_about_damaged_styles_stays_inside(capsys: pytest.CaptureFixture[str]) -> None:
    data = make_workbook([HEADER])
    damaged = rewrite(data, "xl/styles.xml", b'<cellStyle name="Normal" xfId="0"', b'<cellStyle name="Normal" xfId="7"')
    refusal(damaged)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_document_type_with_its_entities_is_refused_before_the_library_sees_it(encoding: str) -> None:
    data = make_workbook([["date", "bomb"]])
    doctype = '<!DOCTYPE worksheet [<!ENTITY a "' + "x" * 1000 + '">]>'
    data = rewrite(data, "xl/worksheets/sheet1.xml", b"<worksheet", doctype.encode(encoding) + b"<worksheet")
    assert "declares a document type" in str(refusal(data))


def test_the_limits_of_the_table_hold_for_workbooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    rows: list[list[object]] = [["2026-10-11", "V-0001", 90]] * 3
    assert len(parse_table(make_workbook([HEADER, *rows])).rows) == 3
    assert "more than 3 rows" in str(refusal(make_workbook([HEADER, *rows, *rows[:1]])))
