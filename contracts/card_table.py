"""The business card that a volunteer has: what the state keeps of it, and what ends it from elsewhere.

Apart from the rules about cards, because what becomes of accounts and keys ends cards as well.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from contracts.statuses import PositionStatus, position_codec, set_status
from ledger import codec
from ledger.events import EventType
from ledger.state import Overlay, Table
from ledger.types import Day, Identifier, PublicKey

MAX_EARLIER: Final = 64


class CardStatus(IntEnum):
    """Whether a volunteer's newest card stands."""

    VALID = 1
    SUSPENDED = 2
    REVOKED = 3
    SUPERSEDED = 4
    """Its key was the account's, and the account has another one now."""


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
class AboutCard:
    """Body and event: the card of a volunteer at a position."""

    volunteer: Identifier
    position: int


about_codec: codec.Codec[AboutCard] = codec.struct(AboutCard, codec.identifier, position_codec)

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


def list_parties(event: AboutCard) -> tuple[Identifier, ...]:
    """Return whose an event about a card is: the volunteer's."""
    return (event.volunteer,)


CARD_SUPERSEDED: Final[EventType[AboutCard]] = EventType("cards.superseded", about_codec, list_parties)
CARD_ERASED: Final[EventType[AboutCard]] = EventType("cards.erased", about_codec, list_parties)
TABLES: Final = (CARDS,)
EVENTS: Final = (CARD_SUPERSEDED, CARD_ERASED)


def carry_cards(state: Overlay, volunteer: Identifier, remaining: Identifier) -> tuple[bytes, ...]:
    """Let the card of an account that goes over into another be history; return the events.

    The other account keeps the positions, so that they show it when the person is erased.
    """
    card = CARDS.get(state, volunteer)
    if card is None:
        return ()
    events = mark_superseded(state, volunteer, card)
    CARDS.delete(state, volunteer)
    kept = CARDS.get(state, remaining)
    if kept is None:
        status = CardStatus.REVOKED if card.status is CardStatus.REVOKED else CardStatus.SUPERSEDED
        CARDS.put(state, replace(card, status=status, is_suspended_by_authority=False), remaining)
    else:
        earlier = (*card.earlier, card.position, *kept.earlier)[-MAX_EARLIER:]
        CARDS.put(state, replace(kept, earlier=earlier), remaining)
    return tuple(events)


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


def mark_superseded(state: Overlay, volunteer: Identifier, card: Card) -> list[bytes]:
    """Let a card that stood be history; return the events."""
    if card.status in {CardStatus.REVOKED, CardStatus.SUPERSEDED}:
        return []
    set_status(state, card.position, PositionStatus.SUPERSEDED)
    return [CARD_SUPERSEDED.encode(AboutCard(volunteer, card.position))]


def end_card_of_key(state: Overlay, volunteer: Identifier, key: PublicKey | None) -> tuple[bytes, ...]:
    """Let a card that is shown with a key be history, because the account has another key now; return the events.

    One that an authority has suspended stays so: nobody escapes a suspension by a new key.
    """
    card = CARDS.get(state, volunteer)
    if card is None or card.key != key or card.is_suspended_by_authority:
        return ()
    events = mark_superseded(state, volunteer, card)
    if events:
        CARDS.put(state, replace(card, status=CardStatus.SUPERSEDED), volunteer)
    return tuple(events)
