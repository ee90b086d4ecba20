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


def test_all_are_answered_at_the_end() -> None:
    async def run() -> list[object]:
        waiters = Waiters()
        tasks = [asyncio.create_task(waiters.wait(key, 10)) for key in (ID, OTHER)]
        await asyncio.sleep(0)
        waiters.answer_all(REFUSAL)
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    assert asyncio.run(run()) == [REFUSAL, REFUSAL]
