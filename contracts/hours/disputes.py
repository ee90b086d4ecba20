"""Disputes: a volunteer says that a record is wrong, and the organisation must answer within so many working days.

The volunteer may look up, dispute and have corrected (Order 67, articles 12 and 13). A record that is disputed goes on counting
until the organisation agrees; one whose dispute was upheld counts no more. Whoever does not answer in time is not overruled,
but the day by which the answer was due stands in the state for all to whom the record belongs.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from contracts.hours.service import (
    Correction,
    correction_codec,
    find_own_record,
    make_void,
    require_counted,
    require_once_known,
)
from contracts.identity.parties import get_organisation, require_officers, require_volunteer
from contracts.kinds import Kind
from contracts.lots import row_codec
from contracts.parameters import compute_today, get_parameter
from contracts.records import FIRST_REVISION, LAST_REVISION, Calendars, Record, RecordStatus
from contracts.workdays import compute_deadline, get_workdays
from ledger import codec
from ledger.codec import MAX_DAY
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, TimeMs


class Resolution(IntEnum):
    """What the organisation answers."""

    REJECTED = 1
    """The record is right."""
    UPHELD = 2
    """The record is wrong and counts no more."""
    CORRECTED = 3
    """The record was wrong; it was amended since and counts as it stands now."""


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """Body: a volunteer disputes a record, found in the month of `recorded_day`."""

    organisation: Identifier
    volunteer: Identifier
    record: Identifier
    recorded_day: Day
    grounds: Correction


@dataclass(frozen=True, slots=True)
class ResolveDispute:
    """Body: the organisation answers."""

    organisation: Identifier
    volunteer: Identifier
    record: Identifier
    recorded_day: Day
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Dispute:
    """The newest dispute about a record, open while there is no resolution.

    `revision` is the one that was disputed, or, once that was rejected, the one that stands. An answer is due by
    `deadline_day`.
    """

    volunteer: Identifier
    record: Identifier
    recorded_day: Day
    grounds: Correction
    revision: int
    disputed_day: Day
    deadline_day: Day
    resolution: Resolution | None

    def is_overdue(self, today: Day) -> bool:
        """Whether the organisation should have answered before `today`."""
        return self.resolution is None and today > self.deadline_day


@dataclass(frozen=True, slots=True)
class DisputedHours:
    """Event: a record is disputed; an answer is due on `deadline_day`."""

    organisation: Identifier
    volunteer: Identifier
    record: Identifier
    batch: Identifier
    row: int
    grounds: Correction
    deadline_day: Day


@dataclass(frozen=True, slots=True)
class ResolvedDispute:
    """Event: the organisation has answered. `is_late` says that it did so after the deadline."""

    organisation: Identifier
    volunteer: Identifier
    record: Identifier
    batch: Identifier
    row: int
    resolution: Resolution
    is_late: bool


_resolution = codec.member(Resolution)
_ids = (codec.identifier, codec.identifier, codec.identifier)
_dispute = codec.struct(DisputeRecord, *_ids, codec.day, correction_codec)
_resolve = codec.struct(ResolveDispute, *_ids, codec.day, _resolution)
HOURS_DISPUTED: EventType[DisputedHours] = EventType(
    "hours.disputed",
    codec.struct(DisputedHours, *_ids, codec.identifier, row_codec, correction_codec, codec.day),
    lambda event: (event.volunteer, event.organisation),
)
DISPUTE_RESOLVED: EventType[ResolvedDispute] = EventType(
    "hours.dispute_resolved",
    codec.struct(ResolvedDispute, *_ids, codec.identifier, row_codec, _resolution, codec.boolean),
    lambda event: (event.volunteer, event.organisation),
)
DISPUTES: Final[Table[Dispute]] = Table(
    b"dispute",
    codec.struct(
        Dispute,
        codec.identifier,
        codec.identifier,
        codec.day,
        correction_codec,
        codec.integer("revision", FIRST_REVISION, LAST_REVISION),
        codec.day,
        codec.day,
        codec.optional(_resolution),
    ),
)
"""Key: organisation, then the record's batch and row. One at most for a record, so that nobody can fill the state with them."""


