"""What a business card says of a volunteer, as the chain shows it at its checkpoint (docs/formats/card.md)."""

from itertools import islice
from typing import Final

from certificates.card import TRAINING_PREFIX
from certificates.jcs import JsonValue
from contracts.balances import get_balance
from contracts.certificates.stars import STARS, StarStatus
from contracts.hours.totals import get_imported_minutes
from contracts.identity.departed import ENROLLED, VOLUNTEERS, resolve_account
from contracts.identity.parties import ORGANISATIONS
from contracts.regions.leaving import get_left_minutes
from contracts.trainings import TRAININGS
from ledger.codec import decode
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES, View
from ledger.types import Day, Identifier
from node.pinned import Pinned

MAX_TRAININGS: Final = 64
MAX_LOOKED_AT: Final = 1_000


def find_claims(pinned: Pinned, volunteer: Identifier, award: Identifier | None, today: Day) -> dict[str, JsonValue]:
    """Return the claims of a volunteer's card, by name; raise `UNKNOWN_AWARD` for a star award that is not the volunteer's."""
    view = pinned.reader.state
    claims: dict[str, JsonValue] = {"account": volunteer.hex()}
    account = VOLUNTEERS.get(view, volunteer)
    organisation = None if account is None else ORGANISATIONS.get(view, account.enrolled_by)
    if account is not None and organisation is not None:
        claims |= {"organisation": account.enrolled_by.hex(), "organisation_name": organisation.name}
    since = ENROLLED.get(view, volunteer)
    if since is not None:
        claims["since"] = to_date(since).isoformat()
    balance = get_balance(view, volunteer)
    minutes = max(balance.minutes - get_left_minutes(view, volunteer), 0)
    claims |= {"minutes": minutes, "hours": minutes // 60, "records": balance.records}
    imported = get_imported_minutes(view, volunteer)
    if imported:
        claims["imported_minutes"] = imported
    if stars := find_stars(view, volunteer, award):
        claims["stars"] = stars
    return claims | _find_trainings(pinned, volunteer, today)


def find_stars(view: View, volunteer: Identifier, award: Identifier | None) -> int:
    """Return the stars of an award, 0 where none is named; raise `UNKNOWN_AWARD` unless it was made to the volunteer."""
    if award is None:
        return 0
    star = STARS.get(view, award)
    if star is None or star.status is not StarStatus.AWARDED or resolve_account(view, star.volunteer) != volunteer:
        raise HourledgerError(Reason.UNKNOWN_AWARD, "the volunteer has no such star award", award.hex())
    return star.stars


def _find_trainings(pinned: Pinned, volunteer: Identifier, today: Day) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for code, data in islice(pinned.reader.iterate_values_under(TRAININGS.key(volunteer)), MAX_LOOKED_AT):
        training = decode(TRAININGS.codec, data, max_bytes=MAX_VALUE_BYTES)
        if training.expires_day >= today and len(found) < MAX_TRAININGS:
            found[TRAINING_PREFIX + code.decode()] = {
                "completed": to_date(training.completed_day).isoformat(),
                "expires": to_date(training.expires_day).isoformat(),
            }
    return found
