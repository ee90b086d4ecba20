"""Accounts: who has points, and the issuer's account that makes the sum of all zero.

A volunteer's account is a list of lots. Every point that exists was issued for a record or an adjustment and is in one of five
places: a volunteer's lots, a hold's lots, a donation account's lots, a merchant's balance, or back with the issuer. So the sum
of all accounts is zero, the issuer's being negative (DOMAIN 4, rule 5).
"""

from typing import Final

from contracts.balances import Balance, get_balance, put_fewer
from contracts.lots import Lot, compute_sum, split_expired, take_oldest
from ledger import codec
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, Points

MERCHANT_BALANCES: Final[Table[int]] = Table(b"merchant-points", codec.integer("balance", -codec.MAX_POINTS, codec.MAX_POINTS))


def get_merchant_balance(view: View, merchant: Identifier) -> int:
    """Points that a merchant has captured less what it refunded."""
    return MERCHANT_BALANCES.get(view, merchant) or 0


def add_merchant_balance(state: Overlay, merchant: Identifier, points: int) -> None:
    """Move points to a merchant, or from it when negative."""
    if points:
        MERCHANT_BALANCES.put(state, get_merchant_balance(state, merchant) + points, merchant)


def take_points(state: Overlay, volunteer: Identifier, points: int, today: Day) -> tuple[Lot, ...]:
    """Take points off a volunteer's account, oldest first, and return their lots; raise `Rejection` for want of points."""
    balance = get_balance(state, volunteer)
    expired, usable = split_expired(balance.lots, today)
    there = compute_sum(usable)
    if there < points:
        raise Rejection(Reason.INSUFFICIENT_POINTS, f"{points} points are needed, {there} are there", str(there))
    taken, rest = take_oldest(usable, Points(points))
    put_fewer(state, volunteer, Balance(balance.records, balance.minutes, (*expired, *rest)), rest[:1])
    return taken
