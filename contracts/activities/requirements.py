"""What an activity asks of those who sign up: training that they have had, and cover where somebody may come to harm."""

from typing import Final

from contracts.activities.cover import is_covered
from contracts.activities.published import Activity
from contracts.activities.terms import Risk, Terms
from contracts.parameters import get_parameter
from ledger import codec
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.state import Table, View
from ledger.types import Day, Identifier

TRAININGS: Final[Table[bool]] = Table(b"training-held", codec.boolean)
"""Whether a volunteer has had a training, by volunteer and code. Training records fill it; sign-up reads it."""


def has_training(state: View, volunteer: Identifier, code: str) -> bool:
    """Whether a volunteer has had the training of this code."""
    return TRAININGS.get(state, volunteer, code.encode()) is True


def find_missing(
    state: View, identifier: Identifier, activity: Activity, terms: Terms, volunteer: Identifier, today: Day
) -> Rejection | None:
    """Return why a volunteer may not take part, the first reason in the documented order; None for one who may.

    An activity that may endanger a person needs accident insurance on all days to come (Regulations, article 17); a region may
    ask for it in every activity.
    """
    for code in terms.trainings:
        if not has_training(state, volunteer, code):
            return Rejection(Reason.TRAINING_MISSING, f"the volunteer has not had the training {code}", code)
    needs_cover = terms.risk is Risk.HAZARDOUS or get_parameter(state, "cover_required_for_all") == 1
    first_day = Day(max(today, activity.first_day))
    if needs_cover and not is_covered(state, identifier, volunteer, first_day, activity.last_day):
        return Rejection(Reason.COVER_MISSING, "no cover for all days of the activity that are to come", volunteer.hex())
    return None


TABLES: Final = (TRAININGS,)
