"""Settlements: what a merchant captured and refunded in a month, closed by an authority and acknowledged by the merchant.

Every capture and refund is counted in the month in which it happens, on the region's clock. A month is closed once, when it is
over, with exactly what was counted; a refund of an earlier capture counts in its own month. So nothing is settled twice
(DOMAIN 2, S11). What is paid for the points is beside the ledger.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.identity.parties import (
    MERCHANTS,
    compute_authority_identifier,
    get_authorities,
    require_authority,
    require_merchant,
)
from contracts.kinds import Kind
from contracts.parameters import compute_today
from contracts.points import add_merchant_balance
from ledger import codec
from ledger.codec import MAX_DAY, Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, Points


class Turnover(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Points that a merchant captured and refunded in a month. `closed_by` is the authority that closed it, if any has."""

    captured: Points
    refunded: Points
    closed_by: Identifier | None
    is_acknowledged: bool


@dataclass(frozen=True, slots=True)
class CloseSettlement:
    """Body: an authority closes a merchant's month."""

    merchant: Identifier
    year: int
    month: int


@dataclass(frozen=True, slots=True)
class SettlementClosed:
    """Event: the month's figures are final."""

    merchant: Identifier
    year: int
    month: int
    captured: Points
    refunded: Points
    authority: Identifier


@dataclass(frozen=True, slots=True)
class AcknowledgeSettlement:
    """Body and event: the merchant agrees with a closed month's figures, which it states."""

    merchant: Identifier
    year: int
    month: int
    captured: Points
    refunded: Points


_year: Codec[int] = codec.integer("year", 1970, 9_999)
_month: Codec[int] = codec.integer("month", 1, 12)
_close = codec.struct(CloseSettlement, codec.identifier, _year, _month)
_acknowledge = codec.struct(AcknowledgeSettlement, codec.identifier, _year, _month, codec.points, codec.points)
SETTLEMENT_CLOSED: EventType[SettlementClosed] = EventType(
    "exchange.settlement_closed",
    codec.struct(SettlementClosed, codec.identifier, _year, _month, codec.points, codec.points, codec.identifier),
    lambda event: (event.merchant, event.authority),
)
SETTLEMENT_ACKNOWLEDGED = EventType("exchange.settlement_acknowledged", _acknowledge, lambda event: (event.merchant,))
TURNOVERS: Final[Table[Turnover]] = Table(
    b"turnover",
    codec.struct(Turnover, codec.points, codec.points, codec.optional(codec.identifier), codec.boolean),
)
_NOTHING: Final = Turnover(Points(0), Points(0), None, is_acknowledged=False)


def compute_month_key(year: int, month: int) -> bytes:
    """Return what stands for a month in a key: twelve times the year and the month from 0."""
    return (year * 12 + month - 1).to_bytes(4, "big")


def _compute_current_month(view: View, context: TransactionContext) -> bytes:
    return _find_month(compute_today(view, context.block.time_ms))


@lru_cache(maxsize=64)
def _find_month(today: Day) -> bytes:
    date = to_date(Day(min(max(today, 0), MAX_DAY)))
    return compute_month_key(date.year, date.month)


def count_points(
    state: Overlay, merchant: Identifier, context: TransactionContext, *, captured: int = 0, refunded: int = 0
) -> None:
    """Move points to a merchant, or from it, and count them in the month that is now."""
    add_merchant_balance(state, merchant, captured - refunded)
    month = _compute_current_month(state, context)
    found = TURNOVERS.get(state, merchant, month) or _NOTHING
    if found.closed_by is not None:  # the region's clock was put back over a month's end: what is closed stays as it is
        month = (int.from_bytes(month, "big") + 1).to_bytes(4, "big")
        found = TURNOVERS.get(state, merchant, month) or _NOTHING
    sums = Points(found.captured + captured), Points(found.refunded + refunded)
    TURNOVERS.put(state, replace(found, captured=sums[0], refunded=sums[1]), merchant, month)


def close_settlement(state: Overlay, body: CloseSettlement, context: TransactionContext) -> Effects:
    """Close a merchant's month, once and when it is over (signed by an authority)."""
    if not MERCHANTS.has(state, body.merchant):
        raise Rejection(Reason.UNKNOWN_MERCHANT, "there is no such merchant", body.merchant.hex())
    require_authority(state, context)
    month = compute_month_key(body.year, body.month)
    found = TURNOVERS.get(state, body.merchant, month)
    if found is not None and found.closed_by is not None:
        raise Rejection(Reason.ALREADY_EXISTS, "the month is closed already", _format_month(body.year, body.month))
    if month >= _compute_current_month(state, context):
        raise Rejection(Reason.INVALID_PERIOD, "the month is not over", _format_month(body.year, body.month))
    if found is None:
        raise _unknown(body.year, body.month)
    authority = _find_authority(state, context)
    TURNOVERS.put(state, replace(found, closed_by=authority), body.merchant, month)
    event = SettlementClosed(body.merchant, body.year, body.month, found.captured, found.refunded, authority)
    return Effects((SETTLEMENT_CLOSED.encode(event),))


def acknowledge_settlement(state: Overlay, body: AcknowledgeSettlement, context: TransactionContext) -> Effects:
    """Agree with a closed month's figures, once (signed by the merchant, suspended or not)."""
    require_merchant(state, context, body.merchant, may_be_suspended=True)
    month = compute_month_key(body.year, body.month)
    found = TURNOVERS.get(state, body.merchant, month)
    if found is not None and found.is_acknowledged:
        raise Rejection(Reason.ALREADY_EXISTS, "the month is acknowledged already", _format_month(body.year, body.month))
    if found is None or found.closed_by is None:
        raise _unknown(body.year, body.month)
    if (body.captured, body.refunded) != (found.captured, found.refunded):
        figures = f"{found.captured} captured, {found.refunded} refunded"
        raise Rejection(Reason.INVALID_POINTS, f"the month has {figures}", figures)
    TURNOVERS.put(state, replace(found, is_acknowledged=True), body.merchant, month)
    return Effects((SETTLEMENT_ACKNOWLEDGED.encode(body),))


def _find_authority(state: View, context: TransactionContext) -> Identifier:
    signed = (item for item in get_authorities(state, context.block.height) if item.key in context.signers)
    return compute_authority_identifier(next(signed).name)


def _format_month(year: int, month: int) -> str:
    return f"{year:04}-{month:02}"


def _unknown(year: int, month: int) -> Rejection:
    return Rejection(Reason.UNKNOWN_SETTLEMENT, "there is no such settlement", _format_month(year, month))


KINDS: Final = (
    Kind("exchange.close_settlement", _close, close_settlement),
    Kind("exchange.acknowledge_settlement", _acknowledge, acknowledge_settlement),
)
EVENTS: Final = (SETTLEMENT_CLOSED, SETTLEMENT_ACKNOWLEDGED)
