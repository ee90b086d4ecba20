"""What a preview and an import say: as JSON and in words, row by row where something is to be done."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cli.office.book_records import Records
from cli.office.describing import describe_refusal
from cli.office.importer import ImportResult
from cli.office.planning import Fate, Plan, PlannedRow
from cli.office.roster import Roster, RosterTotals, compute_roster_totals
from cli.office.rows import RowProblem, format_problem
from ledger.errors import RowOutcome
from ledger.genesis import to_date
from ledger.reasons import EXPLANATIONS, Reason
from ledger.types import Identifier

MAX_SHOWN_ROWS: Final = 20
_NAMES_A_RECORD: Final = frozenset({Reason.OVERLAP, Reason.RECORD_VOID})


def format_preview(roster: Roster, plan: Plan) -> dict[str, Any]:
    """Return the JSON object of a preview."""
    totals = compute_roster_totals(roster)
    return {
        "dry_run": True,
        "encoding": roster.encoding,
        "columns": {column.value: roster.columns.header[index] for column, index in roster.columns.positions.items()},
        "ignored_columns": list(roster.columns.find_ignored()),
        "rows": roster.row_count,
        **_format_totals(totals),
        "fates": count_fates(plan.rows),
        "to_enrol": len(plan.to_enrol),
        "to_publish": len(plan.to_publish),
        "problems": [format_problem_object(item) for item in roster.problems],
    }


def _format_totals(totals: RosterTotals) -> dict[str, Any]:
    return {
        "usable_rows": totals.rows,
        "minutes": totals.minutes,
        "volunteers": totals.volunteers,
        "activities": totals.activities,
        "first_day": None if totals.first_day is None else totals.first_day.isoformat(),
        "last_day": None if totals.last_day is None else totals.last_day.isoformat(),
    }


def describe_preview(path: Path, roster: Roster, plan: Plan) -> str:
    """Return a preview in words."""
    totals = compute_roster_totals(roster)
    days = f", {totals.first_day} to {totals.last_day}" if totals.rows else ""
    mapping = ", ".join(
        f"{column.value} = '{roster.columns.find_title(column)}'" for column in sorted(roster.columns.positions)
    )
    ignored = ", ".join(f"'{title}'" for title in roster.columns.find_ignored())
    usable = (totals.rows, describe_minutes(totals.minutes), totals.volunteers, totals.activities)
    lines = [
        f"{path.name}: {roster.encoding}, {roster.row_count:,} rows",
        f"columns: {mapping}",
        *([f"not read: {ignored}"] if ignored else []),
        "usable: {:,} rows, {}, {:,} volunteers, {:,} activities".format(*usable) + days,
        f"to do: {describe_fates(plan.rows)}",
        f"first: enrol {len(plan.to_enrol):,} volunteers, publish {len(plan.to_publish):,} activities",
        *describe_problems(roster.problems),
    ]
    return "\n".join(lines)


def describe_problems(problems: Sequence[RowProblem]) -> list[str]:
    """Return lines about rows that cannot be used."""
    if not problems:
        return []
    rows = len({item.row_number for item in problems})
    return [f"{rows:,} rows cannot be used:", *shorten_list([format_problem(item) for item in problems])]


def format_problem_object(problem: RowProblem) -> dict[str, Any]:
    """Return the JSON object of a problem."""
    return {
        "row": problem.row_number,
        "column": problem.column,
        "value": problem.value,
        "message": problem.message,
    }


def format_result(result: ImportResult, points: int, drafts: Sequence[Path], roster: Roster) -> dict[str, Any]:
    """Return the JSON object of an import."""
    new = result.select(Fate.NEW)
    return {
        "rows": roster.row_count,
        "fates": count_fates(result.rows),
        "new_records": len(new),
        "minutes": sum(item.row.minutes for item in new),
        "points": points,
        "enrolled": result.enrolled,
        "published": result.published,
        "refused": [format_refusal(item) for item in result.select(Fate.REFUSED)],
        "changed": [item.row.row_number for item in result.select(Fate.CHANGED)],
        "problems": [format_problem_object(item) for item in roster.problems],
        "drafts": [str(path) for path in drafts],
    }


def format_refusal(item: PlannedRow) -> dict[str, Any]:
    """Return the JSON object of a refused row."""
    refusal = item.refusal
    return {
        "row": item.row.row_number,
        "record": item.row.record,
        "reason": None if refusal is None else refusal.reason.value,
        "value": None if refusal is None else refusal.value,
        "next_step": None if refusal is None else EXPLANATIONS[refusal.reason].next_step,
    }


def describe_result(result: ImportResult, points: int, drafts: Sequence[Path], roster: Roster, records: Records) -> str:
    """Return an import in words."""
    new = result.select(Fate.NEW)
    if not result.rows:
        return "\n".join(("The file has no row to certify.", *describe_problems(roster.problems)))
    if len(result.select(Fate.KNOWN)) == len(result.rows):
        return "\n".join(
            (f"No new record: all {len(result.rows):,} rows were certified before.", *describe_problems(roster.problems))
        )
    lines = [f"{len(result.rows):,} rows: {describe_fates(result.rows)}."]
    if new:
        minutes = describe_minutes(sum(item.row.minutes for item in new))
        lines.append(f"{len(new):,} new records with {minutes} earn {points:,} points at the usual rate.")
    if result.enrolled or result.published:
        lines.append(f"{result.enrolled:,} volunteers enrolled, {result.published:,} activities published.")
    refused = [f"row {item.row.row_number}: {_describe_row(item.refusal, records)}" for item in result.select(Fate.REFUSED)]
    if refused:
        lines += ["Refused:", *shorten_list(refused)]
    changed = result.select(Fate.CHANGED)
    if changed:
        numbers = shorten_list(
            [f"row {item.row.row_number}: {item.row.record}, {item.row.minutes} minutes" for item in changed]
        )
        lines += ["Certified before with another content (correct them with hourledger hours amend):", *numbers]
    if drafts:
        lines.append(f"{len(drafts)} batches wait for another officer, who signs them with hourledger tx sign:")
        lines += shorten_list([str(path) for path in drafts])
    return "\n".join((*lines, *describe_problems(roster.problems)))


def _describe_row(refusal: RowOutcome | None, records: Records) -> str:
    names: list[str] = []
    if refusal is not None and refusal.reason in _NAMES_A_RECORD and len(refusal.value) == 32:
        known = records.find(Identifier(bytes.fromhex(refusal.value)))
        if known is not None:
            names.append(f"{known.reference} of {to_date(known.recorded_day).isoformat()}")
    return describe_refusal(refusal, names)


_FATES: Final[Mapping[Fate, str]] = {
    Fate.NEW: "new",
    Fate.KNOWN: "already certified",
    Fate.CHANGED: "changed since",
    Fate.REFUSED: "refused",
    Fate.WAITING: "waiting for another officer",
}


def count_fates(rows: Iterable[PlannedRow]) -> dict[str, int]:
    """Return how many rows have each fate."""
    counts = dict.fromkeys((fate.value for fate in Fate), 0)
    for item in rows:
        counts[item.fate.value] += 1
    return counts


def describe_fates(rows: Sequence[PlannedRow]) -> str:
    """Return in words how many rows have which fate."""
    counts = count_fates(rows)
    shown = [f"{counts[fate.value]:,} {text}" for fate, text in _FATES.items() if counts[fate.value]]
    return ", ".join(shown) or "nothing"


def describe_minutes(minutes: int) -> str:
    """Return minutes with the hours that they are."""
    return f"{minutes:,} minutes ({minutes // 60:,} h {minutes % 60} min)"


def shorten_list(lines: Sequence[str], indent: str = "  ") -> list[str]:
    """Return the first lines, indented, and how many more there are."""
    shown = [f"{indent}{line}" for line in lines[:MAX_SHOWN_ROWS]]
    more = len(lines) - len(shown)
    return [*shown, f"{indent}and {more:,} more (--json has all)"] if more > 0 else shown
