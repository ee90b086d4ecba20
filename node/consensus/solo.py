"""The engine of a chain with one authority: a waiting transaction is proposed at once, and its own vote is the quorum.

While one block is being written, the transactions that come in gather for the next. An idle chain makes a block now and
then, so that its proofs stay fresh.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from node.log import log_event
from node.service import LedgerService, Made


async def run_solo(service: LedgerService, key: SigningKey, heartbeat_ms: int, stop: asyncio.Event) -> None:
    """Make blocks until `stop` is set; the block in hand is finished. Raises `HourledgerError` when one cannot be."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="blocks") as thread:
        while True:
            await _wait_for_any(stop, service.work, heartbeat_ms / 1_000)
            if stop.is_set():
                return
            transactions = service.take_transactions()
            began = time.perf_counter()
            try:
                made = await loop.run_in_executor(thread, service.make_block, transactions, key)
            except HourledgerError as error:
                service.fail(error)
                raise
            service.publish(made)
            if made.pinned is not None:
                _log_block(made, time.perf_counter() - began)


async def _wait_for_any(stop: asyncio.Event, work: asyncio.Event, seconds: float) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in (stop, work)]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _log_block(made: Made, seconds: float) -> None:
    candidate = made.candidate
    log_event(
        "block",
        height=candidate.block.header.height,
        transactions=len(candidate.outcomes),
        entries=len(candidate.entries) + 1,
        milliseconds=round(seconds * 1_000, 1),
    )
