"""What an answer of the ledger means for the record book, kind by kind. Call inside a transaction of the database."""

from dataclasses import dataclass, replace

from cli.office.answers import NodeOutcome, parse_identifier_hex
from cli.office.book_records import KnownRecord, Records, RecordStatus
from cli.office.outbox import Waiting
from cli.office.record_book import RecordBook
from contracts.activities import PublishActivity
from contracts.hours import AmendHours, CertifyHours, VoidHours
from contracts.hours.codes import DropReserved, ReserveHours, compute_code_hash
from contracts.identity.volunteers import EnrolVolunteers
from contracts.orders.certifying import CertifyOrder
from contracts.rulebook import KINDS
from ledger.codec import decode
from ledger.errors import RowOutcome
from ledger.reasons import Reason
from ledger.transactions import MAX_TRANSACTION_BYTES
from ledger.types import IDENTIFIER_BYTES, EntryIndex, Hash, Identifier

_IS_CERTIFIED = frozenset({Reason.DUPLICATE_RECORD})
_IS_ENROLLED = frozenset({Reason.DUPLICATE_PERSON, Reason.ALREADY_EXISTS})


@dataclass(frozen=True, slots=True)
class Settled:
    """What one answer brought that was not there before."""

    records: tuple[Identifier, ...] = ()
    enrolled: int = 0
    published: int = 0


def settle(book: RecordBook, records: Records, waiting: Waiting, outcome: NodeOutcome) -> Settled:
    """Write an outcome into the book. A refusal is written too; whether it is an error is for the caller to say."""
    transaction = waiting.transaction
    body = decode(KINDS[transaction.kind].codec, transaction.body, max_bytes=MAX_TRANSACTION_BYTES)
    match body:
        case EnrolVolunteers():
            return _settle_enrolment(book, body, outcome)
        case PublishActivity():
            return _settle_activity(book, body, outcome)
        case CertifyHours():
            return _settle_batch(records, waiting, body, outcome)
        case AmendHours():
            _settle_amendment(book, records, body, outcome)
        case VoidHours():
            if outcome.is_accepted or outcome.reason is Reason.RECORD_VOID:
                records.mark(body.record, RecordStatus.VOID)
        case ReserveHours():
            _settle_reservation(records, body, outcome)
        case CertifyOrder():
            _settle_order(book, records, waiting, body, outcome)
        case DropReserved():
            _settle_dropped(book, records, body, outcome)
        case _:
            pass
    return Settled()


def find_reserved(book: RecordBook, records: Records, code_hash: Hash) -> KnownRecord | None:
    """Return the record that waits for whoever has the code of that hash."""
    reserved = records.list_with(RecordStatus.RESERVED)
    return next((item for item in reserved if compute_code_hash(book.compute_code(item.record)) == code_hash), None)


def _settle_enrolment(book: RecordBook, body: EnrolVolunteers, outcome: NodeOutcome) -> Settled:
    if not outcome.is_accepted:
        return Settled()
    pairs = []
    for row, refusal in zip(body.rows, outcome.rows, strict=True):
        if refusal is None:
            pairs.append((row.volunteer, row.volunteer))
        elif refusal.reason in _IS_ENROLLED:
            # A person who is enrolled already is named by the existing account, which then is used.
            is_person = refusal.reason is Reason.DUPLICATE_PERSON
            pairs.append((row.volunteer, parse_identifier_hex(refusal.value) if is_person else row.volunteer))
    book.mark_enrolled(pairs)
    return Settled(enrolled=sum(refusal is None for refusal in outcome.rows))


def _settle_activity(book: RecordBook, body: PublishActivity, outcome: NodeOutcome) -> Settled:
    # Nobody else can make an identifier from this book's secret: one that is taken was taken by an earlier run.
    if outcome.is_accepted or outcome.reason is Reason.ALREADY_EXISTS:
        book.mark_published(body.activity)
    return Settled(published=int(outcome.is_accepted))


