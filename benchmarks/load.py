"""Clients of a network: how long each waits for its transaction to be final, and how many become final a second."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import aiohttp

from benchmarks.network import Town
from benchmarks.processors import read_spent
from cli.office.client import TRANSACTION_TYPE

WAIT_SECONDS = 30
"""How long a node is asked to hold its answer until the transaction is final."""


@dataclass(frozen=True, slots=True)
class Final:
    """One transaction as its client saw it: the block that has it, when the answer came, and how long after the sending."""

    height: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """What a network carried while a fixed number of clients each sent the next transaction once the last one was final."""

    per_second: float
    per_block: float
    cpu_seconds: float
    """Of all authorities together, for each transaction."""
    seconds: tuple[float, ...]
    """From sending to finality, for each transaction."""


def compute_percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest of the values that so many per cent of them do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


async def measure_waits(town: Town, samples: int, pause_seconds: float) -> tuple[float, ...]:
    """Send one transaction at a time, to each authority in turn; return for each the seconds until its client knew it final."""
    waits = []
    async with _connect() as session:
        for number in range(samples):
            final = await _carry_through(session, town.urls[number % len(town.urls)], next(town.transactions))
            waits.append(final.seconds)
            await asyncio.sleep(pause_seconds)
    return tuple(waits)


async def measure_pace(town: Town, clients: int, seconds: float, warm_up_seconds: float) -> Pace:
    """Let so many clients, spread over the authorities, keep one transaction each on its way; count after the warm-up.

    It takes longer than `seconds` where nothing becomes final in them.
    """
    begin = time.perf_counter() + warm_up_seconds
    end = begin + seconds
    finals: list[Final] = []

    async def go_on(session: aiohttp.ClientSession, url: str) -> None:
        while time.perf_counter() < end or all(final.at < begin for final in finals):
            finals.append(await _carry_through(session, url, next(town.transactions)))

    async def measure_cpu() -> float:
        await asyncio.sleep(begin - time.perf_counter())
        before = read_spent(town.processes)
        await asyncio.sleep(end - time.perf_counter())
        return read_spent(town.processes).since(before).processes

    async with _connect() as session, asyncio.TaskGroup() as tasks:
        spending = tasks.create_task(measure_cpu())
        for number in range(clients):
            tasks.create_task(go_on(session, town.urls[number % len(town.urls)]))
    end = max(end, min(final.at for final in finals if final.at >= begin))
    counted = [final for final in finals if begin <= final.at <= end]
    return Pace(
        len(counted) / (end - begin),
        len(counted) / len({final.height for final in counted}),
        spending.result() / len(counted),
        tuple(final.seconds for final in counted),
    )


def _connect() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


async def _carry_through(session: aiohttp.ClientSession, url: str, envelope: bytes) -> Final:
    """Send a transaction, and again where the node says that it is not final yet. Refusals end the benchmark."""
    began = time.perf_counter()
    headers = {"Content-Type": TRANSACTION_TYPE}
    while True:
        async with session.post(f"{url}/v1/transactions?wait={WAIT_SECONDS}", data=envelope, headers=headers) as answer:
            document = await answer.json()
        outcome = document.get("outcome")
        if answer.status == 200 and outcome["accepted"]:
            now = time.perf_counter()
            return Final(outcome["height"], now, now - began)
        if answer.status != 202:
            raise RuntimeError(f"a transaction of the benchmark was refused: {document}")