def compute_key(organisation: Identifier, record: Record) -> tuple[bytes, ...]:
    """Parts of the key under which a dispute about a record is kept."""
    return organisation, record.batch, record.row.to_bytes(2, "big")


def compute_answer_day(state: View, time_ms: TimeMs) -> tuple[Day, Day]:
    """Return today, and the last day on which what is asked today is answered in time."""
    today = Day(min(max(compute_today(state, time_ms), 0), MAX_DAY))
    deadline = compute_deadline(get_workdays(state), today, get_parameter(state, "answer_deadline_working_days"))
    return today, Day(min(deadline, MAX_DAY))


def dispute_record(state: Overlay, body: DisputeRecord, context: TransactionContext) -> Effects:
    """Dispute a record of one's own (signed by the volunteer). What was rejected can be disputed again once it is amended.

    Order 67, article 12.
    """
    get_organisation(state, body.organisation)
    require_volunteer(state, context, body.volunteer)
    record, revision = find_own_record(
        state, Calendars(state), body.organisation, body.volunteer, body.recorded_day, body.record
    )
    require_counted(record)
    key = compute_key(body.organisation, record)
    earlier = DISPUTES.get(state, *key)
    if earlier is not None and (earlier.resolution is None or earlier.revision == revision):
        raise Rejection(Reason.ALREADY_DISPUTED, "the record is disputed, or was and stands as it is", body.record.hex())
    today, deadline = compute_answer_day(state, context.block.time_ms)
    dispute = Dispute(body.volunteer, body.record, record.day, body.grounds, revision, today, deadline, None)
    DISPUTES.put(state, dispute, *key)
    event = DisputedHours(body.organisation, body.volunteer, body.record, record.batch, record.row, body.grounds, deadline)
    return Effects((HOURS_DISPUTED.encode(event),))


def resolve_dispute(state: Overlay, body: ResolveDispute, context: TransactionContext) -> Effects:
    """Answer a dispute (signed by officers as the policy says). A record whose dispute is upheld is made void.

    Order 67, article 13. A late answer is taken, and marked.
    """
    require_once_known(state, body.organisation, body.volunteer)
    require_officers(state, context, body.organisation, may_be_suspended=True)
    calendars = Calendars(state)
    record, revision = find_own_record(state, calendars, body.organisation, body.volunteer, body.recorded_day, body.record)
    if body.resolution is not Resolution.UPHELD:
        require_counted(record)
    key = compute_key(body.organisation, record)
    dispute = DISPUTES.get(state, *key)
    if dispute is None or dispute.resolution is not None:
        raise Rejection(Reason.UNKNOWN_DISPUTE, "the record is not disputed", body.record.hex())
    if body.resolution is Resolution.CORRECTED and revision == dispute.revision:
        raise Rejection(Reason.NO_CHANGE, "the record was not amended since it was disputed", str(revision))
    if body.resolution is Resolution.REJECTED:
        DISPUTES.put(state, replace(dispute, revision=revision, resolution=body.resolution), *key)
    else:
        DISPUTES.delete(state, *key)
    is_late = dispute.is_overdue(Day(compute_today(state, context.block.time_ms)))
    ids = body.organisation, body.volunteer, body.record
    events = [DISPUTE_RESOLVED.encode(ResolvedDispute(*ids, record.batch, record.row, body.resolution, is_late))]
    if body.resolution is Resolution.UPHELD and record.status is RecordStatus.COUNTED:
        events.extend(make_void(state, calendars, body.organisation, body.volunteer, record, dispute.grounds))
    return Effects(tuple(events))


KINDS: Final = (
    Kind("hours.dispute", _dispute, dispute_record),
    Kind("hours.resolve", _resolve, resolve_dispute),
)
EVENTS: Final = (HOURS_DISPUTED, DISPUTE_RESOLVED)
TABLES: Final = (DISPUTES,)
