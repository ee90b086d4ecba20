"""Who acts for an account of saved time, and what a region asks of whoever spends it."""

from typing import Final

from contracts.certificates.stars import STARS, StarStatus
from contracts.identity.parties import get_volunteer, require_officers, require_volunteer
from contracts.identity.wards import get_voice
from contracts.parameters import get_parameter
from contracts.timebank.attestations import is_of_age
from ledger.errors import Rejection
from ledger.execution import TransactionContext
from ledger.reasons import Reason
from ledger.state import View
from ledger.types import Identifier, Minutes

MAX_MOVED: Final = 1_000_000
"""Minutes that move at a time, more than anybody saves in a life."""


def require_holder(state: View, context: TransactionContext, identifier: Identifier) -> None:
    """Raise `Rejection` unless the person has signed whose time it is.

    Many who are served have no device: for one without a key or guardian, officers of the organisation that enrolled the person
    sign, as its policy says.
    """
    volunteer = get_volunteer(state, identifier)
    if get_voice(state, identifier, volunteer) is None:
        require_officers(state, context, volunteer.enrolled_by)
    else:
        require_volunteer(state, context, identifier)


def require_units(state: View, minutes: Minutes) -> None:
    """Raise `Rejection` unless minutes are some, and whole units of the region (Guangzhou counts whole hours)."""
    unit = max(get_parameter(state, "time_unit_minutes"), 1)
    if not 0 < minutes <= MAX_MOVED or minutes % unit:
        raise Rejection(Reason.INVALID_MINUTES, f"time is counted in whole units of {unit} minutes", str(minutes))


def require_time_bank(state: View) -> None:
    """Raise `Rejection` in a region that has no time bank."""
    if not get_parameter(state, "time_unit_minutes"):
        raise not_offered("time_unit_minutes")


def not_offered(parameter: str) -> Rejection:
    """Return the refusal of what a region's time bank does not do, and which of its numbers says so."""
    return Rejection(Reason.TIME_NOT_OFFERED, "the region's time bank does not do this", parameter)


def require_age(state: View, volunteer: Identifier) -> None:
    """Raise `Rejection` where the region asks for an age (Nanjing, Beijing: 60) and nobody has attested it."""
    if get_parameter(state, "time_age_needed") and not is_of_age(state, volunteer):
        raise Rejection(Reason.NOT_ATTESTED, "no registrar has attested that the person is of age", volunteer.hex())


def require_stars(state: View, volunteer: Identifier, award: Identifier | None) -> None:
    """Raise `Rejection` unless the award is one of the volunteer's with as many stars as the region asks (Guangzhou: one)."""
    needed = get_parameter(state, "time_stars_needed")
    star = None if award is None else STARS.get(state, award)
    is_own = star is not None and (star.volunteer, star.status) == (volunteer, StarStatus.AWARDED)
    if needed and (star is None or not is_own or star.stars < needed):
        raise Rejection(Reason.STARS_MISSING, f"time is spent from {needed} stars on", str(needed))
