"""docs/performance.md, docs/performance.json and the plots beside them, out of a run.

What stands between the marks in the page is made here; the rest of it is written by hand and kept.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.bench import Bench, Plan
from benchmarks.figures import Aim, Figure, compute_share
from benchmarks.machine import describe_machine, describe_time, describe_versions
from benchmarks.plots import plot_bars, plot_lines

BEGIN, END = "<!-- measured: made by make bench; do not edit between these marks -->", "<!-- end of what is measured -->"
HEAD: Final = "# Performance\n\n"
RATIOS: Final = (
    ("certify_1", "central_batch", "batches, 1 authority"),
    ("certify_4", "central_batch", "batches, 4 authorities"),
    ("singles_1", "central_single", "one by one, 1 authority, a request each"),
    ("singles_together_1", "central_single", "one by one, 1 authority, 32 a request"),
    ("singles_4", "central_single", "one by one, 4 authorities, a request each"),
    ("singles_together_4", "central_single", "one by one, 4 authorities, 32 a request"),
)
MOST_OF_OTHERS: Final = 0.1
"""Share of the machine that other programs may take without a word. PostgreSQL's server counts as one of them."""
COLUMN: Final = (
    "The last column is what all of the ledger's processes together take of processors for one record, transaction or "
    "certificate. It changes little with what else a machine does."
)
DURABILITY: Final = "synced: nothing is acknowledged, voted for or cosigned before the disk has it"


def write_report(bench: Bench, folder: Path, name: str) -> None:
    """Write page, data and plots into a folder; whatever is written by hand in the page stays."""
    folder.mkdir(parents=True, exist_ok=True)
    document = make_document(bench)
    (folder / f"{name}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    plots = make_plots(bench)
    (folder / name).mkdir(exist_ok=True)
    for plot, text in plots.items():
        (folder / name / f"{plot}.svg").write_text(text, encoding="utf-8")
    page = folder / f"{name}.md"
    old = page.read_text(encoding="utf-8") if page.exists() else HEAD
    page.write_text(
        put_measured(old, format_measured(document, {plot: f"{name}/{plot}.svg" for plot in plots})), encoding="utf-8"
    )


def put_measured(page: str, text: str) -> str:
    """Return a page with `text` between its marks, at its end where it has none."""
    block = f"{BEGIN}\n\n{text.strip()}\n\n{END}"
    if BEGIN not in page:
        return f"{page.rstrip()}\n\n{block}\n"
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _found: block, page, count=1, flags=re.DOTALL)


def make_document(bench: Bench) -> dict[str, Any]:
    """Return everything that was measured, as it stands in the JSON."""
    return {
        "date": describe_time(),
        "machine": describe_machine(bench.folder),
        "versions": describe_versions(),
        "durability": DURABILITY,
        "records": bench.plan.records,
        "plan": {name: str(value) if isinstance(value, Path) else value for name, value in asdict(bench.plan).items()},
        "limits": asdict(bench.limits),
        "figures": [describe_figure(bench, figure) for figures in bench.figures.values() for figure in figures],
        "ratios": compute_ratios(bench),
        "curves": {name: [asdict(curve) for curve in curves] for name, curves in bench.curves.items()},
        "skipped": bench.skipped,
        "failed": bench.failed,
        "others": {name: round(value, 3) for name, value in bench.others.items()},
        "seconds": {name: round(value, 1) for name, value in bench.seconds.items()},
    }


def describe_figure(bench: Bench, figure: Figure) -> dict[str, Any]:
    """Return a figure with its share of the limit that binds it, as JSON value."""
    share = compute_share(figure, bench.limits)
    return {
        "name": figure.name,
        "title": figure.title,
        "value": float(f"{figure.value:.4g}"),
        "unit": figure.unit,
        "load": figure.load,
        "cpu_us": None if figure.cpu_us is None else float(f"{figure.cpu_us:.4g}"),
        "aim": None if figure.aim is None else asdict(figure.aim),
        "is_met": None if figure.aim is None else figure.aim.is_met(figure.value),
        "limit": None if share is None else share.limit,
        "share": None if share is None else float(f"{share.share:.3g}"),
    }


def compute_ratios(bench: Bench) -> list[dict[str, Any]]:
    """Return the ledger's figures as multiples of PostgreSQL's, as far as both were measured."""
    values = {figure.name: figure.value for figures in bench.figures.values() for figure in figures}
    return [
        {"title": title, "ledger": own, "postgresql": other, "ratio": float(f"{values[own] / values[other]:.3g}")}
        for own, other, title in RATIOS
        if own in values and other in values
    ]


