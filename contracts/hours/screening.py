"""Most rows of a batch are good, and one look shows it; what is against others is asked in the documented order.

Both ways must agree: a row that is clear here is one that `contracts.hours.service` has nothing against.
"""

from typing import Final, Protocol

from contracts.accrual import Accrual
from contracts.parameters import MINUTES_PER_DAY
from contracts.records import Calendars
from ledger.types import Day, Identifier, Minutes

_NO_DAYS: Final = (Day(1), Day(0))


class Served(Protocol):
    """What a record says of the service itself, whoever gave it."""

    @property
    def activity(self) -> Identifier:
        """The activity."""

    @property
    def day(self) -> Day:
        """The day on which it began."""

    @property
    def start(self) -> int | None:
        """Minutes after midnight, None where only the length is known."""

    @property
    def minutes(self) -> Minutes:
        """The time given."""


class Row(Served, Protocol):
    """What is looked at of a row."""

    @property
    def record(self) -> Identifier:
        """The record that it is to become."""

    @property
    def volunteer(self) -> Identifier:
        """Whose service it is."""


class Screening:
    """A look at the rows of one batch: limits in force, the days of its activities, and volunteers' calendars as they fill."""

    __slots__ = ("_accrual", "_calendars", "_days", "_most_timed", "_most_untimed", "_organisation")

    def __init__(self, organisation: Identifier, accrual: Accrual, calendars: Calendars) -> None:
        self._organisation = organisation
        self._accrual = accrual
        self._calendars = calendars
        self._days: dict[Identifier, tuple[Day, Day]] = {}
        """From when until when each activity takes rows."""
        self._most_timed = accrual.max_record_minutes
        self._most_untimed = min(accrual.max_record_minutes, accrual.daily_cap_minutes, MINUTES_PER_DAY)

    def is_clear(self, row: Row) -> bool:
        """Whether nothing is against a new row of an account that is there; False means that it takes a closer look."""
        days = self._days.get(row.activity)
        if days is None:
            days = self._days[row.activity] = self._find_days(row.activity)
        day, start, minutes = row.day, row.start, row.minutes
        return (
            days[0] <= day <= days[1]
            and 1 <= minutes <= (self._most_untimed if start is None else self._most_timed)
            and day * MINUTES_PER_DAY + (start or 0) + minutes <= self._accrual.local_minute
            and self._calendars.is_free(row.volunteer, day, row.record)
        )

    def _find_days(self, identifier: Identifier) -> tuple[Day, Day]:
        activity = self._accrual.find_activity(identifier)
        if activity is None or activity.organisation != self._organisation:
            return _NO_DAYS
        takes_rows = activity.is_open and activity.activity_class.counts_hours
        return (activity.first_day, activity.last_day) if takes_rows else _NO_DAYS
