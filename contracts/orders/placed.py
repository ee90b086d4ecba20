"""Orders as they are placed for a person who needs help, and how they end without or after it.

An officer places an order for somebody who is served and has no account ("My Help", DOMAIN section 2, S6 and S18). Who that is,
where and what is needed stays in the organisation's order book: the ledger has a commitment to it, and no person.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contracts.activities import get_activity
from contracts.identity.parties import require_officers, require_own_officers
from contracts.kinds import Kind
from contracts.parameters import compute_today, get_parameter
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier, Minutes

MAX_ORDERS: Final = 1_000_000
"""The most that a region may allow an organisation."""


class OrderStatus(IntEnum):
    """How far an order is. One that is cancelled or closed is in the log only."""

    PLACED = 1
    DISPATCHED = 2
    ACCEPTED = 3
    COMPLETED = 4
    CANCELLED = 5
    CLOSED = 6


OPEN: Final = frozenset({OrderStatus.PLACED, OrderStatus.DISPATCHED, OrderStatus.ACCEPTED})
"""An order whose help has not been given yet."""


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Body and event: help is asked for within an activity. `need` hides what, where and for whom.

    `token_hash` is that of the token with which the person served may rate, `code_hash` that of the code with which a helper
    who is not registered claims the hours later.
    """

    order: Identifier
    organisation: Identifier
    activity: Identifier
    need: Hash
    token_hash: Hash
    code_hash: Hash


