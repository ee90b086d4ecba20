"""What the node is and how it does, and what a verifier needs of it."""

from importlib import metadata
from typing import Any, Final

from aiohttp import web

from certificates.handover import build_chain_trust
from certificates.words import list_words
from contracts.identity.parties import get_authorities
from ledger.genesis import Genesis, compute_genesis_hash, format_genesis
from ledger.state import View
from ledger.trust import TrustPolicy, format_trust
from ledger.types import Height
from node.api.errors import describe_error
from node.api.requests import get_service

GENESIS: Final = web.AppKey("genesis", Genesis)


def compute_trust(chain_id: str, view: View, height: Height) -> TrustPolicy:
    """Return the trust file of the authorities that decided on the block at `height`, after which the state is `view`."""
    return build_chain_trust(chain_id, get_authorities(view, height))


def find_version() -> str:
    """Return the version of this program; one that runs from a source tree alone has none."""
    try:
        return metadata.version("hourledger")
    except metadata.PackageNotFoundError:
        return "unknown"


def describe_status(request: web.Request) -> dict[str, Any]:
    """Return what the node says of itself."""
    service, genesis = get_service(request), request.app[GENESIS]
    standing = service.describe_standing()
    with service.reading() as pinned:
        tip = pinned.reader.tip
        authorities = get_authorities(pinned.reader.state, tip.height)
    return {
        "chain_id": genesis.chain_id,
        "region": genesis.region,
        "genesis_hash": compute_genesis_hash(genesis).hex(),
        "height": tip.height,
        "time_ms": tip.header.time_ms,
        "block_hash": tip.block_hash.hex(),
        "log_size": tip.size,
        "checkpoint_size": tip.size,
        "rule_book_version": tip.header.rule_book_version,
        "software_version": find_version(),
        "authorities": [item.name for item in authorities],
        "pending": len(service.mempool),
        "round": standing.round,
        "peers": list(standing.peers),
        "behind": standing.behind,
    }


async def show_status(request: web.Request) -> web.Response:
    """Say where the chain stands."""
    return web.json_response(describe_status(request))


async def show_health(request: web.Request) -> web.Response:
    """Say whether the node takes transactions."""
    failure = get_service(request).failure
    if failure is not None:
        return web.json_response({"status": "failed", **describe_error(failure)}, status=503)
    return web.json_response({"status": "ok", "height": get_service(request).pinned.reader.tip.height})


async def show_genesis(request: web.Request) -> web.Response:
    """Give the genesis file."""
    return web.Response(body=format_genesis(request.app[GENESIS]), content_type="application/json")


async def show_trust(request: web.Request) -> web.Response:
    """Give the trust file of the authorities in force."""
    with get_service(request).reading() as pinned:
        policy = compute_trust(request.app[GENESIS].chain_id, pinned.reader.state, pinned.reader.tip.height)
    return web.Response(text=format_trust(policy).decode())


async def show_words(_request: web.Request) -> web.Response:
    """Give the words of reports in English and Chinese."""
    return web.json_response(list_words())
