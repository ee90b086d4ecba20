"""What is shown stays open as long as somebody reads it, and not longer; long reads are bounded."""

import asyncio
import threading
from typing import cast

import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node import pinned as module
from node.chain import ChainReader
from node.pinned import Pinned, ReadThreads


class Reader:
    """Stands for a view of the chain; counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def make(users: int = 0) -> tuple[Reader, Pinned]:
    reader = Reader()
    return reader, Pinned(cast("ChainReader", reader), b"", users)


def test_view_is_closed_when_it_is_replaced_and_nobody_reads() -> None:
    reader, pinned = make()
    pinned.replace()
    assert reader.closed == 1


def test_view_is_open_while_somebody_reads() -> None:
    reader, pinned = make(2)
    pinned.leave()
    pinned.replace()
    assert reader.closed == 0
    pinned.leave()
    assert reader.closed == 1


def test_newest_view_stays_open() -> None:
    reader, pinned = make(1)
    pinned.leave()
    assert reader.closed == 0


def test_job_of_a_client_that_went_away_keeps_its_view() -> None:
    async def run() -> list[str]:
        threads, events, begin = ReadThreads(), list[str](), threading.Event()

        def job() -> None:
            begin.wait(5)
            events.append("read")

        task = asyncio.create_task(threads.run(job, lambda: events.append("left")))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert events == []
        begin.set()
        await threads.close()
        return events

    assert asyncio.run(run()) == ["read", "left"]


def test_too_many_long_reads_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_READS", 2)

    async def run() -> None:
        threads, begin, left = ReadThreads(1), threading.Event(), list[int]()
        tasks = [asyncio.create_task(threads.run(lambda: begin.wait(5))) for _number in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(HourledgerError) as caught:
            await threads.run(lambda: None, lambda: left.append(1))
        assert (caught.value.reason, left) == (Reason.BUSY, [1])
        begin.set()
        assert await asyncio.gather(*tasks) == [True, True]
        assert await threads.run(lambda: 7) == 7
        await threads.close()

    asyncio.run(run())


def test_error_of_a_job_reaches_its_client_and_frees_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_READS", 1)

    def fail() -> None:
        raise HourledgerError(Reason.NOT_FOUND, "nothing there")

    async def run() -> None:
        threads = ReadThreads()
        for _number in range(3):
            with pytest.raises(HourledgerError):
                await threads.run(fail)
            await asyncio.sleep(0)
        await threads.close()

    asyncio.run(run())


def test_closing_waits_for_what_runs_and_drops_what_does_not() -> None:
    # Every view must have been let go of before the store may close.
    async def run() -> list[str]:
        threads, begun, end, left = ReadThreads(1), threading.Event(), threading.Event(), list[str]()

        def job() -> str:
            begun.set()
            end.wait(5)
            return "read"

        running = asyncio.create_task(threads.run(job, lambda: left.append("running")))
        waiting = asyncio.create_task(threads.run(lambda: "never", lambda: left.append("waiting")))
        await asyncio.to_thread(begun.wait, 5)
        asyncio.get_running_loop().call_later(0.05, end.set)
        await threads.close()
        names = sorted(left)
        assert await running == "read"
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return names

    assert asyncio.run(run()) == ["running", "waiting"]
