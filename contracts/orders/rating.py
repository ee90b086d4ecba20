"""The rating of the person served, who has no account: with the order's one-time token, once, afterwards (DOMAIN 4, 7)."""

from dataclasses import dataclass, replace
from typing import Final

from contracts.identity.departed import find_absence, resolve_account
from contracts.kinds import Kind
from contracts.orders.placed import ORDERS, OrderStatus, get_order, get_parties_of, require_status
from contracts.ratings.tally import add_served_rating
from contracts.tokens import Statement, require_token, score_codec
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Identifier, PublicKey, Signature

RATE_KIND: Final = "orders.rate"


@dataclass(frozen=True, slots=True)
class RateOrder:
    """Body: the score of whoever holds the order's token, signed with it (`contracts.tokens`)."""

    order: Identifier
    score: int
    token: PublicKey
    signature: Signature


@dataclass(frozen=True, slots=True)
class OrderRated:
    """Event: what the person served thinks of the help, from 1 to 5."""

    order: Identifier
    organisation: Identifier
    volunteer: Identifier | None
    score: int


_rate = codec.struct(RateOrder, codec.identifier, score_codec, codec.public_key, codec.signature)
ORDER_RATED: EventType[OrderRated] = EventType(
    "orders.rated",
    codec.struct(OrderRated, codec.identifier, codec.identifier, codec.optional(codec.identifier), score_codec),
    lambda event: get_parties_of(event.organisation, event.volunteer),
)


def rate_order(state: Overlay, body: RateOrder, context: TransactionContext) -> Effects:
    """Rate the help, once (signed by anybody with a registered key, who carries it; the token's signature is in the body)."""
    order = get_order(state, body.order)
    if order.is_rated:
        raise Rejection(Reason.ALREADY_EXISTS, "the order is rated already", body.order.hex())
    require_status(body.order, order, OrderStatus.COMPLETED)
    statement = Statement(context.block.chain_id, RATE_KIND, body.order, body.score)
    require_token(order.token_hash, body.token, statement, body.signature)
    ORDERS.put(state, replace(order, is_rated=True), body.order)
    volunteer = None if order.volunteer is None else resolve_account(state, order.volunteer)
    if volunteer is not None and find_absence(state, volunteer) is None:
        add_served_rating(state, volunteer, body.score)
    return Effects((ORDER_RATED.encode(OrderRated(body.order, order.organisation, order.volunteer, body.score)),))


KINDS: Final = (Kind(RATE_KIND, _rate, rate_order),)
EVENTS: Final = (ORDER_RATED,)
