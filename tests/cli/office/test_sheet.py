"""A file on disk becomes a table or one sentence about why not, whatever its bytes."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cli.office import sheet as sheets
from cli.office.sheet import Table, parse_table, read_table
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from tests.effort import choose

MINIMAL_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
    "xl/worksheets/sheet1.xml": (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>date</t></is></c></row><row r="2"><c r="A2"><v>90</v></c></row>'
        "</sheetData></worksheet>"
    ),
}


def pack(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def encoded_parts() -> dict[str, bytes]:
    return {name: text.encode() for name, text in MINIMAL_PARTS.items()}


def is_table_or_refused(data: bytes) -> bool:
    """Whether `data` was a table; any error but the one is raised on."""
    refused: HourledgerError | None = None
    try:
        parse_table(data)
    except HourledgerError as error:
        refused = error
    if refused is not None:
        assert refused.reason is Reason.UNREADABLE_FILE
        assert "\n" not in str(refused)
    return refused is None


def refusal(data: bytes) -> str:
    with pytest.raises(HourledgerError) as caught:
        parse_table(data)
    assert caught.value.reason is Reason.UNREADABLE_FILE
    return str(caught.value)


def test_a_csv_file_becomes_a_table_with_the_numbers_of_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "十月.csv"
    path.write_bytes("日期;志愿者编号;备注\r\n\r\n2026-10-11;V-0001;=1+1\r\n;;\r\n2026-10-12;V-0002\r\n".encode("gb18030"))
    assert read_table(path) == Table(
        header=("日期", "志愿者编号", "备注"),
        rows=((3, ("2026-10-11", "V-0001", "=1+1")), (5, ("2026-10-12", "V-0002"))),
        encoding="GB18030",
    )


def test_what_excel_calls_unicode_text_is_read() -> None:
    table = parse_table("日期\t分钟\r\n2026-10-11\t90\r\n".encode("utf-16"))
    assert table.header == ("日期", "分钟")
    assert table.encoding == "UTF-16"


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(pack(encoded_parts()))
    assert read_table(path) == Table(("date",), ((2, ("90",)),), "XLSX")


def test_what_cannot_be_opened_is_told_with_its_path(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path, Path("nul\x00byte.csv")):
        with pytest.raises(HourledgerError) as caught:
            read_table(path)
        assert caught.value.reason is Reason.UNREADABLE_FILE
        assert str(path) in str(caught.value)
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"\n , \n")
    with pytest.raises(HourledgerError, match=r"empty\.csv: the file is empty"):
        read_table(empty)


def test_a_sheet_of_a_csv_file_is_a_mistake_in_the_command() -> None:
    with pytest.raises(HourledgerError, match="only a workbook has sheets") as caught:
        parse_table(b"date\n", "September")
    assert caught.value.reason is Reason.USAGE


def test_each_limit_is_held_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "larger than 20 MB" in refusal(b"a" * 20_000_001)
    assert len(parse_table(b",".join([b"a"] * 64)).header) == 64
    assert "row 1 has more than 64 columns" in refusal(b",".join([b"a"] * 65))
    assert parse_table(b",".join([b"a"] * 64 + [b""] * 9)).header == ("a",) * 64, "blank cells at the end do not count"
    assert len(parse_table(b"a\n" + b"b" * 32_767).rows[0][1][0]) == 32_767
    assert "row 2 has a cell of more than 32,767 characters" in refusal(b"a\n" + b"b" * 32_768)
    assert "row 2 cannot be read" in refusal(b'a\n"' + b"b" * 200_000 + b'"')
    monkeypatch.setattr(sheets, "MAX_ROWS", 2)
    assert len(parse_table(b"a\n1\n\n\n2\n").rows) == 2
    assert "more than 2 rows" in refusal(b"a\n1\n2\n3\n")


def test_only_so_much_is_read_from_disk_as_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_FILE_BYTES", 10)
    path = tmp_path / "large.csv"
    path.write_bytes(b"a" * 10)
    assert read_table(path).header == ("a" * 10,)
    path.write_bytes(b"a" * 11)
    with pytest.raises(HourledgerError, match="larger than"):
        read_table(path)


@settings(max_examples=choose(50, 200), deadline=None)
@given(
    st.binary(max_size=300) | st.text(st.sampled_from(',;\t"\r\n\x00\ufeff aé日'), max_size=60).map(lambda text: text.encode())
)
@example(b"\xff\xfe\x00\xd8")
@example(b'"')
def test_any_bytes_as_csv_are_a_table_or_the_one_error(data: bytes) -> None:
    is_table_or_refused(data)


@settings(max_examples=choose(40, 100), deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_that_call_themselves_a_workbook_are_the_one_error(data: bytes) -> None:
    assert not is_table_or_refused(b"PK\x03\x04" + data)
    assert not is_table_or_refused(b"PK\x05\x06" + data)


@settings(max_examples=choose(40, 150), deadline=None)
@given(
    part=st.sampled_from(sorted(MINIMAL_PARTS)), place=st.floats(0, 1), length=st.integers(0, 12), patch=st.binary(max_size=12)
)
def test_a_workbook_with_a_damaged_part_is_a_table_or_the_one_error(part: str, place: float, length: int, patch: bytes) -> None:
    parts = encoded_parts()
    start = int(place * len(parts[part]))
    parts[part] = parts[part][:start] + patch + parts[part][start + length :]
    is_table_or_refused(pack(parts))


@settings(max_examples=choose(40, 100), deadline=None)
@given(place=st.floats(0, 1), patch=st.binary(min_size=1, max_size=8))
def test_a_damaged_archive_is_a_table_or_the_one_error(place: float, patch: bytes) -> None:
    data = pack(encoded_parts())
    start = int(place * len(data))
    is_table_or_refused(data[:start] + patch + data[start + len(patch) :])


@given(
    st.sampled_from(["", "a", "t", "n", "s", "b", "d", "str", "inlineStr", "e"]), st.text("0123456789.eE-+:TZ日x", max_size=12)
)
def test_any_cell_type_with_any_value_is_a_table_or_the_one_error(kind: str, value: str) -> None:
    parts = encoded_parts()
    cell = f'<c r="A2" t="{kind}"><v>{value}</v></c>'.encode()
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b'<c r="A2"><v>90</v></c>', cell)
    is_table_or_refused(pack(parts))
