"""Entries that name a volunteer or an organisation, page by page: each signer gets those that it is a party to."""

import json
from typing import Any, Final

from aiohttp import web

from ledger.errors import HourledgerError
from ledger.events import split_entry
from ledger.reasons import Reason
from ledger.state import View
from ledger.types import EntryIndex, Identifier
from node.api.access import authenticate, require_entry
from node.api.requests import get_service, read_identifier, read_query_number
from node.pinned import Pinned

DEFAULT_PAGE: Final = 100
MAX_PAGE: Final = 1_000
MAX_PAGE_BYTES: Final = 4 << 20
MAX_LOOKED_AT: Final = 20_000
"""Entries that are looked at for one page. Most may be another organisation's, so a page may be empty and not the last."""


async def list_entries(request: web.Request) -> web.Response:
    """List the entries that name a volunteer or an organisation and that the signer of the request may read."""
    party = read_identifier(request)
    start = read_query_number(request, "from", 0)
    limit = max(1, read_query_number(request, "limit", DEFAULT_PAGE, MAX_PAGE))
    service = get_service(request)
    with service.reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state)
    if signed_by is None:
        raise HourledgerError(Reason.NOT_AUTHENTICATED, "the answer is for its parties only")
    text = await service.read(lambda view: json.dumps(find_page(view, party, signed_by, start, limit)))
    return web.json_response(text=text)


def find_page(pinned: Pinned, party: Identifier, signed_by: Identifier, start: int, limit: int) -> dict[str, Any]:
    """Return the page from entry `start` on, and where the next one starts, None after the last."""
    reader = pinned.reader
    page: list[dict[str, Any]] = []
    byte_count = 0
    first = EntryIndex(min(start, reader.tip.size))
    for looked_at, index in enumerate(reader.iterate_subject(party, first)):
        if len(page) == limit or byte_count >= MAX_PAGE_BYTES or looked_at == MAX_LOOKED_AT:
            return {"entries": page, "next": index}
        entry = reader.read_entry(index)
        if _may_read(signed_by, entry, reader.state):
            page.append({"index": index, "type": split_entry(entry)[0], "entry": entry.hex()})
            byte_count += len(entry)
    return {"entries": page, "next": None}


def _may_read(signed_by: Identifier, entry: bytes, view: View) -> bool:
    try:
        require_entry(signed_by, entry, view)
    except HourledgerError:
        return False
    return True
