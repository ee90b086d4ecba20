"""Spending saved time: for a service that a certified record shows, or, where the region lets it, for a merchant's offer.

A redemption is one step and no hold (ADR 0019): who served certifies the hours as an ordinary record, which counts whether or
not it is paid for, so nobody waits for anybody. A record pays once, and a payment comes back when the record turns out void.
"""

from dataclasses import dataclass
from typing import Final

from contracts.exchange.holds import MAX_QUANTITY
from contracts.exchange.offers import OFFERS, take_pieces
from contracts.hours.service import find_own_record, require_counted
from contracts.identity.parties import MERCHANTS, get_organisation, get_volunteer, require_merchant, require_officers
from contracts.kinds import Kind
from contracts.parameters import compute_today, get_parameter
from contracts.records import Calendars
from contracts.savings import (
    MERCHANT_TIME,
    MINUTES_PER_HOUR,
    PAID_SERVICES,
    PaidService,
    add_time_issued,
    compute_row_key,
    take_time,
)
from contracts.timebank.attestations import is_family
from contracts.timebank.holders import (
    not_offered,
    require_age,
    require_holder,
    require_stars,
    require_time_bank,
    require_units,
)
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, Minutes


@dataclass(frozen=True, slots=True)
class RedeemTime:
    """Body: a volunteer spends saved time for a service that `beneficiary` received.

    The service is the record of `server`, found in the month of `recorded_day`. `award` is the star award that a region may
    ask for.
    """

    organisation: Identifier
    server: Identifier
    record: Identifier
    recorded_day: Day
    volunteer: Identifier
    beneficiary: Identifier
    minutes: Minutes
    award: Identifier | None


@dataclass(frozen=True, slots=True)
class TimeRedeemed:
    """Event: saved time was spent for a service. Who served is not named: that is nobody's business but theirs."""

    organisation: Identifier
    record: Identifier
    volunteer: Identifier
    beneficiary: Identifier
    minutes: Minutes


@dataclass(frozen=True, slots=True)
class BuyWithTime:
    """Body: a volunteer spends saved time for pieces of a merchant's offer, an hour for a point."""

    volunteer: Identifier
    merchant: Identifier
    offer: Identifier
    quantity: int
    award: Identifier | None


@dataclass(frozen=True, slots=True)
class BoughtWithTime:
    """Event: saved time went to a merchant."""

    volunteer: Identifier
    merchant: Identifier
    offer: Identifier
    quantity: int
    minutes: Minutes


_quantity = codec.integer("quantity", 1, MAX_QUANTITY)
_award = codec.optional(codec.identifier)
_ids = (codec.identifier, codec.identifier, codec.identifier)
_redeem = codec.struct(RedeemTime, *_ids, codec.day, codec.identifier, codec.identifier, codec.minutes, _award)
_buy = codec.struct(BuyWithTime, *_ids, _quantity, _award)
TIME_REDEEMED: Final[EventType[TimeRedeemed]] = EventType(
    "timebank.redeemed",
    codec.struct(TimeRedeemed, *_ids, codec.identifier, codec.minutes),
    lambda event: tuple(dict.fromkeys((event.volunteer, event.beneficiary, event.organisation))),
)
BOUGHT_WITH_TIME: Final[EventType[BoughtWithTime]] = EventType(
    "timebank.bought",
    codec.struct(BoughtWithTime, *_ids, _quantity, codec.minutes),
    lambda event: (event.volunteer, event.merchant),
)
SOLD_FOR_TIME: Final[Table[int]] = Table(b"sold-for-time", codec.integer("pieces", 1, codec.MAX_POINTS), is_public=True)
"""Pieces of an offer that were bought with saved time."""


