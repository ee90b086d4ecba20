"""The chain as it is shown: reads of one checkpoint, and the threads that carry out long ones.

A view stays open while somebody reads, also in a thread whose client has gone, and is closed once it is replaced and unused.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ledger.checkpoint import format_signed_checkpoint
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import TimeMs
from node.chain import Chain, ChainReader
from node.cosigner import Cosigner
from node.pace import Pace

T = TypeVar("T")

READ_THREADS: Final = 2
MAX_READS: Final = 64
"""Long reads under way or waiting for a thread; one more is answered with BUSY."""


@dataclass(slots=True)
class Pinned:
    """The chain at a checkpoint, its note, and how many are reading. Closed when replaced and nobody reads any more."""

    reader: ChainReader
    note: bytes
    users: int = 0
    is_replaced: bool = False

    def leave(self) -> None:
        """One reader less."""
        self.users -= 1
        self._close_if_done()

    def replace(self) -> None:
        """There is a newer checkpoint."""
        self.is_replaced = True
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self.is_replaced and self.users == 0:
            self.reader.close()


def make_pinned(chain: Chain, cosigner: Cosigner, time_ms: TimeMs) -> Pinned:
    """Return the chain as it is now under a checkpoint cosigned at `time_ms`."""
    reader = chain.reader()
    try:
        return Pinned(reader, format_signed_checkpoint(cosigner.sign(reader, chain.deciders, time_ms)))
    except HourledgerError:
        reader.close()
        raise


class ReadThreads:
    """Threads for long reads, apart from those that admit transactions: verifying for many delays no submission."""

    __slots__ = ("_pace", "_pool", "_reads")

    def __init__(self, threads: int = READ_THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reads")
        self._reads: set[asyncio.Future[Any]] = set()
        self._pace = Pace()

    async def run(self, job: Callable[[], T], on_done: Callable[[], None] = lambda: None) -> T:
        """Return what `job` returns; raise `BUSY` when too many wait.

        A client that goes away does not end the thread, so `on_done` is called, on the event loop, when the job really is over.
        """
        if len(self._reads) >= MAX_READS:
            on_done()
            raise HourledgerError(Reason.BUSY, "too many long requests wait", str(len(self._reads)))
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._pool, job)
        self._reads.add(future)
        self._pace.begin(_to_ms(loop.time()))

        def finish(done: asyncio.Future[T]) -> None:
            self._reads.discard(done)
            self._pace.note(1, _to_ms(loop.time()), is_waiting=bool(self._reads))
            on_done()
            if not done.cancelled():
                done.exception()  # whoever still waits gets it; when nobody does, it is no fault

        future.add_done_callback(finish)
        return await asyncio.shield(future)

    def estimate_seconds(self) -> int:
        """Return after how many seconds what waits now will have been read, as far as can be told."""
        return self._pace.estimate_seconds(len(self._reads), _to_ms(asyncio.get_running_loop().time()))

    async def close(self) -> None:
        """Drop the jobs that have not begun, and wait for the others, so that each has called its `on_done`."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._reads:
            await asyncio.wait(self._reads)


def _to_ms(seconds: float) -> int:
    return round(seconds * 1_000)
