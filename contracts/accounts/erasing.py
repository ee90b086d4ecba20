"""Erasure of a person: the account ends, and a tombstone says that it did (Personal Information Protection Law, 47).

What was recorded stays in the log as numbers that mean nothing to anybody once the organisations have destroyed salts, details
and mapping (DESIGN section 9): log, roots and replay are as they were. What the account still had ends: key, points,
saved time and places.
A merchant may have relied on a hold made for it (DOMAIN section 4, rule 6), so open holds run on until they are captured,
released or over, and whatever comes back of them goes to the issuer.
"""

from dataclasses import dataclass
from typing import Final

from contracts.activities.sign_ups import drop_sign_up
from contracts.balances import add_issued, get_lots, put_lots
from contracts.blocks import is_blocked
from contracts.card_table import erase_cards
from contracts.certificates.registry import erase_holder
from contracts.identity.departed import ERASED, VOLUNTEERS, Volunteer, carry_enrolled_day
from contracts.identity.parties import KEYS, TAGS, get_volunteer, has_authority_signed, require_officers
from contracts.identity.volunteer_keys import REPLACEMENTS
from contracts.identity.wards import GUARDIANS, get_voice
from contracts.kinds import Kind
from contracts.lots import compute_sum
from contracts.parameters import compute_today
from contracts.ratings.tally import carry_tally
from contracts.regions.leaving import carry_left_minutes
from contracts.savings import end_account
from contracts.timebank.attestations import forget_age
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import Day, Identifier, Points

MAX_ACTIVITIES: Final = 16
"""Each may let others move up from its waiting list in the same transaction."""
MAX_CERTIFICATES: Final = 64


@dataclass(frozen=True, slots=True)
class EraseVolunteer:
    """Body: a volunteer's account ends. Places in `activities` are free at once, `certificates` show as erased."""

    volunteer: Identifier
    activities: tuple[Identifier, ...]
    certificates: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class VolunteerErased:
    """Event: the account is no more. `points` went back to the issuer; the certificates are of nobody known any more."""

    volunteer: Identifier
    organisation: Identifier
    points: Points
    certificates: tuple[Identifier, ...]


_certificates = codec.sequence(codec.identifier, 0, MAX_CERTIFICATES)
_erase = codec.struct(EraseVolunteer, codec.identifier, codec.sequence(codec.identifier, 0, MAX_ACTIVITIES), _certificates)
VOLUNTEER_ERASED: EventType[VolunteerErased] = EventType(
    "identity.volunteer_erased",
    codec.struct(VolunteerErased, codec.identifier, codec.identifier, codec.points, _certificates),
    lambda event: (event.volunteer, event.organisation),
)


def erase_volunteer(state: Overlay, body: EraseVolunteer, context: TransactionContext) -> Effects:
    """Erase a person's account, for good (signed by the volunteer; where the key is lost, by officers and an authority).

    The officers are the enrolling organisation's, as its policy says. A place or certificate that is not named here is given up
    by its organisation. A block in force stays, and the tag with it, so that nobody escapes one by coming anew.
    """
    volunteer = get_volunteer(state, body.volunteer)
    _require_consent(state, context, body.volunteer, volunteer)
    today = Day(max(0, min(compute_today(state, context.block.time_ms), codec.MAX_DAY)))
    events = [event for item in body.activities for event in drop_sign_up(state, item, body.volunteer, today)]
    for number in body.certificates:
        erase_holder(state, number, body.volunteer)
    events.extend(erase_cards(state, body.volunteer))
    points = compute_sum(get_lots(state, body.volunteer))
    put_lots(state, body.volunteer, ())
    add_issued(state, -points)
    events.extend(end_account(state, body.volunteer))
    forget_age(state, body.volunteer)
    carry_left_minutes(state, body.volunteer, None)
    carry_tally(state, body.volunteer, None)
    carry_enrolled_day(state, body.volunteer, None)
    _forget(state, body.volunteer, volunteer, today)
    erased = VolunteerErased(body.volunteer, volunteer.enrolled_by, points, body.certificates)
    return Effects((*events, VOLUNTEER_ERASED.encode(erased)))


def _require_consent(state: View, context: TransactionContext, identifier: Identifier, volunteer: Volunteer) -> None:
    """Raise `Rejection` unless the volunteer signed, or officers and an authority who speak for one who cannot sign."""
    if get_voice(state, identifier, volunteer) in context.signers:
        return
    require_officers(state, context, volunteer.enrolled_by)
    if not has_authority_signed(state, context):
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "an authority must sign as well", "authority")


def _forget(state: Overlay, identifier: Identifier, volunteer: Volunteer, today: Day) -> None:
    """Put the tombstone in the place of the account, its keys and, unless it is blocked, its tags."""
    waiting = REPLACEMENTS.get(state, identifier)
    if waiting is not None:
        KEYS.delete(state, waiting.key)
        REPLACEMENTS.delete(state, identifier)
    guardian = GUARDIANS.get(state, identifier)
    if guardian is not None:
        KEYS.delete(state, guardian)
        GUARDIANS.delete(state, identifier)
    if volunteer.key is not None:
        KEYS.delete(state, volunteer.key)
    if not is_blocked(state, identifier, today):
        for tag in volunteer.tags:
            TAGS.delete(state, tag)
    VOLUNTEERS.delete(state, identifier)
    ERASED.put(state, today, identifier)


KINDS: Final = (Kind("identity.erase_volunteer", _erase, erase_volunteer),)
EVENTS: Final = (VOLUNTEER_ERASED,)
