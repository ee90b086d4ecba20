"""The business card of a volunteer: the key that shows it, and the status position that says whether it stands.

What a card tells is the node's to write, from the state, whenever the volunteer asks (docs/formats/card.md); here is only what
must be agreed. A volunteer has one card at a time: a new one supersedes the one before, and the old key ends with it.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

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
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, PublicKey

MAX_EARLIER: Final = 64


class CardStatus(IntEnum):
    """Whether a volunteer's newest card stands."""

    VALID = 1
    SUSPENDED = 2
    REVOKED = 3


@dataclass(frozen=True, slots=True)
class Card:
    """A volunteer's newest card, and the positions of those before it, oldest first: of so many, the latest."""

    position: int
    key: PublicKey
    registered_day: Day
    status: CardStatus
    is_suspended_by_authority: bool
    earlier: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RegisterCard:
    """Body and event: from now on a volunteer's card is shown with `key`, and its status is at `position`."""

    volunteer: Identifier
    key: PublicKey
    position: int


@dataclass(frozen=True, slots=True)
class AboutCard:
    """Body and event: the card of a volunteer at a position."""

    volunteer: Identifier
    position: int


_register = codec.struct(RegisterCard, codec.identifier, codec.public_key, position_codec)
_about = codec.struct(AboutCard, codec.identifier, position_codec)

CARDS: Final[Table[Card]] = Table(
    b"card",
    codec.struct(
        Card,
        position_codec,
        codec.public_key,
        codec.day,
        codec.member(CardStatus),
        codec.boolean,
        codec.sequence(position_codec, 0, MAX_EARLIER),
    ),
)


def _parties(event: AboutCard) -> tuple[Identifier, ...]:
    return (event.volunteer,)


CARD_REGISTERED: Final[EventType[RegisterCard]] = EventType("cards.registered", _register, lambda event: (event.volunteer,))
CARD_SUPERSEDED: Final[EventType[AboutCard]] = EventType("cards.superseded", _about, _parties)
CARD_SUSPENDED: Final[EventType[AboutCard]] = EventType("cards.suspended", _about, _parties)
CARD_REINSTATED: Final[EventType[AboutCard]] = EventType("cards.reinstated", _about, _parties)
CARD_REVOKED: Final[EventType[AboutCard]] = EventType("cards.revoked", _about, _parties)
CARD_ERASED: Final[EventType[AboutCard]] = EventType("cards.erased", _about, _parties)


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
    events = [] if before is None else _supersede(state, body.volunteer, before)
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


def supersede_card(state: Overlay, volunteer: Identifier) -> tuple[bytes, ...]:
    """Let the card of an account that goes over into another be history; return the events."""
    card = CARDS.get(state, volunteer)
    if card is None:
        return ()
    CARDS.delete(state, volunteer)
    return tuple(_supersede(state, volunteer, card))


def erase_cards(state: Overlay, volunteer: Identifier) -> tuple[bytes, ...]:
    """Let all cards of an account show that it was erased, and forget the key; return the events."""
    card = CARDS.get(state, volunteer)
    if card is None:
        return ()
    CARDS.delete(state, volunteer)
    positions = (*card.earlier, card.position)
    for position in positions:
        set_status(state, position, PositionStatus.ERASED)
    return tuple(CARD_ERASED.encode(AboutCard(volunteer, position)) for position in positions)


def _supersede(state: Overlay, volunteer: Identifier, card: Card) -> list[bytes]:
    if card.status is CardStatus.REVOKED:
        return []
    set_status(state, card.position, PositionStatus.SUPERSEDED)
    return [CARD_SUPERSEDED.encode(AboutCard(volunteer, card.position))]


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
    if card.status is CardStatus.REVOKED:
        raise Rejection(Reason.CARD_CLOSED, "the card was revoked", str(body.position))
    return card


def _put(state: Overlay, body: AboutCard, card: Card, status: PositionStatus, event_type: EventType[AboutCard]) -> Effects:
    CARDS.put(state, card, body.volunteer)
    set_status(state, body.position, status)
    return Effects((event_type.encode(body),))


KINDS: Final = (
    Kind("cards.register", _register, register_card),
    Kind("cards.suspend", _about, suspend_card),
    Kind("cards.reinstate", _about, reinstate_card),
    Kind("cards.revoke", _about, revoke_card),
)
EVENTS: Final = (CARD_REGISTERED, CARD_SUPERSEDED, CARD_SUSPENDED, CARD_REINSTATED, CARD_REVOKED, CARD_ERASED)
TABLES: Final = (CARDS,)
