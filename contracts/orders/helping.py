"""Who helps: sent by the organisation, agreed to, and done.

A helper is a volunteer with an account, or somebody who is not registered and claims the hours later with the order's code
(DOMAIN section 2, S6). For a helper who has no key an officer says what the helper said.
"""

from dataclasses import dataclass, replace
from typing import Final

from contracts.blocks import is_blocked
from contracts.identity.departed import require_account, resolve_account
from contracts.identity.parties import get_volunteer, require_officers
from contracts.identity.wards import get_voice
from contracts.kinds import Kind
from contracts.orders.placed import (
    OPEN,
    ORDERS,
    AboutOrder,
    Order,
    OrderStatus,
    about_codec,
    compute_changed_day,
    encode_changed,
    get_order,
    require_status,
)
from contracts.parameters import get_parameter
from ledger import codec
from ledger.errors import Rejection
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import Identifier, Minutes, PublicKey


@dataclass(frozen=True, slots=True)
class DispatchOrder:
    """Body: a volunteer is sent, or, where `volunteer` is None, a helper who is not registered."""

    order: Identifier
    volunteer: Identifier | None


@dataclass(frozen=True, slots=True)
class CompleteOrder:
    """Body: the help was given, and took so long."""

    order: Identifier
    minutes: Minutes


_dispatch = codec.struct(DispatchOrder, codec.identifier, codec.optional(codec.identifier))
_complete = codec.struct(CompleteOrder, codec.identifier, codec.minutes)


def dispatch_order(state: Overlay, body: DispatchOrder, context: TransactionContext) -> Effects:
    """Send a helper, or another one in the place of who was sent (signed by one officer)."""
    order = get_order(state, body.order)
    if body.volunteer is not None:
        require_account(state, body.volunteer)
    require_officers(state, context, order.organisation, count=1)
    require_status(body.order, order, *OPEN)
    today = compute_changed_day(state, context)
    if body.volunteer is not None and is_blocked(state, body.volunteer, today):
        raise Rejection(Reason.VOLUNTEER_BLOCKED, "a sanction is in force", body.volunteer.hex())
    if order.status is not OrderStatus.PLACED and order.volunteer == body.volunteer:
        raise Rejection(Reason.NO_CHANGE, "that helper was sent already", body.order.hex())
    return _put(state, context, body.order, replace(order, status=OrderStatus.DISPATCHED, volunteer=body.volunteer))


def accept_order(state: Overlay, body: AboutOrder, context: TransactionContext) -> Effects:
    """Agree to help (signed by the volunteer who was sent; for a helper without a key, by one officer)."""
    order = get_order(state, body.order)
    voice = _find_voice(state, order)
    if voice is None:
        require_officers(state, context, order.organisation, count=1)
    elif voice not in context.signers:
        raise Rejection(Reason.NOT_PERMITTED, "the volunteer has not signed", context.signers[0].hex())
    require_status(body.order, order, OrderStatus.DISPATCHED)
    return _put(state, context, body.order, replace(order, status=OrderStatus.ACCEPTED))


def complete_order(state: Overlay, body: CompleteOrder, context: TransactionContext) -> Effects:
    """Say that the help was given, and for how long (signed by the volunteer who was sent, or by one officer).

    No hours count by that: officers certify them, for no more than these minutes (`orders.certify`).
    """
    order = get_order(state, body.order)
    if _find_voice(state, order) not in context.signers:
        require_officers(state, context, order.organisation, count=1)
    require_status(body.order, order, OrderStatus.ACCEPTED)
    if not 1 <= body.minutes <= get_parameter(state, "max_record_minutes"):
        raise Rejection(Reason.INVALID_MINUTES, "the minutes do not fit into one record", str(body.minutes))
    return _put(state, context, body.order, replace(order, status=OrderStatus.COMPLETED, minutes=body.minutes))


def _find_voice(state: View, order: Order) -> PublicKey | None:
    """Return the key that speaks for the volunteer who was sent, None for a helper without one.

    Raises `Rejection` where that account is no more.
    """
    if order.volunteer is None:
        return None
    account = resolve_account(state, order.volunteer)
    return get_voice(state, account, get_volunteer(state, account))


def _put(state: Overlay, context: TransactionContext, identifier: Identifier, order: Order) -> Effects:
    ORDERS.put(state, replace(order, changed_day=compute_changed_day(state, context)), identifier)
    return Effects((encode_changed(identifier, order, order.status),))


KINDS: Final = (
    Kind("orders.dispatch", _dispatch, dispatch_order),
    Kind("orders.accept", about_codec, accept_order),
    Kind("orders.complete", _complete, complete_order),
)
