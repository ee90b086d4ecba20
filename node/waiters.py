"""Those who wait for transactions to be final, by transaction id. For use on the event loop only."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ledger.errors import HourledgerError
from ledger.types import Hash
from node.chain import FoundOutcome

Answer: TypeAlias = FoundOutcome | HourledgerError | None
"""The outcome, why there will be none, or None: it is not known yet and this node waits no longer."""

MAX_WAITED_FOR: Final = 50_000
"""Transactions for which somebody may wait, each counted for everybody who does. Beyond that nobody new waits: who asks is told
at once that it is not known yet."""


@dataclass(slots=True, eq=False)
class _Wait:
    """One who waits for some transactions. The future is done when all are answered, or when the time is over."""

    end: "asyncio.Future[None]"
    missing: int
    answers: dict[Hash, Answer] = field(default_factory=dict)

    def take(self, transaction_id: Hash, answer: Answer) -> None:
        self.answers[transaction_id] = answer
        self.missing -= 1
        if not self.missing:
            self.finish()

    def finish(self) -> None:
        if not self.end.done():
            self.end.set_result(None)


class Waiters:
    """Answers each who waits, once."""

    __slots__ = ("_count", "_max_count", "_waits")

    def __init__(self, max_count: int = MAX_WAITED_FOR) -> None:
        self._max_count = max_count
        self._count = 0
        self._waits: dict[Hash, list[_Wait]] = {}

    def __contains__(self, transaction_id: object) -> bool:
        return transaction_id in self._waits

    def __len__(self) -> int:
        return len(self._waits)

    def list_waited_for(self) -> tuple[Hash, ...]:
        """Return the transactions for which somebody waits."""
        return tuple(self._waits)

    async def wait(self, transaction_id: Hash, seconds: float) -> FoundOutcome | None:
        """Return what `answer` is given for a transaction, None when nothing comes within `seconds`; raise an error given."""
        answer = (await self.wait_for_all([transaction_id], seconds)).get(transaction_id)
        if isinstance(answer, HourledgerError):
            raise answer
        return answer

    async def wait_for_all(self, transaction_ids: Sequence[Hash], seconds: float) -> Mapping[Hash, Answer]:
        """Return what `answer` is given for each of some transactions, once it was given for all or `seconds` are over."""
        wanted = set(transaction_ids)
        if not wanted or self._count + len(wanted) > self._max_count:
            return {}
        loop = asyncio.get_running_loop()
        wait = _Wait(loop.create_future(), len(wanted))
        for transaction_id in wanted:
            self._waits.setdefault(transaction_id, []).append(wait)
        self._count += len(wanted)
        timer = loop.call_later(seconds, wait.finish)
        try:
            await wait.end
        finally:
            timer.cancel()
            self._forget(wait, wanted - wait.answers.keys())
        return wait.answers

    def _forget(self, wait: _Wait, transaction_ids: set[Hash]) -> None:
        self._count -= len(transaction_ids)
        for transaction_id in transaction_ids:
            waits = self._waits[transaction_id]
            waits.remove(wait)
            if not waits:
                del self._waits[transaction_id]

    def answer(self, transaction_id: Hash, answer: Answer) -> None:
        """Answer all who wait for a transaction."""
        waits = self._waits.pop(transaction_id, ())
        self._count -= len(waits)
        for wait in waits:
            wait.take(transaction_id, answer)

    def answer_all(self, answer: Answer) -> None:
        """Answer everybody."""
        for transaction_id in tuple(self._waits):
            self.answer(transaction_id, answer)
