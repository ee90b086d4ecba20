"""From a completed order to an hour record: one record an order, of no more minutes than were completed.

The record is like any other from then on: its volunteer disputes it, the organisation amends it or makes it void. An order
whose record was made void gets no second one: what was wrong is corrected at the record, where its parties see it.
"""

from dataclasses import dataclass, replace
from typing import Final

from contracts.accrual import Accrual
from contracts.hours.codes import RESERVED, ReservedHours, put_reserved, record_single
from contracts.hours.service import Attendance, find_clash, find_content_refusal, find_duplicate
from contracts.identity.departed import require_account, resolve_account
from contracts.identity.parties import require_officers
from contracts.kinds import Kind
from contracts.orders.placed import ORDERS, Order, OrderStatus, get_order, get_parties_of, require_status
from contracts.records import Calendars, start_codec
from ledger import codec
from ledger.errors import Rejection, RowOutcome
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import Day, Hash, Identifier, Minutes


@dataclass(frozen=True, slots=True)
class CertifyOrder:
    """Body: the record of an order's help: when, how long, and the commitment that hides its details."""

    order: Identifier
    record: Identifier
    day: Day
    start: int | None
    minutes: Minutes
    commitment: Hash


@dataclass(frozen=True, slots=True)
class OrderCertified:
    """Event: the order's help is recorded. For a helper who is not registered, the record waits to be claimed."""

    order: Identifier
    organisation: Identifier
    volunteer: Identifier | None
    record: Identifier


_certify = codec.struct(CertifyOrder, codec.identifier, codec.identifier, codec.day, start_codec, codec.minutes, codec.hash_)
ORDER_CERTIFIED: EventType[OrderCertified] = EventType(
    "orders.certified",
    codec.struct(OrderCertified, codec.identifier, codec.identifier, codec.optional(codec.identifier), codec.identifier),
    lambda event: get_parties_of(event.organisation, event.volunteer),
)


def certify_order(state: Overlay, body: CertifyOrder, context: TransactionContext) -> Effects:
    """Certify the help that was given for an order, once (signed by officers as the policy says; Order 67, article 3).

    For a helper who is not registered it waits under the order's code (`hours.claim_by_code`).
    """
    order = get_order(state, body.order)
    volunteer = None if order.volunteer is None else resolve_account(state, order.volunteer)
    if volunteer is not None:
        require_account(state, volunteer)
    require_officers(state, context, order.organisation)
    _require_first(state, body.order, order)
    require_status(body.order, order, OrderStatus.COMPLETED)
    if body.minutes > order.minutes:
        raise Rejection(Reason.OVER_ORDER, f"{order.minutes} minutes were completed", str(body.minutes))
    recorded = _reserve(state, body, order, context) if volunteer is None else _record(state, body, order, volunteer, context)
    ORDERS.put(state, replace(order, record=body.record), body.order)
    certified = OrderCertified(body.order, order.organisation, volunteer, body.record)
    return Effects((recorded, ORDER_CERTIFIED.encode(certified)))


def _require_first(state: View, identifier: Identifier, order: Order) -> None:
    """Raise `Rejection` where the order has its record, or something else waits for its code."""
    if order.record is not None or (order.volunteer is None and RESERVED.has(state, order.code_hash)):
        raise Rejection(Reason.ALREADY_EXISTS, "the order's hours are certified already", identifier.hex())


def _record(state: Overlay, body: CertifyOrder, order: Order, volunteer: Identifier, context: TransactionContext) -> bytes:
    """Record the hours of a volunteer; return the event."""
    row = Attendance(body.record, order.activity, volunteer, body.day, body.start, body.minutes, body.commitment)
    accrual, calendars = Accrual.load(state, context.block.time_ms), Calendars(state)
    refusal = find_duplicate(state, row, calendars)
    refusal = refusal or find_content_refusal(order.organisation, row, accrual, is_correction=False)
    refusal = refusal or find_clash(calendars, row, accrual, correcting=None) or calendars.find_full(volunteer)
    _require_none(refusal)
    return record_single(state, context, order.organisation, row, accrual.today, (accrual, calendars))


def _reserve(state: Overlay, body: CertifyOrder, order: Order, context: TransactionContext) -> bytes:
    """Let the hours wait for a helper who is not registered; return the event."""
    content = body.record, order.activity, body.day, body.start, body.minutes, body.commitment
    row, accrual = ReservedHours(order.code_hash, *content), Accrual.load(state, context.block.time_ms)
    _require_none(find_content_refusal(order.organisation, row, accrual, is_correction=False))
    return put_reserved(state, order.organisation, row, accrual.today)


def _require_none(refusal: RowOutcome | None) -> None:
    if refusal is not None:
        raise Rejection(refusal.reason, "the order's hours cannot be recorded", refusal.value)


KINDS: Final = (Kind("orders.certify", _certify, certify_order),)
EVENTS: Final = (ORDER_CERTIFIED,)
