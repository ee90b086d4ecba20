"""The network of nodes as seen from one: a connection to each other one, made again whenever it breaks.

Who belongs to it is asked anew for each connection: authorities come and go. Of two nodes the one whose name sorts first
connects; the other one does so only when nobody has for a while, since the first may not know its address. A peer that sends
what no honest node sends is dropped, with the reason in the log, and may come back after a while. What cannot be sent at once
waits in a bounded queue; what does not fit is dropped, since the engine says everything important again. Peers take turns: one
that sends without end is heard as often as each other.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, cast

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.types import PublicKey
from node.consensus.messages import MAX_MESSAGE_BYTES
from node.log import log_event
from node.p2p.door import HANDSHAKE_SECONDS, Door
from node.p2p.framing import hang_up
from node.p2p.handshake import ChainIdentity, Peer, connect_to
from node.p2p.link import SILENCE_SECONDS, Link
from node.p2p.tls import make_client_context

FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 3.0
PENALTY_SECONDS: Final = 10.0
WELCOME_AGAIN_SECONDS: Final = 1.0
"""A peer is let in at most so often: one that comes and goes without end shall not fill the log. Honest ones try again."""

Receive = Callable[[str, bytes], None]


class PeerNetwork:
    """Connections to the other authorities. Made inside the event loop, closed with `close`."""

    def __init__(
        self,
        identity: ChainIdentity,
        find_own_name: Callable[[], str],
        find_known: Callable[[], Mapping[str, Peer]],
        addresses: Mapping[str, tuple[str, int]],
        log_key: SigningKey,
        receive: Receive,
    ) -> None:
        self._identity = identity
        self._find_own_name = find_own_name
        self._find_known = find_known
        self._addresses = addresses
        self._key = log_key
        self._receive = receive
        self._links: dict[str, Link] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._penalties: dict[str, float] = {}
        self._welcome_again_at: dict[str, float] = {}
        self._door = Door(identity, log_key, lambda: find_known().values(), self._talk_if_welcome)

    @property
    def peers(self) -> tuple[str, ...]:
        """Names of the nodes that are connected."""
        return tuple(self._links)

    def get_log_key(self, peer: str) -> PublicKey | None:
        """Return the key of a node that is connected, None for another."""
        link = self._links.get(peer)
        return None if link is None else link.peer.log_key

    def send(self, peer: str, data: bytes) -> None:
        """Send bytes to a peer, or drop them where it is gone or slow."""
        link = self._links.get(peer)
        if link is not None:
            link.put(data)

    async def open(self, host: str, port: int) -> None:
        """Listen for peers, and connect to those that are this node's to connect to. Raises `PORT_IN_USE`."""
        await self._door.open(host, port)
        for name in self._addresses:
            self._begin(self._keep_connected(name))

    def drop_strangers(self) -> None:
        """Close the connections of nodes that do not belong to the network any more."""
        known = self._find_known()
        for name, link in tuple(self._links.items()):
            if known.get(name) != link.peer:
                log_event("peer does not belong any more", peer=name)
                link.hang_up()

    def _begin(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let go of everything."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(self._door.close(), *self._tasks, return_exceptions=True)

    async def _keep_connected(self, name: str) -> None:
        delay = FIRST_RETRY_SECONDS
        context = make_client_context()
        while True:
            if self._find_own_name() > name:
                delay = LAST_RETRY_SECONDS
                await asyncio.sleep(delay)
            began = asyncio.get_running_loop().time()
            peer = self._find_known().get(name)
            if peer is not None and name not in self._links and not self._compute_penalty(name):
                with suppress(OSError):
                    await self._connect(peer, context)
            if asyncio.get_running_loop().time() - began > SILENCE_SECONDS:
                delay = FIRST_RETRY_SECONDS
            await asyncio.sleep(max(delay, self._compute_penalty(name)))
            delay = min(delay * 2, LAST_RETRY_SECONDS)

    def _compute_penalty(self, name: str) -> float:
        return max(0.0, self._penalties.get(name, 0.0) - asyncio.get_running_loop().time())

    async def _connect(self, peer: Peer, context: ssl.SSLContext) -> None:
        host, port = self._addresses[peer.name]
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
        try:
            if await self._is_met(peer, reader, writer):
                await self._talk(peer, reader, writer)
        finally:
            hang_up(writer)

    async def _is_met(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the node at a peer's address is that peer. If not, the peer is not to blame: it may still come by itself."""
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await connect_to(reader, writer, peer, self._identity, self._key)
        except HourledgerError as error:
            hang_up(writer)
            log_event("peer not met", peer=peer.name, reason=error.reason.value, detail=error.detail, value=error.value)
            await asyncio.sleep(PENALTY_SECONDS)
            return False
        return True

    async def _talk_if_welcome(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time()
        if self._compute_penalty(peer.name) or now < self._welcome_again_at.get(peer.name, 0.0):
            return
        self._welcome_again_at[peer.name] = now + WELCOME_AGAIN_SECONDS
        with suppress(OSError):
            await self._talk(peer, reader, writer)

    def drop(self, name: str, error: HourledgerError) -> None:
        """Hang up on a peer that has sent what no honest one sends."""
        link = self._links.get(name)
        if link is not None:
            self._drop(name, error)
            link.hang_up()

    def _drop(self, name: str, error: HourledgerError) -> None:
        log_event("peer dropped", peer=name, reason=error.reason.value, detail=error.detail)
        self._penalties[name] = asyncio.get_running_loop().time() + PENALTY_SECONDS

    async def _talk(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Exchange messages until the connection ends. A new connection takes the place of an old one."""
        old = self._links.get(peer.name)
        if old is not None:
            old.hang_up()
        receive = self._receive
        link = Link(peer, cast("asyncio.Transport", writer.transport), MAX_MESSAGE_BYTES, lambda data: receive(peer.name, data))
        self._links[peer.name] = link
        log_event("peer connected", peer=peer.name)
        try:
            reader.feed_eof()  # what comes from now on is the link's
            link.begin(await reader.read())
            await link.ended
        except HourledgerError as error:
            self._drop(peer.name, error)
        finally:
            link.hang_up()
            if self._links.get(peer.name) is link:
                del self._links[peer.name]
                log_event("peer gone", peer=peer.name)
