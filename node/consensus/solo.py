"""The engine of a chain with one authority: a waiting transaction is proposed at once, and its own vote is the quorum.

While one block is being written, the transactions that come in gather for the next. An idle chain makes a block now and
then, so that its proofs stay fresh.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.log import log_event, log_fault
from node.service import LedgerService, Made


async def run_solo(service: LedgerService, key: SigningKey, heartbeat_ms: int, stop: asyncio.Event) -> None:
    """Make blocks until `stop` is set; the block in hand is finished. Raises `HourledgerError` when one cannot be."""
    loop = asyncio.get_running_loop()
    due_at = loop.time() + heartbeat_ms / 1_000
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="blocks") as thread:
        while True:
            _require_rules(service)
            if not service.work.is_set():
                await _wait_for_any(stop, service.work, max(0.0, due_at - loop.time()))
            if stop.is_set():
                return
            if not is_alone(service, key):
                raise _refuse(service)
            transactions = service.take_transactions()
            # Transactions that no block may have do not put off the next heartbeat.
            is_due = loop.time() >= due_at
            began = time.perf_counter()
            make = partial(service.make_block, transactions, key, is_due=is_due)
            made = await _finish(service, loop.run_in_executor(thread, make))
            service.publish(made)
            if made.pinned is not None:
                due_at = loop.time() + heartbeat_ms / 1_000
                _log_block(made, time.perf_counter() - began)


def _require_rules(service: LedgerService) -> None:
    """What the authorities voted for and this program does not have is the end for it, at once and not with the next block."""
    try:
        service.chain.require_rules()
    except HourledgerError as error:
        service.fail(error)
        raise


def is_alone(service: LedgerService, key: SigningKey) -> bool:
    """Whether this authority alone decides on the next block."""
    return [item.key for item in service.chain.authorities] == [key.public_key]


def _refuse(service: LedgerService) -> HourledgerError:
    detail = "this node no longer decides alone: give its settings a peer_address and peers, and start it again"
    failure = HourledgerError(Reason.NOT_PERMITTED, detail, f"{len(service.chain.authorities)} authorities")
    service.fail(failure)
    return failure


async def _finish(service: LedgerService, making: asyncio.Future[Made]) -> Made:
    """Return the block, or let the service fail and raise `HourledgerError`: a block that cannot be made is the end."""
    try:
        return await making
    except HourledgerError as error:
        service.fail(error)
        raise
    except Exception as error:
        log_fault("a block could not be made", error)
        failure = HourledgerError(Reason.INTERNAL, "a block could not be made", type(error).__name__)
        service.fail(failure)
        raise failure from error


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
        entries=len(candidate.entries),
        milliseconds=round(seconds * 1_000, 1),
    )
