"""Working days: weekdays without public holidays, plus weekend days made up for them."""

from functools import lru_cache
from typing import Final

import msgspec

from ledger import codec
from ledger.codec import Codec
from ledger.state import Overlay, Table, View
from ledger.types import Day

_THURSDAY: Final = 3
"""1970-01-01 was a Thursday, counting from Monday as 0."""
_SATURDAY: Final = 5


class Workdays(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Exceptions to Monday to Friday: `holidays` are free weekdays, `working_weekends` are weekend days with work."""

    holidays: tuple[Day, ...]
    working_weekends: tuple[Day, ...]


days_codec: Codec[tuple[Day, ...]] = codec.sequence(codec.day, 0, 4_096)
_WORKDAYS: Final[Table[Workdays]] = Table(
    b"workdays", codec.struct(Workdays, days_codec, days_codec), is_public=True, remembered=4
)
TABLES: Final = (_WORKDAYS,)


def get_workdays(view: View) -> Workdays:
    """Return the calendar in force."""
    return _WORKDAYS.get(view) or Workdays((), ())


def set_workdays(state: Overlay, workdays: Workdays) -> None:
    """Set the calendar."""
    _WORKDAYS.put(state, workdays)


def is_weekend(day: Day) -> bool:
    """Whether `day` is a Saturday or a Sunday."""
    return (day + _THURSDAY) % 7 >= _SATURDAY


def is_working_day(workdays: Workdays, day: Day) -> bool:
    """Whether `day` is worked on."""
    if is_weekend(day):
        return day in workdays.working_weekends
    return day not in workdays.holidays


@lru_cache(maxsize=1_024)
def compute_deadline(workdays: Workdays, end: Day, working_days: int) -> Day:
    """Return the last of `working_days` working days after `end` (Order 67, article 11: ten)."""
    day = end
    while working_days > 0:
        day = Day(day + 1)
        if is_working_day(workdays, day):
            working_days -= 1
    return day
