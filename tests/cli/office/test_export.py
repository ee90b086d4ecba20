"""What is exported opens as text in a spreadsheet and never as a formula."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.office.export import is_risky_cell, neutralise_cell, restore_cell, write_csv
from cli.office.sheet import read_table
from ledger.errors import HourledgerError
from ledger.reasons import Reason


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_a_cell_that_would_run_gets_an_apostrophe(start: str) -> None:
    assert neutralise_cell(f"{start}1+1") == f"'{start}1+1"
    assert neutralise_cell(f"'{start}1") == f"''{start}1", "so that it can be told from the one above"


@pytest.mark.parametrize("text", ["", "90", "V-0001", "a=b", "'quoted'", " =1", "图书馆"])
def test_any_other_cell_stays_as_it_is(text: str) -> None:
    assert neutralise_cell(text) == text
    assert restore_cell(text) == text


@given(st.text(st.sampled_from("'=+-@\t\ra ")) | st.text())
def test_what_was_neutralised_can_be_restored(text: str) -> None:
    safe = neutralise_cell(text)
    assert restore_cell(safe) == text
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert is_risky_cell(text) == (safe != text)


def test_a_table_is_written_for_excel_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_csv(path, ["日期", "=header"], [["2026-10-11", "-5"], ['say "hi", twice', "two\nlines"]])
    assert path.read_bytes() == ('\ufeff日期,\'=header\r\n2026-10-11,\'-5\r\n"say ""hi"", twice","two\nlines"\r\n'.encode())
    table = read_table(path)
    assert table.header == ("日期", "'=header")
    assert table.rows == ((2, ("2026-10-11", "'-5")), (3, ('say "hi", twice', "two\nlines")))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "no folder" / "out.csv", tmp_path):
        with pytest.raises(HourledgerError) as caught:
            write_csv(path, ["a"], [])
        assert caught.value.reason is Reason.UNREADABLE_FILE


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["1"]
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(HourledgerError, match="No space left") as caught:
        write_csv(tmp_path / "out.csv", ["a"], rows())
    assert caught.value.reason is Reason.WRITE_FAILED
