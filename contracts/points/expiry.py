"""Expiry: what nobody can spend any more goes back to the issuer."""

from dataclasses import dataclass
from typing import Final

from contracts.balances import add_issued, get_lots, put_lots
from contracts.identity.departed import require_account
from contracts.identity.parties import require_authority
from contracts.kinds import Kind
from contracts.lots import compute_sum, split_expired
from contracts.parameters import compute_today
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Identifier, Points


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
    require_account(state, body.volunteer)
    require_authority(state, context)
    expired, usable = split_expired(get_lots(state, body.volunteer), compute_today(state, context.block.time_ms))
    points = compute_sum(expired)
    if not points:
        raise Rejection(Reason.NOTHING_EXPIRED, "no points of the volunteer have expired", body.volunteer.hex())
    put_lots(state, body.volunteer, usable)
    add_issued(state, -points)
    return Effects((POINTS_EXPIRED.encode(PointsExpired(body.volunteer, points)),))


KINDS: Final = (Kind("points.expire", _expire, expire_points),)
EVENTS: Final = (POINTS_EXPIRED,)
