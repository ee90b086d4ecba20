"""A volunteer's score, with all that it was computed from, so that anybody who is shown it can do so again."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from contracts.ratings.score import FORMULA_VERSION, compute_score, load_inputs
from ledger.types import Identifier, TimeMs
from node.api.access import authenticate, require_party
from node.api.questions import compute_day
from node.api.requests import get_service, read_identifier
from node.pinned import Pinned


async def show_score(request: web.Request) -> web.Response:
    """Show a volunteer the score of this calendar year, its formula's version and its inputs."""
    volunteer = read_identifier(request)
    service = get_service(request)
    with service.reading() as pinned:
        require_party(authenticate(request, pinned.reader.state), (volunteer,), pinned.reader.state)
        return web.json_response(describe_score(pinned, volunteer, service.clock()))


def describe_score(pinned: Pinned, volunteer: Identifier, time_ms: TimeMs) -> dict[str, Any]:
    """Return a score as of a time."""
    inputs = load_inputs(pinned.reader.state, volunteer, compute_day(pinned, time_ms))
    return {
        "volunteer": volunteer.hex(),
        "score": compute_score(inputs),
        "formula_version": FORMULA_VERSION,
        "inputs": asdict(inputs),
    }
