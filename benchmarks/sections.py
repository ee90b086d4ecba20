"""The sections on the ledger itself, each a function from the run to its figures."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain

from benchmarks.authorities import make_authorities
from benchmarks.bench import Bench, Certificate, Skipped, tell
from benchmarks.certificates import (
    fetch_certificates,
    measure_requests,
    measure_verification,
    verify,
    verify_remembering,
)
from benchmarks.counting import count
from benchmarks.figures import Aim, Curve, Figure, Needs
from benchmarks.growth import build, compute_cpu, compute_rate, measure_points
from benchmarks.load import (
    SENT_TOGETHER,
    carry_next,
    carry_next_together,
    compute_percentile,
    measure_all,
    measure_pace_of,
    measure_waits,
)
from benchmarks.memory import Resident, Watch, read_resident, watching
from benchmarks.network import Town, running_homes
from benchmarks.processors import read_spent
from benchmarks.purchases import find_payers, iterate_holders, iterate_purchases, sign_ahead
from benchmarks.region import Kept, Spent, clone, opening
from benchmarks.schedule import ROWS_IN_BATCH
from cli.network.local import LocalNode
from ledger.transactions import encode_signed
from node.home import Home

BATCHES = f"batches of {ROWS_IN_BATCH} records signed by two officers"
SINGLES = "a hold and its capture in turn, a signature each"
AUTHORITIES = 4
VERIFIERS = 4
PAUSE_SECONDS = 0.1
WARM_UP_SHARE = 0.2
SIGNED_AHEAD_A_SECOND = 1_500
"""Purchases signed before a load begins, for each second of it; what is left is for the next load."""
MEGABYTE = MICROSECONDS = 1_000_000


def grow(bench: Bench) -> list[Figure]:
    """Build the region, and certify on copies of it as it was at each point on the way."""
    records = bench.plan.records
    built = bench.built = build(bench.folder, records, bench.plan.block, tell)
    spent = measure_points(bench.folder, built.points, bench.plan.rounds, bench.plan.block)
    needs = bench.needs = count_needs(bench, built.whole)
    load = f"{BATCHES}, {bench.plan.block} a block; checked, executed and committed in one process, on one core"
    figures = [
        Figure(
            f"chain_at_{point}",
            f"chain alone, records/s at {point:,}",
            compute_rate(item),
            "records/s",
            f"{load}; state of {point:,} records",
            None,
            needs,
            cpu_us=compute_cpu(item),
        )
        for point, item in spent.items()
    ]
    rates, cpu = ({point: compute(item) for point, item in spent.items()} for compute in (compute_rate, compute_cpu))
    first, last = min(spent), max(spent)
    by_processor = f"by processor time, with what the store does behind the writes, {cpu[first] / cpu[last]:.0%}"
    figures += [
        Figure(
            "growth",
            f"records/s at {last:,} as a share of {first:,}",
            rates[last] / rates[first],
            "",
            f"copies of both in turn; {by_processor}; {load}",
            Aim(0.8),
        ),
        Figure(
            "bytes_per_record",
            "bytes on disk for a record",
            built.bytes / records,
            "bytes",
            f"all files of the store, with people, activities and indexes; {bench.state}",
            Aim(500, is_most=True),
        ),
    ]
    in_turn = [(float(point), compute_rate(item)) for point, item in spent.items()]
    bench.curves["growth"] = [Curve("while it was built", thin_out(built.blocks)), Curve("copies in turn", in_turn)]
    return figures


def thin_out(blocks: Sequence[Spent], points: int = 60) -> list[tuple[float, float]]:
    """Return records so far and records a second, for about so many spans of blocks."""
    size = max(1, len(blocks) // points)
    ends = list(accumulate(block.records for block in blocks))
    spans = [(ends[start : start + size][-1], blocks[start : start + size]) for start in range(0, len(blocks), size)]
    return [(float(end), sum(b.records for b in span) / sum(b.seconds for b in span)) for end, span in spans]


def count_needs(bench: Bench, kept: Kept) -> Needs:
    """Return what a record takes: counted in one block."""
    with opening(clone(kept, bench.folder / "counted")) as region:
        batches = region.take_batches(bench.plan.block)
        spent, counts = count(lambda: region.certify(batches))
    return Needs(counts.hashes / spent.records, counts.signatures / spent.records, 1 / spent.records)


def work_alone(bench: Bench) -> Iterator[Figure]:
    """Run the node of the one authority: restart, memory, batches, single transactions, and verification for clients."""
    kept, envelopes = prepare(bench, "alone")
    holders = iterate_holders(find_payers(kept))
    load = f"from starting the program until it answers; {bench.state}"
    yield Figure("restart", "restart of a node", time_start(kept.home), "s", load, Aim(2, is_most=True))
    with running_homes([kept.home], iter(())) as town:
        at_rest = read_resident(town.processes[0])
        with watching(town.processes[0]) as watch:
            yield measure_batches(bench, town, envelopes, bench.plan.senders)
            yield from measure_singles(bench, town, holders)
        yield from describe_memory(bench, at_rest, watch)
        bench.certificates = fetch_certificates(town.urls[0], kept.schedule)
        certificates = bench.certificates[0]
        rate = asyncio.run(measure_requests(town, certificates, bench.plan.seconds / 2, VERIFIERS))
        load = f"POST /v1/verify, {VERIFIERS} clients; under one checkpoint; {describe_certificates(bench, certificates)}"
        title = "certificates verified for clients, by a core"
        needs = count_verification(certificates[0], verify_remembering)
        yield Figure("verify_api", title, rate, "/s", load, Aim(500), needs, cpu_us=MICROSECONDS / rate)
    bench.stopped = kept.home


def time_start(home: Home) -> float:
    """Start a node, stop it, and return the seconds until it answered."""
    node = LocalNode(home)
    began = time.perf_counter()
    node.start()
    try:
        node.wait_until_up()
        return time.perf_counter() - began
    finally:
        node.stop()


def describe_memory(bench: Bench, at_rest: Resident, watch: Watch) -> list[Figure]:
    """Return the figures of a node's memory."""
    resident = f"resident set, of which {at_rest.own / MEGABYTE:,.0f} MB are not copies of files; {bench.state}"
    work = f"resident set during the batches and single transactions above; {bench.state}"
    most = Aim(500, is_most=True)
    title = "memory while it works, last quarter of the time by second quarter"
    return [
        Figure("memory_at_rest", "memory of a node at rest", at_rest.all / MEGABYTE, "MB", resident, most),
        Figure("memory", "memory of a node at work, at most", watch.highest / MEGABYTE, "MB", work, most),
        Figure("memory_growth", title, watch.growth, "", work, Aim(1.1, is_most=True)),
    ]


