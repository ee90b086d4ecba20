"""The numbers that a region chooses. Defaults are DOMAIN's; a genesis or a vote of the authorities overrides them by name."""

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from ledger.codec import MAX_DAY
from ledger.errors import HourledgerError
from ledger.genesis import parameter_value_codec, to_date, to_day
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, TimeMs

MS_PER_MINUTE: Final = 60_000
MINUTES_PER_DAY: Final = 1_440
UNLIMITED_MINUTES: Final = 1_096 * MINUTES_PER_DAY
"""The minutes of the longest activity: a region that sets this has no limit."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Default, bounds (both included) and meaning with unit of one parameter."""

    default: int
    low: int
    high: int
    meaning: str


PARAMETERS: Final = MappingProxyType(
    {
        "utc_offset_minutes": Parameter(480, -720, 840, "minutes that the region's clock is ahead of UTC"),
        "max_record_minutes": Parameter(1_440, 1, 1_440, "longest single record, in minutes"),
        "daily_cap_minutes": Parameter(960, 1, 1_440, "most minutes on a day with a record without times"),
        "recording_deadline_working_days": Parameter(10, 1, 366, "working days after which a record is late (Order 67, 11)"),
        "answer_deadline_working_days": Parameter(10, 1, 366, "working days in which an organisation answers a volunteer"),
        "max_open_claims": Parameter(20, 0, 1_000, "claims of missing records that a volunteer may have open"),
        "max_orders": Parameter(10_000, 0, 1_000_000, "orders of an organisation that are neither cancelled nor closed"),
        "order_rating_days": Parameter(30, 0, 366, "days after completion in which an order is kept open for its rating"),
        "points_per_hour": Parameter(1, 0, 1_000, "points that an hour of service earns, whole points a record"),
        "max_earning_minutes": Parameter(1_440, 1, 1_440, "most minutes of one record that earn points"),
        "max_activity_earning_minutes": Parameter(
            UNLIMITED_MINUTES, 1, UNLIMITED_MINUTES, "most minutes of a volunteer in one activity that earn points"
        ),
        "max_coefficient_percent": Parameter(100, 100, 1_000, "highest coefficient of an activity's points, in percent"),
        "backfilled_records_earn": Parameter(1, 0, 1, "whether records without check-in earn points: 1 yes, 0 no"),
        "late_records_earn": Parameter(1, 0, 1, "whether late records earn points: 1 yes, 0 no"),
        "points_validity_days": Parameter(1_095, 1, 36_500, "days from certification until points expire"),
        "points_end_with_year": Parameter(0, 0, 1, "whether points expire at year's end at the latest: 1 yes, 0 no"),
        "adjustments_need_authority": Parameter(1, 0, 1, "who adjusts points: 1 an officer and an authority, 0 two officers"),
        "withdrawal_notice_days": Parameter(1, 0, 60, "days for which who withdraws from an activity is still expected"),
        "cover_required_for_all": Parameter(0, 0, 1, "which activities need cover: 1 all, 0 hazardous ones (Regulations, 17)"),
        "key_waiting_days": Parameter(7, 0, 90, "days in which a volunteer's old key may object to a new one"),
        "ballot_validity_blocks": Parameter(10_000, 2, 1_000_000, "blocks after which an authority's approval lapses"),
        "absences_for_sanction": Parameter(5, 1, 366, "unexcused absences in a calendar year that let a sanction be proposed"),
        "max_sanction_days": Parameter(366, 1, 3_660, "longest time for which a volunteer is blocked, in days"),
        "star_1_hours": Parameter(100, 0, 100_000, "hours of service that one star asks for"),
        "star_2_hours": Parameter(300, 0, 100_000, "hours of service that two stars ask for"),
        "star_3_hours": Parameter(600, 0, 100_000, "hours of service that three stars ask for"),
        "star_4_hours": Parameter(1_000, 0, 100_000, "hours of service that four stars ask for"),
        "star_5_hours": Parameter(1_500, 0, 100_000, "hours of service that five stars ask for"),
        "stars_need_authority": Parameter(0, 0, 1, "who awards stars: 1 the organisation and an authority, 0 the organisation"),
        "aggregate_floor": Parameter(10, 1, 1_000, "fewest people about whom sums are shown to everybody"),
        "star_tenure_days": Parameter(0, 0, 3_660, "days since enrolment after which somebody may have a star"),
        "star_publicity_days": Parameter(7, 0, 90, "days for which a star is publicised before it is awarded"),
        "refunds_are_given": Parameter(1, 0, 1, "whether merchants may refund captured points: 1 yes, 0 no"),
        "max_hold_days": Parameter(30, 1, 366, "longest time for which points may be held, in days"),
        "time_unit_minutes": Parameter(1, 0, 60, "minutes that are saved are whole multiples of this; 0: no time bank"),
        "time_cap_hours": Parameter(1_500, 0, 100_000, "saved hours that one person may spend, more are only given; 0: no cap"),
        "time_of_groups_spendable": Parameter(0, 0, 1, "whether time of a group's activity may be spent: 1 yes, 0 only given"),
        "time_age_needed": Parameter(1, 0, 1, "whether saved time is only for people attested to be of age: 1 yes, 0 no"),
        "time_stars_needed": Parameter(0, 0, 5, "stars that a volunteer has who spends saved time; 0: none"),
        "time_family": Parameter(2, 0, 2, "whom saved time may serve: 0 who saved it, 1 the spouse too, 2 relatives too"),
        "time_gifts": Parameter(1, 0, 2, "to whom saved time may be given: 0 nobody, 1 attested relatives, 2 anybody"),
        "time_pool_grants": Parameter(1, 0, 2, "who in need gets time of the pool: 0 nobody, 1 people of age, 2 anybody"),
        "time_buys_goods": Parameter(0, 0, 1, "whether saved time buys what merchants offer: 1 yes, 0 no"),
        "time_home_hours": Parameter(0, 0, 100_000, "saved hours that make a place in a public home due; 0: none"),
    }
)

