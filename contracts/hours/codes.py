"""Service of helpers who are not registered yet: certified for whoever has a one-time code, and claimed with it later.

Somebody who helps on the spot and registers afterwards loses nothing (DOMAIN section 2, S6). The organisation certifies for the
hash of a code and gives the code to the helper; the ledger does not know the helper before the code is revealed.
"""

from dataclasses import dataclass
from typing import Final

from contracts.accrual import Accrual
from contracts.hours.service import (
    HOURS_RECORDED,
    Attendance,
    compute_record,
    find_clash,
    find_content_refusal,
    find_duplicate,
    make_recorded,
)
from contracts.identity.parties import require_officers, require_volunteer
from contracts.kinds import Kind
from contracts.records import BATCHES, FIRST_REVISION, Batch, Calendars, start_codec
from ledger import codec
from ledger.crypto import sha256
from ledger.errors import Rejection, RowOutcome
from ledger.events import MAX_ROWS, EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import IDENTIFIER_BYTES, Day, Hash, Identifier, Minutes

_DOMAIN: Final = b"hourledger/claim-code/v1\x00"


@dataclass(frozen=True, slots=True)
class ReservedHours:
    """One row: who has the code of `code_hash` served when and for how long."""

    code_hash: Hash
    record: Identifier
    activity: Identifier
    day: Day
    start: int | None
    minutes: Minutes
    commitment: Hash


@dataclass(frozen=True, slots=True)
class ReserveHours:
    """Body: an organisation certifies service for up to 1,000 codes. Rows that cannot be are refused, the others go ahead.

    `is_backfilled` is as in `CertifyHours`.
    """

    organisation: Identifier
    rows: tuple[ReservedHours, ...]
    is_backfilled: bool = False


@dataclass(frozen=True, slots=True)
class ClaimByCode:
    """Body: a volunteer reveals a code and gets the record. A code is 16 random bytes, so that nobody finds it by trying."""

    volunteer: Identifier
    code: Identifier


@dataclass(frozen=True, slots=True)
class DropReserved:
    """Body: an organisation takes back what nobody has claimed."""

    organisation: Identifier
    code_hash: Hash


@dataclass(frozen=True, slots=True)
class Reserved:
    """Service that waits for its helper. `reserved_day` is when it was certified."""

    organisation: Identifier
    hours: ReservedHours
    reserved_day: Day
    is_backfilled: bool


@dataclass(frozen=True, slots=True)
class HoursReserved:
    """Event: service waits for whoever has the code."""

    organisation: Identifier
    hours: ReservedHours


_reserved = codec.struct(
    ReservedHours,
    codec.hash_,
    codec.identifier,
    codec.identifier,
    codec.day,
    start_codec,
    codec.minutes,
    codec.hash_,
)
_reserve = codec.struct(ReserveHours, codec.identifier, codec.sequence(_reserved, 1, MAX_ROWS), codec.boolean)
_claim = codec.struct(ClaimByCode, codec.identifier, codec.identifier)
_drop = codec.struct(DropReserved, codec.identifier, codec.hash_)
HOURS_RESERVED: EventType[HoursReserved] = EventType(
    "hours.reserved", codec.struct(HoursReserved, codec.identifier, _reserved), lambda event: (event.organisation,)
)
RESERVED_DROPPED: EventType[DropReserved] = EventType("hours.reserved_dropped", _drop, lambda event: (event.organisation,))
RESERVED: Final[Table[Reserved]] = Table(
    b"reserved", codec.struct(Reserved, codec.identifier, _reserved, codec.day, codec.boolean)
)
"""Key: hash of the code. What was claimed or taken back is in the log only."""


def compute_code_hash(code: Identifier) -> Hash:
    """Return what an organisation certifies for: the hash of a code."""
    return sha256(_DOMAIN, code)


def reserve_hours(state: Overlay, body: ReserveHours, context: TransactionContext) -> Effects:
    """Certify service of helpers who are not registered (signed by officers as the policy says). It counts once claimed."""
    require_officers(state, context, body.organisation)
    accrual = Accrual.load(state, context.block.time_ms)
    events: list[bytes] = []
    outcomes: list[RowOutcome | None] = []
    for row in body.rows:
        refusal = _find_refusal(state, body.organisation, row, accrual)
        outcomes.append(refusal)
        if refusal is None:
            events.append(put_reserved(state, body.organisation, row, accrual.today, is_backfilled=body.is_backfilled))
    return Effects(tuple(events), tuple(outcomes))