def _settle_batch(records: Records, waiting: Waiting, body: CertifyHours, outcome: NodeOutcome) -> Settled:
    if outcome.reason is not None:
        rows = outcome.rows or (RowOutcome(outcome.reason, outcome.value),) * len(body.rows)
        for attendance, refusal in zip(body.rows, rows, strict=True):
            # In a batch that asked for all or nothing, the good rows were refused with the others.
            records.mark(attendance.record, RecordStatus.REFUSED, refusal or RowOutcome(Reason.BATCH_REFUSED, outcome.value))
        return Settled()
    batch = Identifier(waiting.transaction_id[:IDENTIFIER_BYTES])
    certified: list[Identifier] = []
    next_index = outcome.first_event_index
    for number, (attendance, refusal) in enumerate(zip(body.rows, outcome.rows, strict=True)):
        known = records.find(attendance.record)
        entry_index = next_index
        if refusal is None and next_index is not None:
            next_index = EntryIndex(next_index + 1)
        if known is None:
            continue
        if refusal is None:
            certified.append(attendance.record)
            place = replace(known, batch=batch, row=number, entry_index=entry_index)
            records.put(replace(place, status=RecordStatus.CERTIFIED, refusal=None))
        elif refusal.reason in _IS_CERTIFIED:
            records.put(replace(known, status=RecordStatus.CERTIFIED, refusal=None))
        else:
            is_void = refusal.reason is Reason.RECORD_VOID
            records.mark(attendance.record, RecordStatus.VOID if is_void else RecordStatus.REFUSED, refusal)
    return Settled(records=tuple(certified))


def _settle_reservation(records: Records, body: ReserveHours, outcome: NodeOutcome) -> None:
    if outcome.reason is not None:
        for row in body.rows:
            records.mark(row.record, RecordStatus.REFUSED, RowOutcome(outcome.reason, outcome.value))
        return
    for row, refusal in zip(body.rows, outcome.rows, strict=True):
        # A code that is taken was taken by an earlier run: nobody else can make it from this book's secret.
        is_reserved = refusal is None or refusal.reason is Reason.ALREADY_EXISTS
        records.mark(
            row.record, RecordStatus.RESERVED if is_reserved else RecordStatus.REFUSED, None if is_reserved else refusal
        )


def _settle_dropped(book: RecordBook, records: Records, body: DropReserved, outcome: NodeOutcome) -> None:
    dropped = find_reserved(book, records, body.code_hash) if outcome.is_accepted else None
    if dropped is not None:
        records.mark(dropped.record, RecordStatus.VOID)


def _settle_order(book: RecordBook, records: Records, waiting: Waiting, body: CertifyOrder, outcome: NodeOutcome) -> None:
    known = records.find(body.record)
    if known is None:
        return
    if outcome.reason is not None:
        records.mark(body.record, RecordStatus.REFUSED, RowOutcome(outcome.reason, outcome.value))
        return
    helper = book.find_volunteer(known.volunteer_reference)
    if helper is None or not helper.is_enrolled:
        records.mark(body.record, RecordStatus.RESERVED)
        return
    place = replace(known, batch=Identifier(waiting.transaction_id[:IDENTIFIER_BYTES]), row=0, refusal=None)
    records.put(replace(place, entry_index=outcome.first_event_index, status=RecordStatus.CERTIFIED))


def _settle_amendment(book: RecordBook, records: Records, body: AmendHours, outcome: NodeOutcome) -> None:
    row = body.attendance
    known = records.find(row.record)
    if known is None or not outcome.is_accepted:
        return
    records.put(
        replace(
            known,
            recorded_day=row.day,
            minutes=row.minutes,
            activity_reference=book.find_activity_reference(row.activity) or known.activity_reference,
            commitment=row.commitment,
            entry_index=outcome.first_event_index,
        )
    )
