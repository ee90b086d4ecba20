"""Offers: what a merchant gives for points, from when until when, and how many pieces there are (DOMAIN 2, S11).

Price and description never change, for a volunteer may be signing for them just now: another price is another offer.
"""

from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.identity.parties import require_merchant
from contracts.kinds import Kind
from contracts.parameters import compute_today
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier, Points

MAX_STOCK: Final = 1_000_000_000


class Offer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Goods or a service for `points` a piece, from `first_day` (None: at once) to `last_day`, both included.

    `stock` is how many pieces there are in all, None without a limit; `taken` how many of them are held or captured. `details`
    commits to the description.
    """

    merchant: Identifier
    points: Points
    last_day: Day
    details: Hash
    is_open: bool
    first_day: Day | None
    stock: int | None
    taken: int

    def is_running(self, today: Day) -> bool:
        """Whether it may be held for today, as far as there are pieces."""
        return self.is_open and (self.first_day or 0) <= today <= self.last_day


@dataclass(frozen=True, slots=True)
class PublishOffer:
    """Body and event: a merchant offers something."""

    offer: Identifier
    merchant: Identifier
    points: Points
    last_day: Day
    details: Hash
    first_day: Day | None = None
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeOffer:
    """Body and event: an offer's days and its pieces in all, those already taken included."""

    offer: Identifier
    merchant: Identifier
    last_day: Day
    first_day: Day | None
    stock: int | None


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Body and event: no new holds for an offer; open ones stay good."""

    offer: Identifier
    merchant: Identifier


_points: Codec[Points] = codec.typed_integer("offer points", 1, 1_000_000_000)
_stock: Codec[int | None] = codec.optional(codec.integer("stock", 0, MAX_STOCK))
_first_day: Codec[Day | None] = codec.optional(codec.day)
_publish = codec.struct(PublishOffer, codec.identifier, codec.identifier, _points, codec.day, codec.hash_, _first_day, _stock)
_change = codec.struct(ChangeOffer, codec.identifier, codec.identifier, codec.day, _first_day, _stock)
_withdraw = codec.struct(WithdrawOffer, codec.identifier, codec.identifier)
OFFERS: Final[Table[Offer]] = Table(
    b"offer",
    codec.struct(
        Offer,
        codec.identifier,
        _points,
        codec.day,
        codec.hash_,
        codec.boolean,
        _first_day,
        _stock,
        codec.integer("taken", 0, codec.MAX_POINTS),
    ),
    is_public=True,
)
OFFER_PUBLISHED = EventType("exchange.offer_published", _publish)
OFFER_CHANGED = EventType("exchange.offer_changed", _change)
OFFER_WITHDRAWN = EventType("exchange.offer_withdrawn", _withdraw)


def _require_days(state: View, first_day: Day | None, last_day: Day, context: TransactionContext) -> None:
    if last_day < compute_today(state, context.block.time_ms) or last_day < (first_day or 0):
        raise Rejection(Reason.INVALID_PERIOD, "the offer's last day is over, or before its first", str(last_day))


def publish_offer(state: Overlay, body: PublishOffer, context: TransactionContext) -> Effects:
    """Offer something (signed by the merchant)."""
    require_merchant(state, context, body.merchant)
    if OFFERS.has(state, body.offer):
        raise Rejection(Reason.ALREADY_EXISTS, "the offer's identifier is taken", body.offer.hex())
    _require_days(state, body.first_day, body.last_day, context)
    terms = body.first_day, body.stock
    OFFERS.put(state, Offer(body.merchant, body.points, body.last_day, body.details, True, *terms, 0), body.offer)  # noqa: FBT003
    return Effects((OFFER_PUBLISHED.encode(body),))


def _get_own_offer(state: View, identifier: Identifier, merchant: Identifier) -> Offer:
    offer = OFFERS.get(state, identifier)
    if offer is None or offer.merchant != merchant:
        raise Rejection(Reason.UNKNOWN_OFFER, "the merchant has no such offer", identifier.hex())
    if not offer.is_open:
        raise Rejection(Reason.OFFER_CLOSED, "the offer is withdrawn already", identifier.hex())
    return offer


def change_offer(state: Overlay, body: ChangeOffer, context: TransactionContext) -> Effects:
    """Change an offer's days and pieces; what is held stays good (signed by its merchant)."""
    require_merchant(state, context, body.merchant)
    _require_days(state, body.first_day, body.last_day, context)
    offer = _get_own_offer(state, body.offer, body.merchant)
    if body.stock is not None and body.stock < offer.taken:
        raise Rejection(Reason.OUT_OF_STOCK, f"{offer.taken} pieces are taken already", str(offer.taken))
    changed = replace(offer, last_day=body.last_day, first_day=body.first_day, stock=body.stock)
    OFFERS.put(state, changed, body.offer)
    return Effects((OFFER_CHANGED.encode(body),))


def withdraw_offer(state: Overlay, body: WithdrawOffer, context: TransactionContext) -> Effects:
    """Withdraw an offer (signed by its merchant)."""
    require_merchant(state, context, body.merchant)
    offer = _get_own_offer(state, body.offer, body.merchant)
    OFFERS.put(state, replace(offer, is_open=False), body.offer)
    return Effects((OFFER_WITHDRAWN.encode(body),))


def take_pieces(state: Overlay, identifier: Identifier, offer: Offer | None, quantity: int, today: Day) -> Offer:
    """Take pieces of a running offer and return it, or raise `Rejection`: nobody holds what is not there.

    `offer` is the one of that identifier, None where there is none.
    """
    if offer is None:
        raise Rejection(Reason.UNKNOWN_OFFER, "there is no such offer", identifier.hex())
    if not offer.is_running(today):
        raise Rejection(Reason.OFFER_CLOSED, "the offer is not open now", identifier.hex())
    if offer.stock is not None and offer.taken + quantity > offer.stock:
        left = offer.stock - offer.taken
        raise Rejection(Reason.OUT_OF_STOCK, f"{left} pieces are left", str(left))
    OFFERS.put(state, replace(offer, taken=offer.taken + quantity), identifier)
    return offer


def return_pieces(state: Overlay, identifier: Identifier, quantity: int) -> None:
    """Put pieces back that were held and not captured."""
    offer = OFFERS.get(state, identifier)
    if offer is None:
        raise LookupError("the hold's offer is missing from the state")
    OFFERS.put(state, replace(offer, taken=offer.taken - quantity), identifier)


KINDS: Final = (
    Kind("exchange.publish_offer", _publish, publish_offer),
    Kind("exchange.change_offer", _change, change_offer),
    Kind("exchange.withdraw_offer", _withdraw, withdraw_offer),
)
EVENTS: Final = (OFFER_PUBLISHED, OFFER_CHANGED, OFFER_WITHDRAWN)
