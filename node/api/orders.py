"""Orders, for the organisation that placed one and the volunteer who was sent."""

from typing import Any

from aiohttp import web

from contracts.orders.placed import ORDERS, Order, get_parties_of
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.types import Identifier
from node.api.access import authenticate, require_party
from node.api.requests import get_service, read_identifier


async def show_order(request: web.Request) -> web.Response:
    """Show an order to the organisation and to the volunteer who was sent."""
    identifier = read_identifier(request)
    with get_service(request).reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state)
        found = ORDERS.get(pinned.reader.state, identifier)
        allowed = () if found is None else get_parties_of(found.organisation, found.volunteer)
        require_party(signed_by, allowed, pinned.reader.state)
    if found is None:
        raise HourledgerError(Reason.NOT_FOUND, "there is no such order", identifier.hex())
    return web.json_response(_format_order(identifier, found))


def _format_order(identifier: Identifier, found: Order) -> dict[str, Any]:
    return {
        "order": identifier.hex(),
        "organisation": found.organisation.hex(),
        "activity": found.activity.hex(),
        "status": found.status.name.lower(),
        "volunteer": None if found.volunteer is None else found.volunteer.hex(),
        "minutes": found.minutes,
        "changed_day": to_date(found.changed_day).isoformat(),
        "is_rated": found.is_rated,
        "record": None if found.record is None else found.record.hex(),
    }
