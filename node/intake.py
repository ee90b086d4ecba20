"""Checks of what has come in, many at a time: a hop to a thread and back costs more than most checks.

An idle node checks a transaction at once. For some milliseconds after that, and while checks are under way, what comes in
gathers for the next turn, so that the more there is to do, the less each costs. For use on the event loop only.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction

V = TypeVar("V")

MAX_UNCHECKED: Final = 4_096
"""Transactions that wait to be checked; more are answered with BUSY."""
TURN_COUNT: Final = 64
"""Transactions that are checked in one go: a few milliseconds of a thread, so that nobody waits for long."""
TURNS_AT_ONCE: Final = 2
GATHER_SECONDS: Final = 0.005
"""A turn begins so long after the one before, or once it is full: little beside the making of a block, for which all wait."""


@dataclass(frozen=True, slots=True)
class _Group(Generic[V]):
    """What came together and is answered together."""

    items: Sequence[SignedTransaction]
    answer: "asyncio.Future[Sequence[V]]"


class Intake(Generic[V]):
    """Hands what has come in to `check_all`, which returns a verdict for each, in order."""

    __slots__ = ("_alarm", "_check_all", "_gathered", "_groups", "_next_at", "_turns", "_unchecked")

    def __init__(self, check_all: Callable[[Sequence[SignedTransaction]], Awaitable[Sequence[V]]]) -> None:
        self._check_all = check_all
        self._groups: deque[_Group[V]] = deque()
        self._unchecked = 0
        # Of these, those that no turn has taken.
        self._gathered = 0
        self._turns: set[asyncio.Task[None]] = set()
        self._next_at = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._unchecked

    def require_room(self, count: int) -> None:
        """Raise `BUSY` where so many more cannot wait to be checked."""
        if self._unchecked + count > MAX_UNCHECKED:
            raise HourledgerError(Reason.BUSY, "too many transactions wait to be checked", str(self._unchecked))

    async def check(self, items: Sequence[SignedTransaction]) -> list[V]:
        """Return the verdicts, in order. Raises `BUSY` when too many wait, and whatever `check_all` raises."""
        self.require_room(len(items))
        loop = asyncio.get_running_loop()
        parts = [items[start : start + TURN_COUNT] for start in range(0, len(items), TURN_COUNT)]
        groups: list[_Group[V]] = [_Group(part, loop.create_future()) for part in parts]
        self._groups.extend(groups)
        self._unchecked += len(items)
        self._gathered += len(items)
        self._go_on()
        if len(groups) == 1:
            return list(await groups[0].answer)
        return [verdict for answer in await asyncio.gather(*[group.answer for group in groups]) for verdict in answer]

    def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        while self._groups and len(self._turns) < TURNS_AT_ONCE:
            if self._gathered < TURN_COUNT and loop.time() < self._next_at:
                if self._alarm is None:
                    self._alarm = loop.call_at(self._next_at, self._wake)
                return
            self._next_at = loop.time() + GATHER_SECONDS
            turn = loop.create_task(self._carry_out(self._take()))
            self._turns.add(turn)
            turn.add_done_callback(self._end)

    def _wake(self) -> None:
        self._alarm = None
        self._go_on()

    def _end(self, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        self._go_on()

    def _take(self) -> list[_Group[V]]:
        """Return the groups of one turn, first come first served; at least one."""
        taken: list[_Group[V]] = []
        count = 0
        while self._groups and (not taken or count + len(self._groups[0].items) <= TURN_COUNT):
            group = self._groups.popleft()
            count += len(group.items)
            taken.append(group)
        self._gathered -= count
        return taken

    async def _carry_out(self, groups: Sequence[_Group[V]]) -> None:
        items = [item for group in groups for item in group.items]
        try:
            verdicts = await self._check_all(items)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for those who wait
            for group in groups:
                if not group.answer.done():
                    group.answer.set_exception(error)
            return
        finally:
            self._unchecked -= len(items)
        start = 0
        for group in groups:
            if not group.answer.done():
                group.answer.set_result(verdicts[start : start + len(group.items)])
            start += len(group.items)
