"""`python -m benchmarks.consensus`: how fast authorities agree on this machine, and what they say to each other for a block."""

import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.load import Pace, compute_percentile, measure_pace, measure_waits
from benchmarks.network import running
from benchmarks.processors import read_spent
from benchmarks.traffic import Figures, measure_traffic

PAUSE_SECONDS = 0.1
"""Between two transactions at light load: all authorities are at rest again."""
WARM_UP_SHARE = 0.2
"""For how much of the time that is counted the clients go on before it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: transactions one by one, then so many seconds of so many clients."""

    samples: int
    clients: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """One network measured once: seconds to finality at light load, and what it carries under a steady one.

    `others` is the share of the machine, 0 to 1, that programs took which have nothing to do with it.
    """

    authorities: int
    waits: tuple[float, ...]
    pace: Pace
    others: float


def measure_run(size: int, plan: Plan) -> Run:
    """Start a network of that many authorities, measure it and end it."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), size) as town:
        before = read_spent(town.processes)
        waits = asyncio.run(measure_waits(town, plan.samples, PAUSE_SECONDS))
        pace = asyncio.run(measure_pace(town, plan.clients, plan.seconds, WARM_UP_SHARE * plan.seconds))
        others = read_spent(town.processes).since(before).others
    return Run(size, waits, pace, others)


def measure_size(size: int) -> Figures:
    """Count what so many authorities say to each other."""
    with tempfile.TemporaryDirectory() as folder:
        return measure_traffic(Path(folder), size)


def format_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows, texts by the names of their columns, as a table in plain text that is Markdown, too."""
    head = tuple(rows[0])
    lines = [head, *(tuple(row.values()) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    shown = ["| " + " | ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|"
    return "\n".join([shown[0], rule, *shown[1:]])


def format_speed(runs: Sequence[Run]) -> str:
    """Return the table of what clients see: of each size the round that others disturbed least, and the span of all."""
    by_size: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        by_size[run.authorities].append(run)
    best = [min(several, key=lambda run: run.others) for several in by_size.values()]
    spans = [sorted(run.pace.per_second for run in several) for several in by_size.values()]
    return format_table(
        [
            _describe_speed(run, best[0]) | {"all rounds": f"{span[0]:,.0f} to {span[-1]:,.0f}"}
            for run, span in zip(best, spans, strict=True)
        ]
    )


def _describe_speed(run: Run, first: Run) -> dict[str, str]:
    """`first` is the network that this one is compared with."""
    half = compute_percentile(run.waits, 50)
    return {
        "authorities": str(run.authorities),
        "p50 ms": _format_ms(half),
        "p99 ms": _format_ms(compute_percentile(run.waits, 99)),
        "p50 of one": f"{half / compute_percentile(first.waits, 50):.1f}",
        "tx/s": f"{run.pace.per_second:,.0f}",
        "tx/s of one": f"{run.pace.per_second / first.pace.per_second:.2f}",
        "tx/block": f"{run.pace.per_block:.0f}",
        "CPU ms/tx": f"{run.pace.cpu_seconds * 1_000:.2f}",
        "CPU of one": f"{run.pace.cpu_seconds / first.pace.cpu_seconds:.1f}",
        "others": f"{run.others:.0%}",
    }


def _format_ms(seconds: float) -> str:
    return f"{seconds * 1_000:.1f}"


def format_traffic(figures: Sequence[Figures]) -> str:
    """Return the table of what authorities say to each other."""
    return format_table([_describe_traffic(item) for item in figures])


def _describe_traffic(item: Figures) -> dict[str, str]:
    pairs = item.authorities * (item.authorities - 1)
    return {
        "authorities": str(item.authorities),
        "messages": f"{item.block.messages:,}",
        "a pair": f"{item.block.messages / max(pairs, 1):.1f}",
        "KB": _format_kb(item.block.bytes),
        "KB a node": _format_kb(item.block.bytes / item.authorities),
        "KB, batch": _format_kb(item.batch.bytes),
        "in batches": f"{item.batch.bytes / item.batch_bytes:.1f}",
        "idle messages/s": f"{item.idle.messages:,}",
        "idle KB/s": _format_kb(item.idle.bytes),
    }


def _format_kb(count: float) -> str:
    return f"{count / 1_000:,.1f}"


def _parse_sizes(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[int, ...]:
    sizes = tuple(int(word) for word in text.split(",") if word.isascii() and word.isdigit())
    if not sizes or len(sizes) != len(text.split(",")) or min(sizes) < 1:
        raise click.BadParameter("numbers of authorities with commas between them, such as 1,4,7")
    return sizes


@click.command()
@click.option("--sizes", default="1,4,7", show_default=True, callback=_parse_sizes, help="Networks to run as processes.")
@click.option("--counted", default="1,4,7,10,13,19,31", show_default=True, callback=_parse_sizes, help="Networks to count in.")
@click.option("--rounds", default=5, show_default=True, help="How often each network is started and measured, in turn.")
@click.option("--samples", default=100, show_default=True, help="Transactions one by one, in each round.")
@click.option("--clients", default=200, show_default=True, help="Clients at once, each with one transaction on its way.")
@click.option("--seconds", default=10.0, show_default=True, help="How long the clients go on, in each round.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures to this file, too.")
def main(
    sizes: tuple[int, ...],
    counted: tuple[int, ...],
    rounds: int,
    samples: int,
    clients: int,
    seconds: float,
    json_path: Path | None,
) -> None:
    """Measure how authorities agree, on this machine."""
    plan = Plan(samples, clients, seconds)
    runs = [measure_run(size, plan) for _ in range(rounds) for size in sizes]
    click.echo(format_speed(runs) + "\n")
    figures = [measure_size(size) for size in counted]
    click.echo(format_traffic(figures))
    if json_path is not None:
        document = {"runs": [asdict(run) for run in runs], "traffic": [asdict(item) for item in figures]}
        json_path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