_VALUES: Final[Table[int]] = Table(b"parameter", parameter_value_codec, is_public=True, remembered=256)
TABLES: Final = (_VALUES,)
_NAMES: Final = MappingProxyType({name: name.encode() for name in PARAMETERS})


def get_parameter(view: View, name: str) -> int:
    """Return the value in force."""
    value = _VALUES.get(view, _NAMES[name])
    return PARAMETERS[name].default if value is None else value


def is_possible(name: str, value: int) -> bool:
    """Whether there is such a parameter, and the value is within its bounds."""
    parameter = PARAMETERS.get(name)
    return parameter is not None and parameter.low <= value <= parameter.high


def set_parameter(state: Overlay, name: str, value: int) -> None:
    """Set a value; raise `HourledgerError` for an unknown name or a value out of bounds."""
    if not is_possible(name, value):
        raise HourledgerError(Reason.MALFORMED, "no such parameter, or a value out of its bounds", f"{name}={value}")
    _VALUES.put(state, value, name.encode())


def compute_local_minute(view: View, time_ms: TimeMs) -> int:
    """Minutes since 1970-01-01 00:00 on the region's clock."""
    return time_ms // MS_PER_MINUTE + get_parameter(view, "utc_offset_minutes")


def compute_today(view: View, time_ms: TimeMs) -> Day:
    """Today's day number on the region's clock."""
    return Day(compute_local_minute(view, time_ms) // MINUTES_PER_DAY)


def compute_expiry(view: View, today: Day) -> Day:
    """Last day of points that are earned today: so many days on (Huangshan), at year's end at the latest (Huangshi)."""
    today = Day(min(max(today, 0), MAX_DAY))
    last_day = Day(min(today + get_parameter(view, "points_validity_days"), MAX_DAY))
    if get_parameter(view, "points_end_with_year"):
        return min(last_day, to_day(date(to_date(today).year, 12, 31)))
    return last_day
