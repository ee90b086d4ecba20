"""Points: lots minted by records, spent oldest first, until they expire.

A volunteer's account is a list of lots. Every point that exists was issued against a record and is in one of four places: a
volunteer's lots, a hold's lots, a merchant's balance, or back with the issuer. So the sum of all accounts is zero, the issuer's
being negative. A lot keeps its source and expiry wherever it goes, and a refund puts back the same lots (DOMAIN 4, rule 5).
"""

from dataclasses import dataclass
from typing import Final

from contracts.identity.parties import VOLUNTEERS, require_authority
from contracts.kinds import Kind, Module
from contracts.lots import MAX_LOTS, Lot, compute_sum, lots_codec, split_expired
from contracts.parameters import compute_today
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Identifier, Points

_balance: Codec[int] = codec.integer("balance", -codec.MAX_POINTS, codec.MAX_POINTS)

ACCOUNTS: Final[Table[tuple[Lot, ...]]] = Table(b"points", lots_codec)
ISSUED: Final[Table[int]] = Table(b"issuer", _balance, is_public=True)
"""The issuer's account: minus all points that are in other hands."""
MERCHANT_BALANCES: Final[Table[int]] = Table(b"merchant-points", _balance)


def get_lots(view: View, volunteer: Identifier) -> tuple[Lot, ...]:
    """Lots of a volunteer, expired ones included."""
    return ACCOUNTS.get(view, volunteer) or ()


def put_lots(state: Overlay, volunteer: Identifier, lots: tuple[Lot, ...]) -> None:
    """Set a volunteer's lots."""
    if len(lots) > MAX_LOTS:
        raise Rejection(Reason.INVALID_POINTS, f"an account has at most {MAX_LOTS} lots", volunteer.hex())
    if lots:
        ACCOUNTS.put(state, lots, volunteer)
    elif ACCOUNTS.has(state, volunteer):
        ACCOUNTS.delete(state, volunteer)


def add_issued(state: Overlay, points: int) -> None:
    """Move `points` out of the issuer's account, or back when negative."""
    if points:
        ISSUED.put(state, (ISSUED.get(state) or 0) - points)


def get_merchant_balance(view: View, merchant: Identifier) -> int:
    """Points that a merchant has captured less what it refunded."""
    return MERCHANT_BALANCES.get(view, merchant) or 0


def add_merchant_balance(state: Overlay, merchant: Identifier, points: int) -> None:
    """Move points to a merchant, or from it when negative."""
    if points:
        MERCHANT_BALANCES.put(state, get_merchant_balance(state, merchant) + points, merchant)


@dataclass(frozen=True, slots=True)
class ExpirePoints:
    """Body: an authority returns a volunteer's expired points to the issuer. Expired points cannot be spent even before."""

    volunteer: Identifier


@dataclass(frozen=True, slots=True)
class PointsExpired:
    """Event: `points` went back to the issuer."""

    volunteer: Identifier
    points: Points


_expire = codec.struct(ExpirePoints, codec.identifier)
POINTS_EXPIRED: EventType[PointsExpired] = EventType(
    "points.expired", codec.struct(PointsExpired, codec.identifier, codec.points), lambda event: (event.volunteer,)
)


def expire_points(state: Overlay, body: ExpirePoints, context: TransactionContext) -> Effects:
    """Take a volunteer's expired lots off the account (signed by an authority)."""
    if not VOLUNTEERS.has(state, body.volunteer):
        raise Rejection(Reason.UNKNOWN_VOLUNTEER, "there is no such volunteer", body.volunteer.hex())
    require_authority(state, context)
    expired, usable = split_expired(get_lots(state, body.volunteer), compute_today(state, context.block.time_ms))
    points = compute_sum(expired)
    if not points:
        raise Rejection(Reason.NOTHING_EXPIRED, "no points of the volunteer have expired", body.volunteer.hex())
    put_lots(state, body.volunteer, usable)
    add_issued(state, -points)
    return Effects((POINTS_EXPIRED.encode(PointsExpired(body.volunteer, points)),))


MODULE: Final = Module(
    kinds=(Kind("points.expire", _expire, expire_points),),
    events=(POINTS_EXPIRED,),
    tables=(ACCOUNTS, ISSUED, MERCHANT_BALANCES),
)
