"""Giving saved time: to another person, to the pool, and from the pool to somebody in need.

What was given away is spent: the receiver's lot has the gift for its source, so a correction of the giver's record leaves it
alone, as with points.
"""

from dataclasses import dataclass
from typing import Final

from contracts.identity.parties import get_organisation, get_volunteer, has_authority_signed
from contracts.kinds import Kind
from contracts.parameters import compute_today, get_parameter
from contracts.savings import TIME_POOL, TimeLot, add_to_pool, receive_lots, require_room, take_time
from contracts.timebank.attestations import is_family
from contracts.timebank.holders import not_offered, require_age, require_holder, require_time_bank, require_units
from contracts.timebank.offices import Office, require_office
from ledger import codec
from ledger.codec import MAX_DAY
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import IDENTIFIER_BYTES, Day, Hash, Identifier, Minutes

_NOBODY: Final = 0
_ATTESTED: Final = 1
"""What `time_gifts` and `time_pool_grants` say: 0 to nobody, 1 to those who are attested, 2 to anybody."""


@dataclass(frozen=True, slots=True)
class GiveTime:
    """Body and event: a volunteer gives saved time to another person."""

    volunteer: Identifier
    recipient: Identifier
    minutes: Minutes


@dataclass(frozen=True, slots=True)
class DonateTime:
    """Body and event: a volunteer gives saved time to the pool."""

    volunteer: Identifier
    minutes: Minutes


@dataclass(frozen=True, slots=True)
class IssueTime:
    """Body and event: time of the pool goes to a person in need; `grounds` commits to why."""

    organisation: Identifier
    volunteer: Identifier
    minutes: Minutes
    grounds: Hash


_give = codec.struct(GiveTime, codec.identifier, codec.identifier, codec.minutes)
_donate = codec.struct(DonateTime, codec.identifier, codec.minutes)
_issue = codec.struct(IssueTime, codec.identifier, codec.identifier, codec.minutes, codec.hash_)
TIME_GIVEN: Final = EventType("timebank.given", _give, lambda event: (event.volunteer, event.recipient))
TIME_DONATED: Final = EventType("timebank.donated", _donate, lambda event: (event.volunteer,))
POOL_ISSUED: Final = EventType("timebank.issued", _issue, lambda event: (event.volunteer, event.organisation))


def give_time(state: Overlay, body: GiveTime, context: TransactionContext) -> Effects:
    """Give saved time to a person (signed by the volunteer; for one without a key by the enrolling organisation).

    A region lets time be given to attested relatives (Nanjing), to anybody (Guangzhou) or to nobody (Beijing). What can only be
    given away goes first.
    """
    get_volunteer(state, body.volunteer)
    get_volunteer(state, body.recipient)
    require_holder(state, context, body.volunteer)
    require_units(state, body.minutes)
    if body.recipient == body.volunteer:
        raise Rejection(Reason.NO_CHANGE, "the time is with that person already", body.recipient.hex())
    require_room(state, body.recipient)
    require_time_bank(state)
    allowed = get_parameter(state, "time_gifts")
    if allowed == _NOBODY:
        raise not_offered("time_gifts")
    if allowed == _ATTESTED and not is_family(state, body.recipient, body.volunteer):
        raise Rejection(Reason.NOT_ATTESTED, "no registrar has attested that the two are related", body.recipient.hex())
    take_time(state, body.volunteer, body.minutes, to_give=True)
    _receive(state, body.recipient, body.minutes, context)
    return Effects((TIME_GIVEN.encode(body),))


def donate_time(state: Overlay, body: DonateTime, context: TransactionContext) -> Effects:
    """Give saved time to the pool (signed by the volunteer; for one without a key by the enrolling organisation)."""
    require_holder(state, context, body.volunteer)
    require_units(state, body.minutes)
    require_time_bank(state)
    take_time(state, body.volunteer, body.minutes, to_give=True)
    add_to_pool(state, body.minutes)
    return Effects((TIME_DONATED.encode(body),))


def issue_time(state: Overlay, body: IssueTime, context: TransactionContext) -> Effects:
    """Give time of the pool to a person in need (signed by officers of a keeper of the pool, and an authority).

    To elders whose age is attested (Nanjing), to people in need (Guangzhou), or to nobody: then donations stay with the
    platform (Beijing).
    """
    get_organisation(state, body.organisation)
    get_volunteer(state, body.volunteer)
    require_office(state, context, body.organisation, Office.POOL_KEEPER)
    if not has_authority_signed(state, context):
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "an authority must sign as well", "authority")
    require_units(state, body.minutes)
    require_room(state, body.volunteer)
    require_time_bank(state)
    allowed = get_parameter(state, "time_pool_grants")
    if allowed == _NOBODY:
        raise not_offered("time_pool_grants")
    if allowed == _ATTESTED:
        require_age(state, body.volunteer)
    balance = TIME_POOL.get(state) or 0
    if balance < body.minutes:
        raise Rejection(Reason.INSUFFICIENT_TIME, f"the pool has {balance} minutes", str(balance))
    add_to_pool(state, -body.minutes)
    _receive(state, body.volunteer, body.minutes, context)
    return Effects((POOL_ISSUED.encode(body),))


def _receive(state: Overlay, recipient: Identifier, minutes: Minutes, context: TransactionContext) -> None:
    """Put given time into an account, as one lot of today."""
    today = Day(min(max(compute_today(state, context.block.time_ms), 0), MAX_DAY))
    source = Identifier(context.transaction_id[:IDENTIFIER_BYTES])
    receive_lots(state, recipient, (TimeLot(today, source, 0, is_gift_only=False, minutes=minutes),))


KINDS: Final = (
    Kind("timebank.give", _give, give_time),
    Kind("timebank.donate", _donate, donate_time),
    Kind("timebank.issue", _issue, issue_time),
)
EVENTS: Final = (TIME_GIVEN, TIME_DONATED, POOL_ISSUED)
