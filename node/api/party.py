"""Whose a key is, told to whoever signs with it: a phone or a till that has a key learns its account from that alone."""

from aiohttp import web

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.api.access import find_signer
from node.api.requests import get_service


async def show_party(request: web.Request) -> web.Response:
    """Tell the signer in what role the request's key acts, and for whom."""
    with get_service(request).reading() as pinned:
        signer = find_signer(request, pinned.reader.state)
    if signer is None:
        raise HourledgerError(Reason.NOT_AUTHENTICATED, "whose a key is, is told to whoever signs with it")
    return web.json_response({"role": signer.role.name.lower(), "party": signer.identifier.hex()})
