import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.datetimes import format_datetime, parse_datetime
from ledger.codec import MAX_TIME_MS
from ledger.errors import CodecError
from ledger.types import TimeMs
from tests.effort import choose


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.007Z", 7),
        ("2023-02-24T23:36:38Z", 1_677_281_798_000),
        ("2024-02-29T12:00:00Z", 1_709_208_000_000),
        ("9999-12-31T23:59:59.999Z", MAX_TIME_MS),
    ],
)
def test_times_are_written_in_utc(text: str, time_ms: int) -> None:
    assert parse_datetime(text) == time_ms
    assert format_datetime(TimeMs(time_ms)) == text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-03-01T17:30:00+08:00", "2026-03-01T09:30:00Z"),
        ("2026-02-28T23:15:00-10:15", "2026-03-01T09:30:00Z"),
        ("2026-03-01T09:30:00-00:00", "2026-03-01T09:30:00Z"),
        ("2026-03-01T09:30:00.5Z", "2026-03-01T09:30:00.500Z"),
        ("2026-03-01T09:30:00.123999999Z", "2026-03-01T09:30:00.123Z"),
        ("2026-03-01T23:30:00+14:00", "2026-03-01T09:30:00Z"),
    ],
)
def test_other_zones_and_precisions_are_read(text: str, same: str) -> None:
    assert format_datetime(parse_datetime(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("2026-03-01", id="date alone"),
        pytest.param("2026-03-01T09:30:00", id="no zone"),
        pytest.param("2026-03-01T09:30Z", id="no seconds"),
        pytest.param("2026-03-01 09:30:00Z", id="space for T"),
        pytest.param("2026-03-01t09:30:00z", id="small letters"),
        pytest.param("2026-03-01T09:30:00Z\n", id="line end after"),
        pytest.param("2026-02-29T09:30:00Z", id="no leap year"),
        pytest.param("2026-13-01T09:30:00Z", id="month 13"),
        pytest.param("2026-03-01T24:00:00Z", id="hour 24"),
        pytest.param("2026-03-01T09:30:60Z", id="leap second"),
        pytest.param("2026-03-01T09:30:00.Z", id="empty fraction"),
        pytest.param("2026-03-01T09:30:00,5Z", id="comma"),
        pytest.param("2026-03-01T09:30:00+14:01", id="beyond 14 hours east"),
        pytest.param("2026-03-01T09:30:00-15:00", id="beyond 14 hours west"),
        pytest.param("2026-03-01T09:30:00+01:60", id="minute 60 of a zone"),
        pytest.param("2026-03-01T09:30:00+0800", id="zone without colon"),
        pytest.param("\u0662026-03-01T09:30:00Z", id="digit of another script"),
        pytest.param("12026-03-01T09:30:00Z", id="year of five digits"),
        pytest.param("-2026-03-01T09:30:00Z", id="negative year"),
        pytest.param("0000-01-01T00:00:00Z", id="year 0"),
        pytest.param("1969-12-31T23:59:59Z", id="before 1970"),
        pytest.param("1970-01-01T00:00:00+00:01", id="before 1970 in UTC"),
        pytest.param("9999-12-31T23:59:59-00:01", id="after 9999 in UTC"),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(CodecError):
        parse_datetime(text)


@pytest.mark.parametrize("time_ms", [-1, MAX_TIME_MS + 1])
def test_times_out_of_range_are_not_written(time_ms: int) -> None:
    with pytest.raises(CodecError):
        format_datetime(TimeMs(time_ms))


@given(st.integers(0, MAX_TIME_MS).map(TimeMs))
@settings(max_examples=choose(40, 100))
def test_times_are_read_back(time_ms: TimeMs) -> None:
    assert parse_datetime(format_datetime(time_ms)) == time_ms


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})"))
@settings(max_examples=choose(50, 200))
def test_any_text_is_a_time_or_one_typed_error(text: str) -> None:
    try:
        time_ms = parse_datetime(text)
    except CodecError:
        return
    assert parse_datetime(format_datetime(time_ms)) == time_ms