@dataclass(frozen=True, slots=True)
class AboutOrder:
    """Body: which order it is about."""

    order: Identifier


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `volunteer` is who was sent, None for nobody or for a helper who is not registered.

    `changed_day` is when it came to its status, `record` the one that was certified for it.
    """

    organisation: Identifier
    activity: Identifier
    token_hash: Hash
    code_hash: Hash
    status: OrderStatus
    volunteer: Identifier | None
    minutes: Minutes
    changed_day: Day
    is_rated: bool
    record: Identifier | None


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """Event: how far an order is now, who helps, and the minutes that were given."""

    order: Identifier
    organisation: Identifier
    volunteer: Identifier | None
    status: OrderStatus
    minutes: Minutes


_ids = (codec.identifier, codec.identifier)
_hashes = (codec.hash_, codec.hash_)
_place = codec.struct(PlaceOrder, codec.identifier, *_ids, codec.hash_, *_hashes)
about_codec: Codec[AboutOrder] = codec.struct(AboutOrder, codec.identifier)
_status = codec.member(OrderStatus)
_helper = codec.optional(codec.identifier)
ORDER_PLACED: EventType[PlaceOrder] = EventType("orders.placed", _place, lambda event: (event.organisation,))
ORDER_CHANGED: EventType[OrderChanged] = EventType(
    "orders.changed",
    codec.struct(OrderChanged, *_ids, _helper, _status, codec.minutes),
    lambda event: get_parties_of(event.organisation, event.volunteer),
)
ORDERS: Final[Table[Order]] = Table(
    b"order",
    codec.struct(
        Order,
        *_ids,
        *_hashes,
        _status,
        _helper,
        codec.minutes,
        codec.day,
        codec.boolean,
        codec.optional(codec.identifier),
    ),
)
_count: Codec[int] = codec.integer("orders", 1, MAX_ORDERS)
ORDER_COUNTS: Final[Table[int]] = Table(b"order-count", _count)


def get_parties_of(organisation: Identifier, volunteer: Identifier | None) -> tuple[Identifier, ...]:
    """Return whose an event about an order is: the organisation's, and the volunteer's who was sent."""
    return (organisation,) if volunteer is None else (volunteer, organisation)


def get_order(view: View, identifier: Identifier) -> Order:
    """Return the order, or raise `Rejection`."""
    order = ORDERS.get(view, identifier)
    if order is None:
        raise Rejection(Reason.UNKNOWN_ORDER, "there is no such order", identifier.hex())
    return order


def require_status(identifier: Identifier, order: Order, *allowed: OrderStatus) -> None:
    """Raise `Rejection` unless the order is at one of these steps."""
    if order.status not in allowed:
        raise Rejection(Reason.ORDER_STEP, f"the order is {order.status.name.lower()}", identifier.hex())


def compute_changed_day(view: View, context: TransactionContext) -> Day:
    """Today, within the days that can be written."""
    return Day(max(0, min(compute_today(view, context.block.time_ms), codec.MAX_DAY)))


def encode_changed(identifier: Identifier, order: Order, status: OrderStatus) -> bytes:
    """Return the event of an order that comes to a status."""
    return ORDER_CHANGED.encode(OrderChanged(identifier, order.organisation, order.volunteer, status, order.minutes))


def place_order(state: Overlay, body: PlaceOrder, context: TransactionContext) -> Effects:
    """Place an order for a person who needs help (signed by one officer)."""
    require_own_officers(state, context, body.organisation, count=1)
    if ORDERS.has(state, body.order):
        raise Rejection(Reason.ALREADY_EXISTS, "the order's identifier is taken", body.order.hex())
    count, most = ORDER_COUNTS.get(state, body.organisation) or 0, get_parameter(state, "max_orders")
    if count >= most:
        raise Rejection(Reason.TOO_MANY_ORDERS, f"an organisation has at most {most} orders that are not closed", str(count))
    activity = get_activity(state, body.activity, body.organisation)
    if activity is None:
        raise Rejection(Reason.UNKNOWN_ACTIVITY, "the organisation has no such activity", body.activity.hex())
    if not activity.is_open:
        raise Rejection(Reason.ACTIVITY_CLOSED, "the activity is closed", body.activity.hex())
    day = compute_changed_day(state, context)
    content = body.organisation, body.activity, body.token_hash, body.code_hash
    ORDERS.put(state, Order(*content, OrderStatus.PLACED, None, Minutes(0), day, is_rated=False, record=None), body.order)
    ORDER_COUNTS.put(state, count + 1, body.organisation)
    return Effects((ORDER_PLACED.encode(body),))


def cancel_order(state: Overlay, body: AboutOrder, context: TransactionContext) -> Effects:
    """Cancel an order before it is completed (signed by one officer)."""
    order = get_order(state, body.order)
    require_officers(state, context, order.organisation, count=1)
    require_status(body.order, order, *OPEN)
    return _drop(state, body.order, order, OrderStatus.CANCELLED)


def close_order(state: Overlay, body: AboutOrder, context: TransactionContext) -> Effects:
    """Close a completed order, once it is rated or its days are over (signed by one officer). It is then in the log only.

    So nobody closes an order early to be spared a rating. Hours that were not certified for it are certified like any others.
    """
    order = get_order(state, body.order)
    require_officers(state, context, order.organisation, count=1)
    require_status(body.order, order, OrderStatus.COMPLETED)
    last_day = order.changed_day + get_parameter(state, "order_rating_days")
    if not order.is_rated and compute_changed_day(state, context) <= last_day:
        raise Rejection(Reason.RATING_OPEN, "the person served may still rate it", body.order.hex())
    return _drop(state, body.order, order, OrderStatus.CLOSED)


def _drop(state: Overlay, identifier: Identifier, order: Order, status: OrderStatus) -> Effects:
    ORDERS.delete(state, identifier)
    left = (ORDER_COUNTS.get(state, order.organisation) or 1) - 1
    if left:
        ORDER_COUNTS.put(state, left, order.organisation)
    else:
        ORDER_COUNTS.delete(state, order.organisation)
    return Effects((encode_changed(identifier, order, status),))


KINDS: Final = (
    Kind("orders.place", _place, place_order),
    Kind("orders.cancel", about_codec, cancel_order),
    Kind("orders.close", about_codec, close_order),
)
EVENTS: Final = (ORDER_PLACED, ORDER_CHANGED)
TABLES: Final = (ORDERS, ORDER_COUNTS)