def prepare(bench: Bench, name: str) -> tuple[Kept, list[bytes]]:
    """Return a copy of the region, and the batches that follow, as bytes to be sent to a node at once."""
    kept = clone(bench.region.whole, bench.folder / name)
    with opening(kept) as region:
        batches = region.take_batches(bench.plan.batches, is_now=True)
        return region.keep(), [encode_signed(batch) for batch in batches]


def measure_batches(bench: Bench, town: Town, envelopes: Sequence[bytes], clients: int) -> Figure:
    """Return records certified a second, from the first sending until the last is final."""
    size, before, began = len(town.urls), read_spent(town.processes), time.perf_counter()
    finals = asyncio.run(measure_all(town, envelopes, clients, bench.plan.most_seconds))
    seconds = max(final.at for final in finals) - began
    spent, records = read_spent(town.processes).since(before).processes, ROWS_IN_BATCH * len(finals)
    return Figure(
        f"certify_{size}",
        f"certified records/s, {describe_size(size)}",
        records / seconds,
        "records/s",
        f"{len(finals)} {BATCHES}, sent by {clients} clients over HTTP, each the next once the last is final; {bench.state}",
        Aim(20_000 if size == 1 else 10_000),
        replace(bench.needs, cores=min(size, bench.limits.cores), copies=size),
        cpu_us=spent / records * MICROSECONDS,
    )


