"""What a record earns: the numbers that a batch is judged by, loaded once, and the lot that a record mints."""

from dataclasses import dataclass
from typing import Self

from contracts.identity.departed import resolve_account
from contracts.lots import MAX_LOTS, Lot, add_lots, compute_sum
from contracts.parameters import MINUTES_PER_DAY, compute_expiry, compute_local_minute, get_parameter
from contracts.points import add_issued, get_lots, put_lots
from contracts.records import Record
from contracts.workdays import Workdays, compute_deadline, get_workdays
from ledger.codec import MAX_DAY
from ledger.errors import RowOutcome
from ledger.reasons import Reason
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
    late_records_earn: bool
    expires_day: Day
    workdays: Workdays
    deadlines: dict[Day, Day]
    """Deadlines computed so far: the rows of a batch share few days."""

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
            get_parameter(view, "late_records_earn") == 1,
            compute_expiry(view, today),
            get_workdays(view),
            {},
        )

    def is_late(self, last_day: Day, certified_day: Day) -> bool:
        """Whether service that ended on `last_day` and was certified on `certified_day` was late (Order 67, article 11)."""
        deadline = self.deadlines.get(last_day)
        if deadline is None:
            deadline = self.deadlines[last_day] = compute_deadline(self.workdays, last_day, self.deadline_working_days)
        return certified_day > deadline

    def compute_points(self, minutes: Minutes, *, is_late: bool) -> Points:
        """Whole points that a record earns, for no more minutes than the region says (Hailin: two hours)."""
        if is_late and not self.late_records_earn:
            return Points(0)
        return Points(min(minutes, self.max_earning_minutes) * self.points_per_hour // 60)


class Mint:
    """Lots that a batch mints: each account is read once and written once, by `save`, as the calendars are."""

    __slots__ = ("_counts", "_lots", "_view")

    def __init__(self, view: View) -> None:
        self._view = view
        self._counts: dict[Identifier, int] = {}
        """Lots of an account, those to come included."""
        self._lots: dict[Identifier, list[Lot]] = {}

    def find_refusal(self, volunteer: Identifier) -> RowOutcome | None:
        """Return the reason why the volunteer's account cannot take one more lot, or None."""
        if volunteer not in self._counts:
            self._counts[volunteer] = len(get_lots(self._view, volunteer))
        return RowOutcome(Reason.ACCOUNT_FULL, str(MAX_LOTS)) if self._counts[volunteer] >= MAX_LOTS else None

    def add(self, volunteer: Identifier, record: Record) -> None:
        """Mint the lot of a new record, if it earned any points."""
        if record.points:
            lot = Lot(record.expires_day, record.batch, record.row, record.points)
            self._counts[volunteer] = self._counts.get(volunteer, 0) + 1
            self._lots.setdefault(volunteer, []).append(lot)

    def save(self, state: Overlay) -> None:
        """Put the lots into their accounts and take their points out of the issuer's."""
        for volunteer, lots in self._lots.items():
            put_lots(state, volunteer, add_lots(get_lots(state, volunteer), lots))
            add_issued(state, compute_sum(lots))


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
