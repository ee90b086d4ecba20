"""Where others connect to this node: a stranger has little time and a bounded room in which to prove who it is.

The room is taken from the moment a connection is there, before a byte of TLS. When it is full, the stranger that has been there
longest has to go: an honest peer needs a few round trips only, so a crowd that says nothing keeps it out no longer than that.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.log import log_event
from node.p2p.framing import hang_up
from node.p2p.handshake import ChainIdentity, Peer, accept_from
from node.p2p.tls import make_server_context

HANDSHAKE_SECONDS: Final = 5.0
MAX_STRANGERS: Final = 64
"""Connections that have not proven who they are."""
BACKLOG: Final = 128
PAUSE_SECONDS: Final = 0.1
"""How long nobody is let in when the system has no descriptor left for another connection."""
LOG_SECONDS: Final = 1.0
"""Strangers are refused as often as they come, and named in the log at most so often: they shall not fill a disk."""

Talk = Callable[[Peer, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Door:
    """Listens, finds out who has come, and hands each known peer over to `talk`."""

    def __init__(self, identity: ChainIdentity, key: SigningKey, find_known: Callable[[], Iterable[Peer]], talk: Talk) -> None:
        self._identity = identity
        self._key = key
        self._find_known = find_known
        self._talk = talk
        self._context = make_server_context(key)
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        # Those whom nobody knows yet, who came first before who came last.
        self._strangers: dict[asyncio.Task[None], None] = {}
        self._log_again_at = 0.0
        self._unlogged = 0

    async def open(self, host: str, port: int) -> None:
        """Listen. Raises `PORT_IN_USE`."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            for family, address in dict.fromkeys((item[0], item[4][:2]) for item in found):
                self._sockets.append(socket.create_server(address, family=family, backlog=BACKLOG))
        except OSError as error:
            await self.close()
            raise HourledgerError(Reason.PORT_IN_USE, "the port for peers is in use", f"{host}:{port}") from error
        for listening in self._sockets:
            listening.setblocking(False)  # noqa: FBT003 - its only parameter
            self._begin(self._accept(listening))

    async def close(self) -> None:
        """Let nobody in any more, and let go of everybody."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listening in self._sockets:
            listening.close()

    def _begin(self, work: "asyncio._CoroutineLike[None]") -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _address = await loop.sock_accept(listening)
            except OSError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            while len(self._strangers) >= MAX_STRANGERS:
                oldest = next(iter(self._strangers))
                del self._strangers[oldest]
                oldest.cancel()
            task = self._begin(self._meet(connection))
            self._strangers[task] = None
            task.add_done_callback(self._forget)
            await asyncio.sleep(0)  # a crowd at the door keeps nobody else from getting a turn

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._strangers.pop(task, None)

    async def _meet(self, connection: socket.socket) -> None:
        """Serve one connection to its end."""
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                reader, writer = await self._start_tls(connection)
                peer = await accept_from(reader, writer, self._find_known(), self._key.public_key, self._identity)
            self._strangers.pop(asyncio.current_task(), None)  # type: ignore[arg-type] # runs as a task only
            await self._talk(peer, reader, writer)
        except HourledgerError as error:
            self._log_refusal(error.reason, error.detail, error.value)
        except TimeoutError:
            self._log_refusal(Reason.NOT_AUTHENTICATED, "it did not say in time who it is")
        except OSError as error:
            self._log_refusal(Reason.NOT_AUTHENTICATED, f"it did not say who it is ({type(error).__name__})")
        finally:
            if writer is not None:
                hang_up(writer)

    async def _start_tls(self, connection: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, protocol = await loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(reader),
            connection,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    def _log_refusal(self, reason: Reason, detail: str, value: str = "") -> None:
        now = asyncio.get_running_loop().time()
        if now < self._log_again_at:
            self._unlogged += 1
            return
        log_event("stranger refused", reason=reason.value, detail=detail, value=value, unlogged_before=self._unlogged)
        self._log_again_at, self._unlogged = now + LOG_SECONDS, 0
