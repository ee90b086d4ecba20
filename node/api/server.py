"""The table of endpoints, and the application made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import HttpVersion11, web

from ledger.genesis import Genesis
from node.api import (
    about,
    aggregates,
    awards,
    bundles,
    cards,
    checking,
    codes,
    governance,
    histories,
    log,
    orders,
    own_records,
    party,
    questions,
    regions,
    scores,
    settings,
    status_lists,
    time_accounts,
    transactions,
    values,
)
from node.api.about import GENESIS
from node.api.cards import LOG_KEY
from node.api.direct import DESK, Desk
from node.api.errors import answer_errors, respond_http, send_in_time
from node.api.openapi import describe_api
from node.api.requests import BODIES, SERVICE, Bodies
from node.api.status_lists import STATUS_LISTS
from node.service import LedgerService
from node.short_reads import ShortReads
from node.status_lists import StatusLists

Handler = Callable[[web.Request], Awaitable[web.Response]]

SHUTDOWN_SECONDS: Final = 1.0
"""How long requests under way may take once the node stops."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path; `node.api.openapi` describes it."""

    method: str
    path: str
    handler: Handler


_NODE_ENDPOINTS: Final = (
    Endpoint("POST", "/v1/transactions", transactions.submit),
    Endpoint("POST", "/v1/transactions/together", transactions.submit_together),
    Endpoint("POST", "/v1/transactions/dry-run", transactions.try_out),
    Endpoint("GET", "/v1/transactions/{id}", transactions.show),
    Endpoint("GET", "/v1/party", party.show_party),
    Endpoint("GET", "/v1/status", about.show_status),
    Endpoint("GET", "/v1/health", about.show_health),
    Endpoint("GET", "/v1/genesis", about.show_genesis),
    Endpoint("GET", "/v1/trust", about.show_trust),
    Endpoint("GET", "/v1/words", about.show_words),
    Endpoint("GET", "/v1/authorities", governance.show_authorities),
    Endpoint("GET", "/v1/governance", settings.show_governance),
    Endpoint("GET", "/v1/handovers", governance.list_handovers),
    Endpoint("GET", "/v1/regions", regions.list_regions),
    Endpoint("GET", "/v1/aggregates", aggregates.show_region),
    Endpoint("GET", "/checkpoint", log.show_checkpoint),
    Endpoint("GET", "/v1/checkpoint", log.show_checkpoint),
    Endpoint("GET", "/tile/{tile:.+}", log.show_tile),
    Endpoint("GET", "/v1/consistency", log.show_consistency),
    Endpoint("GET", "/v1/entries/{index}", log.show_entry),
    Endpoint("GET", "/v1/entries/{index}/proof", log.show_entry_proof),
    Endpoint("POST", "/v1/bundles", bundles.make_bundle),
    Endpoint("GET", "/v1/organisations/{id}", values.show_organisation),
    Endpoint("GET", "/v1/organisations/{id}/entries", histories.list_entries),
    Endpoint("GET", "/v1/organisations/{id}/overdue", questions.show_overdue),
    Endpoint("GET", "/v1/organisations/{id}/disputes", questions.list_disputes),
    Endpoint("GET", "/v1/organisations/{id}/claims", questions.list_claims),
    Endpoint("GET", "/v1/merchants/{id}", values.show_merchant),
    Endpoint("GET", "/v1/merchants/{id}/account", values.show_merchant_account),
    Endpoint("GET", "/v1/activities/{id}", values.show_activity),
    Endpoint("GET", "/v1/activities/{id}/sign-ups/{volunteer}", values.show_sign_up),
    Endpoint("GET", "/v1/activities/{id}/aggregates", aggregates.show_activity),
    Endpoint("GET", "/v1/projects/{id}", values.show_project),
    Endpoint("GET", "/v1/offers/{id}", values.show_offer),
    Endpoint("GET", "/v1/volunteers/{id}", values.show_volunteer),
    Endpoint("GET", "/v1/erasures/{id}", values.show_erasure),
    Endpoint("GET", "/v1/volunteers/{id}/entries", histories.list_entries),
    Endpoint("GET", "/v1/volunteers/{id}/records", own_records.list_records),
    Endpoint("GET", "/v1/volunteers/{id}/merits", own_records.show_merits),
    Endpoint("GET", "/v1/volunteers/{id}/score", scores.show_score),
    Endpoint("GET", "/v1/volunteers/{id}/time", time_accounts.show_time_account),
    Endpoint("GET", "/v1/timebank", time_accounts.show_time_bank),
    Endpoint("GET", "/v1/holds/{id}", values.show_hold),
    Endpoint("POST", "/v1/holds/{id}/card", cards.issue_for_merchant),
    Endpoint("GET", "/v1/volunteers/{id}/card", cards.show_card),
    Endpoint("POST", "/v1/cards", cards.issue),
    Endpoint("POST", "/v1/cards/counter", cards.issue_for_desk),
    Endpoint("GET", "/v1/status-lists/{list}", status_lists.show_list),
    Endpoint("GET", "/v1/status-lists/{list}/{purpose}", status_lists.show_purpose),
    Endpoint("GET", "/v1/status-positions/free", status_lists.show_free_position),
    Endpoint("GET", "/v1/certificates/{id}", awards.show_certificate),
    Endpoint("GET", "/v1/certificates/{id}/code", codes.show_code),
    Endpoint("GET", "/v1/stars/{id}", awards.show_star),
    Endpoint("GET", "/v1/sanctions/{id}", awards.show_sanction),
    Endpoint("GET", "/v1/orders/{id}", orders.show_order),
    Endpoint("GET", "/v1/reports/{id}", awards.show_report),
    Endpoint("GET", "/v1/state/{key}", values.show_state),
    Endpoint("POST", "/v1/verify", checking.verify),
)


async def answer_expectation(request: web.Request) -> web.Response | None:
    """Let a client that asks first go on (RFC 9110, section 10.1.1), and refuse other expectations in our own words."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        return respond_http(web.HTTPExpectationFailed())
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
    return None


async def refuse_method(request: web.Request) -> web.Response:
    """Say that a path takes POST alone: a longer path must not take the last word of it for an id."""
    return respond_http(web.HTTPMethodNotAllowed(request.method, ["POST"]))


async def show_openapi(_request: web.Request) -> web.Response:
    """Give the description of this interface."""
    return web.json_response(describe_api())


ENDPOINTS: Final = (*_NODE_ENDPOINTS, Endpoint("GET", "/v1/openapi.json", show_openapi))


async def end_direct(application: web.Application) -> None:
    """End the connections that the server does not know of, as it ends its own."""
    await application[DESK].end(SHUTDOWN_SECONDS)


def make_application(service: LedgerService, genesis: Genesis) -> web.Application:
    """Return the application that serves a node."""
    application = web.Application(middlewares=[send_in_time, answer_errors], client_max_size=checking.MAX_REQUEST_BYTES)
    application[SERVICE] = service
    application[GENESIS] = genesis
    application[BODIES] = Bodies()
    application[DESK] = Desk(application)
    application.on_shutdown.append(end_direct)
    application[checking.SCANS] = checking.Scans()
    application[checking.SHORT_READS] = ShortReads()
    application[LOG_KEY] = service.cosigner.log_key
    application[STATUS_LISTS] = StatusLists(genesis.chain_id, service.cosigner.log_key)
    for endpoint in ENDPOINTS:
        application.router.add_route(endpoint.method, endpoint.path, endpoint.handler, expect_handler=answer_expectation)
        if endpoint.method == "POST":
            application.router.add_route("*", endpoint.path, refuse_method, expect_handler=answer_expectation)
    return application
