"""Connections: how many there may be, how long each may take, and a documented answer even to what is not HTTP.

A client that is silent or slow costs a file descriptor, and a node without free descriptors cannot write its store. So there is
a limit, well below the system's, and every wait for a client ends: for its request, for its body, for its taking the answer.
"""

import asyncio
import errno
import json
import logging
import os
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.api.direct import DESK, DirectConnection
from node.api.errors import compute_status, describe_error, respond_error, respond_http
from node.api.requests import SERVICE
from node.log import LOGGER_NAME

MAX_CONNECTIONS: Final = 1_000
IDLE_SECONDS: Final = 75.0
"""How long a connection may be open without a whole request."""
BACKLOG: Final = 128
AT_ONCE_SHARE: Final = 16
"""One in so many descriptors at most for clients that come in one go."""

_Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_logger = logging.getLogger(LOGGER_NAME)


@dataclass(frozen=True, slots=True)
class Listener:
    """An address that answers, as a URL, and how to let nobody else in."""

    url: str
    close: Callable[[], None]


@asynccontextmanager
async def listening(
    runner: web.AppRunner,
    host: str,
    port: int,
    *,
    max_connections: int = MAX_CONNECTIONS,
    idle_seconds: float = IDLE_SECONDS,
) -> AsyncIterator[Listener]:
    """Let clients in at an address until the block ends; the runner is set up, and its cleanup ends the connections.

    Port 0 means any that is free. Raises `HourledgerError`: `PORT_IN_USE`, `USAGE` for an address that cannot be listened on.
    """
    limit = find_descriptor_limit()
    factory = _make_factory(runner, min(max_connections, limit // 2), idle_seconds)
    # asyncio takes so many in one go, before any can be refused for being too many: they must not use up all descriptors.
    at_once = max(1, min(BACKLOG, limit // AT_ONCE_SHARE))
    try:
        server = await asyncio.get_running_loop().create_server(factory, host, port, backlog=at_once)
    except OSError as error:
        reason = Reason.PORT_IN_USE if error.errno == errno.EADDRINUSE else Reason.USAGE
        detail = "the port is in use" if reason is Reason.PORT_IN_USE else "the address cannot be listened on"
        raise HourledgerError(reason, detail, f"{host}:{port}") from error
    _let_wait(server)
    bound_host, bound_port = server.sockets[0].getsockname()[:2]
    shown = f"[{bound_host}]" if ":" in bound_host else bound_host
    try:
        yield Listener(f"http://{shown}:{bound_port}", server.close)
    finally:
        server.close()


def _let_wait(server: asyncio.Server) -> None:
    """Let the system keep more clients waiting than are taken in one go."""
    for item in server.sockets:
        with socket.socket(fileno=os.dup(item.fileno())) as listener:
            listener.listen(BACKLOG)


def find_descriptor_limit() -> int:
    """Return how many files and connections this process may have open."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 2 * MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else soft


def _make_factory(runner: web.AppRunner, max_connections: int, idle_seconds: float) -> Callable[[], asyncio.Protocol]:
    """Return what makes the protocol of a new connection: the server's, or a refusal when there are too many."""
    server = runner.server
    if server is None:
        raise RuntimeError("the runner is not set up")
    server.request_handler = _answer_http_errors(server.request_handler)
    desk = runner.app[DESK]
    loop = asyncio.get_running_loop()

    def make_usual() -> asyncio.Protocol:
        return _Connection(
            server,
            loop=loop,
            keepalive_timeout=idle_seconds,
            logger=_logger,
            access_log=None,  # type: ignore[arg-type] # the way to have none
            auto_decompress=False,  # limits and digests are of a body as it is sent
        )

    def make() -> asyncio.Protocol:
        if len(server.connections) + len(desk) >= max_connections:
            return _Refusal(runner.app[SERVICE].estimate_wait_seconds())
        return DirectConnection(desk, make_usual, idle_seconds)

    return make


class _Connection(web.RequestHandler):
    """A connection as the server makes it, but for its words about what is not HTTP, and for keeping them out of the log."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the library's signature
    ) -> web.StreamResponse:
        """Return the answer to what no endpoint was asked for; the connection then ends."""
        if isinstance(exc, ConnectionError):
            raise exc
        is_fault = status == 500
        if is_fault:
            self.logger.error("an answer failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of an answer is sent already")
        reason, detail = (Reason.INTERNAL, "the node met a fault") if is_fault else (Reason.MALFORMED, "this is not HTTP")
        response = respond_error(HourledgerError(reason, detail))
        response.force_close()
        return response


class _Refusal(asyncio.Protocol):
    """Says that there are too many connections, and when to come again, and hangs up."""

    def __init__(self, retry_seconds: int) -> None:
        self._retry_seconds = retry_seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer before anything is asked."""
        if isinstance(transport, asyncio.WriteTransport):
            error = HourledgerError(Reason.BUSY, "the node has too many connections")
            body = json.dumps(describe_error(error)).encode()
            head = (
                f"HTTP/1.1 {compute_status(error.reason)} Service Unavailable\r\n"
                f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
                f"Retry-After: {self._retry_seconds}\r\nConnection: close\r\n\r\n"
            )
            transport.write(head.encode() + body)
            transport.close()


def _answer_http_errors(handler: _Handler) -> _Handler:
    """Give the documented form to what the library refuses before it looks for an endpoint."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            return respond_http(error)

    return answer
