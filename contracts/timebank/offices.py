"""Offices of the time bank that an authority gives to organisations: registrar, and keeper of the pool."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contracts.identity.parties import get_organisation, require_authority, require_own_officers
from contracts.kinds import Kind
from contracts.parameters import compute_today
from ledger import codec
from ledger.codec import MAX_DAY, Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier


class Office(IntEnum):
    """What an organisation may do for the time bank."""

    REGISTRAR = 1
    """Says of people, whose papers it has seen, that they are of age or relatives."""
    POOL_KEEPER = 2
    """Proposes who in need is issued time from the pool."""


@dataclass(frozen=True, slots=True)
class Appoint:
    """Body and event: an authority gives an organisation an office, or takes it away."""

    organisation: Identifier
    office: Office
    is_appointed: bool


_office: Codec[Office] = codec.member(Office)
_appoint = codec.struct(Appoint, codec.identifier, _office, codec.boolean)
APPOINTED: Final = EventType("timebank.appointed", _appoint)
OFFICES: Final[Table[Day]] = Table(b"time-office", codec.day, is_public=True)
"""Key: organisation, then the office in a byte. Since when the organisation has it."""


def has_office(view: View, organisation: Identifier, office: Office) -> bool:
    """Whether an organisation has an office."""
    return OFFICES.has(view, organisation, bytes([office]))


def require_office(state: View, context: TransactionContext, organisation: Identifier, office: Office) -> None:
    """Raise `Rejection` unless the organisation has the office, and officers have signed as its policy says.

    An office does not go over to a successor: an authority gives it.
    """
    get_organisation(state, organisation)
    if not has_office(state, organisation, office):
        raise Rejection(Reason.NOT_PERMITTED, "no authority has given the organisation this office", organisation.hex())
    require_own_officers(state, context, organisation)


def appoint(state: Overlay, body: Appoint, context: TransactionContext) -> Effects:
    """Give an organisation an office of the time bank, or take it away (signed by an authority). What it said stands."""
    get_organisation(state, body.organisation)
    require_authority(state, context)
    if has_office(state, body.organisation, body.office) is body.is_appointed:
        raise Rejection(Reason.NO_CHANGE, "the organisation stands so already", body.organisation.hex())
    today = min(max(compute_today(state, context.block.time_ms), 0), MAX_DAY)
    if body.is_appointed:
        OFFICES.put(state, Day(today), body.organisation, bytes([body.office]))
    else:
        OFFICES.delete(state, body.organisation, bytes([body.office]))
    return Effects((APPOINTED.encode(body),))


KINDS: Final = (Kind("timebank.appoint", _appoint, appoint),)
EVENTS: Final = (APPOINTED,)
TABLES: Final = (OFFICES,)
