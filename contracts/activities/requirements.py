"""What an activity asks of those who sign up: training that they have had, and cover where somebody may come to harm."""

from contracts.activities.cover import is_covered
from contracts.activities.published import Activity
from contracts.activities.terms import Risk, Terms
from contracts.blocks import is_blocked
from contracts.identity.departed import VOLUNTEERS, make_absence
from contracts.parameters import get_parameter
from contracts.trainings import has_training
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.state import View
from ledger.types import Day, Identifier


def find_missing(
    state: View, identifier: Identifier, activity: Activity, terms: Terms, volunteer: Identifier, today: Day
) -> Rejection | None:
    """Return why a volunteer may not take part, the first reason in the documented order; None for one who may.

    An activity that may endanger a person needs accident insurance on all days to come (Regulations, article 17); a region may
    ask for it in every activity.
    """
    first_day = Day(max(today, activity.first_day))
    if not VOLUNTEERS.has(state, volunteer):
        return make_absence(state, volunteer)
    if is_blocked(state, volunteer, today):
        return Rejection(Reason.VOLUNTEER_BLOCKED, "a sanction keeps the volunteer from taking part", volunteer.hex())
    for code in terms.trainings:
        if not has_training(state, volunteer, code, first_day):
            return Rejection(Reason.TRAINING_MISSING, f"the volunteer has not had the training {code}", code)
    needs_cover = terms.risk is Risk.HAZARDOUS or get_parameter(state, "cover_required_for_all") == 1
    if needs_cover and not is_covered(state, identifier, volunteer, first_day, activity.last_day):
        return Rejection(Reason.COVER_MISSING, "no cover for all days of the activity that are to come", volunteer.hex())
    return None
