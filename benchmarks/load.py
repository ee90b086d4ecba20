"""Clients of a network: how long each waits for its transaction to be final, and how many become final a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import TypeAlias

import msgspec

from benchmarks.connection import Connection, connect
from benchmarks.network import Town
from benchmarks.processors import read_spent
from ledger.codec import encode
from node.api.transactions import together_codec

SENT_TOGETHER = 32
WAIT_SECONDS = 30
"""How long a node is asked to hold its answer until the transaction is final."""


GIVE_UP_SECONDS = 120


class _Outcome(msgspec.Struct):
    height: int
    accepted: bool


class _Result(msgspec.Struct):
    status: str
    outcome: _Outcome | None = None


class _Together(msgspec.Struct):
    results: list[_Result]


_one = msgspec.json.Decoder(_Result)
_several = msgspec.json.Decoder(_Together)


@dataclass(frozen=True, slots=True)
class Final:
    """One transaction as its client saw it: the block that has it, when the answer came, and how long after the sending."""

    height: int
    at: float
    seconds: float


Carry: TypeAlias = Callable[[Connection, Iterator[bytes]], Awaitable[list[Final]]]
"""Sends what comes next of a source, and returns once that is final."""


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
    async with _connected(town.urls) as connections:
        for number in range(samples):
            final = await carry_through(connections[number % len(connections)], next(town.transactions))
            waits.append(final.seconds)
            await asyncio.sleep(pause_seconds)
    return tuple(waits)


async def measure_pace(town: Town, clients: int, seconds: float, warm_up_seconds: float) -> Pace:
    """Let so many clients, spread over the authorities, keep one transaction each on its way; count after the warm-up.

    It takes longer than `seconds` where nothing becomes final in them.
    """
    return await measure_pace_of(town, [town.transactions] * clients, seconds, warm_up_seconds)


async def carry_next(connection: Connection, source: Iterator[bytes]) -> list[Final]:
    """Send the next transaction of a source in a request of its own."""
    return [await carry_through(connection, next(source))]


async def carry_next_together(connection: Connection, source: Iterator[bytes]) -> list[Final]:
    """Send the next `SENT_TOGETHER` pairs of a source, the first of all in one request, and then the second of all."""
    envelopes = list(islice(source, 2 * SENT_TOGETHER))
    finals = await carry_together(connection, envelopes[::2])
    return finals + await carry_together(connection, envelopes[1::2])


async def measure_pace_of(
    town: Town, sources: Sequence[Iterator[bytes]], seconds: float, warm_up_seconds: float, carry: Carry = carry_next
) -> Pace:
    """As `measure_pace`, with a client for each source of transactions, which sends them as `carry` does."""
    begin = time.perf_counter() + warm_up_seconds
    end = begin + seconds
    finals: list[Final] = []

    async def go_on(connection: Connection, source: Iterator[bytes]) -> None:
        while time.perf_counter() < end or all(final.at < begin for final in finals):
            finals.extend(await carry(connection, source))

    async def measure_cpu() -> float:
        await asyncio.sleep(begin - time.perf_counter())
        before = read_spent(town.processes)
        await asyncio.sleep(end - time.perf_counter())
        return read_spent(town.processes).since(before).processes

    urls = [town.urls[number % len(town.urls)] for number in range(len(sources))]
    async with _connected(urls) as connections, asyncio.TaskGroup() as tasks:
        spending = tasks.create_task(measure_cpu())
        for connection, source in zip(connections, sources, strict=True):
            tasks.create_task(go_on(connection, source))
    end = max(end, min(final.at for final in finals if final.at >= begin))
    counted = [final for final in finals if begin <= final.at <= end]
    return Pace(
        len(counted) / (end - begin),
        len(counted) / len({final.height for final in counted}),
        spending.result() / len(counted),
        tuple(final.seconds for final in counted),
    )


async def measure_all(town: Town, envelopes: Sequence[bytes], clients: int, most_seconds: float) -> tuple[Final, ...]:
    """Let so many clients, spread over the authorities, send these transactions, each the next once its last one is final.

    After `most_seconds` no more are sent.
    """
    waiting, end = iter(envelopes), time.perf_counter() + most_seconds
    finals: list[Final] = []

    async def go_on(connection: Connection) -> None:
        while time.perf_counter() < end and (envelope := next(waiting, None)) is not None:
            finals.append(await carry_through(connection, envelope))

    urls = [town.urls[number % len(town.urls)] for number in range(clients)]
    async with _connected(urls) as connections, asyncio.TaskGroup() as tasks:
        for connection in connections:
            tasks.create_task(go_on(connection))
    return tuple(finals)


@asynccontextmanager
async def _connected(urls: Sequence[str]) -> AsyncIterator[list[Connection]]:
    connections = [await connect(url) for url in urls]
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


async def carry_through(connection: Connection, envelope: bytes) -> Final:
    """Send a transaction, and again where the node says that it is not final yet. Refusals end the benchmark."""
    began = time.perf_counter()
    while time.perf_counter() < began + GIVE_UP_SECONDS:
        answer = await connection.post(f"/v1/transactions?wait={WAIT_SECONDS}", envelope)
        if answer.status == 200 and (outcome := _one.decode(answer.body).outcome) is not None and outcome.accepted:
            now = time.perf_counter()
            return Final(outcome.height, now, now - began)
        if answer.status != 202:
            raise RuntimeError(f"a transaction of the benchmark was refused: {answer.body!r}")
    raise RuntimeError(f"a transaction of the benchmark was not final after {GIVE_UP_SECONDS} seconds")


async def carry_together(connection: Connection, envelopes: Sequence[bytes]) -> list[Final]:
    """Send transactions in one request, and again those that are not final yet. Refusals end the benchmark."""
    began = time.perf_counter()
    finals: list[Final] = []
    waiting = tuple(envelopes)
    while waiting:
        if time.perf_counter() > began + GIVE_UP_SECONDS:
            raise RuntimeError(f"transactions of the benchmark were not final after {GIVE_UP_SECONDS} seconds")
        answer = await connection.post(f"/v1/transactions/together?wait={WAIT_SECONDS}", encode(together_codec, waiting))
        if answer.status != 200:
            raise RuntimeError(f"transactions of the benchmark were refused: {answer.body!r}")
        results = _several.decode(answer.body).results
        if any(item.status == "refused" or not (item.outcome is None or item.outcome.accepted) for item in results):
            raise RuntimeError(f"a transaction of the benchmark was refused: {answer.body!r}")
        now = time.perf_counter()
        finals += [Final(item.outcome.height, now, now - began) for item in results if item.outcome is not None]
        waiting = tuple(envelope for envelope, item in zip(waiting, results, strict=True) if item.outcome is None)
    return finals
