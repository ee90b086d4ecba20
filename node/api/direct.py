"""The short way of what a busy node is asked most: to take transactions, to say when they are final, to verify certificates.

Every connection begins here. As long as its requests are of these, come whole and one after the other, and have nothing
unusual in their heads, each is answered in one piece, without what a library needs to be ready for any request whatever. The
first bytes that are anything else hand the connection over to the server's own protocol, for good: slow bodies, chunks, limits
on heads, answers to what is no HTTP stay in one place. Both ways give the same answers: a test compares them.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from math import inf
from typing import Final, TypeAlias, cast

from aiohttp import web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE

from node.api import errors
from node.api.checking import MAX_SHORT_BYTES, reply_to_file
from node.api.errors import Reply, reply_to_failure
from node.api.requests import BODIES, DEFAULT_WAIT_S, MAX_WAIT_S, SERVICE, Bodies
from node.api.transactions import MAX_ENVELOPE_BYTES, MAX_TOGETHER_BYTES, reply_to_one, reply_to_several

_Work: TypeAlias = Callable[[web.Application, bytes, int, Callable[[], None]], Awaitable[Reply]]

MAX_HEAD_BYTES: Final = 1_024
MAX_DIGITS: Final = 7
REMEMBERED_HEADS: Final = 256
"""A client's heads are all alike but for the length, so one that was read is looked up."""
_FIRST_LINE: Final = re.compile(rb"POST /v1/(verify|transactions(?:/together)?)(?:\?wait=([0-9]{1,2}))? HTTP/1\.1")
_FIELD: Final = re.compile(rb"([A-Za-z-]+): ?([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)")
_FILE_TYPES: Final = frozenset((b"", b"application/json", b"application/octet-stream", b"text/plain"))
"""With these a body to be verified is a file, and no question."""
_USUAL_FIELDS: Final = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"connection",
        b"content-length",
        b"content-type",
        b"host",
        b"user-agent",
    )
)
_ANSWER: Final = (
    "HTTP/1.1 {} {}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\nDate: {}\r\n"
    f"Server: {SERVER_SOFTWARE}\r\nX-Content-Type-Options: nosniff\r\n"
)
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a head asks for: the work, the most seconds that it waits, and how long the body is."""

    work: _Work
    seconds: int
    byte_count: int


def find_asked(data: bytes) -> tuple[Asked, bytes] | None:
    """Return what these bytes ask for and their body, if they are one whole request that can be answered here."""
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
    asked = _read_head(data[:end]) if end > 0 else None
    body = data[end + 4 :]
    return None if asked is None or len(body) != asked.byte_count else (asked, body)


@lru_cache(REMEMBERED_HEADS)
def _read_head(head: bytes) -> Asked | None:
    """Return what a head asks for, None where anything about it is unusual."""
    first, *lines = head.split(b"\r\n")
    target = _FIRST_LINE.fullmatch(first)
    found = [match for line in lines if (match := _FIELD.fullmatch(line)) is not None]
    fields = {match[1].lower(): match[2] for match in found}
    if target is None or len(fields) != len(lines) or fields.keys() - _USUAL_FIELDS or b"host" not in fields:
        return None
    path, wait = target.groups()
    seconds = DEFAULT_WAIT_S if wait is None else int(wait)
    work, most_bytes = _PATHS[path]
    length = fields.get(b"content-length", b"")
    is_kept = fields.get(b"connection", b"keep-alive").lower() == b"keep-alive"
    if work is _verify and fields.get(b"content-type", b"").lower() not in _FILE_TYPES:
        return None
    if seconds > MAX_WAIT_S or not is_kept or not length.isdigit() or len(length) > MAX_DIGITS or int(length) > most_bytes:
        return None
    return Asked(work, seconds, int(length))


async def _take_one(application: web.Application, body: bytes, seconds: int, release: Callable[[], None]) -> Reply:
    return await reply_to_one(application[SERVICE], body, seconds, release)


async def _take_several(application: web.Application, body: bytes, seconds: int, release: Callable[[], None]) -> Reply:
    return await reply_to_several(application[SERVICE], body, seconds, release)


async def _verify(application: web.Application, body: bytes, _seconds: int, _release: Callable[[], None]) -> Reply:
    return await reply_to_file(application, body)


_PATHS: Final[Mapping[bytes, tuple[_Work, int]]] = {
    b"transactions": (_take_one, MAX_ENVELOPE_BYTES),
    b"transactions/together": (_take_several, MAX_TOGETHER_BYTES),
    b"verify": (_verify, MAX_SHORT_BYTES),
}


def format_reply(reply: Reply) -> bytes:
    """Return a whole answer of HTTP."""
    head = _ANSWER.format(reply.status, _PHRASES[reply.status], len(reply.body), rfc822_formatted_time())
    more = "".join(f"{name}: {value}\r\n" for name, value in (reply.headers or {}).items())
    return f"{head}{more}\r\n".encode() + reply.body


@dataclass(slots=True)
class _Held:
    """The room that a body takes, given back once."""

    bodies: Bodies
    byte_count: int = 0

    def take(self, byte_count: int) -> None:
        self.bodies.take(byte_count)
        self.byte_count = byte_count

    def release(self) -> None:
        self.bodies.byte_count -= self.byte_count
        self.byte_count = 0


@dataclass(slots=True)
class Desk:
    """What all connections share that are answered here, and which these are.

    `taken` are those that the system gave and that have not begun yet: a burst must not slip through a limit until then.
    """

    application: web.Application
    taken: "set[DirectConnection]" = field(default_factory=set)
    connections: "set[DirectConnection]" = field(default_factory=set)
    is_ending: bool = False

    def __len__(self) -> int:
        return len(self.taken) + len(self.connections)

    async def carry_out(self, asked: Asked, body: bytes) -> Reply:
        """Return the reply to a request, whatever becomes of it."""
        held = _Held(self.application[BODIES])
        try:
            held.take(len(body))
            return await asked.work(self.application, body, asked.seconds, held.release)
        except Exception as error:  # noqa: BLE001 - answered like any other
            return reply_to_failure(error, self.application)
        finally:
            held.release()

    async def end(self, seconds: float) -> None:
        """End all connections: those that wait for an answer once they have it, and after so many seconds in any case."""
        self.is_ending = True
        ending = tuple(self.connections)
        for connection in ending:
            connection.go_on()
        tasks = [connection.task for connection in ending if connection.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for connection in ending:
            connection.hang_up()


DESK: Final = web.AppKey("desk", Desk)


@dataclass(slots=True, eq=False)
class DirectConnection(asyncio.Protocol):
    """A connection whose requests are answered one by one, until it is handed over to what `make_usual` makes.

    It ends when it is silent for `idle_seconds`, or when its client does not take an answer at a reasonable pace.
    """

    desk: Desk
    make_usual: Callable[[], asyncio.Protocol]
    idle_seconds: float
    task: "asyncio.Task[None] | None" = None
    """The request that is being answered."""
    _transport: asyncio.Transport = field(init=False)
    _later: bytes = b""
    """What came meanwhile: one reading of the transport at most, for then it is paused."""
    _idle_until: float = inf
    _watch: asyncio.TimerHandle | None = None
    """Ends a silent connection; it may ring early."""
    _stall: asyncio.TimerHandle | None = None
    """Ends a connection whose client does not take an answer. None while there is no such answer."""

    def __post_init__(self) -> None:
        """Be counted."""
        self.desk.taken.add(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(0)  # `pause_writing` tells of each answer that is not taken at once
        self.desk.taken.discard(self)
        self.desk.connections.add(self)
        self.go_on()
        self._keep_watch()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the signature of asyncio
        """Forget the connection. A transaction that it brought goes its way all the same."""
        self._forget()

    def data_received(self, data: bytes) -> None:
        """Take a request, or hand the connection over."""
        if self._is_busy():
            self._later += data
            self._transport.pause_reading()
        elif (asked := find_asked(data)) is not None:
            self._idle_until = inf
            self.task = asyncio.get_running_loop().create_task(self._answer(*asked))
        else:
            self._hand_over(data)

    def pause_writing(self) -> None:
        """Give some time to a client that does not take its answer at once."""
        seconds = errors.ANSWER_SECONDS + self._transport.get_write_buffer_size() / errors.ANSWER_BYTES_PER_SECOND
        self._stall = asyncio.get_running_loop().call_later(seconds, self._transport.abort)

    def resume_writing(self) -> None:
        """Go on with a client that has taken its answer."""
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
            self.go_on()

    def go_on(self) -> None:
        """Turn to the next request, once the last one is answered and its answer taken."""
        if self._is_busy():
            return
        if self.desk.is_ending:
            self._transport.close()
            return
        self._idle_until = asyncio.get_running_loop().time() + self.idle_seconds
        if self._later:
            data, self._later = self._later, b""
            self._transport.resume_reading()
            self.data_received(data)

    def hang_up(self) -> None:
        """Let go of the client."""
        self._transport.close()

    def _is_busy(self) -> bool:
        return self.task is not None or self._stall is not None

    async def _answer(self, asked: Asked, body: bytes) -> None:
        reply = await self.desk.carry_out(asked, body)
        self.task = None
        if not self._transport.is_closing():
            self._transport.write(format_reply(reply))
            self.go_on()

    def _keep_watch(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._idle_until:
            self._transport.close()
        else:
            self._watch = loop.call_at(min(self._idle_until, loop.time() + self.idle_seconds), self._keep_watch)

    def _hand_over(self, data: bytes) -> None:
        self._forget()
        self._transport.set_write_buffer_limits()
        usual = self.make_usual()
        self._transport.set_protocol(usual)
        usual.connection_made(self._transport)
        usual.data_received(data)

    def _forget(self) -> None:
        self.desk.connections.discard(self)
        for timer in (self._watch, self._stall):
            if timer is not None:
                timer.cancel()
