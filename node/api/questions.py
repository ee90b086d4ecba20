"""What an organisation has to answer: disputes and claims of missing records, with the day by which an answer is due.

How many are open and overdue, everybody may see (Order 67, articles 12 and 13, have no other consequence for whoever does not
answer). What they are about is for the organisation's officers and the volunteer alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aiohttp import web

from contracts.governance import take_effect
from contracts.hours.disputes import DISPUTES, Dispute
from contracts.hours.missing import CLAIMS, MissingClaim
from contracts.identity.parties import ORGANISATIONS
from contracts.parameters import compute_today
from ledger.codec import MAX_DAY, decode
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES, Overlay, Table
from ledger.types import Day, Height, Identifier, TimeMs
from node.api.access import authenticate, is_party
from node.api.requests import get_service, read_hex, read_identifier, read_query_number
from node.pinned import Pinned

DEFAULT_PAGE: Final = 100
MAX_PAGE: Final = 1_000
MAX_LOOKED_AT: Final = 20_000
"""Values that are looked at for one page."""
MAX_COUNTED: Final = 5_000
"""Values that are looked at for a count, which everybody may ask for; beyond them it is said to be incomplete."""
_MAX_PLACE_BYTES: Final = 32

T = TypeVar("T", Dispute, MissingClaim)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: from which place on, how many, and by whom."""

    organisation: Identifier
    signed_by: Identifier
    start: bytes
    limit: int


def compute_day(pinned: Pinned, time_ms: TimeMs) -> Day:
    """Return today on the region's clock, which the authorities may have set for the next block."""
    in_force = Overlay(pinned.reader.state)
    take_effect(in_force, Height(pinned.reader.tip.height + 1))
    return Day(min(max(compute_today(in_force, time_ms), 0), MAX_DAY))


async def show_overdue(request: web.Request) -> web.Response:
    """Tell everybody how many questions an organisation has open, and how many of them are overdue."""
    organisation = read_identifier(request)
    service = get_service(request)
    time_ms = service.clock()
    return web.json_response(await service.read(lambda pinned: count_open(pinned, organisation, time_ms)))


def count_open(pinned: Pinned, organisation: Identifier, time_ms: TimeMs) -> dict[str, Any]:
    """Return the counts; raise `NOT_FOUND` where there is no such organisation."""
    if not ORGANISATIONS.has(pinned.reader.state, organisation):
        raise HourledgerError(Reason.NOT_FOUND, "there is no such organisation", organisation.hex())
    today = compute_day(pinned, time_ms)
    return {
        "organisation": organisation.hex(),
        "day": to_date(today).isoformat(),
        "disputes": _count(pinned, DISPUTES, organisation, today),
        "claims": _count(pinned, CLAIMS, organisation, today),
    }


def _count(pinned: Pinned, table: Table[T], organisation: Identifier, today: Day) -> dict[str, Any]:
    counted, overdue, is_complete = 0, 0, True
    for looked_at, (_place, value) in enumerate(_iterate(pinned, table, organisation)):
        if looked_at == MAX_COUNTED:
            is_complete = False
            break
        counted += _is_open(value)
        overdue += value.is_overdue(today)
    return {"open": counted, "overdue": overdue, "is_complete": is_complete}


def _iterate(pinned: Pinned, table: Table[T], organisation: Identifier, start: bytes = b"") -> Iterator[tuple[bytes, T]]:
    for place, data in pinned.reader.iterate_values_under(table.key(organisation), start):
        yield place, decode(table.codec, data, max_bytes=MAX_VALUE_BYTES)


def _is_open(value: Dispute | MissingClaim) -> bool:
    return isinstance(value, MissingClaim) or value.resolution is None


async def list_disputes(request: web.Request) -> web.Response:
    """List an organisation's open disputes: all of them for its officers, their own for volunteers."""
    return await _list(request, "disputes", DISPUTES, _format_dispute)


async def list_claims(request: web.Request) -> web.Response:
    """List the records that are said to be missing: all of them for the organisation's officers, their own for volunteers."""
    return await _list(request, "claims", CLAIMS, _format_claim)


async def _list(
    request: web.Request, name: str, table: Table[T], fmt: Callable[[bytes, T, Day], dict[str, Any]]
) -> web.Response:
    service = get_service(request)
    start = request.query.get("from", "")
    place = read_hex(start, "from", 1, _MAX_PLACE_BYTES) if start else b""
    limit = max(1, read_query_number(request, "limit", DEFAULT_PAGE, MAX_PAGE))
    with service.reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state)
    if signed_by is None:
        raise HourledgerError(Reason.NOT_AUTHENTICATED, "the answer is for its parties only")
    asked = Asked(read_identifier(request), signed_by, place, limit)
    time_ms = service.clock()

    def read(pinned: Pinned) -> dict[str, Any]:
        today = compute_day(pinned, time_ms)
        found, following = _find_page(pinned, table, asked)
        return {name: [fmt(*item, today) for item in found], "next": following}

    return web.json_response(await service.read(read))


def _find_page(pinned: Pinned, table: Table[T], asked: Asked) -> tuple[list[tuple[bytes, T]], str | None]:
    """Return the page, and where the next one starts, None after the last. A page may be empty and not the last."""
    page: list[tuple[bytes, T]] = []
    for looked_at, (place, value) in enumerate(_iterate(pinned, table, asked.organisation, asked.start)):
        if len(page) == asked.limit or looked_at == MAX_LOOKED_AT:
            return page, place.hex()
        if _is_open(value) and is_party(asked.signed_by, (asked.organisation, value.volunteer), pinned.reader.state):
            page.append((place, value))
    return page, None


def _format_dispute(_place: bytes, value: Dispute, today: Day) -> dict[str, Any]:
    return {
        "record": value.record.hex(),
        "volunteer": value.volunteer.hex(),
        "recorded_day": to_date(value.recorded_day).isoformat(),
        "grounds": value.grounds.name.lower(),
        "disputed_day": to_date(value.disputed_day).isoformat(),
        "deadline_day": to_date(value.deadline_day).isoformat(),
        "is_overdue": value.is_overdue(today),
    }


def _format_claim(place: bytes, value: MissingClaim, today: Day) -> dict[str, Any]:
    return {
        "claim": place.hex(),
        "volunteer": value.volunteer.hex(),
        "activity": value.activity.hex(),
        "day": to_date(value.day).isoformat(),
        "claimed_day": to_date(value.claimed_day).isoformat(),
        "deadline_day": to_date(value.deadline_day).isoformat(),
        "is_overdue": value.is_overdue(today),
    }
