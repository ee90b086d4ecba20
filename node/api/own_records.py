"""A volunteer's records as they stand now, month by month, with what was said about each of them.

The volunteer may look up what is recorded (Order 67, article 12) and sees all of it; an organisation sees what it recorded.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from aiohttp import web

from contracts.hours.cosigning import COSIGNED
from contracts.hours.disputes import DISPUTES, Dispute, compute_key
from contracts.hours.merits import AWARDS, RecordAward
from contracts.hours.totals import TOTALS, ImportTotal
from contracts.records import BATCHES, CALENDARS, Record
from contracts.trainings import TRAININGS, Training
from ledger.codec import decode
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES, Table
from ledger.types import Day, Identifier
from node.api.access import authenticate, is_party, require_party
from node.api.questions import compute_day
from node.api.requests import get_service, read_hex, read_identifier
from node.pinned import Pinned

T = TypeVar("T")

PAGE_RECORDS: Final = 1_000
"""After so many records were looked at, also of other organisations, a page ends with the month."""
MONTH_BYTES: Final = 4
MAX_MERITS: Final = 1_000
"""Imported totals, trainings and awards that are shown, of each."""


async def list_records(request: web.Request) -> web.Response:
    """List a volunteer's records that the signer may read, void ones included."""
    volunteer = read_identifier(request)
    text = request.query.get("from", "")
    start = read_hex(text, "from", MONTH_BYTES, MONTH_BYTES) if text else b""
    service = get_service(request)
    with service.reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state)
    if signed_by is None:
        raise HourledgerError(Reason.NOT_AUTHENTICATED, "the answer is for its parties only")
    time_ms = service.clock()
    page = await service.read(lambda view: find_page(view, volunteer, signed_by, start, compute_day(view, time_ms)))
    return web.json_response(page)


def find_page(pinned: Pinned, volunteer: Identifier, signed_by: Identifier, start: bytes, today: Day) -> dict[str, Any]:
    """Return whole months from `start` on, and with which month the next page starts, None after the last."""
    page: list[dict[str, Any]] = []
    looked_at = 0
    for month, data in pinned.reader.iterate_values_under(CALENDARS.key(volunteer), start):
        if looked_at >= PAGE_RECORDS:
            return {"records": page, "next": month.hex()}
        records = decode(CALENDARS.codec, data, max_bytes=MAX_VALUE_BYTES)
        looked_at += len(records)
        for record in records:
            batch = BATCHES.get(pinned.reader.state, record.batch)
            if batch is not None and is_party(signed_by, (volunteer, batch.organisation), pinned.reader.state):
                revision = batch.revisions[record.row]
                page.append(_format_record(pinned, batch.organisation, record, revision, today))
    return {"records": page, "next": None}


def _format_record(pinned: Pinned, organisation: Identifier, record: Record, revision: int, today: Day) -> dict[str, Any]:
    key = compute_key(organisation, record)
    dispute = DISPUTES.get(pinned.reader.state, *key)
    return {
        "record": record.record.hex(),
        "organisation": organisation.hex(),
        "day": to_date(record.day).isoformat(),
        "start_minute": record.start,
        "minutes": record.minutes,
        "points": record.points,
        "is_late": record.is_late,
        "is_backfilled": record.is_backfilled,
        "status": record.status.name.lower(),
        "is_cosigned": COSIGNED.get(pinned.reader.state, *key) == revision,
        "dispute": None if dispute is None else _format_dispute(dispute, today),
    }


def _format_dispute(dispute: Dispute, today: Day) -> dict[str, Any]:
    return {
        "grounds": dispute.grounds.name.lower(),
        "deadline_day": to_date(dispute.deadline_day).isoformat(),
        "is_overdue": dispute.is_overdue(today),
        "resolution": None if dispute.resolution is None else dispute.resolution.name.lower(),
    }


async def show_merits(request: web.Request) -> web.Response:
    """Show a volunteer what does not count as hours recorded here: imported totals, trainings and awards."""
    volunteer = read_identifier(request)
    service = get_service(request)
    with service.reading() as pinned:
        require_party(authenticate(request, pinned.reader.state), (volunteer,), pinned.reader.state)
    return web.json_response(await service.read(lambda view: find_merits(view, volunteer)))


def find_merits(pinned: Pinned, volunteer: Identifier) -> dict[str, Any]:
    """Return a volunteer's imported totals, trainings and awards."""
    return {
        "volunteer": volunteer.hex(),
        "totals": [_format_total(item) for _place, item in _iterate_own(pinned, TOTALS, volunteer)],
        "trainings": [_format_training(place, item) for place, item in _iterate_own(pinned, TRAININGS, volunteer)],
        "awards": [_format_award(item) for _place, item in _iterate_own(pinned, AWARDS, volunteer)],
    }


def _iterate_own(pinned: Pinned, table: Table[T], volunteer: Identifier) -> Iterator[tuple[bytes, T]]:
    for number, (place, data) in enumerate(pinned.reader.iterate_values_under(table.key(volunteer))):
        if number == MAX_MERITS:
            return
        yield place, decode(table.codec, data, max_bytes=MAX_VALUE_BYTES)


def _format_total(total: ImportTotal) -> dict[str, Any]:
    return {
        "organisation": total.organisation.hex(),
        "source": total.source.hex(),
        "first_day": to_date(total.first_day).isoformat(),
        "last_day": to_date(total.last_day).isoformat(),
        "minutes": total.minutes,
        "evidence": total.evidence.hex(),
    }


def _format_training(code: bytes, training: Training) -> dict[str, Any]:
    return {
        "training": code.decode(),
        "organisation": training.organisation.hex(),
        "completed_day": to_date(training.completed_day).isoformat(),
        "expires_day": to_date(training.expires_day).isoformat(),
    }


def _format_award(award: RecordAward) -> dict[str, Any]:
    return {"award": award.award.hex(), "organisation": award.organisation.hex(), "day": to_date(award.day).isoformat()}
