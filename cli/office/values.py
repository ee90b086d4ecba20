"""What one cell of a roster says: pure functions from text to a value, each with its formatter.

Each raises `HourledgerError` with UNREADABLE_ROWS and a detail that completes the sentence "the cell ..." with what to write.
Full-width digits and punctuation are accepted (NFKC), Arabic-Indic and other digits are not.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from cli.office.limits import shorten
from ledger.errors import HourledgerError
from ledger.reasons import Reason

MAX_MINUTES: Final = 1_440
"""One record is of one day."""
MAX_END_MINUTE: Final = 2_880
"""A service may pass midnight: 25:30 is half past one on the next day, and 48:00 the end of that."""
MINUTES_A_DAY: Final = 1_440
MAX_IDENTIFIER_CHARACTERS: Final = 100
MAX_NAME_CHARACTERS: Final = 200
MAX_TEXT_CHARACTERS: Final = 2_000

_NUMERIC_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?: 00:00(?::00)?)?")
_CHINESE_DATE = re.compile(r"([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?日")
_DAY_OR_MONTH_FIRST = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})")
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
_MINUTES = re.compile(r"(-?[0-9]{1,9})(?:\.0{1,9})?")
_HOURS = re.compile(r"(-?[0-9]{1,9})(?:\.([0-9]{1,12})|,([0-9]{1,2}))?")
_DATE_ADVICE = "write it as 2026-10-11"
_FIRST_YEAR = 1970


def refuse_cell(detail: str, text: str) -> HourledgerError:
    """Return the error for a cell that cannot be used."""
    return HourledgerError(Reason.UNREADABLE_ROWS, detail, shorten(text))


def parse_day(text: str) -> date:
    """Return the day that `text` names with the year first: 2026-10-11, 2026/10/11, 2026.10.11 or 2026年10月11日.

    A time of midnight after a numeric date is accepted, because databases write it. Dates that begin with a day or a month are
    refused, even where only one reading is possible: the next row may be the one with two.
    """
    written = _normalise(text)
    if match := _NUMERIC_DATE.fullmatch(written):
        year, month, day = match[1], match[3], match[4]
    elif match := _CHINESE_DATE.fullmatch(written):
        year, month, day = match[1], match[2], match[3]
    else:
        raise refuse_cell(_explain_date(written), text)
    try:
        found = date(int(year), int(month), int(day))
    except ValueError as error:
        raise refuse_cell(f"is not a day of the calendar; {_DATE_ADVICE}", text) from error
    if found.year < _FIRST_YEAR:
        raise refuse_cell(f"is before {_FIRST_YEAR}", text)
    return found


def format_day(day: date) -> str:
    """Return `day` as YYYY-MM-DD."""
    return day.isoformat()


def parse_minutes(text: str) -> int:
    """Return a whole number of minutes from 1 to 1,440."""
    match = _MINUTES.fullmatch(_normalise(text))
    if match is None:
        raise refuse_cell("is not a whole number of minutes; write one such as 90", text)
    return _bound(int(match[1]), text)


def parse_hours(text: str) -> int:
    """Return decimal hours (1.5, or 1,5 with one or two places) as minutes, exactly; refuse what is not a whole minute."""
    match = _HOURS.fullmatch(_normalise(text))
    if match is None:
        raise refuse_cell("is not a number of hours; write one such as 1.5", text)
    minutes = Decimal(f"{match[1]}.{match[2] or match[3] or '0'}") * 60
    if minutes != minutes.to_integral_value():
        raise refuse_cell("is not a whole number of minutes; write the minutes in a column of their own", text)
    return _bound(int(minutes), text)


def parse_clock(text: str, day: date | None = None) -> int:
    """Return a time such as 09:30, or 2026-10-11 09:30, as minutes after midnight (of `day`, if given), up to 48:00."""
    written = _normalise(text)
    head, _, tail = written.rpartition(" ")
    match = _CLOCK.fullmatch(tail)
    if match is None or int(match[2]) >= 60:
        raise refuse_cell("is not a time; write one such as 09:30, and 25:30 for half past one on the next day", text)
    minutes = int(match[1]) * 60 + int(match[2])
    if head:
        written_day = parse_day(head)
        minutes += (written_day - (day or written_day)).days * MINUTES_A_DAY
    if not 0 <= minutes <= MAX_END_MINUTE:
        raise refuse_cell("is not on the day of the service or the next one", text)
    return minutes


def format_clock(minutes: int) -> str:
    """Return minutes after midnight as HH:MM; the hours of the next day go on from 24."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def parse_identifier(text: str) -> str:
    """Return a reference such as V-0001 without its width, invisible characters and outer blanks; it may be empty."""
    visible = "".join(character for character in _normalise(text) if unicodedata.category(character) != "Cf")
    return _bound_text(" ".join(visible.split()), MAX_IDENTIFIER_CHARACTERS, text)


def parse_name(text: str) -> str:
    """Return a title, place or name as it is written (NFC), on one line; it may be empty."""
    return _bound_text(_join_lines(text), MAX_NAME_CHARACTERS, text)


def parse_text(text: str) -> str:
    """Return a description as it is written (NFC), on one line; it may be empty."""
    return _bound_text(_join_lines(text), MAX_TEXT_CHARACTERS, text)


def _normalise(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _join_lines(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _bound(minutes: int, text: str) -> int:
    if minutes <= 0:
        raise refuse_cell("is not more than zero", text)
    if minutes > MAX_MINUTES:
        raise refuse_cell("is more than 24 hours; write a row for each day", text)
    return minutes


def _bound_text(cleaned: str, characters: int, text: str) -> str:
    if len(cleaned) > characters:
        raise refuse_cell(f"has {len(cleaned):,} characters, and {characters:,} is the limit", text)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in cleaned):
        raise refuse_cell("holds a control character; type it again", text)
    return cleaned


def _explain_date(written: str) -> str:
    if not written:
        return f"is empty; {_DATE_ADVICE}"
    if _DAY_OR_MONTH_FIRST.fullmatch(written):
        return f"may have the day first or the month first; {_DATE_ADVICE}"
    if _SERIAL.fullmatch(written):
        return f"looks like a date that lost its format; {_DATE_ADVICE}, or format the cell as a date"
    return f"is not a date; {_DATE_ADVICE}"
