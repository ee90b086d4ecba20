"""Adjusting: points put right for a stated reason, by two people; hours stay as they are (DOMAIN 1, points in use)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contracts.balances import add_issued, get_lots, put_lots
from contracts.identity.departed import require_account
from contracts.identity.parties import get_organisation, has_authority_signed, require_officers
from contracts.kinds import Kind
from contracts.lots import Lot, add_lots, compute_sum
from contracts.parameters import compute_expiry, compute_today, get_parameter
from contracts.points.accounts import take_points
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import IDENTIFIER_BYTES, Hash, Identifier, Points

MAX_CHANGE: Final = 1_000_000_000


class Adjustment(IntEnum):
    """Why points are adjusted. A code, because free text about a person does not belong on the chain."""

    RECORDING_ERROR = 1
    EARLIER_BALANCE = 2
    AWARD = 3
    COMPENSATION = 4
    ABUSE = 5


@dataclass(frozen=True, slots=True)
class AdjustPoints:
    """Body and event: an account gets `change` points more, fewer when negative. `details` commits to the explanation."""

    organisation: Identifier
    volunteer: Identifier
    change: int
    reason: Adjustment
    details: Hash


_adjust = codec.struct(
    AdjustPoints,
    codec.identifier,
    codec.identifier,
    codec.integer("change", -MAX_CHANGE, MAX_CHANGE),
    codec.member(Adjustment),
    codec.hash_,
)
POINTS_ADJUSTED = EventType("points.adjusted", _adjust, lambda event: (event.volunteer, event.organisation))


def adjust_points(state: Overlay, body: AdjustPoints, context: TransactionContext) -> Effects:
    """Put an account right (signed by two people: an officer and an authority, or two officers where the region says so)."""
    get_organisation(state, body.organisation)
    require_account(state, body.volunteer)
    _require_two(state, body.organisation, context)
    if body.change == 0:
        raise Rejection(Reason.INVALID_POINTS, "an adjustment is of one point at least", "0")
    today = compute_today(state, context.block.time_ms)
    if body.change > 0:
        source = Identifier(context.transaction_id[:IDENTIFIER_BYTES])
        lot = Lot(compute_expiry(state, today), source, 0, Points(body.change))
        put_lots(state, body.volunteer, add_lots(get_lots(state, body.volunteer), (lot,)))
        add_issued(state, lot.points)
    else:
        add_issued(state, -compute_sum(take_points(state, body.volunteer, -body.change, today)))
    return Effects((POINTS_ADJUSTED.encode(body),))


def _require_two(state: View, organisation: Identifier, context: TransactionContext) -> None:
    """Raise `Rejection` unless the two whom the region asks for have signed."""
    if not get_parameter(state, "adjustments_need_authority"):
        require_officers(state, context, organisation)  # as its policy and the duties of its officers say
        require_officers(state, context, organisation, count=2)
        return
    require_officers(state, context, organisation, count=1)
    if not has_authority_signed(state, context):
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "an authority must sign as well", "authority")


KINDS: Final = (Kind("points.adjust", _adjust, adjust_points),)
EVENTS: Final = (POINTS_ADJUSTED,)
