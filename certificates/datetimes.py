"""XML Schema 1.1 dateTimeStamp, as credentials and proofs write times: `2026-03-01T09:30:00Z`.

The zone is required, years have four digits, and hours go to 23: the part of the lexical space that every library reads alike.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ledger.codec import MAX_TIME_MS
from ledger.errors import CodecError
from ledger.types import TimeMs

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MAX_OFFSET = timedelta(hours=14)
_PATTERN = re.compile(
    r"(?P<seconds>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-5][0-9]))"
)


@lru_cache(maxsize=256)
def format_datetime(time_ms: TimeMs) -> str:
    """Write UTC with `Z`; milliseconds only where there are any. Raise `CodecError` outside the years 1970 to 9999."""
    _validate_range(time_ms)
    moment = _EPOCH + time_ms * _MILLISECOND
    precision = "milliseconds" if time_ms % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


@lru_cache(maxsize=256)
def parse_datetime(text: str) -> TimeMs:
    """Read a dateTimeStamp, with what is finer than a millisecond cut off; raise `CodecError` for anything else."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise CodecError("a time that is not written as in 2026-03-01T09:30:00Z")
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    if offset > _MAX_OFFSET:
        raise CodecError("a time zone of more than 14 hours")
    try:
        local = datetime.fromisoformat(match["seconds"] + "Z")
    except ValueError as error:
        raise CodecError("a time that is in no calendar") from error
    # Local time is UTC plus the offset, so going back to UTC takes the offset away.
    since_epoch = local - _EPOCH + (offset if match["sign"] == "-" else -offset)
    time_ms = since_epoch // _MILLISECOND + int((match["fraction"] or "").ljust(3, "0")[:3])
    _validate_range(time_ms)
    return TimeMs(time_ms)


def _validate_range(time_ms: int) -> None:
    if not 0 <= time_ms <= MAX_TIME_MS:
        raise CodecError("a time outside the years 1970 to 9999")
