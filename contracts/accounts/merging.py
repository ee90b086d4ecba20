"""Merge of two accounts of one person (DOMAIN section 2, S2): one account goes on, the other points to it for ever.

Points, saved time, tags and what comes back of holds are with the remaining account at once. Records follow month by month,
each month whole or not at all: a record that overlaps with one of the remaining account keeps its month back until an
organisation has put one of the two right. Until then it does not count for the remaining account: overlapping hours never do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.accounts.carrying import CARRIED_EVENTS, CARRIED_KINDS
from contracts.balances import get_lots, put_lots
from contracts.blocks import is_blocked
from contracts.card_table import CARDS, carry_cards
from contracts.identity.departed import MAX_TAGS, MERGED, VOLUNTEERS, Volunteer, carry_enrolled_day
from contracts.identity.parties import KEYS, TAGS, Party, Role, get_volunteer, has_authority_signed, require_officers
from contracts.identity.volunteer_keys import REPLACEMENTS
from contracts.identity.wards import GUARDIANS, get_voice
from contracts.kinds import Kind
from contracts.lots import add_lots
from contracts.parameters import compute_today
from contracts.ratings.tally import carry_tally
from contracts.regions.leaving import carry_left_minutes
from contracts.savings import merge_accounts
from contracts.timebank.attestations import carry_age
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import Day, Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class MergeVolunteers:
    """Body and event: `volunteer` is the same person as `remaining`, and its account goes over into that one."""

    volunteer: Identifier
    remaining: Identifier


_merge = codec.struct(MergeVolunteers, codec.identifier, codec.identifier)
VOLUNTEERS_MERGED: EventType[MergeVolunteers] = EventType(
    "identity.volunteers_merged", _merge, lambda event: (event.volunteer, event.remaining)
)


def merge_volunteers(state: Overlay, body: MergeVolunteers, context: TransactionContext) -> Effects:
    """Make two accounts of a person one (signed by an officer and with both keys; where one is lost, by an authority as well).

    The officer is of the organisation that enrolled the remaining account. An account that is blocked is the one that remains.
    Where an authority has suspended the card of the account that goes, an authority signs as well: nobody escapes so.
    """
    gone, remaining = get_volunteer(state, body.volunteer), get_volunteer(state, body.remaining)
    require_officers(state, context, remaining.enrolled_by, count=1)
    voices = get_voice(state, body.volunteer, gone), get_voice(state, body.remaining, remaining)
    _require_person(state, context, voices)
    tags = (*remaining.tags, *gone.tags)
    if len(tags) > MAX_TAGS:
        raise Rejection(Reason.DUPLICATE_PERSON, f"at most {MAX_TAGS} accounts become one", str(len(tags)))
    today = Day(max(0, compute_today(state, context.block.time_ms)))
    if is_blocked(state, body.volunteer, today):
        raise Rejection(Reason.VOLUNTEER_BLOCKED, "an account that is blocked is not left", body.volunteer.hex())
    if body.volunteer == body.remaining:
        raise Rejection(Reason.NO_CHANGE, "that is one account already", body.volunteer.hex())
    card = CARDS.get(state, body.volunteer)
    if card is not None and card.is_suspended_by_authority and not has_authority_signed(state, context):
        raise Rejection(Reason.NOT_PERMITTED, "an authority has suspended the card of the account", str(card.position))
    put_lots(state, body.remaining, add_lots(get_lots(state, body.remaining), get_lots(state, body.volunteer)))
    put_lots(state, body.volunteer, ())
    events = (*merge_accounts(state, body.volunteer, body.remaining), *carry_cards(state, body.volunteer, body.remaining))
    carry_age(state, body.volunteer, body.remaining)
    carry_left_minutes(state, body.volunteer, body.remaining)
    carry_tally(state, body.volunteer, body.remaining)
    carry_enrolled_day(state, body.volunteer, body.remaining)
    for tag in gone.tags:
        TAGS.put(state, body.remaining, tag)
    if REPLACEMENTS.has(state, body.volunteer):
        REPLACEMENTS.delete(state, body.volunteer)
    _move_guardian(state, body.volunteer, body.remaining)
    VOLUNTEERS.delete(state, body.volunteer)
    VOLUNTEERS.put(state, Volunteer(remaining.key, remaining.enrolled_by, tags), body.remaining)
    MERGED.put(state, body.remaining, body.volunteer)
    return Effects((VOLUNTEERS_MERGED.encode(body), *events))


def _require_person(state: View, context: TransactionContext, voices: Iterable[PublicKey | None]) -> None:
    """Raise `Rejection` unless both keys have signed, or an authority with as many as the person can still sign with.

    One key may be lost; who has lost two replaces one first.
    """
    keys = {key for key in voices if key is not None}
    signed = len(keys & set(context.signers))
    if signed == 2:
        return
    if keys and not signed:
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "the person must sign with a key of one account", "0/1")
    if not has_authority_signed(state, context):
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "both keys must sign, or an authority as well", "authority")


def _move_guardian(state: Overlay, volunteer: Identifier, remaining: Identifier) -> None:
    """Who is a ward in one account is one in the other; where both have a guardian, that of the remaining one stays."""
    guardian = GUARDIANS.get(state, volunteer)
    if guardian is None:
        return
    GUARDIANS.delete(state, volunteer)
    if not GUARDIANS.has(state, remaining):
        GUARDIANS.put(state, guardian, remaining)
        KEYS.put(state, Party(Role.GUARDIAN, remaining), guardian)


KINDS: Final = (Kind("identity.merge_volunteers", _merge, merge_volunteers), *CARRIED_KINDS)
EVENTS: Final = (VOLUNTEERS_MERGED, *CARRIED_EVENTS)
