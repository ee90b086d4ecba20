"""CSV in the encodings and with the delimiters that offices use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.office.delimited import decode_text, find_delimiter, read_records
from ledger.errors import HourledgerError
from ledger.reasons import Reason

TEXT = "日期,志愿者\r\n2026-10-11,V-0001\r\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-8"), "UTF-8"),
        (TEXT.encode("utf-8-sig"), "UTF-8"),
        (TEXT.encode("gb18030"), "GB18030"),
        (TEXT.encode("gbk"), "GB18030"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "UTF-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "UTF-16"),
    ],
)
def test_the_encoding_is_found_and_named(data: bytes, encoding: str) -> None:
    assert decode_text(data) == (TEXT, encoding)


@pytest.mark.parametrize(
    "data",
    [
        b"\xe9t\xe9,\xff\n",
        b"\xef\xbb\xbf\xe9t\xe9,1\n",
        b"\xff\xfea",
        TEXT.encode("utf-16-le"),
        b"date,volunteer\x00\n",
    ],
    ids=["neither", "marked UTF-8 that is none", "half a character of UTF-16", "UTF-16 without its mark", "NUL"],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(HourledgerError) as caught:
        decode_text(data)
    assert caught.value.reason is Reason.UNREADABLE_FILE


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("date,volunteer,minutes\n1;2;3;4\n", ","),
        ("date;volunteer;minutes\n1,5;2;3\n", ";"),
        ("date\tvolunteer\tminutes\n", "\t"),
        ('"a,b,c";d;e\n', ";"),
        ("\r\n  \r\ndate;volunteer\n", ";"),
        ("only\n1;2\n", ","),
        ("a,b;c\n", ","),
        ("", ","),
    ],
)
def test_the_header_decides_the_delimiter(text: str, delimiter: str) -> None:
    assert find_delimiter(text) == delimiter


def test_records_are_numbered_as_a_spreadsheet_numbers_its_rows() -> None:
    text = 'a,b\r\n\r\n"two\r\nlines","say ""hi"""\r\nlast,\r\n'
    assert list(read_records(text, ",")) == [(1, ["a", "b"]), (2, []), (3, ["two\r\nlines", 'say "hi"']), (4, ["last", ""])]


@pytest.mark.parametrize("text", ['a,b\n1,"never closed\n', 'a,b\n1,"closed" too early\n'])
def test_a_stray_quotation_mark_is_told_with_its_row(text: str) -> None:
    with pytest.raises(HourledgerError, match="row 2 cannot be read") as caught:
        list(read_records(text, ","))
    assert caught.value.reason is Reason.UNREADABLE_FILE


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_text_survives_every_encoding_with_a_mark(text: str) -> None:
    assert decode_text(b"\xef\xbb\xbf" + text.encode("utf-8")) == (text, "UTF-8")
    assert decode_text(b"\xff\xfe" + text.encode("utf-16-le")) == (text, "UTF-16")
