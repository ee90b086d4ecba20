"""What is on record about certificates, stars, sanctions and reports: the first and the last for everybody."""

from typing import Any

from aiohttp import web

from contracts.certificates.registry import CERTIFICATES, RegisteredCertificate
from contracts.certificates.stars import STARS, Star
from contracts.reports import REPORTS, AnchoredReport
from contracts.sanctions import SANCTIONS, Sanction
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.types import HASH_BYTES, Identifier
from node.api.access import authenticate, require_party
from node.api.requests import get_service, read_hex, read_identifier


async def show_certificate(request: web.Request) -> web.Response:
    """Answer the public check of a certificate's number: number, period, total and status, and nothing else (DOMAIN 4, 10)."""
    number = read_identifier(request)
    with get_service(request).reading() as pinned:
        found = CERTIFICATES.get(pinned.reader.state, number)
    if found is None:
        raise HourledgerError(Reason.NOT_FOUND, "no certificate is registered under that number", number.hex())
    return web.json_response(_format_certificate(number, found))


def _format_certificate(number: Identifier, found: RegisteredCertificate) -> dict[str, Any]:
    return {
        "number": number.hex(),
        "period": {"first_day": to_date(found.first_day).isoformat(), "last_day": to_date(found.last_day).isoformat()},
        "minutes": found.minutes,
        "status": found.status.name.lower(),
    }


async def show_star(request: web.Request) -> web.Response:
    """Show a star award to the volunteer, the organisation, and those who objected."""
    award = read_identifier(request)
    with get_service(request).reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state)
        found = STARS.get(pinned.reader.state, award)
        require_party(
            signed_by, () if found is None else (found.volunteer, found.organisation, *found.objectors), pinned.reader.state
        )
    if found is None:
        raise HourledgerError(Reason.NOT_FOUND, "there is no such award", award.hex())
    return web.json_response(_format_star(award, found))


def _format_star(award: Identifier, found: Star) -> dict[str, Any]:
    return {
        "award": award.hex(),
        "organisation": found.organisation.hex(),
        "volunteer": found.volunteer.hex(),
        "stars": found.stars,
        "effective_day": to_date(found.effective_day).isoformat(),
        "status": found.status.name.lower(),
        "objections": len(found.objectors),
    }


async def show_sanction(request: web.Request) -> web.Response:
    """Show a sanction to the volunteer and to the organisation, and to nobody else: no merchant learns who is blocked."""
    identifier = read_identifier(request)
    with get_service(request).reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state)
        found = SANCTIONS.get(pinned.reader.state, identifier)
        require_party(signed_by, () if found is None else (found.volunteer, found.organisation), pinned.reader.state)
    if found is None:
        raise HourledgerError(Reason.NOT_FOUND, "there is no such sanction", identifier.hex())
    return web.json_response(_format_sanction(identifier, found))


def _format_sanction(identifier: Identifier, found: Sanction) -> dict[str, Any]:
    return {
        "sanction": identifier.hex(),
        "organisation": found.organisation.hex(),
        "volunteer": found.volunteer.hex(),
        "reason": found.reason.name.lower(),
        "last_day": to_date(found.last_day).isoformat(),
        "status": found.status.name.lower(),
    }


async def show_report(request: web.Request) -> web.Response:
    """Tell who put a report's hash on record, and from which block it was made."""
    report = read_hex(request.match_info["id"], "the report's hash", HASH_BYTES, HASH_BYTES)
    with get_service(request).reading() as pinned:
        found = REPORTS.get(pinned.reader.state, report)
    if found is None:
        raise HourledgerError(Reason.NOT_FOUND, "no such report is on record", report.hex())
    return web.json_response(_format_report(report, found))


def _format_report(report: bytes, found: AnchoredReport) -> dict[str, Any]:
    return {
        "report": report.hex(),
        "organisation": None if found.organisation is None else found.organisation.hex(),
        "height": found.height,
        "time_ms": found.time_ms,
    }
