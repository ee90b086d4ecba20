"""Accounts: who has points, and the issuer's account that makes the sum of all zero.

A volunteer's account is a list of lots. Every point that exists was issued for a record or an adjustment and is in one of five
places: a volunteer's lots, a hold's lots, a donation account's lots, a merchant's balance, or back with the issuer. So the sum
of all accounts is zero, the issuer's being negative (DOMAIN 4, rule 5).
"""

from typing import Final

from contracts.lots import MAX_LOTS, Lot, compute_sum, lots_codec, split_expired, take_oldest
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, Points

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
        raise Rejection(Reason.ACCOUNT_FULL, f"an account has at most {MAX_LOTS} lots", volunteer.hex())
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


def take_points(state: Overlay, volunteer: Identifier, points: int, today: Day) -> tuple[Lot, ...]:
    """Take points off a volunteer's account, oldest first, and return their lots; raise `Rejection` for want of points."""
    expired, usable = split_expired(get_lots(state, volunteer), today)
    balance = compute_sum(usable)
    if balance < points:
        raise Rejection(Reason.INSUFFICIENT_POINTS, f"{points} points are needed, {balance} are there", str(balance))
    taken, rest = take_oldest(usable, Points(points))
    put_lots(state, volunteer, (*expired, *rest))
    return taken