def make_plots(bench: Bench) -> dict[str, str]:
    """Return the plots by name."""
    plots = {}
    if "growth" in bench.curves:
        titles = ("Records certified a second as the state grows", "records in the state", "records/s")
        plots["growth"] = plot_lines(*titles, bench.curves["growth"], is_log=True)
    if "finality" in bench.curves:
        titles = ("Time to finality on an idle network of four", "milliseconds", "% of transactions")
        plots["finality"] = plot_lines(*titles, bench.curves["finality"])
    figures = (figure for figures in bench.figures.values() for figure in figures)
    shares = [(figure, share) for figure in figures if (share := compute_share(figure, bench.limits)) is not None]
    if shares:
        bars = [(figure.title, 100 * share.share) for figure, share in shares]
        plots["shares"] = plot_bars("Share of the limit that binds", bars, " %")
    return plots


def format_measured(document: Mapping[str, Any], plots: Mapping[str, str]) -> str:
    """Return the part of the page that is made, as Markdown; `plots` are files by name."""
    parts = [
        "## Measured",
        *format_warnings(document),
        f"`make bench` on {document['date']}, {sum(document['seconds'].values()) / 60:.0f} minutes. "
        + "; ".join(f"{name}: {text}" for name, text in document["machine"].items())
        + ". Nodes, clients and PostgreSQL ran on this one machine. Versions: "
        + ", ".join(f"{name} {text}" for name, text in document["versions"].items())
        + f". Durability of every figure: {document['durability']}.",
        format_figures(document["figures"]),
        COLUMN,
        *(f"![{plot}]({file})" for plot, file in plots.items()),
        *format_limits(document["limits"]),
        *format_ratios(document["ratios"]),
        "### What each figure is of",
        "\n".join(f"- **{item['title']}**: {item['load']}." for item in document["figures"]),
    ]
    return "\n\n".join(parts)


def format_warnings(document: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know first: a small run, and what was left out."""
    warnings = []
    if document["records"] < Plan().records:
        warnings.append(f"> **A small run**: the state has {document['records']:,} records and not {Plan().records:,}.")
    if "tmpfs" in document["machine"]["disk"]:
        warnings.append("> **Not durable**: the stores were in memory. Name a folder on a disk with --scratch.")
    disturbed = {name: share for name, share in document["others"].items() if share > MOST_OF_OTHERS and name != "PostgreSQL"}
    if disturbed:
        shares = ", ".join(f"{share:.0%} during {name}" for name, share in disturbed.items())
        warnings.append(f"> **Disturbed**: other programs took a part of the machine, {shares}. Times are too long by as much.")
    warnings += [f"> **SKIPPED: {name}.** {reason}." for name, reason in document["skipped"].items()]
    warnings += [f"> **FAILED: {name}.** {reason}." for name, reason in document["failed"].items()]
    return warnings


def format_figures(figures: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of all figures."""
    head = ("figure", "measured", "aim", "reached", "limit that binds", "share of it", "processor µs")
    lines = [f"| {' | '.join(head)} |", "|---|---:|---:|:---:|---|---:|---:|"]
    for item in figures:
        aim = "" if item["aim"] is None else format_aim(Aim(**item["aim"]), item["unit"])
        reached = {None: "", True: "yes", False: "**no**"}[item["is_met"]]
        share = "" if item["share"] is None else f"{item['share']:.1%}"
        cpu = "" if item["cpu_us"] is None else f"{item['cpu_us']:,.0f}"
        cells = (item["title"], format_value(item["value"], item["unit"]), aim, reached, item["limit"] or "", share, cpu)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def format_aim(aim: Aim, unit: str) -> str:
    """Return an aim in a few characters."""
    return f"{'≤' if aim.is_most else '≥'} {format_value(aim.value, unit)}"


def format_value(value: float, unit: str) -> str:
    """Return a number with its unit; a ratio in per cent."""
    if not unit:
        return f"{value:.0%}"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def format_limits(limits: Mapping[str, float]) -> list[str]:
    """Return the table of what the machine can do."""
    rows = (
        ("Ed25519 signatures of 200-byte messages checked in a second of a core", "signatures_per_second"),
        (f"the same on all {limits['cores']} cores at once, a second on the clock", "signatures_on_all_cores"),
        ("SHA-256 of 64 bytes in a second of a core, through `ledger.hashing`", "hashes_per_second"),
        ("LevelDB batches of 4 KiB made durable a second", "synced_batches_per_second"),
    )
    lines = ["| limit of the machine, in the same run | measured |", "|---|---:|"]
    return ["### Limits", "\n".join([*lines, *(f"| {title} | {limits[name]:,.0f} |" for title, name in rows)])]


def format_ratios(ratios: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the table beside PostgreSQL, nothing where it was not measured."""
    if not ratios:
        return []
    text = (
        "PostgreSQL does the same job the central way, in the same run: one row a record, signatures checked by the same "
        "library, synced commits. It is given records ready to insert, checks no rule, proves nothing. Its better number of "
        "connections counts."
    )
    lines = ["| | this ledger as a multiple of PostgreSQL |", "|---|---:|"]
    return [
        "### Beside PostgreSQL",
        text,
        "\n".join([*lines, *(f"| {item['title']} | {item['ratio']:.2f} |" for item in ratios)]),
    ]
