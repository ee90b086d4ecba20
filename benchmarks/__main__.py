"""`python -m benchmarks`: measure everything, and write docs/performance.md with its plots and docs/performance.json."""

import gc
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from benchmarks.bench import Bench, Plan, Section, run_section, tell
from benchmarks.central import work_centrally
from benchmarks.growth import compute_reserve
from benchmarks.importing import import_file
from benchmarks.limits import measure_limits
from benchmarks.program import ROOT
from benchmarks.report import format_figures, format_warnings, make_document, write_report
from benchmarks.schedule import ROWS_IN_BATCH
from benchmarks.sections import check_certificates, grow, work_alone, work_together
from benchmarks.syncing import replay, sync_from_snapshot
from node.app import COLLECTOR_THRESHOLDS

SECTIONS: Final[dict[str, Section]] = {
    "growth": grow,
    "one authority": work_alone,
    "four authorities": work_together,
    "certificates": check_certificates,
    "import": import_file,
    "snapshot": sync_from_snapshot,
    "replay": replay,
    "PostgreSQL": work_centrally,
}


def make_plan(records: int, *, is_quick: bool, leeds: Path | None) -> Plan:
    """Return how much is measured around a state of so many records; with `is_quick` as little as shows that it works."""
    most = compute_reserve(records) // ROWS_IN_BATCH - Plan().block
    plan = Plan(records=records, leeds=leeds)
    plan = replace(plan, batches=min(plan.batches, most), replayed=min(plan.replayed, records))
    if is_quick:
        plan = replace(
            plan, rounds=1, block=1, batches=2, senders=2, clients=4, seconds=0.4, samples=4, replayed=min(1_000, records)
        )
    return plan


@click.command()
@click.option(
    "--records",
    default=Plan().records,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many records the state has.",
)
@click.option("--only", "names", multiple=True, type=click.Choice(list(SECTIONS)), help="Measure these sections. Repeatable.")
@click.option("--quick", "is_quick", is_flag=True, help="As little of each as shows that it works.")
@click.option(
    "--leeds",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The Leeds file. Otherwise ../shared/data/leeds-2023.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where page, data and plots go. Otherwise docs, for a whole run of the usual size.",
)
@click.option("--name", default="performance", show_default=True, help="What page, data and plots are called.")
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, exists=True),
    help="Folder on the disk to measure. Otherwise the temporary one.",
)
def main(
    records: int,
    names: tuple[str, ...],
    *,
    is_quick: bool,
    leeds: Path | None,
    out: Path | None,
    name: str,
    scratch: Path | None,
) -> None:
    """Measure this ledger on this machine, beside the machine's own limits and PostgreSQL."""
    # Who ends the run is not left with its nodes, its PostgreSQL and gigabytes in the temporary folder.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    plan = make_plan(records, is_quick=is_quick, leeds=leeds)
    # What a node does when it starts, so that the chain without a node works under the same conditions.
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    with tempfile.TemporaryDirectory(prefix="hourledger-bench-", dir=scratch) as folder:
        tell("limits of the machine ...")
        bench = Bench(plan, Path(folder), measure_limits(Path(folder), min(0.5, plan.seconds / 8)))
        for section in names or SECTIONS:
            run_section(bench, section, SECTIONS[section])
        document = make_document(bench)
        if out is None and not names and plan == make_plan(Plan().records, is_quick=False, leeds=leeds):
            out = ROOT / "docs"
        if out is not None:
            write_report(bench, out, name)
    for line in (*format_warnings(document), format_figures(document["figures"])):
        click.echo(line)
    sys.exit(1 if bench.failed else 0)


if __name__ == "__main__":
    main()