def redeem_time(state: Overlay, body: RedeemTime, context: TransactionContext) -> Effects:
    """Spend saved time for a service (signed by who saved it and by one officer of the organisation whose record it is).

    For oneself later, or a direct relative, of 60 or more (Nanjing); from one star on (Guangzhou); for oneself or the spouse
    from 60 on (Beijing). For one without a key the enrolling organisation signs.
    """
    get_organisation(state, body.organisation)
    for person in (body.server, body.volunteer, body.beneficiary):
        get_volunteer(state, person)
    require_holder(state, context, body.volunteer)
    require_officers(state, context, body.organisation, count=1)
    record, _revision = find_own_record(state, Calendars(state), body.organisation, body.server, body.recorded_day, body.record)
    require_counted(record)
    require_units(state, body.minutes)
    if body.minutes > record.minutes:
        raise Rejection(Reason.INVALID_MINUTES, f"the service took {record.minutes} minutes", str(body.minutes))
    if body.server == body.beneficiary:
        raise Rejection(Reason.NO_CHANGE, "nobody is served by himself", body.server.hex())
    require_time_bank(state)
    _require_right(state, body)
    key = compute_row_key(record.batch, record.row)
    if PAID_SERVICES.has(state, *key):
        raise Rejection(Reason.ALREADY_REDEEMED, "the service is paid for already", body.record.hex())
    lots = take_time(state, body.volunteer, body.minutes, to_give=False)
    PAID_SERVICES.put(state, PaidService(body.volunteer, lots), *key)
    add_time_issued(state, -body.minutes)
    event = TimeRedeemed(body.organisation, body.record, body.volunteer, body.beneficiary, body.minutes)
    return Effects((TIME_REDEEMED.encode(event),))


def _require_right(state: View, body: RedeemTime) -> None:
    """Raise `Rejection` unless the region lets this volunteer spend time for this person."""
    if body.beneficiary != body.volunteer and not is_family(state, body.beneficiary, body.volunteer):
        raise Rejection(Reason.NOT_ATTESTED, "no registrar has attested that the two are related", body.beneficiary.hex())
    require_age(state, body.beneficiary)
    require_stars(state, body.volunteer, body.award)


def buy_with_time(state: Overlay, body: BuyWithTime, context: TransactionContext) -> Effects:
    """Spend saved time on a merchant's offer, at the counter and for good (signed by the volunteer and the merchant).

    Guangzhou lets points of an hour buy services and goods; in Beijing a coin never buys cash or goods.
    """
    if not MERCHANTS.has(state, body.merchant):
        raise Rejection(Reason.UNKNOWN_MERCHANT, "there is no such merchant", body.merchant.hex())
    require_holder(state, context, body.volunteer)
    require_merchant(state, context, body.merchant)
    offer = OFFERS.get(state, body.offer)
    if offer is None or offer.merchant != body.merchant:
        raise Rejection(Reason.UNKNOWN_OFFER, "the merchant has no such offer", body.offer.hex())
    offer = take_pieces(
        state, body.offer, OFFERS.get(state, body.offer), body.quantity, compute_today(state, context.block.time_ms)
    )
    require_time_bank(state)
    if not get_parameter(state, "time_buys_goods"):
        raise not_offered("time_buys_goods")
    require_age(state, body.volunteer)
    require_stars(state, body.volunteer, body.award)
    minutes = Minutes(offer.points * body.quantity * MINUTES_PER_HOUR)
    take_time(state, body.volunteer, minutes, to_give=False)
    MERCHANT_TIME.put(state, (MERCHANT_TIME.get(state, body.merchant) or 0) + minutes, body.merchant)
    SOLD_FOR_TIME.put(state, (SOLD_FOR_TIME.get(state, body.offer) or 0) + body.quantity, body.offer)
    event = BoughtWithTime(body.volunteer, body.merchant, body.offer, body.quantity, minutes)
    return Effects((BOUGHT_WITH_TIME.encode(event),))


KINDS: Final = (Kind("timebank.redeem", _redeem, redeem_time), Kind("timebank.buy", _buy, buy_with_time))
EVENTS: Final = (TIME_REDEEMED, BOUGHT_WITH_TIME)
TABLES: Final = (SOLD_FOR_TIME,)
