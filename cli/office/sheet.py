"""A roster file as a table of text, whatever spreadsheet wrote it.

`read_table` touches the disk, `parse_table` is the pure rest. Which column means what is said by `cli.office.columns`, and what
the cells say by `cli.office.rows`.
"""

import contextlib
import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cli.office.delimited import decode_text, find_delimiter, read_records
from cli.office.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROWS, unreadable_file
from cli.office.workbook import ARCHIVE_PREFIXES, OLD_WORKBOOK_PREFIX, read_cells
from ledger.errors import HourledgerError
from ledger.reasons import Reason

WORKBOOK = "XLSX"


@dataclass(frozen=True, slots=True)
class Table:
    """The first row with something in it, and every later one with its number in the spreadsheet (from 1)."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Empty rows are left out, and so are empty cells at the end of a row: a row may be shorter or longer than the header."""
    encoding: str
    """UTF-8, UTF-16, GB18030 or XLSX: shown in a preview, because a wrong guess shows as nonsense."""


def read_table(path: Path, sheet: str | None = None) -> Table:
    """Read the roster in `path`; `sheet` names the sheet of a workbook, otherwise its first one is read.

    Raises `HourledgerError`: UNREADABLE_FILE, whatever is wrong with the file, or USAGE for a sheet named in a CSV file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise unreadable_file("the file cannot be opened", str(path)) from error
    try:
        return parse_table(data, sheet)
    except HourledgerError as error:
        raise HourledgerError(error.reason, f"{path.name}: {error.detail}", error.value) from error


def parse_table(data: bytes, sheet: str | None = None) -> Table:
    """Return the table that the bytes of a CSV or XLSX file hold; the content decides which of the two, not a file name."""
    if len(data) > MAX_FILE_BYTES:
        raise unreadable_file(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB")
    if data.startswith(OLD_WORKBOOK_PREFIX):
        raise unreadable_file("the workbook is of the format before 2007, or under a password: save it as XLSX without one")
    if data.startswith(ARCHIVE_PREFIXES):
        return _parse_workbook(data, sheet)
    if sheet is not None:
        raise HourledgerError(Reason.USAGE, "only a workbook has sheets to choose from, and this file is not one", sheet)
    text, encoding = decode_text(data)
    return _build_table(read_records(text, find_delimiter(text)), encoding)


def _parse_workbook(data: bytes, sheet: str | None) -> Table:
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            # The library warns about parts that it does not keep, such as drawings, and prints about damaged styles. Neither
            # bears on the cells, and what it prints would spoil the output of a command.
            warnings.simplefilter("ignore")
            return _build_table(read_cells(data, sheet), WORKBOOK)
    except HourledgerError:
        raise
    except Exception as error:
        # A damaged workbook makes the library raise nearly anything, at opening and at any later row.
        raise unreadable_file("the file is not a workbook that can be read") from error


def _build_table(records: Iterable[tuple[int, list[str]]], encoding: str) -> Table:
    """Bound every measure while the rows come in, so that nothing larger is ever held."""
    header: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, record in records:
        cells = _trim(record)
        if not cells:
            continue
        _validate_cells(number, cells)
        if header is None:
            header = cells
        elif len(rows) == MAX_ROWS:
            raise unreadable_file(f"the file has more than {MAX_ROWS:,} rows")
        else:
            rows.append((number, cells))
    if header is None:
        raise unreadable_file("the file is empty")
    return Table(header, tuple(rows), encoding)


def _trim(record: list[str]) -> tuple[str, ...]:
    """Drop blank cells at the end, which spreadsheets add as they please."""
    end = len(record)
    while end and not record[end - 1].strip():
        end -= 1
    return tuple(record[:end])


def _validate_cells(number: int, cells: tuple[str, ...]) -> None:
    if len(cells) > MAX_COLUMNS:
        raise unreadable_file(f"row {number} has more than {MAX_COLUMNS} columns")
    if max(map(len, cells)) > MAX_CELL_CHARACTERS:
        raise unreadable_file(f"row {number} has a cell of more than {MAX_CELL_CHARACTERS:,} characters")
