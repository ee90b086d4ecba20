"""Volunteers: enrolled by an organisation, one account a person.

The registrar's keyed tag (HMAC) of a person's number is taken once (DOMAIN section 2, S2). Neither the number nor a bare hash
of it is on the chain: whoever lacks the registrar's key cannot test a guess.
"""

from dataclasses import dataclass

from contracts.blocks import is_blocked
from contracts.identity.departed import ENROLLED, ERASED, MERGED, VOLUNTEERS, Volunteer
from contracts.identity.parties import (
    KEYS,
    MERCHANTS,
    ORGANISATIONS,
    TAGS,
    Party,
    Role,
    require_own_officers,
)
from contracts.kinds import Kind
from contracts.parameters import compute_today
from ledger import codec
from ledger.errors import RowOutcome
from ledger.events import MAX_ROWS, MAX_VALUE_CHARACTERS, EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.types import Day, Hash, Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One person: account, the registrar's tag of the person's number, and a key if there is one."""

    volunteer: Identifier
    tag: Hash
    key: PublicKey | None


@dataclass(frozen=True, slots=True)
class EnrolVolunteers:
    """Body: an organisation enrols up to 1,000 volunteers. Rows that cannot be are refused, the others go ahead."""

    organisation: Identifier
    rows: tuple[Enrolment, ...]


@dataclass(frozen=True, slots=True)
class VolunteerEnrolled:
    """Event: the account exists."""

    volunteer: Identifier
    organisation: Identifier
    key: PublicKey | None


_enrolment = codec.struct(Enrolment, codec.identifier, codec.hash_, codec.optional(codec.public_key))
_enrol_volunteers = codec.struct(EnrolVolunteers, codec.identifier, codec.sequence(_enrolment, 1, MAX_ROWS))
VOLUNTEER_ENROLLED: EventType[VolunteerEnrolled] = EventType(
    "identity.volunteer_enrolled",
    codec.struct(VolunteerEnrolled, codec.identifier, codec.identifier, codec.optional(codec.public_key)),
    lambda event: (event.volunteer, event.organisation),
)


def enrol_volunteers(state: Overlay, body: EnrolVolunteers, context: TransactionContext) -> Effects:
    """Enrol volunteers (signed by one officer). A person who is already enrolled is named by the existing account.

    Who was erased may come back, once a block of the erased account is over.
    """
    require_own_officers(state, context, body.organisation, count=1)
    today = compute_today(state, context.block.time_ms)
    events: list[bytes] = []
    rows: list[RowOutcome | None] = []
    for row in body.rows:
        refusal = _find_refusal(state, row, today)
        rows.append(refusal)
        if refusal is None:
            _enrol(state, row, body.organisation, Day(max(0, min(today, codec.MAX_DAY))))
            events.append(VOLUNTEER_ENROLLED.encode(VolunteerEnrolled(row.volunteer, body.organisation, row.key)))
    return Effects(tuple(events), tuple(rows))


def _find_refusal(state: View, row: Enrolment, today: Day) -> RowOutcome | None:
    existing = TAGS.get(state, row.tag)
    if existing is not None and (VOLUNTEERS.has(state, existing) or is_blocked(state, existing, today)):
        return RowOutcome(Reason.DUPLICATE_PERSON, existing.hex())
    if any(table.has(state, row.volunteer) for table in (VOLUNTEERS, ERASED, MERGED, ORGANISATIONS, MERCHANTS)):
        return RowOutcome(Reason.ALREADY_EXISTS, row.volunteer.hex())
    if row.key is not None and KEYS.has(state, row.key):
        return RowOutcome(Reason.KEY_IN_USE, row.key.hex()[:MAX_VALUE_CHARACTERS])
    return None


def _enrol(state: Overlay, row: Enrolment, organisation: Identifier, today: Day) -> None:
    ENROLLED.put(state, today, row.volunteer)
    TAGS.put(state, row.volunteer, row.tag)
    VOLUNTEERS.put(state, Volunteer(row.key, organisation, (row.tag,)), row.volunteer)
    if row.key is not None:
        KEYS.put(state, Party(Role.VOLUNTEER, row.volunteer), row.key)


KINDS = (Kind("identity.enrol_volunteers", _enrol_volunteers, enrol_volunteers),)
EVENTS = (VOLUNTEER_ENROLLED,)