def measure_singles(bench: Bench, town: Town, holders: Iterator[int]) -> Iterator[Figure]:
    """Let clients send transactions one by one, with a request for each, and with several in a request."""
    plan, size = bench.plan, len(town.urls)
    needs = Needs(signatures=1, cores=min(size, bench.limits.cores), copies=size)
    aim = Aim(3_000 if size == 1 else 1_500)
    many = max(1, 2 * plan.clients // SENT_TOGETHER)
    purchases = sign_ahead(holders, int(plan.seconds * SIGNED_AHEAD_A_SECOND))
    for name, ways, clients, carry in (
        ("singles", "a request each", plan.clients, carry_next),
        ("singles_together", f"{SENT_TOGETHER} a request", many, carry_next_together),
    ):
        sources = [chain.from_iterable(purchases) for _ in range(clients)]
        pace = asyncio.run(measure_pace_of(town, sources, plan.seconds, WARM_UP_SHARE * plan.seconds, carry))
        load = f"{SINGLES}, signed beforehand, {clients} clients over HTTP, {ways}, {pace.per_block:.0f} a block; {bench.state}"
        title = f"single transactions/s, {describe_size(size)}, {ways}"
        yield Figure(f"{name}_{size}", title, pace.per_second, "tx/s", load, aim, needs, cpu_us=pace.cpu_seconds * MICROSECONDS)


def describe_size(size: int) -> str:
    """Return how many authorities there are."""
    return "1 authority" if size == 1 else f"{size} authorities"


def work_together(bench: Bench) -> Iterator[Figure]:
    """Run four authorities: finality while nothing else happens, single transactions, and batches."""
    kept, envelopes = prepare(bench, "together")
    holders = iterate_holders(find_payers(kept))
    homes = make_authorities(kept, bench.folder / "authorities", AUTHORITIES)
    with running_homes(homes, iterate_purchases(holders)) as town:
        asyncio.run(measure_waits(town, 2 * AUTHORITIES, PAUSE_SECONDS))
        waits = asyncio.run(measure_waits(town, bench.plan.samples, PAUSE_SECONDS))
        bench.curves["finality"] = [Curve("4 authorities, idle", spread(waits))]
        how = f"one at a time, {PAUSE_SECONDS} s apart, to each authority in turn"
        idle = f"{SINGLES}, {how}; {len(waits)} samples; {bench.state}"
        yield describe_wait("finality_p50", "p50", compute_percentile(waits, 50), idle, 50)
        yield describe_wait("finality_p99", "p99", compute_percentile(waits, 99), idle, 150)
        yield from measure_singles(bench, town, holders)
        yield measure_batches(bench, town, envelopes, AUTHORITIES * bench.plan.senders // 2)


def describe_wait(name: str, percentile: str, seconds: float, load: str, aim_ms: float) -> Figure:
    """Return the figure of a wait. On its way a transaction waits for three writes: a prevote, a precommit, the block."""
    title = f"time to finality, 4 authorities, idle, {percentile}"
    return Figure(name, title, seconds * 1_000, "ms", load, Aim(aim_ms, is_most=True), Needs(synced=3), 1 / seconds)


def spread(seconds: Sequence[float]) -> list[tuple[float, float]]:
    """Return milliseconds and the share of all waits in per cent that were no longer, at every second per cent."""
    return [(compute_percentile(seconds, percent) * 1_000, float(percent)) for percent in (*range(0, 99, 2), 99, 100)]


def check_certificates(bench: Bench) -> Iterator[Figure]:
    """Verify certificates of the region offline."""
    if not bench.certificates:
        raise Skipped("there is no certificate: the section with one authority has none")
    for number, certificates in enumerate(bench.certificates):
        seconds = measure_verification(certificates, bench.plan.samples)
        name = "verify_offline_usual" if number else "verify_offline"
        title = f"offline verification of a certificate, {certificates[0].records} records"
        seen = "processor time, each under a checkpoint not seen before, by keys and at times seen before"
        load = f"{seen}; {describe_certificates(bench, certificates)}"
        needs, aim = count_verification(certificates[0], verify), None if number else Aim(3, is_most=True)
        yield Figure(name, title, seconds * 1_000, "ms", load, aim, needs, 1 / seconds, seconds * MICROSECONDS)


def describe_certificates(bench: Bench, certificates: Sequence[Certificate]) -> str:
    """Return what is verified in words."""
    each = sum(len(item.data) for item in certificates) // len(certificates)
    return f"{len(certificates)} certificates of {certificates[0].records} records in turn, some {each:,} bytes; {bench.state}"


def count_verification(certificate: Certificate, verify: Callable[[Certificate], None]) -> Needs:
    """Return what the verification of a certificate takes."""
    _none, counts = count(lambda: verify(certificate))
    return Needs(counts.hashes, counts.signatures)
