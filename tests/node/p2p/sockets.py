"""Nodes with real connections over the loopback, and others who say what they please."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.crypto import SigningKey, sha256
from ledger.errors import HourledgerError
from node.p2p.framing import hang_up, write_frame
from node.p2p.handshake import ChainIdentity, Peer, connect_to
from node.p2p.peers import PeerNetwork
from node.p2p.tls import make_client_context

HOST: Final = "127.0.0.1"
CHAIN: Final = ChainIdentity("p2p.example/chain", sha256(b"genesis"))
SECONDS: Final = 20.0
"""A bound for what must happen some time."""


def make_key(name: str) -> SigningKey:
    return SigningKey(sha256(b"p2p ", name.encode()))


def make_peer(name: str) -> Peer:
    return Peer(name, make_key(name).public_key)


@dataclass
class Node:
    """One node under test: what it received, and what it makes of it."""

    name: str
    known: dict[str, Peer] = field(default_factory=dict)
    addresses: dict[str, tuple[str, int]] = field(default_factory=dict)
    identity: ChainIdentity = CHAIN
    received: list[tuple[str, bytes]] = field(default_factory=list)
    refusal: HourledgerError | None = None
    network: PeerNetwork = field(init=False)

    async def open(self) -> None:
        self.network = PeerNetwork(
            self.identity, lambda: self.name, lambda: self.known, self.addresses, make_key(self.name), self.receive
        )
        await self.network.open(HOST, 0)

    def receive(self, peer: str, data: bytes) -> None:
        self.received.append((peer, data))
        if self.refusal is not None:
            raise self.refusal

    @property
    def address(self) -> tuple[str, int]:
        return HOST, int(self.network._door._sockets[0].getsockname()[1])

    def knows(self, *names: str) -> "Node":
        self.known.update({name: make_peer(name) for name in names})
        return self


Log = list[tuple[str, dict[str, Any]]]


def list_reasons(log: Log, event: str) -> list[str]:
    return [fields["reason"] for name, fields in log if name == event]


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a test; fail where a task ended with an error that nobody looked at."""
    faults: list[dict[str, Any]] = []

    async def watch() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        await work
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(watch())
    assert faults == []


@asynccontextmanager
async def opened(*nodes: Node) -> AsyncIterator[None]:
    try:
        for node in nodes:
            await node.open()
        yield
    finally:
        for node in nodes:
            await node.network.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0.005)


@dataclass
class Caller:
    """A connection to a node, with TLS or without, whose other side a test plays."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, data: bytes) -> None:
        write_frame(self.writer, data)

    async def is_hung_up_on(self) -> None:
        """Return once the node has ended the connection."""
        async with asyncio.timeout(SECONDS):
            with suppress(OSError):
                while await self.reader.read(65_536):
                    pass


@asynccontextmanager
async def calling(node: Node, *, has_tls: bool = True) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection(*node.address, ssl=make_client_context() if has_tls else None)
    try:
        yield Caller(reader, writer)
    finally:
        hang_up(writer)


@asynccontextmanager
async def calling_as(node: Node, name: str, identity: ChainIdentity = CHAIN) -> AsyncIterator[Caller]:
    """A connection that is let in."""
    async with calling(node) as caller:
        await connect_to(caller.reader, caller.writer, make_peer(node.name), identity, make_key(name))
        yield caller
