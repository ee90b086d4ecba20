"""Workbooks (XLSX, ECMA-376): the cells of one sheet as text. Pure: bytes in, rows out.

A workbook is a ZIP archive of XML and comes from anybody, so its size is looked at before anything is unpacked. Cells are read
as their last calculated values; what Excel shows as a date or a time becomes ISO text. Merged and hidden cells are read as any
others.
"""

import io
import math
import zipfile
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from cli.office.limits import MAX_COLUMNS, MAX_EXPANDED_BYTES, MAX_PARTS, shorten, unreadable_file

ARCHIVE_PREFIXES: Final = (b"PK\x03\x04", b"PK\x05\x06")
OLD_WORKBOOK_PREFIX: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""OLE2: a workbook of before 2007, and also a newer one under a password."""

_DOCUMENT_TYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_MAX_SHEET_ROWS = 1_048_576
_HALF_A_SECOND = timedelta(microseconds=500_000)
_MIDNIGHT = time()


def read_cells(data: bytes, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the sheet of that name, or of the first one, with their numbers; rows without any value are left out.

    Raises `HourledgerError` with UNREADABLE_FILE for a workbook that is too large, protected or without that sheet. Bytes that
    are no workbook raise whatever the library raises, which is nearly anything: `cli.office.sheet` makes one error of it.
    """
    import openpyxl  # noqa: PLC0415 - it takes as long to load as half of all else, and few rosters are workbooks

    validate_archive(data)
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheets = {worksheet.title: worksheet for worksheet in book.worksheets}
    if not sheets:
        raise unreadable_file("the workbook has no sheet with cells")
    chosen = next(iter(sheets)) if sheet is None else sheet
    if chosen not in sheets:
        raise unreadable_file(f"the workbook has no sheet of that name, only {shorten(', '.join(sheets), 200)}", chosen)
    # The bounds are given, so that neither the size that the sheet states nor a cell far out decides what is built.
    rows = sheets[chosen].iter_rows(max_row=_MAX_SHEET_ROWS, max_col=MAX_COLUMNS + 1, values_only=True)
    for number, values in enumerate(rows, start=1):
        if values.count(None) < len(values):
            yield number, [format_cell(value) for value in values]


def validate_archive(data: bytes) -> None:
    """Refuse an archive that unpacks to more than the limits (before unpacking any), is encrypted, or declares entities.

    A few entities can stand for gigabytes of text. No part of a workbook may declare any (ECMA-376 part 2, on the use of XML).
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_EXPANDED_BYTES:
            limits = f"{MAX_EXPANDED_BYTES // 1_000_000} MB or {MAX_PARTS:,} parts"
            raise unreadable_file(f"the workbook unpacks to more than {limits}")
        if any(part.flag_bits & 1 for part in parts):
            raise unreadable_file("the workbook is protected by a password")
        if any(_declares_type(archive.read(part)) for part in parts):
            raise unreadable_file("the workbook declares a document type, which no spreadsheet program does")


def _declares_type(part: bytes) -> bool:
    return any(mark in part for mark in _DOCUMENT_TYPES)


def format_cell(value: object) -> str:
    """Return a cell's value as the text that a person would have typed: 2026-10-11, 09:30, 90, 1.5."""
    match value:
        case None:
            text = ""
        case bool():
            text = str(value).upper()
        case float():
            text = _format_number(value)
        case datetime():
            text = _format_moment(value)
        case time():
            text = _format_time(value)
        case timedelta():
            text = _format_duration(value)
        case _:
            text = str(value)
    return text


def _format_number(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    # Fifteen digits, as Excel shows them: a product of times such as 2.9999999999999996 hours is the 3 that its author saw.
    number = Decimal(format(value, ".15g"))
    return format(number.to_integral() if number == number.to_integral() else number, "f")


def _format_moment(moment: datetime) -> str:
    rounded = (moment + _HALF_A_SECOND).replace(microsecond=0)
    if rounded.time() == _MIDNIGHT:
        return rounded.date().isoformat()
    return rounded.isoformat(sep=" ", timespec="seconds" if rounded.second else "minutes")


def _format_time(clock: time) -> str:
    seconds = clock.second + clock.microsecond / 1_000_000
    return _format_duration(timedelta(hours=clock.hour, minutes=clock.minute, seconds=seconds))


def _format_duration(duration: timedelta) -> str:
    seconds = round(duration.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    text = f"{hours:02}:{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
    return f"-{text}" if seconds < 0 else text
