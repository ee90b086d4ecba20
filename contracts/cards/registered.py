"""The business card of a volunteer: the key that shows it, and the status position that says whether it stands.

What a card tells is the node's to write, from the state, whenever the volunteer asks (docs/formats/card.md); here is only what
must be agreed. A volunteer has one card at a time: a new one supersedes the one before, and the old key ends with it.
"""

from dataclasses import dataclass, replace
from typing import Final

from contracts.card_table import (
    CARDS,
    MAX_EARLIER,
    AboutCard,
    Card,
    CardStatus,
    about_codec,
    list_parties,
    mark_superseded,
)
from contracts.identity.parties import (
    KEYS,
    Party,
    Role,
    get_volunteer,
    has_authority_signed,
    require_authority,
    require_volunteer,
)
from contracts.kinds import Kind
from contracts.parameters import compute_today
from contracts.statuses import PositionStatus, position_codec, set_status, take_position
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import Day, Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class RegisterCard:
    """Body and event: from now on a volunteer's card is shown with `key`, and its status is at `position`."""

    volunteer: Identifier
    key: PublicKey
    position: int


_register = codec.struct(RegisterCard, codec.identifier, codec.public_key, position_codec)

CARD_REGISTERED: Final[EventType[RegisterCard]] = EventType("cards.registered", _register, lambda event: (event.volunteer,))
CARD_SUSPENDED: Final[EventType[AboutCard]] = EventType("cards.suspended", about_codec, list_parties)
CARD_REINSTATED: Final[EventType[AboutCard]] = EventType("cards.reinstated", about_codec, list_parties)
CARD_REVOKED: Final[EventType[AboutCard]] = EventType("cards.revoked", about_codec, list_parties)


def register_card(state: Overlay, body: RegisterCard, context: TransactionContext) -> Effects:
    """Put a volunteer's card on record (signed by the volunteer); it supersedes the one before.

    Where an authority has suspended that one, an authority signs as well: nobody escapes a suspension by a new card.
    """
    require_volunteer(state, context, body.volunteer)
    before = CARDS.get(state, body.volunteer)
    if before is not None and before.is_suspended_by_authority and not has_authority_signed(state, context):
        raise Rejection(Reason.NOT_PERMITTED, "an authority has suspended the card before", str(before.position))
    owner = KEYS.get(state, body.key)
    if owner not in {None, Party(Role.VOLUNTEER, body.volunteer)}:
        raise Rejection(Reason.KEY_IN_USE, "the key already belongs to somebody else", body.key.hex())
    take_position(state, body.position)
    events = [] if before is None else mark_superseded(state, body.volunteer, before)
    earlier = () if before is None else (*before.earlier, before.position)[-MAX_EARLIER:]
    day = Day(max(0, min(compute_today(state, context.block.time_ms), codec.MAX_DAY)))
    card = Card(body.position, body.key, day, CardStatus.VALID, is_suspended_by_authority=False, earlier=earlier)
    CARDS.put(state, card, body.volunteer)
    return Effects((*events, CARD_REGISTERED.encode(body)))


def suspend_card(state: Overlay, body: AboutCard, context: TransactionContext) -> Effects:
    """Let a card not be good for now (signed by the volunteer or by an authority)."""
    is_authority = _require_either(state, body.volunteer, context)
    card = _find(state, body)
    if card is not None and card.status is CardStatus.SUSPENDED and card.is_suspended_by_authority >= is_authority:
        raise Rejection(Reason.NO_CHANGE, "the card is suspended", str(body.position))
    card = _require_open(card, body)
    changed = replace(card, status=CardStatus.SUSPENDED, is_suspended_by_authority=is_authority)
    return _put(state, body, changed, PositionStatus.SUSPENDED, CARD_SUSPENDED)


def reinstate_card(state: Overlay, body: AboutCard, context: TransactionContext) -> Effects:
    """Let a suspended card be good again (signed by the volunteer; where an authority suspended it, by an authority)."""
    card = _find(state, body)
    if card is not None and card.is_suspended_by_authority:
        get_volunteer(state, body.volunteer)
        require_authority(state, context)
    else:
        require_volunteer(state, context, body.volunteer)
    if card is not None and card.status is CardStatus.VALID:
        raise Rejection(Reason.NO_CHANGE, "the card is not suspended", str(body.position))
    card = _require_open(card, body)
    changed = replace(card, status=CardStatus.VALID, is_suspended_by_authority=False)
    return _put(state, body, changed, PositionStatus.VALID, CARD_REINSTATED)


def revoke_card(state: Overlay, body: AboutCard, context: TransactionContext) -> Effects:
    """Take back a card for good (signed by the volunteer or by an authority)."""
    _require_either(state, body.volunteer, context)
    card = _require_open(_find(state, body), body)
    changed = replace(card, status=CardStatus.REVOKED)
    return _put(state, body, changed, PositionStatus.REVOKED, CARD_REVOKED)


def _require_either(state: View, volunteer: Identifier, context: TransactionContext) -> bool:
    """Return whether an authority signed; raise `Rejection` where neither it nor the volunteer did."""
    get_volunteer(state, volunteer)
    is_authority = has_authority_signed(state, context)
    if not is_authority:
        require_volunteer(state, context, volunteer)
    return is_authority


def _find(state: View, body: AboutCard) -> Card | None:
    card = CARDS.get(state, body.volunteer)
    return card if card is not None and card.position == body.position else None


def _require_open(card: Card | None, body: AboutCard) -> Card:
    """Return a card that is not revoked, or raise `Rejection`."""
    if card is None:
        raise Rejection(Reason.UNKNOWN_CARD, "the volunteer has no such card", str(body.position))
    if card.status in {CardStatus.REVOKED, CardStatus.SUPERSEDED}:
        raise Rejection(Reason.CARD_CLOSED, f"the card is {card.status.name.lower()}", str(body.position))
    return card


def _put(state: Overlay, body: AboutCard, card: Card, status: PositionStatus, event_type: EventType[AboutCard]) -> Effects:
    CARDS.put(state, card, body.volunteer)
    set_status(state, body.position, status)
    return Effects((event_type.encode(body),))


KINDS: Final = (
    Kind("cards.register", _register, register_card),
    Kind("cards.suspend", about_codec, suspend_card),
    Kind("cards.reinstate", about_codec, reinstate_card),
    Kind("cards.revoke", about_codec, revoke_card),
)
EVENTS: Final = (CARD_REGISTERED, CARD_SUSPENDED, CARD_REINSTATED, CARD_REVOKED)
