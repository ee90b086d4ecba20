"""A client's connection that costs the machine little: HTTP/1.1 kept alive, as much of it as these benchmarks need.

The clients run on the machine that they measure. A whole client library spends as much on a request as the node.
"""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from cli.office.client import TRANSACTION_TYPE

MAX_HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node answered."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection to a node, for one request at a time. Made by `connect`."""

    host: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, path: str, body: bytes, content_type: str = TRANSACTION_TYPE) -> Answer:
        """Send a body and return the answer; raises `OSError` or `EOFError` where the node goes away."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        await self.writer.drain()
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        length = next(int(line.partition(":")[2]) for line in lines if line.lower().startswith("content-length:"))
        return Answer(int(lines[0].split()[1]), await self.reader.readexactly(length))

    def close(self) -> None:
        """Let go of the connection."""
        self.writer.close()


async def connect(url: str) -> Connection:
    """Connect to a node."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=MAX_HEAD_BYTES)
    return Connection(parts.netloc, reader, writer)
