"""Who decides, who will, and the proven way from one set to the next."""

from itertools import islice
from typing import Final

from aiohttp import web

from contracts.governance import APPROVALS
from contracts.identity.parties import NEXT_AUTHORITIES, compute_authority_identifier, get_authorities
from ledger.authorities import compute_authorities_hash, compute_quorum
from ledger.genesis import describe_authority
from ledger.types import Height
from node.api.requests import get_service, read_query_number
from node.handovers import format_proven

MAX_HANDOVERS: Final = 16


async def show_authorities(request: web.Request) -> web.Response:
    """Tell who decides on the next block, what is to change, and what each has approved."""
    with get_service(request).reading() as pinned:
        state, height = pinned.reader.state, Height(pinned.reader.tip.height + 1)
        authorities = get_authorities(state, height)
        scheduled = NEXT_AUTHORITIES.get(state)
        base = compute_authorities_hash(authorities)
        approvals = [(item.name, APPROVALS.get(state, compute_authority_identifier(item.name))) for item in authorities]
    is_to_come = scheduled is not None and scheduled.effective_height > height
    document = {
        "height": height,
        "quorum": compute_quorum(len(authorities)),
        "authorities": [describe_authority(item) for item in authorities],
        "next": {
            "effective_height": scheduled.effective_height,
            "authorities": [describe_authority(item) for item in scheduled.authorities],
        }
        if scheduled is not None and is_to_come
        else None,
        "approvals": [
            {
                "authority": name,
                "effective_height": approval.effective_height,
                "authorities_hash": approval.authorities_hash.hex(),
            }
            for name, approval in approvals
            if approval is not None and approval.base_hash == base
        ],
    }
    return web.json_response(document)


async def list_handovers(request: web.Request) -> web.Response:
    """Give the proven handovers to sets that decide from the height `from` on or later, oldest first."""
    start = Height(read_query_number(request, "from", 0))
    found = list(islice(get_service(request).chain.iterate_handovers(start), MAX_HANDOVERS + 1))
    bundles = [(height, format_proven(data)) for height, data in found[:MAX_HANDOVERS]]
    handovers = [{"effective_height": height, "bundle": bundle} for height, bundle in bundles if bundle is not None]
    following = found[MAX_HANDOVERS][0] if len(found) > MAX_HANDOVERS else None
    return web.json_response({"handovers": handovers, "next": following})