def put_reserved(
    state: Overlay, organisation: Identifier, row: ReservedHours, today: Day, *, is_backfilled: bool = False
) -> bytes:
    """Let service wait for whoever has its code; return the event."""
    RESERVED.put(state, Reserved(organisation, row, today, is_backfilled), row.code_hash)
    return HOURS_RESERVED.encode(HoursReserved(organisation, row))


def _find_refusal(state: View, organisation: Identifier, row: ReservedHours, accrual: Accrual) -> RowOutcome | None:
    if RESERVED.has(state, row.code_hash):
        return RowOutcome(Reason.ALREADY_EXISTS, row.record.hex())
    return find_content_refusal(organisation, row, accrual, is_correction=False)


def claim_by_code(state: Overlay, body: ClaimByCode, context: TransactionContext) -> Effects:
    """Claim service by its code (signed by the volunteer). It is a record like any other from then on.

    It is late or not by the day on which it was certified. What the volunteer has recorded for that time stands in its way.
    """
    require_volunteer(state, context, body.volunteer)
    code_hash = compute_code_hash(body.code)
    reserved = RESERVED.get(state, code_hash)
    if reserved is None:
        raise Rejection(Reason.UNKNOWN_CLAIM, "no service waits for that code", body.code.hex())
    row = _make_attendance(reserved.hours, body.volunteer)
    accrual, calendars = Accrual.load(state, context.block.time_ms), Calendars(state)
    refusal = find_duplicate(state, row, calendars) or find_clash(calendars, row, accrual, correcting=None)
    refusal = refusal or calendars.find_full(body.volunteer)
    if refusal is not None:
        raise Rejection(refusal.reason, "the service cannot be recorded for the volunteer", refusal.value)
    RESERVED.delete(state, code_hash)
    means = accrual, calendars
    certified = reserved.organisation, row, reserved.reserved_day
    return Effects((record_single(state, context, *certified, means, is_backfilled=reserved.is_backfilled),))


def record_single(
    state: Overlay,
    context: TransactionContext,
    organisation: Identifier,
    row: Attendance,
    certified_day: Day,
    means: tuple[Accrual, Calendars],
    *,
    is_backfilled: bool = False,
) -> bytes:
    """Record one attendance in a batch of its own, against which nothing speaks; return the event."""
    _accrual, calendars = means
    batch = Identifier(context.transaction_id[:IDENTIFIER_BYTES])
    record = compute_record(row, batch, 0, means, certified_day, is_backfilled=is_backfilled)
    calendars.add(row.volunteer, record)
    BATCHES.put(state, Batch(organisation, bytes((FIRST_REVISION,))), batch)
    calendars.save(state)
    return HOURS_RECORDED.encode(make_recorded(organisation, row, record, FIRST_REVISION, None))


def _make_attendance(hours: ReservedHours, volunteer: Identifier) -> Attendance:
    return Attendance(hours.record, hours.activity, volunteer, hours.day, hours.start, hours.minutes, hours.commitment)


def drop_reserved(state: Overlay, body: DropReserved, context: TransactionContext) -> Effects:
    """Take back what nobody has claimed (signed by officers as the policy says)."""
    require_officers(state, context, body.organisation)
    reserved = RESERVED.get(state, body.code_hash)
    if reserved is None or reserved.organisation != body.organisation:
        raise Rejection(Reason.UNKNOWN_CLAIM, "the organisation has nothing waiting for that code", body.code_hash.hex())
    RESERVED.delete(state, body.code_hash)
    return Effects((RESERVED_DROPPED.encode(body),))


KINDS: Final = (
    Kind("hours.reserve", _reserve, reserve_hours),
    Kind("hours.claim_by_code", _claim, claim_by_code),
    Kind("hours.drop_reserved", _drop, drop_reserved),
)
EVENTS: Final = (HOURS_RESERVED, RESERVED_DROPPED)
TABLES: Final = (RESERVED,)
