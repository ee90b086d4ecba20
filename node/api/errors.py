"""Errors over HTTP: a status, the reason, and a sentence. Never a traceback."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from ledger.errors import HourledgerError
from ledger.reasons import EXPLANATIONS, ExitCode, Reason
from node.api.requests import SERVICE, release_body
from node.log import log_fault
from node.pace import SHORTEST_SECONDS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ANSWER_SECONDS: Final = 30.0
ANSWER_BYTES_PER_SECOND: Final = 65_536
"""A client may take so long for any answer, and for a long one a second more for so many bytes."""
BUFFERED_BYTES: Final = 32_768
"""An answer of so many bytes fits into the buffer of a connection, with its head, whether or not the client takes it."""
_STATUSES: Final = {
    Reason.TOO_LARGE: 413,
    Reason.NOT_AUTHENTICATED: 401,
    Reason.NOT_PERMITTED: 403,
    Reason.NOT_FOUND: 404,
    Reason.UNKNOWN_CARD: 404,
    Reason.PRUNED: 410,
    Reason.VOLUNTEER_ERASED: 410,
    Reason.BUSY: 503,
    Reason.WRITE_FAILED: 503,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: a status, a body of JSON, and headers beside those that any answer has."""

    status: int
    body: bytes
    headers: Mapping[str, str] | None = None

    def to_response(self) -> web.Response:
        """Return the response that the library sends."""
        return web.Response(
            status=self.status, body=self.body, headers=self.headers, content_type="application/json", charset="utf-8"
        )


def compute_status(reason: Reason) -> int:
    """Return the HTTP status of a reason."""
    if reason in _STATUSES:
        return _STATUSES[reason]
    exit_code = EXPLANATIONS[reason].exit_code
    return {ExitCode.USAGE: 400, ExitCode.REFUSED: 422, ExitCode.UNDETERMINED: 503}.get(exit_code, 500)


def describe_error(error: HourledgerError) -> dict[str, str]:
    """Return the JSON object of an error."""
    return {
        "reason": error.reason.value,
        "detail": error.detail,
        "value": error.value,
        "next_step": EXPLANATIONS[error.reason].next_step,
    }


def make_retry_headers(seconds: int) -> dict[str, str]:
    """Return the header that says when a busy node may be asked again."""
    return {"Retry-After": str(seconds)}


def reply_to_error(error: HourledgerError, retry_seconds: int = SHORTEST_SECONDS) -> Reply:
    """Return the reply to what is refused; where the node is busy, it says after how many seconds to come again."""
    headers = make_retry_headers(retry_seconds) if error.reason is Reason.BUSY else None
    return Reply(compute_status(error.reason), json.dumps(describe_error(error)).encode(), headers)


def respond_error(error: HourledgerError, retry_seconds: int = SHORTEST_SECONDS) -> web.Response:
    """Return the reply to what is refused as a response."""
    return reply_to_error(error, retry_seconds).to_response()


def reply_to_failure(error: Exception, application: web.Application) -> Reply:
    """Return the reply to a request that went wrong. What nobody foresaw leaves a line in the log."""
    if isinstance(error, HourledgerError):
        seconds = application[SERVICE].estimate_wait_seconds() if error.reason is Reason.BUSY else SHORTEST_SECONDS
        return reply_to_error(error, seconds)
    log_fault("request failed", error)
    return reply_to_error(HourledgerError(Reason.INTERNAL, "the node met a fault"))


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into a documented answer."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return respond_http(error)
    except Exception as error:  # noqa: BLE001 - the last resort: an answer for the client, the fault for the log
        return reply_to_failure(error, request.app).to_response()
    finally:
        release_body(request)


@web.middleware
async def send_in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send the answer, and hang up on a client that does not take it at a reasonable pace."""
    response = await handler(request)
    body = response.body if isinstance(response, web.Response) else None
    if isinstance(body, bytes) and is_taken_at_once(request, len(body)):
        await response.prepare(request)
        await response.write_eof()
        return response
    byte_count = len(body) if isinstance(body, bytes) else 0
    try:
        async with asyncio.timeout(ANSWER_SECONDS + byte_count / ANSWER_BYTES_PER_SECOND):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError as error:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the client did not take its answer") from error
    return response


def is_taken_at_once(request: web.BaseRequest, byte_count: int) -> bool:
    """Whether a body is sure to go into the empty buffer of its connection, so that nobody waits for the client."""
    transport = request.transport
    return transport is not None and byte_count <= BUFFERED_BYTES and transport.get_write_buffer_size() == 0


def respond_http(error: web.HTTPException) -> web.Response:
    """Return the response of an error that HTTP itself knows."""
    reason = {404: Reason.NOT_FOUND, 405: Reason.USAGE, 408: Reason.USAGE}.get(error.status, Reason.MALFORMED)
    detail = {
        404: "there is no such path",
        405: "the path does not take this method",
        408: "the body did not come in time",
        417: "the request expects what is not known here",
    }
    body: dict[str, Any] = describe_error(HourledgerError(reason, detail.get(error.status, "the request is not understood")))
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    return web.json_response(body, status=error.status, headers=headers)
