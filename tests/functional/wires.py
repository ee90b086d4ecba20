"""TCP between the nodes of a test, each way of it open, slow, held or cut while the nodes run. Needs no special rights.

A held way passes nothing while its connections stay, as when a network loses every packet: what was sent meanwhile arrives once
it is opened, since TCP sends it again. A cut way breaks its connections and lets no new one through.
"""

import asyncio
import threading
from collections.abc import Iterable
from enum import Enum
from types import TracebackType
from typing import Final, Self, TypeAlias

Way: TypeAlias = tuple[str, str]
"""From one node to another; one connection serves two ways."""

HOST: Final = "127.0.0.1"
CHUNK_BYTES: Final = 65_536
SLOW_SECONDS: Final = 0.5
"""How long each chunk takes on a slow way."""
_START_SECONDS: Final = 30


class Condition(Enum):
    OPEN = 0
    SLOW = 1
    HELD = 2
    CUT = 3


class Wires:
    """All connections between the nodes, on an event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._conditions: dict[Way, Condition] = {}
        self._changed = asyncio.Condition()
        self._carrying: dict[asyncio.Task[None], Way] = {}
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def lay(self, way: Way, port: int) -> int:
        """Listen for the first node of a way, and connect it to the second one's port; return the port to give to the first."""
        return asyncio.run_coroutine_threadsafe(self._listen(way, port), self._loop).result(_START_SECONDS)

    def put(self, ways: Iterable[Way], condition: Condition) -> None:
        """Put ways into a condition, all at once; it holds when this returns."""
        asyncio.run_coroutine_threadsafe(self._put(tuple(ways), condition), self._loop).result(_START_SECONDS)

    def heal(self) -> None:
        """Open every way."""
        self.put(tuple(self._conditions), Condition.OPEN)

    def count_connections(self) -> int:
        return len(self._carrying)

    async def _listen(self, way: Way, port: int) -> int:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._carry(way, port, reader, writer)

        server = await asyncio.start_server(accept, HOST, 0)
        self._servers.append(server)
        self._conditions |= {way: Condition.OPEN, way[::-1]: Condition.OPEN}
        return int(server.sockets[0].getsockname()[1])

    async def _put(self, ways: tuple[Way, ...], condition: Condition) -> None:
        async with self._changed:
            self._conditions.update(dict.fromkeys(ways, condition))
            self._changed.notify_all()
        if condition is Condition.CUT:
            await self._end([task for task, way in self._carrying.items() if way in ways or way[::-1] in ways])

    async def _carry(self, way: Way, port: int, near: asyncio.StreamReader, near_end: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or Condition.CUT in {self._conditions[way], self._conditions[way[::-1]]}:
            near_end.transport.abort()
            return
        self._carrying[task] = way
        ends = [near_end]
        try:
            far, far_end = await asyncio.open_connection(HOST, port)
            ends.append(far_end)
            await self._carry_both(way, near, near_end, far, far_end)
        except (OSError, asyncio.CancelledError):
            pass  # the connection is over, and so are both of its ends
        finally:
            del self._carrying[task]
            for end in ends:
                end.transport.abort()

    async def _carry_both(
        self,
        way: Way,
        near: asyncio.StreamReader,
        near_end: asyncio.StreamWriter,
        far: asyncio.StreamReader,
        far_end: asyncio.StreamWriter,
    ) -> None:
        pumps = [
            asyncio.ensure_future(self._pump(way, near, far_end)),
            asyncio.ensure_future(self._pump(way[::-1], far, near_end)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, way: Way, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while True:
            data = await source.read(CHUNK_BYTES)
            if self._conditions[way] is Condition.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            async with self._changed:
                await self._changed.wait_for(lambda: self._conditions[way] is not Condition.HELD)
            # The end of a stream, too, is news that a held way does not pass.
            if not data:
                return
            sink.write(data)
            await sink.drain()

    async def _end(self, tasks: Iterable["asyncio.Task[None]"]) -> None:
        ending = tuple(tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        await self._end(self._carrying)


def list_ways(first: Iterable[str], second: Iterable[str]) -> tuple[Way, ...]:
    """Return all ways between two groups of nodes, in both directions."""
    pairs = [(a, b) for a in first for b in tuple(second)]
    return (*pairs, *((b, a) for a, b in pairs))
