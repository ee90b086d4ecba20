"""Checking what has come in: each gets its own verdict, what waits shares turns, and there is a bound."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction
from node import intake
from node.intake import TURN_COUNT, TURNS_AT_ONCE, Intake
from tests.node import toy

ITEMS = [toy.transact(number) for number in range(3 * TURN_COUNT)]


class Checker:
    """Says of each transaction what its id is, once `go_on` is set; keeps the sizes of its turns."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.turns: list[int] = []
        self.failure: Exception | None = None
        self.intake = Intake(self.check_all)

    async def check_all(self, items: Sequence[SignedTransaction]) -> Sequence[bytes]:
        self.turns.append(len(items))
        await self.go_on.wait()
        if self.failure is not None:
            raise self.failure
        return [item.transaction_id for item in items]


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def test_each_gets_its_own_verdict_in_order() -> None:
    async def test() -> None:
        checker = Checker()
        checker.go_on.set()
        tasks = [asyncio.create_task(checker.intake.check(ITEMS[start : start + 7])) for start in range(0, len(ITEMS), 7)]
        verdicts = [verdict for answer in await asyncio.gather(*tasks) for verdict in answer]
        assert verdicts == [item.transaction_id for item in ITEMS]
        assert await checker.intake.check(ITEMS) == verdicts
        assert len(checker.intake) == 0

    run(test())


def test_what_comes_soon_after_a_turn_began_shares_the_next() -> None:
    async def test() -> None:
        checker = Checker()
        checker.go_on.set()
        await checker.intake.check(ITEMS[:1])
        tasks = [asyncio.create_task(checker.intake.check([item])) for item in ITEMS[:20]]
        await asyncio.sleep(0)
        assert checker.turns == [1]
        assert len(checker.intake) == 20
        await asyncio.gather(*tasks)
        assert checker.turns == [1, 20]

    run(test())


def test_full_turns_begin_at_once_as_many_as_may(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr(intake, "GATHER_SECONDS", 3_600)
        checker = Checker()
        task = asyncio.create_task(checker.intake.check(ITEMS))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert checker.turns == [TURN_COUNT] * TURNS_AT_ONCE
        checker.go_on.set()
        assert len(await task) == len(ITEMS)

    run(test())


def test_no_turn_is_longer_than_its_bound() -> None:
    async def test() -> None:
        checker = Checker()
        checker.go_on.set()
        await asyncio.gather(checker.intake.check(ITEMS), *(checker.intake.check(ITEMS[:40]) for _number in range(5)))
        assert max(checker.turns) <= TURN_COUNT

    run(test())


def test_too_many_are_busy_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr(intake, "MAX_UNCHECKED", 3)
        checker = Checker()
        waiting = asyncio.create_task(checker.intake.check(ITEMS[:2]))
        await asyncio.sleep(0)
        with pytest.raises(HourledgerError) as caught:
            await checker.intake.check(ITEMS[2:4])
        assert caught.value.reason is Reason.BUSY
        checker.go_on.set()
        assert len(await waiting) == 2
        assert len(await checker.intake.check(ITEMS[2:4])) == 2

    run(test())


def test_failure_is_told_to_all_who_wait_and_ends_nothing() -> None:
    async def test() -> None:
        checker = Checker()
        checker.failure = HourledgerError(Reason.STORE_DAMAGED, "a test's")
        tasks = [asyncio.create_task(checker.intake.check(items)) for items in (ITEMS[:1], ITEMS[:1], ITEMS)]
        await asyncio.sleep(0)
        checker.go_on.set()
        assert await asyncio.gather(*tasks, return_exceptions=True) == [checker.failure] * 3
        checker.failure = None
        assert len(await checker.intake.check(ITEMS)) == len(ITEMS)

    run(test())


def test_who_goes_away_takes_nobody_along() -> None:
    async def test() -> None:
        checker = Checker()
        leaving, staying = (asyncio.create_task(checker.intake.check(ITEMS[:1])) for _number in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        checker.go_on.set()
        assert await staying == [ITEMS[0].transaction_id]
        assert len(checker.intake) == 0

    run(test())
