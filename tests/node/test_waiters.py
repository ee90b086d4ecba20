"""Those who wait: each is answered once, and nobody is forgotten or kept."""

import asyncio

import pytest

from ledger.errors import HourledgerError
from ledger.events import Outcome
from ledger.reasons import Reason
from ledger.types import EntryIndex, Hash, Height
from node.chain import FoundOutcome
from node.waiters import Answer, Waiters

ID = Hash(b"i" * 32)
OTHER = Hash(b"o" * 32)
FOUND = FoundOutcome(Outcome(ID, Height(1), None, "", (), 0), EntryIndex(1))
REFUSAL = HourledgerError(Reason.EXPIRED, "its time is over")


async def wait_for(waiters: Waiters, answer: Answer, count: int = 3) -> list[object]:
    tasks = [asyncio.create_task(waiters.wait(ID, 10)) for _number in range(count)]
    other = asyncio.create_task(waiters.wait(OTHER, 0.05))
    await asyncio.sleep(0)
    assert ID in waiters
    waiters.answer(ID, answer)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert await other is None
    assert len(waiters) == 0
    return list(results)


@pytest.mark.parametrize("answer", [FOUND, REFUSAL, None])
def test_all_who_wait_for_it_are_answered_and_no_others(answer: Answer) -> None:
    assert asyncio.run(wait_for(Waiters(), answer)) == [answer] * 3


def test_who_waited_long_enough_or_went_away_is_forgotten() -> None:
    async def run() -> None:
        waiters = Waiters()
        assert await waiters.wait(ID, 0.001) is None
        task = asyncio.create_task(waiters.wait(ID, 10))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(waiters) == 0
        waiters.answer(ID, FOUND)

    asyncio.run(run())


def test_who_goes_away_just_before_the_answer_is_no_obstacle() -> None:
    async def run() -> FoundOutcome | None:
        waiters = Waiters()
        staying, leaving = (asyncio.create_task(waiters.wait(ID, 10)) for _number in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        waiters.answer(ID, FOUND)
        # Python 3.11 gives a result to one who was cancelled in the same moment, 3.12 does not.
        await asyncio.gather(leaving, return_exceptions=True)
        return await staying

    assert asyncio.run(run()) is FOUND


def test_one_who_goes_away_takes_nobody_along() -> None:
    async def run() -> FoundOutcome | None:
        waiters = Waiters()
        staying = asyncio.create_task(waiters.wait(ID, 10))
        leaving = asyncio.create_task(waiters.wait(ID, 0.001))
        assert await leaving is None
        waiters.answer(ID, FOUND)
        return await staying

    assert asyncio.run(run()) is FOUND


def test_one_waits_for_several_until_all_are_known() -> None:
    async def run() -> None:
        waiters = Waiters()
        task = asyncio.create_task(waiters.wait_for_all([ID, OTHER, ID], 10))
        await asyncio.sleep(0)
        waiters.answer(ID, FOUND)
        await asyncio.sleep(0)
        assert not task.done()
        waiters.answer(OTHER, REFUSAL)
        assert await task == {ID: FOUND, OTHER: REFUSAL}
        assert len(waiters) == 0
        assert await waiters.wait_for_all([], 10) == {}

    asyncio.run(run())


def test_what_is_known_in_time_is_told_without_the_rest() -> None:
    async def run() -> None:
        waiters = Waiters()
        task = asyncio.create_task(waiters.wait_for_all([ID, OTHER], 0.01))
        await asyncio.sleep(0)
        waiters.answer(ID, FOUND)
        assert await task == {ID: FOUND}
        assert len(waiters) == 0

    asyncio.run(run())


def test_no_more_wait_than_the_bound() -> None:
    async def run() -> None:
        waiters = Waiters(max_count=2)
        waiting = [asyncio.create_task(waiters.wait(ID, 10)) for _number in range(2)]
        await asyncio.sleep(0)
        assert await waiters.wait(OTHER, 10) is None
        waiters.answer(ID, FOUND)
        assert await asyncio.gather(*waiting) == [FOUND, FOUND]
        assert await waiters.wait_for_all([ID, OTHER], 0.001) == {}
        assert len(waiters) == 0

    asyncio.run(run())


def test_all_are_answered_at_the_end() -> None:
    async def run() -> list[object]:
        waiters = Waiters()
        tasks = [asyncio.create_task(waiters.wait(key, 10)) for key in (ID, OTHER)]
        await asyncio.sleep(0)
        waiters.answer_all(REFUSAL)
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    assert asyncio.run(run()) == [REFUSAL, REFUSAL]
