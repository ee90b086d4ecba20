"""Holds: a volunteer sets points aside for an offer, the merchant captures them once, delivers or refunds.

A hold is for one merchant and has an end. It counts against the balance at once, so a merchant may rely on a hold made for it
even offline, and never on a balance (DOMAIN section 4, rule 6). What is not captured goes back as the same lots.
"""

from enum import IntEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.balances import add_issued, get_lots, put_lots
from contracts.exchange.offers import OFFERS, return_pieces, take_pieces
from contracts.exchange.settlements import count_points
from contracts.identity.departed import VOLUNTEERS, resolve_account
from contracts.identity.parties import MERCHANTS, Standing, require_merchant, require_volunteer
from contracts.kinds import Kind
from contracts.lots import Lot, add_lots, compute_sum, lots_codec, take_oldest
from contracts.parameters import MINUTES_PER_DAY, MS_PER_MINUTE, compute_today, get_parameter
from contracts.points import take_points
from contracts.records import is_void
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Identifier, Points, TimeMs

MAX_QUANTITY: Final = 1_000


class HoldStatus(IntEnum):
    """What became of a hold. Only an open one can be captured, released or expired."""

    OPEN = 1
    CAPTURED = 2
    RELEASED = 3
    EXPIRED = 4


class Hold(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Points set aside. `lots` are those held while open, afterwards those captured and not refunded."""

    volunteer: Identifier
    merchant: Identifier
    offer: Identifier
    status: HoldStatus
    expires_ms: TimeMs
    lots: tuple[Lot, ...]
    quantity: int
    is_delivered: bool


class HoldPoints(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Body: a volunteer sets points aside for `quantity` pieces of an offer."""

    hold: Identifier
    volunteer: Identifier
    offer: Identifier
    quantity: int
    expires_ms: TimeMs


class PointsOfHold(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Body: a merchant captures or refunds `points` of a hold."""

    hold: Identifier
    points: Points


class EndHold(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Body: a merchant releases a hold or has delivered for it, or either side ends one whose time is over."""

    hold: Identifier


class HoldChanged(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Event: points of a hold moved. For a capture, what was not captured went back to the volunteer at once."""

    hold: Identifier
    offer: Identifier
    volunteer: Identifier
    merchant: Identifier
    points: Points


_quantity: Codec[int] = codec.integer("quantity", 1, MAX_QUANTITY)
_hold = codec.struct(
    HoldPoints,
    codec.identifier,
    codec.identifier,
    codec.identifier,
    _quantity,
    codec.time_ms,
)
_points_of_hold = codec.struct(PointsOfHold, codec.identifier, codec.points)
_end_hold = codec.struct(EndHold, codec.identifier)
_hold_changed = codec.struct(HoldChanged, codec.identifier, codec.identifier, codec.identifier, codec.identifier, codec.points)

HOLDS: Final[Table[Hold]] = Table(
    b"hold",
    codec.struct(
        Hold,
        codec.identifier,
        codec.identifier,
        codec.identifier,
        codec.member(HoldStatus),
        codec.time_ms,
        lots_codec,
        _quantity,
        codec.boolean,
    ),
)


def _parties(event: HoldChanged) -> tuple[Identifier, ...]:
    return event.volunteer, event.merchant


POINTS_HELD = EventType("exchange.held", _hold_changed, _parties)
POINTS_CAPTURED = EventType("exchange.captured", _hold_changed, _parties)
GOODS_DELIVERED = EventType("exchange.delivered", _hold_changed, _parties)
HOLD_RELEASED = EventType("exchange.released", _hold_changed, _parties)
HOLD_EXPIRED = EventType("exchange.expired", _hold_changed, _parties)
POINTS_REFUNDED = EventType("exchange.refunded", _hold_changed, _parties)


def hold_points(state: Overlay, body: HoldPoints, context: TransactionContext) -> Effects:
    """Set points aside for an offer (signed by the volunteer)."""
    require_volunteer(state, context, body.volunteer)
    now = context.block.time_ms
    today = compute_today(state, now)
    offer = OFFERS.get(state, body.offer)
    merchant = None if offer is None else MERCHANTS.get(state, offer.merchant)
    if merchant is not None and merchant.standing is not Standing.ACTIVE:
        raise Rejection(Reason.SUSPENDED, "the merchant is suspended", body.offer.hex())
    if HOLDS.has(state, body.hold):
        raise Rejection(Reason.ALREADY_EXISTS, "the hold's identifier is taken", body.hold.hex())
    longest = get_parameter(state, "max_hold_days") * MINUTES_PER_DAY * MS_PER_MINUTE
    if not now < body.expires_ms <= now + longest:
        raise Rejection(Reason.INVALID_PERIOD, "the hold ends too early or too late", str(body.expires_ms))
    offer = take_pieces(state, body.offer, offer, body.quantity, today)
    points = Points(offer.points * body.quantity)
    taken = take_points(state, body.volunteer, points, today)
    whose = body.volunteer, offer.merchant, body.offer
    hold = Hold(*whose, HoldStatus.OPEN, body.expires_ms, taken, body.quantity, is_delivered=False)
    HOLDS.put(state, hold, body.hold)
    event = HoldChanged(body.hold, body.offer, body.volunteer, offer.merchant, points)
    return Effects((POINTS_HELD.encode(event),))


def _get_hold(state: View, identifier: Identifier) -> Hold:
    hold = HOLDS.get(state, identifier)
    if hold is None:
        raise Rejection(Reason.UNKNOWN_HOLD, "there is no such hold", identifier.hex())
    return hold


def _get_open_hold(state: View, context: TransactionContext, identifier: Identifier) -> Hold:
    """Return an open hold whose merchant has signed, or raise `Rejection`."""
    hold = _get_own_hold(state, context, identifier)
    if hold.status is not HoldStatus.OPEN:
        raise Rejection(Reason.HOLD_CLOSED, f"the hold is {hold.status.name.lower()} already", identifier.hex())
    return hold


def _get_own_hold(state: View, context: TransactionContext, identifier: Identifier, *, may_be_suspended: bool = False) -> Hold:
    hold = _get_hold(state, identifier)
    require_merchant(state, context, hold.merchant, may_be_suspended=may_be_suspended)
    return hold


def _give_back(state: Overlay, volunteer: Identifier, lots: tuple[Lot, ...]) -> None:
    """Return lots to the volunteer; those of records made void meanwhile, or all if the account is gone, go to the issuer.

    What a merged account held goes to the one that remains.
    """
    if not lots:
        return
    volunteer = resolve_account(state, volunteer)
    good = tuple(lot for lot in lots if not is_void(state, lot.batch, lot.row) and VOLUNTEERS.has(state, volunteer))
    put_lots(state, volunteer, add_lots(get_lots(state, volunteer), good))
    add_issued(state, compute_sum(good) - compute_sum(lots))


def _changed(event_type: EventType[HoldChanged], identifier: Identifier, hold: Hold, points: Points) -> Effects:
    event = HoldChanged(identifier, hold.offer, hold.volunteer, hold.merchant, points)
    return Effects((event_type.encode(event),))


def capture_points(state: Overlay, body: PointsOfHold, context: TransactionContext) -> Effects:
    """Take the whole or a part of a hold, once (signed by the merchant); the rest goes back."""
    hold = _get_open_hold(state, context, body.hold)
    if context.block.time_ms >= hold.expires_ms:
        raise Rejection(Reason.HOLD_EXPIRED, "the hold's time is over", str(hold.expires_ms))
    if body.points == 0:
        raise Rejection(Reason.INVALID_POINTS, "a capture is of one point at least", "0")
    held = compute_sum(hold.lots)
    if body.points > held:
        raise Rejection(Reason.OVER_HOLD, f"the hold has {held} points", str(held))
    captured, rest = take_oldest(hold.lots, body.points)
    _give_back(state, hold.volunteer, rest)
    count_points(state, hold.merchant, context, captured=body.points)
    HOLDS.put(state, replace(hold, status=HoldStatus.CAPTURED, lots=captured), body.hold)
    return _changed(POINTS_CAPTURED, body.hold, hold, body.points)


def deliver_goods(state: Overlay, body: EndHold, context: TransactionContext) -> Effects:
    """Say that what was captured for is delivered, once (signed by the merchant, suspended or not).

    Where pieces are missing, the merchant has captured a part or refunds one; the event tells the points that were kept.
    """
    hold = _get_own_hold(state, context, body.hold, may_be_suspended=True)
    if hold.is_delivered:
        raise Rejection(Reason.ALREADY_EXISTS, "the delivery is on record already", body.hold.hex())
    if hold.status is not HoldStatus.CAPTURED or not hold.lots:
        raise Rejection(Reason.NOT_CAPTURED, "nothing is captured for it, or all is refunded", body.hold.hex())
    HOLDS.put(state, replace(hold, is_delivered=True), body.hold)
    return _changed(GOODS_DELIVERED, body.hold, hold, compute_sum(hold.lots))


def release_hold(state: Overlay, body: EndHold, context: TransactionContext) -> Effects:
    """Give all points of a hold back (signed by the merchant, who may have relied on it until then)."""
    hold = _get_open_hold(state, context, body.hold)
    return _end(state, body.hold, hold, HoldStatus.RELEASED, HOLD_RELEASED)


def expire_hold(state: Overlay, body: EndHold, context: TransactionContext) -> Effects:
    """Give all points back after the hold's time (signed by anybody with a registered key: it only carries out the terms)."""
    hold = _get_hold(state, body.hold)
    if hold.status is not HoldStatus.OPEN:
        raise Rejection(Reason.HOLD_CLOSED, f"the hold is {hold.status.name.lower()} already", body.hold.hex())
    if context.block.time_ms < hold.expires_ms:
        raise Rejection(Reason.HOLD_NOT_EXPIRED, "the hold's time is not over", str(hold.expires_ms))
    return _end(state, body.hold, hold, HoldStatus.EXPIRED, HOLD_EXPIRED)


def _end(state: Overlay, identifier: Identifier, hold: Hold, status: HoldStatus, event_type: EventType[HoldChanged]) -> Effects:
    _give_back(state, hold.volunteer, hold.lots)
    return_pieces(state, hold.offer, hold.quantity)
    HOLDS.put(state, replace(hold, status=status, lots=()), identifier)
    return _changed(event_type, identifier, hold, compute_sum(hold.lots))


def refund_points(state: Overlay, body: PointsOfHold, context: TransactionContext) -> Effects:
    """Give back captured points as the same lots with their expiry (signed by the merchant, suspended or not).

    A region may exclude refunds (Huangshan) or have them (Hainan).
    """
    hold = _get_own_hold(state, context, body.hold, may_be_suspended=True)
    if not get_parameter(state, "refunds_are_given"):
        raise Rejection(Reason.NO_REFUNDS, "this region gives no refunds", body.hold.hex())
    if body.points == 0:
        raise Rejection(Reason.INVALID_POINTS, "a refund is of one point at least", "0")
    captured = compute_sum(hold.lots) if hold.status is HoldStatus.CAPTURED else 0
    if body.points > captured:
        raise Rejection(Reason.OVER_CAPTURE, f"{captured} points are captured and not refunded", str(captured))
    returned, rest = take_oldest(hold.lots, body.points)
    _give_back(state, hold.volunteer, returned)
    count_points(state, hold.merchant, context, refunded=body.points)
    HOLDS.put(state, replace(hold, lots=rest), body.hold)
    return _changed(POINTS_REFUNDED, body.hold, hold, body.points)


KINDS: Final = (
    Kind("exchange.hold", _hold, hold_points),
    Kind("exchange.capture", _points_of_hold, capture_points),
    Kind("exchange.deliver", _end_hold, deliver_goods),
    Kind("exchange.release", _end_hold, release_hold),
    Kind("exchange.expire", _end_hold, expire_hold),
    Kind("exchange.refund", _points_of_hold, refund_points),
)
EVENTS: Final = (POINTS_HELD, POINTS_CAPTURED, GOODS_DELIVERED, HOLD_RELEASED, HOLD_EXPIRED, POINTS_REFUNDED)
