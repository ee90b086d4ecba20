"""Short reads on the event loop: one in each of its turns, none where one took long, and a bound."""

import asyncio

import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node import short_reads
from node.short_reads import REST, SHORT_SECONDS, ShortReads


def test_each_has_a_turn_of_the_event_loop_for_itself_in_order() -> None:
    events: list[str] = []

    async def tick() -> None:
        for _ in range(6):
            events.append("turn")
            await asyncio.sleep(0)

    async def read(reads: ShortReads, name: str) -> None:
        await reads.run(lambda: events.append(name))

    async def test() -> None:
        reads = ShortReads()
        await asyncio.gather(*[read(reads, name) for name in "abc"], tick())

    asyncio.run(test())
    names = [name for name in events if name != "turn"]
    assert names == ["a", "b", "c"]
    between = [events[events.index(one) : events.index(next_)].count("turn") for one, next_ in ("ab", "bc")]
    assert min(between) >= 1


def test_what_a_read_raises_is_its_own() -> None:
    async def test() -> None:
        reads = ShortReads()
        with pytest.raises(ZeroDivisionError):
            await reads.run(lambda: 1 / 0)
        assert await reads.run(lambda: 7) == 7

    asyncio.run(test())


def test_too_many_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_reads, "MAX_WAITING", 2)

    async def test() -> None:
        reads = ShortReads()
        done = await asyncio.gather(*[reads.run(lambda: 1) for _ in range(4)], return_exceptions=True)
        assert done[:3] == [1, 1, 1]
        assert isinstance(done[3], HourledgerError)
        assert done[3].reason is Reason.BUSY
        assert await reads.run(lambda: 2) == 2

    asyncio.run(test())


@pytest.mark.parametrize("cancelled", [[1], [1, 2], [2], [3], [1, 2, 3]])
def test_who_goes_away_holds_up_nobody(cancelled: list[int]) -> None:
    async def test() -> None:
        reads = ShortReads()
        tasks = [asyncio.create_task(reads.run(lambda: 1)) for _ in range(4)]
        await asyncio.sleep(0)
        for number in cancelled:
            tasks[number].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [item == 1 for item in done] == [number not in cancelled for number in range(4)]
        assert await reads.run(lambda: 2) == 2

    asyncio.run(test())


def test_who_goes_away_as_the_turn_comes_gives_it_on() -> None:
    async def test() -> None:
        reads = ShortReads()
        tasks = [asyncio.create_task(reads.run(lambda: 1)) for _ in range(3)]
        await asyncio.sleep(0)
        reads._give_turn()
        tasks[1].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [done[0], done[2]] == [1, 1]
        assert await reads.run(lambda: 2) == 2

    asyncio.run(test())


def test_after_a_long_read_there_is_a_rest() -> None:
    now, spent = 1.0, 0.0

    def spend(seconds: float) -> None:
        nonlocal now, spent
        now += 2 * seconds
        spent += seconds

    async def test() -> None:
        reads = ShortReads(lambda: now, lambda: spent)
        await reads.run(lambda: spend(0.99 * SHORT_SECONDS))
        assert reads.is_open()
        await reads.run(lambda: spend(3 * SHORT_SECONDS))
        assert not reads.is_open()
        spend(REST * SHORT_SECONDS)
        assert not reads.is_open()
        spend(REST * SHORT_SECONDS)
        assert reads.is_open()

    asyncio.run(test())
