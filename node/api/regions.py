"""Which other regions are trusted here, for everybody."""

from typing import Any, Final

from aiohttp import web

from contracts.regions.trusted import CHECKPOINTS, REGIONS, TrustRegion, compute_region_key
from ledger.codec import decode
from ledger.state import MAX_VALUE_BYTES, View
from node.api.requests import get_service

MAX_REGIONS: Final = 1_000
"""Far more than there are: each is voted for."""


async def list_regions(request: web.Request) -> web.Response:
    """Tell which regions are trusted, under which trust file, and the newest checkpoint on record of each."""
    with get_service(request).reading() as pinned:
        reader = pinned.reader
        values = zip(reader.iterate_values_under(REGIONS.key()), range(MAX_REGIONS), strict=False)
        found = [decode(REGIONS.codec, value, max_bytes=MAX_VALUE_BYTES) for (_key, value), _number in values]
        return web.json_response({"regions": [_describe(reader.state, item) for item in found]})


def _describe(state: View, item: TrustRegion) -> dict[str, Any]:
    known = CHECKPOINTS.get(state, compute_region_key(item.region))
    return {
        "region": item.region,
        "trust": item.trust.decode("utf-8", "replace"),
        "checkpoint": None if known is None else {"size": known.size, "root": known.root.hex()},
    }
