"""Those who wait for transactions to be final, by transaction id. For use on the event loop only."""

import asyncio
from typing import TypeAlias

from ledger.errors import HourledgerError
from ledger.types import Hash
from node.chain import FoundOutcome

Answer: TypeAlias = FoundOutcome | HourledgerError | None
"""The outcome, why there will be none, or None: it is not known yet and this node waits no longer."""


class Waiters:
    """Answers each who waits, once."""

    __slots__ = ("_futures",)

    def __init__(self) -> None:
        self._futures: dict[Hash, set[asyncio.Future[FoundOutcome | None]]] = {}

    def __contains__(self, transaction_id: object) -> bool:
        return transaction_id in self._futures

    def __len__(self) -> int:
        return len(self._futures)

    def list_waited_for(self) -> tuple[Hash, ...]:
        """Return the transactions for which somebody waits."""
        return tuple(self._futures)

    async def wait(self, transaction_id: Hash, seconds: float) -> FoundOutcome | None:
        """Return what `answer` is given for a transaction, None when nothing comes within `seconds`; raise an error given."""
        future: asyncio.Future[FoundOutcome | None] = asyncio.get_running_loop().create_future()
        futures = self._futures.setdefault(transaction_id, set())
        futures.add(future)
        try:
            return await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return None
        finally:
            futures.discard(future)
            if not futures and self._futures.get(transaction_id) is futures:
                del self._futures[transaction_id]

    def answer(self, transaction_id: Hash, answer: Answer) -> None:
        """Answer all who wait for a transaction."""
        for future in self._futures.pop(transaction_id, set()):
            if future.done():
                continue
            if isinstance(answer, HourledgerError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def answer_all(self, answer: Answer) -> None:
        """Answer everybody."""
        for transaction_id in tuple(self._futures):
            self.answer(transaction_id, answer)
