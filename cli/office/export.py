"""Tables for spreadsheets: CSV that opens in Excel as what it is.

A spreadsheet runs a cell that starts with `= + - @` as a formula, and some do so after a tab or a line break, or with the
full-width forms. What is exported was typed by many hands, so such a cell is given an apostrophe in front.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ledger.errors import HourledgerError
from ledger.reasons import Reason

FORMULA_STARTS: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
MARK: Final = "'"


def neutralise_cell(text: str) -> str:
    """Return `text` so that no spreadsheet runs it: with an apostrophe in front where it would start a formula.

    Reversible by `restore_cell`: a text of apostrophes followed by such a start gets one more, any other is left as it is.
    """
    return MARK + text if is_risky_cell(text) else text


def restore_cell(text: str) -> str:
    """Return what `neutralise_cell` was given."""
    return text[1:] if text.startswith(MARK) and is_risky_cell(text) else text


def is_risky_cell(text: str) -> bool:
    """Whether `text` starts a formula in some spreadsheet, leaving aside apostrophes before it."""
    return text.lstrip(MARK)[:1] in FORMULA_STARTS


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table as CSV in UTF-8 with the byte-order mark by which Excel knows it, every cell neutralised.

    Raises `HourledgerError`: UNREADABLE_FILE when the place is missing or not ours to write in, or WRITE_FAILED.
    """
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([neutralise_cell(title) for title in header])
            writer.writerows([neutralise_cell(cell) for cell in row] for row in rows)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the table cannot be written there", str(path)) from error
    except OSError as error:
        raise HourledgerError(Reason.WRITE_FAILED, f"the table could not be written: {error.strerror}", str(path)) from error
