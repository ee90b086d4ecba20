"""Status lists for everybody, in both formats, and a free position in them (docs/formats/status-list.md)."""

from typing import Final

from aiohttp import web

from certificates.bitstring_list import MEDIA_TYPE as CREDENTIAL
from certificates.bitstring_list import Purpose
from certificates.status_list import MEDIA_TYPE as TOKEN
from certificates.status_uris import MAX_LISTS
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.api.requests import get_service, read_number
from node.status_lists import StatusLists, draw_position

STATUS_LISTS: Final = web.AppKey("status_lists", StatusLists)
_HEADERS: Final = {"Cache-Control": "public, max-age=60", "Access-Control-Allow-Origin": "*"}
"""A list is for verifiers anywhere, also for pages of other regions."""


async def show_list(request: web.Request) -> web.Response:
    """Give a Token Status List."""
    return await _respond(request, None, TOKEN)


async def show_purpose(request: web.Request) -> web.Response:
    """Give a Bitstring Status List for one purpose."""
    name = request.match_info["purpose"]
    if name not in set(Purpose):
        raise HourledgerError(Reason.NOT_FOUND, f"the purposes are {', '.join(Purpose)}", name[:40])
    return await _respond(request, Purpose(name), CREDENTIAL)


async def _respond(request: web.Request, purpose: Purpose | None, media_type: str) -> web.Response:
    number = read_number(request.match_info["list"], "the list", MAX_LISTS - 1)
    lists = request.app[STATUS_LISTS]
    body = await get_service(request).read(lambda pinned: lists.make(pinned.reader, number, purpose))
    return web.Response(body=body, content_type=media_type, headers=_HEADERS)


async def show_free_position(request: web.Request) -> web.Response:
    """Tell a status position that nobody has taken. It is not reserved: two may be told the same one."""
    with get_service(request).reading() as pinned:
        return web.json_response({"position": draw_position(pinned.reader.state)}, headers={"Cache-Control": "no-store"})
