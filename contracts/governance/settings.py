"""Settings of a region, changed by vote: its numbers, and its calendar of working days.

What is adopted waits in the state and takes effect with the first transaction at its height or later, before the transaction
itself: so it is in force for every transaction from that height on, and for none before.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from contracts.governance.voting import Subject, approve, compute_proposal_hash, find_voters, require_lead
from contracts.identity.parties import get_authorities
from contracts.kinds import Kind
from contracts.parameters import get_parameter, is_possible, set_parameter
from contracts.workdays import Workdays, days_codec, get_workdays, is_weekend, set_workdays
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.genesis import parameter_name_codec, parameter_value_codec
from ledger.reasons import Reason
from ledger.state import Overlay, Table
from ledger.types import Day, Height

MAX_VALUES: Final = 64


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter and what it is to be."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class SetParameters:
    """Body and event: parameters, by name and ascending, from the block at `effective_height` on."""

    effective_height: Height
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SetCalendar:
    """Body and event: the whole calendar of working days from the block at `effective_height` on, each list ascending."""

    effective_height: Height
    holidays: tuple[Day, ...]
    working_weekends: tuple[Day, ...]


_value = codec.struct(Value, parameter_name_codec, parameter_value_codec)
_set_parameters = codec.struct(SetParameters, codec.height, codec.sequence(_value, 1, MAX_VALUES))
_set_calendar = codec.struct(SetCalendar, codec.height, days_codec, days_codec)

NEXT_PARAMETERS: Final[Table[SetParameters]] = Table(b"next-parameters", _set_parameters, is_public=True)
NEXT_WORKDAYS: Final[Table[SetCalendar]] = Table(b"next-workdays", _set_calendar, is_public=True)
PARAMETERS_SET: Final = EventType("governance.parameters_set", _set_parameters)
CALENDAR_SET: Final = EventType("governance.calendar_set", _set_calendar)


def set_parameters(state: Overlay, body: SetParameters, context: TransactionContext) -> Effects:
    """Approve new values of parameters, which take effect once a quorum does (signed by one or more authorities that decide).

    What a region's practice leaves open (DOMAIN: "a parameter that authorities can change by vote for their region").
    """
    find_voters(get_authorities(state, context.block.height), context)
    _require_values(state, body)
    if NEXT_PARAMETERS.has(state):
        raise _pending("parameters")
    _require_bounds(context.block.height, body)
    proposal = compute_proposal_hash(Subject.PARAMETERS, _set_parameters, body)
    events, is_adopted = approve(state, Subject.PARAMETERS, proposal, body.effective_height, context)
    if is_adopted:
        NEXT_PARAMETERS.put(state, body)
        events.append(PARAMETERS_SET.encode(body))
    return Effects(tuple(events))


def _require_values(state: Overlay, body: SetParameters) -> None:
    known = [item for item in body.values if is_possible(item.name, item.value)]
    if len(known) == len(body.values) and all(get_parameter(state, item.name) == item.value for item in known):
        raise Rejection(Reason.NO_CHANGE, "the parameters have these values already", body.values[0].name)


def _require_bounds(height: Height, body: SetParameters) -> None:
    require_lead(height, body.effective_height)
    if any(first.name >= second.name for first, second in pairwise(body.values)):
        raise Rejection(Reason.INVALID_PROPOSAL, "parameters are named once each, in ascending order", body.values[0].name)
    for item in body.values:
        if not is_possible(item.name, item.value):
            detail = "no such parameter, or a value out of its bounds"
            raise Rejection(Reason.INVALID_PROPOSAL, detail, f"{item.name}={item.value}")


def set_calendar(state: Overlay, body: SetCalendar, context: TransactionContext) -> Effects:
    """Approve a calendar, which takes effect once a quorum does (signed by one or more authorities that decide).

    Deadlines are in working days, so public holidays and made-up working days are the region's law (Order 67, article 11).
    """
    find_voters(get_authorities(state, context.block.height), context)
    if get_workdays(state) == Workdays(body.holidays, body.working_weekends):
        raise Rejection(Reason.NO_CHANGE, "this is the calendar already", str(len(body.holidays)))
    if NEXT_WORKDAYS.has(state):
        raise _pending("calendar")
    require_lead(context.block.height, body.effective_height)
    _require_days(body)
    proposal = compute_proposal_hash(Subject.CALENDAR, _set_calendar, body)
    events, is_adopted = approve(state, Subject.CALENDAR, proposal, body.effective_height, context)
    if is_adopted:
        NEXT_WORKDAYS.put(state, body)
        events.append(CALENDAR_SET.encode(body))
    return Effects(tuple(events))


def _require_days(body: SetCalendar) -> None:
    for days, wanted in ((body.holidays, False), (body.working_weekends, True)):
        for first, second in pairwise(days):
            if first >= second:
                raise Rejection(Reason.INVALID_PROPOSAL, "the days are not ascending, each once", str(second))
        for day in days:
            if is_weekend(day) is not wanted:
                detail = "holidays are weekdays, and working weekends are Saturdays and Sundays"
                raise Rejection(Reason.INVALID_PROPOSAL, detail, str(day))


def _pending(what: str) -> Rejection:
    return Rejection(Reason.CHANGE_PENDING, "another change of the same is to take effect first", what)


def take_effect(state: Overlay, height: Height) -> None:
    """Put what was adopted for `height` or earlier in force."""
    parameters = NEXT_PARAMETERS.get(state)
    if parameters is not None and parameters.effective_height <= height:
        for item in parameters.values:
            set_parameter(state, item.name, item.value)
        NEXT_PARAMETERS.delete(state)
    calendar = NEXT_WORKDAYS.get(state)
    if calendar is not None and calendar.effective_height <= height:
        set_workdays(state, Workdays(calendar.holidays, calendar.working_weekends))
        NEXT_WORKDAYS.delete(state)


KINDS: Final = (
    Kind("governance.set_parameters", _set_parameters, set_parameters),
    Kind("governance.set_calendar", _set_calendar, set_calendar),
)
EVENTS: Final = (PARAMETERS_SET, CALENDAR_SET)
TABLES: Final = (NEXT_PARAMETERS, NEXT_WORKDAYS)
