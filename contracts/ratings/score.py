"""The score: an integer formula over attendance, minutes and ratings, with a version; anybody can recompute it (DOMAIN 4, 8).

Nothing follows from a score by itself: no decision of consequence is made by machine alone (Personal Information Protection
Law, 24).
"""

from dataclasses import dataclass
from typing import Final

from contracts.activities.attendance import get_year_of_marks
from contracts.balances import get_balance
from contracts.ratings.tally import get_tally
from contracts.regions.leaving import get_left_minutes
from contracts.tokens import MAX_SCORE, MIN_SCORE
from ledger.state import View
from ledger.types import Day, Identifier

FORMULA_VERSION: Final = 1
ATTENDANCE_WEIGHT: Final = 400
MINUTES_WEIGHT: Final = 300
RATINGS_WEIGHT: Final = 300
FULL_MINUTES: Final = 60_000
"""A thousand hours, four stars on the common scale: with them the part for minutes is full."""


@dataclass(frozen=True, slots=True)
class ScoreInputs:
    """All that the formula looks at: days of the calendar year, minutes that count, and ratings of all times."""

    attended_days: int
    absent_days: int
    minutes: int
    rating_count: int
    rating_sum: int


def load_inputs(view: View, volunteer: Identifier, today: Day) -> ScoreInputs:
    """Return what the ledger says of a volunteer."""
    minutes = max(0, get_balance(view, volunteer).minutes - get_left_minutes(view, volunteer))
    year, tally = get_year_of_marks(view, volunteer, today), get_tally(view, volunteer)
    return ScoreInputs(year.attended, year.absent, minutes, tally.count, tally.sum)


def compute_score(inputs: ScoreInputs) -> int:
    """Return the score, 0 to 1,000, by version 1 of the formula; every division rounds down.

    Attendance: 400 times the days attended of those expected, excused ones left aside. Minutes: 300 times their share of
    60,000, all with more. Ratings: 300 times the way of their mean from 1 to 5. What there is nothing of gives nothing.
    """
    expected = inputs.attended_days + inputs.absent_days
    attendance = ATTENDANCE_WEIGHT * inputs.attended_days // expected if expected else 0
    minutes = MINUTES_WEIGHT * min(inputs.minutes, FULL_MINUTES) // FULL_MINUTES
    above = inputs.rating_sum - MIN_SCORE * inputs.rating_count
    span = (MAX_SCORE - MIN_SCORE) * inputs.rating_count
    ratings = RATINGS_WEIGHT * above // span if span else 0
    return attendance + minutes + ratings
