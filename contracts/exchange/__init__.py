"""Exchange: a merchant offers, a volunteer holds points for it, the merchant captures them once and delivers."""

from typing import Final

from contracts.exchange import holds, offers, settlements
from contracts.exchange.holds import HOLDS, MAX_QUANTITY, EndHold, HoldChanged, HoldPoints, HoldStatus, PointsOfHold
from contracts.exchange.offers import OFFERS, ChangeOffer, PublishOffer, WithdrawOffer
from contracts.kinds import Module

__all__ = (
    "HOLDS",
    "MAX_QUANTITY",
    "MODULE",
    "OFFERS",
    "ChangeOffer",
    "EndHold",
    "HoldChanged",
    "HoldPoints",
    "HoldStatus",
    "PointsOfHold",
    "PublishOffer",
    "WithdrawOffer",
)

MODULE: Final = Module(
    kinds=(*offers.KINDS, *holds.KINDS, *settlements.KINDS),
    events=(*offers.EVENTS, *holds.EVENTS, *settlements.EVENTS),
    tables=(offers.OFFERS, holds.HOLDS, settlements.TURNOVERS),
)
