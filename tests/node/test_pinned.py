"""Views stay open while somebody reads, and long reads are bounded and ended in order."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.chain import ChainReader
from node.pinned import MAX_READS, Pinned, ReadThreads
from node.storage.memory import MemoryStore
from tests.node.toy import open_chain


class ClosingReader(ChainReader):
    """Remembers that it was closed."""

    __slots__ = ("is_closed",)

    def close(self) -> None:
        self.is_closed = True
        super().close()


def make_view() -> tuple[Pinned, ClosingReader]:
    store = MemoryStore()
    open_chain(store)
    reader = ClosingReader(store.snapshot())
    reader.is_closed = False
    return Pinned(reader, b""), reader


def run(scenario: Callable[[ReadThreads], Awaitable[None]]) -> None:
    async def main() -> None:
        threads = ReadThreads(1)
        try:
            await scenario(threads)
        finally:
            await threads.close()

    asyncio.run(main())


def test_view_closes_when_it_is_replaced_and_nobody_reads() -> None:
    view, reader = make_view()
    view.users += 1
    view.replace()
    assert not reader.is_closed
    view.leave()
    assert reader.is_closed


def test_view_that_is_the_newest_stays_open() -> None:
    view, reader = make_view()
    view.users += 1
    view.leave()
    assert not reader.is_closed
    view.replace()
    assert reader.is_closed


def test_read_gives_its_answer_or_its_error() -> None:
    async def scenario(threads: ReadThreads) -> None:
        assert await threads.run(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 // 0)

    run(scenario)


def test_reader_who_goes_away_leaves_only_when_the_thread_is_done() -> None:
    async def scenario(threads: ReadThreads) -> None:
        go_on, done = threading.Event(), asyncio.Event()
        task = asyncio.create_task(threads.run(go_on.wait, done.set))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not done.is_set()
        go_on.set()
        await asyncio.wait_for(done.wait(), 5)

    run(scenario)


def test_too_many_reads_are_refused_and_their_views_let_go_of() -> None:
    async def scenario(threads: ReadThreads) -> None:
        go_on, left = threading.Event(), []
        tasks = [asyncio.create_task(threads.run(go_on.wait, lambda: left.append(1))) for _ in range(MAX_READS)]
        await asyncio.sleep(0)
        with pytest.raises(HourledgerError) as caught:
            await threads.run(go_on.wait, lambda: left.append(1))
        assert (caught.value.reason, len(left)) == (Reason.BUSY, 1)
        go_on.set()
        await asyncio.gather(*tasks)
        assert len(left) == MAX_READS + 1
        assert await threads.run(lambda: 7) == 7

    run(scenario)


def test_closing_waits_for_what_runs_and_drops_what_does_not() -> None:
    async def scenario(threads: ReadThreads) -> None:
        began, go_on, left = threading.Event(), threading.Event(), []

        def work() -> str:
            began.set()
            go_on.wait(5)
            return "done"

        running = asyncio.create_task(threads.run(work, lambda: left.append("running")))
        waiting = asyncio.create_task(threads.run(lambda: "never", lambda: left.append("waiting")))
        await asyncio.to_thread(began.wait, 5)
        asyncio.get_running_loop().call_later(0.1, go_on.set)
        await threads.close()
        # Both views are let go of before the store may close.
        assert sorted(left) == ["running", "waiting"]
        assert await running == "done"
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run(scenario)
