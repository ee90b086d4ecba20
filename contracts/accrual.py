"""What a record earns: the numbers that a batch is judged by, loaded once, and the lot that a record mints."""

from dataclasses import dataclass
from typing import Self

from msgspec.structs import replace

from contracts.activities import ACTIVITIES, Activity
from contracts.balances import add_issued, get_lots, put_lots
from contracts.identity.departed import resolve_account
from contracts.lots import Lot, add_lots
from contracts.parameters import (
    MINUTES_PER_DAY,
    UNLIMITED_MINUTES,
    compute_expiry,
    compute_local_minute,
    get_parameter,
)
from contracts.records import Calendars, Record
from contracts.workdays import Workdays, compute_deadline, get_workdays
from ledger.codec import MAX_DAY
from ledger.state import Overlay, View
from ledger.types import Day, Identifier, Minutes, Points, TimeMs


@dataclass(frozen=True, slots=True)
class Accrual:
    """Limits and rates in force at one moment. `local_minute` is now, on the region's clock, and `today` its day.

    Both days stay within those that can be written, at either end of time as well.
    """

    local_minute: int
    today: Day
    max_record_minutes: int
    daily_cap_minutes: int
    deadline_working_days: int
    points_per_hour: int
    max_earning_minutes: int
    max_activity_earning_minutes: int
    late_records_earn: bool
    backfilled_records_earn: bool
    expires_day: Day
    workdays: Workdays
    deadlines: dict[Day, Day]
    """Deadlines computed so far: the rows of a batch share few days."""
    activities: dict[Identifier, Activity | None]
    """Activities read so far: they share few of these, too."""
    earned: dict[tuple[Identifier, Minutes, bool, bool], tuple[Points, int]]
    """What records without an allowance have earned so far, for they share few lengths as well."""
    max_coefficient: int
    view: View

    @classmethod
    def load(cls, view: View, time_ms: TimeMs) -> Self:
        """Read the parameters in force."""
        now = compute_local_minute(view, time_ms)
        today = Day(min(max(now // MINUTES_PER_DAY, 0), MAX_DAY))
        return cls(
            now,
            today,
            get_parameter(view, "max_record_minutes"),
            get_parameter(view, "daily_cap_minutes"),
            get_parameter(view, "recording_deadline_working_days"),
            get_parameter(view, "points_per_hour"),
            get_parameter(view, "max_earning_minutes"),
            get_parameter(view, "max_activity_earning_minutes"),
            get_parameter(view, "late_records_earn") == 1,
            get_parameter(view, "backfilled_records_earn") == 1,
            compute_expiry(view, today),
            get_workdays(view),
            {},
            {},
            {},
            get_parameter(view, "max_coefficient_percent"),
            view,
        )

    def find_activity(self, identifier: Identifier) -> Activity | None:
        """Return an activity, whoever's it is."""
        if identifier not in self.activities:
            self.activities[identifier] = ACTIVITIES.get(self.view, identifier)
        return self.activities[identifier]

    def is_late(self, last_day: Day, certified_day: Day) -> bool:
        """Whether service that ended on `last_day` and was certified on `certified_day` was late (Order 67, article 11)."""
        deadline = self.deadlines.get(last_day)
        if deadline is None:
            deadline = self.deadlines[last_day] = compute_deadline(self.workdays, last_day, self.deadline_working_days)
        return certified_day > deadline

    def earn(self, calendars: Calendars, volunteer: Identifier, record: Record, *, correcting: Record) -> Record:
        """Return a corrected record with the points that it earns and the allowance that it takes.

        `correcting` is the record as it stood before.
        """
        freed = correcting.allowance if correcting.activity == record.activity else 0
        earning = self.count_earning_minutes(record.minutes, is_late=record.is_late, is_backfilled=record.is_backfilled)
        points, allowance = self.compute_earned(calendars, volunteer, record.activity, earning, freed)
        return replace(record, points=points, allowance=allowance)

    def compute_new(
        self,
        calendars: Calendars,
        volunteer: Identifier,
        activity: Identifier,
        minutes: Minutes,
        *,
        is_late: bool,
        is_backfilled: bool,
    ) -> tuple[Points, int]:
        """Return the points that a new record earns, and the allowance that it takes."""
        has_allowance = self.max_activity_earning_minutes < UNLIMITED_MINUTES
        place = activity, minutes, is_late, is_backfilled
        earned = None if has_allowance else self.earned.get(place)
        if earned is None:
            earning = self.count_earning_minutes(minutes, is_late=is_late, is_backfilled=is_backfilled)
            earned = self.compute_earned(calendars, volunteer, activity, earning)
            if not has_allowance:
                self.earned[place] = earned
        return earned

    def compute_earned(
        self, calendars: Calendars, volunteer: Identifier, activity: Identifier, minutes: int, freed: int = 0
    ) -> tuple[Points, int]:
        """Return the points for minutes that earn, and the allowance that they take; `freed` is what a correction gives back.

        For no more minutes than the region says of all that the volunteer has in the activity (Hailin: two hours).
        """
        allowance = 0
        if self.max_activity_earning_minutes < UNLIMITED_MINUTES:
            taken = calendars.get_allowance_taken(activity, volunteer) - freed
            minutes = allowance = min(minutes, max(0, self.max_activity_earning_minutes - taken))
        return self.compute_points(minutes, self._find_coefficient(activity)), allowance

    def count_earning_minutes(self, minutes: int, *, is_late: bool, is_backfilled: bool) -> int:
        """Minutes of a record that earn points, others of the volunteer left aside.

        No more than the region says of one record; and none where it says so for records that are late or entered by an
        administrator (Huangshi).
        """
        earns = (self.late_records_earn or not is_late) and (self.backfilled_records_earn or not is_backfilled)
        return min(minutes, self.max_earning_minutes) if earns else 0

    def compute_points(self, minutes: int, coefficient: int) -> Points:
        """Whole points for minutes that earn, with the activity's coefficient in percent (Hainan)."""
        return Points(minutes * self.points_per_hour * coefficient // 6_000)

    def _find_coefficient(self, activity: Identifier) -> int:
        found = self.find_activity(activity)
        if found is None:
            raise LookupError("the record's activity is missing from the state")
        return min(found.coefficient, self.max_coefficient)  # which may be lower now than when it was published


def change_points(state: Overlay, volunteer: Identifier, record: Record, change: int) -> int:
    """Mint more points for a record, or take back what is left of them; return the change made.

    What the volunteer has spent or holds cannot be taken back: then the change is smaller than asked for.
    """
    volunteer = resolve_account(state, volunteer)
    lots = get_lots(state, volunteer)
    if change < 0:
        left = sum(lot.points for lot in lots if (lot.batch, lot.row) == (record.batch, record.row))
        change = -min(left, -change)
    if change:
        put_lots(state, volunteer, add_lots(lots, (Lot(record.expires_day, record.batch, record.row, Points(change)),)))
        add_issued(state, change)
    return change
