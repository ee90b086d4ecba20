"""Short reads on the event loop itself, one in each of its turns: a thread for each costs as much again as half of one.

Whoever computes in a thread lets go of the interpreter at every signature and every long hash; so it waits for the event loop,
and the event loop for it. A read of a millisecond or two does without. What was not short after all shows by what it took of a
processor. Then nothing is read here for a while: threads do not hold up the event loop.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from ledger.errors import HourledgerError
from ledger.reasons import Reason

T = TypeVar("T")

MAX_WAITING: Final = 64
"""Reads that wait for their turn; one more is answered with BUSY."""
SHORT_SECONDS: Final = 0.02
REST: Final = 20
"""After a read that took more, nothing is read here for so many times as long: who makes files that take long gains little."""

_Turn: TypeAlias = "asyncio.Future[None]"


@dataclass(slots=True)
class ShortReads:
    """Takes turns. For use on the event loop only; `clock` tells seconds, `spent` those of a processor."""

    clock: Callable[[], float] = time.monotonic
    spent: Callable[[], float] = time.thread_time
    _is_taken: bool = False
    _closed_until: float = 0.0
    _waiting: deque[_Turn] = field(default_factory=deque)

    def is_open(self) -> bool:
        """Whether reads were short lately."""
        return self.clock() >= self._closed_until

    async def run(self, job: Callable[[], T]) -> T:
        """Return what `job` returns, in a turn of its own; raise `BUSY` when too many wait."""
        if self._is_taken:
            await self._wait()
        self._is_taken = True
        asyncio.get_running_loop().call_soon(self._give_turn)
        before = self.spent()
        try:
            return job()
        finally:
            seconds = self.spent() - before
            if seconds > SHORT_SECONDS:
                self._closed_until = self.clock() + REST * seconds

    async def _wait(self) -> None:
        if len(self._waiting) >= MAX_WAITING:
            raise HourledgerError(Reason.BUSY, "too many short requests wait", str(len(self._waiting)))
        turn: _Turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # its turn had come: the next one's now
                self._give_turn()
            raise

    def _give_turn(self) -> None:
        """Let the next one go on whose client is still there, in the next turn of the event loop."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._is_taken = False
