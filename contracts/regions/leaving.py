"""Time that leaves for another region: a volunteer moves, and hours that count here are to count there (DESIGN 10).

The event is what the other region takes: proven under this region's quorum, it counts there once. What has left counts here no
more. Records stay where they were certified; only their sum moves.
"""

from dataclasses import dataclass
from typing import Final

from contracts.balances import get_balance
from contracts.identity.parties import get_volunteer, require_volunteer
from contracts.kinds import Kind
from contracts.regions.trusted import get_policy
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.transactions import chain_id_codec
from ledger.types import IDENTIFIER_BYTES, Identifier, Minutes


@dataclass(frozen=True, slots=True)
class SendTime:
    """Body: `minutes` of a volunteer leave for the account `recipient` in the chain `region`."""

    volunteer: Identifier
    region: str
    recipient: Identifier
    minutes: Minutes


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Event: the same; `transfer` is how the transaction's identifier begins."""

    transfer: Identifier
    volunteer: Identifier
    region: str
    recipient: Identifier
    minutes: Minutes


_send = codec.struct(SendTime, codec.identifier, chain_id_codec, codec.identifier, codec.minutes)
_left = codec.struct(TimeLeft, codec.identifier, codec.identifier, chain_id_codec, codec.identifier, codec.minutes)
TIME_LEFT: EventType[TimeLeft] = EventType("regions.time_left", _left, lambda event: (event.volunteer,))
LEFT_MINUTES: Final[Table[Minutes]] = Table(b"time-left", codec.minutes)
"""Minutes of a volunteer that have left, all transfers together."""


def get_left_minutes(view: View, volunteer: Identifier) -> Minutes:
    """Return how many minutes of a volunteer have left for other regions."""
    return LEFT_MINUTES.get(view, volunteer) or Minutes(0)


def send_time(state: Overlay, body: SendTime, context: TransactionContext) -> Effects:
    """Send time to another region that is trusted here (signed by the volunteer)."""
    get_volunteer(state, body.volunteer)
    get_policy(state, body.region)
    require_volunteer(state, context, body.volunteer)
    if body.minutes < 1:
        raise Rejection(Reason.INVALID_MINUTES, "a transfer is of one minute at least", str(body.minutes))
    left = get_left_minutes(state, body.volunteer)
    available = get_balance(state, body.volunteer).minutes - left
    if body.minutes > available:
        raise Rejection(Reason.INSUFFICIENT_TIME, f"{body.minutes} minutes are to leave, {available} are there", str(available))
    LEFT_MINUTES.put(state, Minutes(left + body.minutes), body.volunteer)
    transfer = Identifier(context.transaction_id[:IDENTIFIER_BYTES])
    return Effects((TIME_LEFT.encode(TimeLeft(transfer, body.volunteer, body.region, body.recipient, body.minutes)),))


def carry_left_minutes(state: Overlay, volunteer: Identifier, remaining: Identifier | None) -> None:
    """Let what has left of an account that ends stand with the one that remains, or with none."""
    left = get_left_minutes(state, volunteer)
    if left and remaining is not None:
        LEFT_MINUTES.put(state, Minutes(get_left_minutes(state, remaining) + left), remaining)
    if left:
        LEFT_MINUTES.delete(state, volunteer)


KINDS: Final = (Kind("regions.send_time", _send, send_time),)
EVENTS: Final = (TIME_LEFT,)
TABLES: Final = (LEFT_MINUTES,)
