"""What a cell may say, and the words for what it may not."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.office.values import (
    format_clock,
    format_day,
    parse_clock,
    parse_day,
    parse_hours,
    parse_identifier,
    parse_minutes,
    parse_name,
    parse_text,
)
from ledger.errors import HourledgerError
from ledger.reasons import Reason

DAY = date(2026, 10, 11)


def refusal(parser: Callable[[str], object], text: str) -> str:
    with pytest.raises(HourledgerError) as caught:
        parser(text)
    assert caught.value.reason is Reason.UNREADABLE_ROWS
    return caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        *("2026-10-11", "2026/10/11", "2026.10.11", "2026年10月11日", "2026 年 10 月 11 日", " 2026-10-11 "),
        *(
            "\uff12\uff10\uff12\uff16\uff0d\uff11\uff10\uff0d\uff11\uff11",
            "\uff12\uff10\uff12\uff16年\uff11\uff10月\uff11\uff11日",
            "2026-10-11 00:00",
            "2026-10-11 00:00:00",
        ),
    ],
)
def test_a_date_with_the_year_first_is_read(text: str) -> None:
    assert parse_day(text) == DAY


def test_a_date_may_leave_out_zeros() -> None:
    assert parse_day("2026-1-2") == parse_day("2026年1月2日") == date(2026, 1, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("11/10/2022", "may have the day first or the month first; write it as 2026-10-11"),
        ("25.10.2022", "may have the day first"),
        ("11-10-22", "may have the day first"),
        ("44845", "lost its format"),
        ("44845.5", "lost its format"),
        ("", "is empty"),
        ("yesterday", "is not a date"),
        ("2026-10/11", "is not a date"),
        ("2026-10-11 09:00", "is not a date"),
        ("2026年10月11", "is not a date"),
        ("20261011", "is not a date"),
        ("2026-02-29", "is not a day of the calendar"),
        ("2026-13-01", "is not a day of the calendar"),
        ("1969-12-31", "is before 1970"),
        ("\u0662\u0660\u0662\u0666-\u0661\u0660-\u0661\u0661", "is not a date"),
    ],
)
def test_every_other_date_is_refused_with_a_word_on_what_to_write(text: str, words: str) -> None:
    assert words in refusal(parse_day, text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("1", 1), ("90", 90), (" 090 ", 90), ("\uff19\uff10", 90), ("90.0", 90), ("90.00", 90), ("1440", 1440)],
)
def test_minutes_are_whole_and_of_one_day(text: str, minutes: int) -> None:
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0", "not more than zero"),
        ("-30", "not more than zero"),
        ("1441", "more than 24 hours"),
        ("999999999", "more than 24 hours"),
        ("90.5", "not a whole number"),
        ("1,000", "not a whole number"),
        ("90 min", "not a whole number"),
        ("1:30", "not a whole number"),
        ("九十", "not a whole number"),
        ("", "not a whole number"),
        ("1e2", "not a whole number"),
        ("9" * 5000, "not a whole number"),
    ],
)
def test_other_minutes_are_refused(text: str, words: str) -> None:
    assert words in refusal(parse_minutes, text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1", 60),
        ("1.5", 90),
        ("1,5", 90),
        ("0.75", 45),
        ("2.25", 135),
        ("24", 1440),
        ("1.10", 66),
        ("0.05", 3),
        ("\uff11\uff0e\uff15", 90),
    ],
)
def test_hours_become_minutes_exactly(text: str, minutes: int) -> None:
    assert parse_hours(text) == minutes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.33", "not a whole number of minutes"),
        ("0.3333333333", "not a whole number of minutes"),
        ("1,500", "not a number of hours"),
        ("1:30", "not a number of hours"),
        ("", "not a number of hours"),
        ("0", "not more than zero"),
        ("0.0", "not more than zero"),
        ("-1.5", "not more than zero"),
        ("-0.5", "not more than zero"),
        ("24.05", "more than 24 hours"),
    ],
)
def test_other_hours_are_refused(text: str, words: str) -> None:
    assert words in refusal(parse_hours, text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("09:30", 570), ("9:30", 570), ("09:30:00", 570), ("00:00", 0), ("24:00", 1440), ("25:30", 1530), ("48:00", 2880)),
        *(("\uff10\uff19\uff1a\uff13\uff10", 570), ("2026-10-11 09:30", 570), ("2026/10/12 01:30", 1530)),
    ],
)
def test_a_time_is_minutes_after_midnight_of_the_day(text: str, minutes: int) -> None:
    assert parse_clock(text, DAY) == minutes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("09:60", "not a time"),
        ("9.30", "not a time"),
        ("9", "not a time"),
        ("", "not a time"),
        ("09:30:15", "not a time"),
        ("9:30 pm", "not a time"),
        ("-1:00", "not a time"),
        ("48:01", "not on the day of the service or the next"),
        ("2026-10-10 23:00", "not on the day of the service or the next"),
        ("2026-10-14 09:00", "not on the day of the service or the next"),
        ("11/10/2026 09:30", "may have the day first"),
        ("today 09:30", "is not a date"),
    ],
)
def test_other_times_are_refused(text: str, words: str) -> None:
    assert words in refusal(lambda value: parse_clock(value, DAY), text)


def test_without_a_day_the_date_before_a_time_must_still_be_one() -> None:
    assert parse_clock("2026-10-11 09:30") == 570
    assert "is not a date" in refusal(parse_clock, "today 09:30")


def test_a_reference_is_the_same_however_wide_it_was_typed() -> None:
    assert parse_identifier(" \uff36\uff0d\uff10\uff10\uff10\uff11\u200b ") == "V-0001"
    assert parse_identifier("") == ""
    assert "100 is the limit" in refusal(parse_identifier, "x" * 101)
    assert parse_identifier("x" * 100) == "x" * 100


def test_words_stay_as_they_are_written_on_one_line() -> None:
    assert parse_text(" 陪老人聊天\uff08下午\uff09\r\n读报 ") == "陪老人聊天\uff08下午\uff09 读报"
    assert parse_name("=1+1") == "=1+1", "a formula is data on reading"
    assert parse_name("e\u0301") == "\u00e9"
    assert "201 characters" in refusal(parse_name, "x" * 201)
    assert "2,000 is the limit" in refusal(parse_text, "x" * 2001)
    assert "control character" in refusal(parse_text, "bell\x07")
    assert "control character" in refusal(parse_text, "half a pair \ud800")


@given(st.dates(min_value=date(1970, 1, 1)))
def test_a_day_survives_the_round_trip(day: date) -> None:
    assert parse_day(format_day(day)) == day


@given(st.integers(0, 2880))
def test_a_time_survives_the_round_trip(minutes: int) -> None:
    assert parse_clock(format_clock(minutes)) == minutes


@given(st.integers(1, 1440))
def test_hours_and_minutes_agree(minutes: int) -> None:
    assert parse_minutes(str(minutes)) == minutes
    if minutes % 3 == 0:
        assert parse_hours(f"{minutes * 100 // 60 / 100:.2f}") == minutes


@pytest.mark.parametrize(
    "parser", [parse_day, parse_minutes, parse_hours, parse_clock, parse_identifier, parse_name, parse_text]
)
@given(text=st.text(st.characters(), max_size=30) | st.text("0123456789-/.:年月日 \uff10\uff11\uff0c,", max_size=16))
def test_any_text_is_a_value_or_the_one_error(parser: Callable[[str], object], text: str) -> None:
    try:
        value = parser(text)
    except HourledgerError as error:
        value = error
    if isinstance(value, HourledgerError):
        assert value.reason is Reason.UNREADABLE_ROWS
        assert "\n" not in str(value)
