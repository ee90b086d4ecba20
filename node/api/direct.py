"""The short way of what a busy node is asked most: to take transactions, and to say when they are final.

An application finds an endpoint, goes through its middlewares and puts a head together for any answer whatever; for a small
transaction that is a good part of what a node spends on it. Here the two endpoints are known beforehand, and so is the head.
Whatever is out of the ordinary goes the usual way, and both give the same answers: a test compares them.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, cast

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE

from node.api.errors import answer_error, is_taken_at_once, send_in_time
from node.api.requests import BODIES, DEFAULT_WAIT_S, MAX_WAIT_S, SERVICE, Bodies
from node.api.transactions import (
    MAX_ENVELOPE_BYTES,
    MAX_TOGETHER_BYTES,
    Reply,
    reply_to_one,
    reply_to_several,
)
from node.service import LedgerService

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_Work = Callable[[LedgerService, bytes, int, Callable[[], None]], Awaitable[Reply]]

_ONE: Final[tuple[_Work, int]] = (reply_to_one, MAX_ENVELOPE_BYTES)
_SEVERAL: Final[tuple[_Work, int]] = (reply_to_several, MAX_TOGETHER_BYTES)
_TARGET: Final = re.compile(r"/v1/transactions(/together)?(?:\?wait=([0-9]{1,2}))?", re.ASCII)
_LINES: Final = {200: b"HTTP/1.1 200 OK", 202: b"HTTP/1.1 202 Accepted"}
_NO_GUESSING: Final = ("X-Content-Type-Options", "nosniff")
_HEAD: Final = (
    b"%s\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"
    b"Date: %s\r\nServer: " + SERVER_SOFTWARE.encode() + b"\r\n" + ": ".join(_NO_GUESSING).encode() + b"\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request wants: the work, and the most seconds that it waits."""

    work: _Work
    seconds: int


@dataclass(frozen=True, slots=True)
class _Sent:
    """An answer that is on its way already. The server asks no more of it than this."""

    keep_alive: bool = True

    async def prepare(self, _request: web.BaseRequest) -> None:
        """Do nothing: its head is sent."""

    async def write_eof(self) -> None:
        """Do nothing: its body is sent."""


_SENT: Final = cast("web.StreamResponse", _Sent())


def make_direct(application: web.Application, general: Handler) -> Handler:
    """Return what answers the requests of a node: transactions itself, and what else there is as `general` does."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked = find_asked(request)
        if asked is None:
            return await general(request)
        service = application[SERVICE]
        held = _Held(application[BODIES], request.content_length or 0)
        try:
            reply = await _carry_out(request, asked, service, held)
            if _send(request, reply):
                return _SENT
            response = reply.to_response()
        except Exception as error:  # noqa: BLE001 - answered like any other
            response = answer_error(error, application)
        finally:
            held.release()
        response.headers.setdefault(*_NO_GUESSING)
        return await send_in_time(cast("web.Request", request), _giving(response))

    return answer


def find_asked(request: web.BaseRequest) -> _Asked | None:
    """Return what a request wants that can be answered here: one with its whole body, and with nothing unusual about it."""
    if request.method != hdrs.METH_POST:
        return None
    target = _TARGET.fullmatch(request.raw_path)
    if target is None or request.version != HttpVersion11 or not request.keep_alive or hdrs.EXPECT in request.headers:
        return None
    is_together, wait = target.groups()
    seconds = DEFAULT_WAIT_S if wait is None else int(wait)
    work, most_bytes = _SEVERAL if is_together else _ONE
    length = request.content_length
    if seconds > MAX_WAIT_S or length is None or length > most_bytes or not request.content.is_eof():
        return None
    return _Asked(work, seconds)


@dataclass(slots=True)
class _Held:
    """The room that a body takes, given back once."""

    bodies: Bodies
    byte_count: int
    is_held: bool = False

    def take(self) -> None:
        self.bodies.take(self.byte_count)
        self.is_held = True

    def release(self) -> None:
        if self.is_held:
            self.bodies.byte_count -= self.byte_count
            self.is_held = False


async def _carry_out(request: web.BaseRequest, asked: _Asked, service: LedgerService, held: _Held) -> Reply:
    held.take()
    body = b""
    while not request.content.at_eof():
        body += request.content.read_nowait()
    return await asked.work(service, body, asked.seconds, held.release)


def _send(request: web.BaseRequest, reply: Reply) -> bool:
    """Send an answer and return True, if it is an ordinary one and the connection takes it at once."""
    transport = request.transport
    if transport is None or reply.headers or reply.status not in _LINES or not is_taken_at_once(request, len(reply.body)):
        return False
    transport.write(_HEAD % (_LINES[reply.status], len(reply.body), rfc822_formatted_time().encode()) + reply.body)
    return True


def _giving(response: web.StreamResponse) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def give(_request: web.Request) -> web.StreamResponse:
        return response

    return give
