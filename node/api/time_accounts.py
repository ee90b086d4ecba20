"""Saved time: the pool and the sums for everybody, an account for its person alone."""

from typing import Any

from aiohttp import web

from contracts.identity.departed import VOLUNTEERS
from contracts.savings import TIME_ISSUED, TIME_POOL, TimeLot, compute_minutes, compute_spendable, get_account
from contracts.timebank.attestations import is_of_age
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from node.api.access import authenticate, require_party
from node.api.requests import get_service, read_identifier


async def show_time_bank(request: web.Request) -> web.Response:
    """Tell what the pool has and what is saved in all."""
    with get_service(request).reading() as pinned:
        view = pinned.reader.state
        pool, issuer = TIME_POOL.get(view) or 0, TIME_ISSUED.get(view) or 0
    return web.json_response({"pool_minutes": pool, "issuer_minutes": issuer})


async def show_time_account(request: web.Request) -> web.Response:
    """Give a person the account of saved time."""
    volunteer = read_identifier(request)
    with get_service(request).reading() as pinned:
        view = pinned.reader.state
        require_party(authenticate(request, view), (volunteer,), view)
        if not VOLUNTEERS.has(view, volunteer):
            raise HourledgerError(Reason.NOT_FOUND, "there is no such volunteer", volunteer.hex())
        account, of_age = get_account(view, volunteer), is_of_age(view, volunteer)
    return web.json_response(
        {
            "volunteer": volunteer.hex(),
            "minutes": compute_minutes(account.lots),
            "spendable_minutes": compute_spendable(account.lots),
            "saved_minutes": account.saved_minutes,
            "is_of_age": of_age,
            "is_place_due": account.is_place_due,
            "lots": [_format_lot(lot) for lot in account.lots],
        }
    )


def _format_lot(lot: TimeLot) -> dict[str, Any]:
    return {
        "minutes": lot.minutes,
        "saved_day": to_date(lot.saved_day).isoformat(),
        "is_gift_only": lot.is_gift_only,
        "batch": lot.batch.hex(),
        "row": lot.row,
    }
