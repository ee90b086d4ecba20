"""What a roster may measure. Said before a file is read, and again in the error when it measures more."""

from typing import Final

from ledger.errors import HourledgerError
from ledger.reasons import Reason

MAX_FILE_BYTES: Final = 20_000_000
MAX_EXPANDED_BYTES: Final = 100_000_000
"""What the parts of a workbook may come to once unpacked; the archive states it, and no more than stated is unpacked."""
MAX_PARTS: Final = 1_000
MAX_ROWS: Final = 100_000
"""Rows with something in them, after the header."""
MAX_COLUMNS: Final = 64
MAX_CELL_CHARACTERS: Final = 32_767
"""Excel's own limit."""


def describe_limits() -> str:
    """Say in one sentence what is accepted, for a help text or before a file is asked for."""
    return (
        f"A roster is CSV (UTF-8, UTF-16 or GB18030) or XLSX, at most {MAX_FILE_BYTES // 1_000_000} MB, "
        f"{MAX_ROWS:,} rows and {MAX_COLUMNS} columns."
    )


def unreadable_file(detail: str, value: str = "") -> HourledgerError:
    """Return the one error for a file that is no roster."""
    return HourledgerError(Reason.UNREADABLE_FILE, detail, value)


def shorten(text: str, characters: int = 60) -> str:
    """Return `text` as it may stand in a message: one line, no control characters, `characters` at most."""
    line = "".join(character if character.isprintable() else " " for character in text[: 4 * characters])
    line = " ".join(line.split())
    return line if len(line) <= characters and len(text) <= 4 * characters else f"{line[: characters - 1]}…"
