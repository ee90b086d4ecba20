"""Points: lots minted by records, given, donated and spent oldest first, until they expire.

A lot keeps its expiry wherever it goes, and a refund puts back the same lots (DOMAIN 4, rule 5). What was given away is spent:
the lots of who receives it have the gift for their source, so that a correction of the giver's record leaves them alone.
"""

from typing import Final

from contracts.kinds import Module
from contracts.points import accounts, adjusting, expiry, giving
from contracts.points.accounts import add_merchant_balance, get_merchant_balance, take_points
from contracts.points.expiry import ExpirePoints, PointsExpired

__all__ = (
    "MODULE",
    "ExpirePoints",
    "PointsExpired",
    "add_merchant_balance",
    "get_merchant_balance",
    "take_points",
)

MODULE: Final = Module(
    kinds=(*expiry.KINDS, *giving.KINDS, *adjusting.KINDS),
    events=(*expiry.EVENTS, *giving.EVENTS, *adjusting.EVENTS),
    tables=(accounts.MERCHANT_BALANCES, giving.DONATIONS),
)
