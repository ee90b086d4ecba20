"""A client's connection that costs the machine little: HTTP/1.1 kept alive, as much of it as these benchmarks need.

The clients run on the machine that they measure. A whole client library spends as much on a request as the node.
"""

import asyncio
import re
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from cli.office.client import TRANSACTION_TYPE

_HEAD = re.compile(
    rb"HTTP/1\.1 ([0-9]{3}) [^\r]*\r\n(?:[^\r]*\r\n)*?Content-Length: ([0-9]+)\r\n(?:[^\r]+\r\n)*\r\n", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node answered."""

    status: int
    body: bytes


@dataclass(slots=True, eq=False)
class Connection(asyncio.Protocol):
    """One connection to a node, for one request at a time. Made by `connect`."""

    host: str
    _transport: asyncio.Transport = field(init=False)
    _received: bytes = b""
    _answer: "asyncio.Future[Answer] | None" = None

    async def post(self, path: str, body: bytes, content_type: str = TRANSACTION_TYPE) -> Answer:
        """Send a body and return the answer; raises `ConnectionError` where the node goes away."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head.encode() + body)
        return await self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready to send."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer; the last one ends the waiting."""
        self._received += data
        head = _HEAD.match(self._received)
        if head is None or self._answer is None or len(self._received) < head.end() + int(head[2]):
            return
        self._answer.set_result(Answer(int(head[1]), self._received[head.end() :]))
        self._received, self._answer = b"", None

    def connection_lost(self, exc: Exception | None) -> None:
        """End the waiting in vain."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the node has ended the connection"))

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()


async def connect(url: str) -> Connection:
    """Connect to a node."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.port is None:
        raise ValueError(f"{url} names no host and port")
    loop = asyncio.get_running_loop()
    _transport, connection = await loop.create_connection(lambda: Connection(parts.netloc), parts.hostname, parts.port)
    return connection
