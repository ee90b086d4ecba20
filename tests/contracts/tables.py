"""Whole ledgers as text tables, and what runs them.

    == Title of a ledger
    use town                                     the setup that comes first (a ledger of setups.txt)
    parameter points_per_hour 2                  before anything happens
    region nanjing                               all numbers of a region that ships
    holiday 2024-04-04
    working weekend 2024-04-07
    2024-03-01 09:00 | ann bob | certify by Harbour best-effort        | ok
                     |         | + r1 Shore mia 2024-02-29 09:00 180   | ok
                     |         | + r2 Shore mia 2024-02-29 10:00 60    | overlap r1
                     |         | ? points mia                          | 3 = 3 r1

Columns: time on the region's clock (none: a minute after the last), who signs, what is done, what is answered: `ok`, or the
reason with or without the offending value. `+` is a row of a batch with its own answer, `?` a question about the state. After
every transaction all invariants of the state are checked.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.nodes.regions import load_region
from ledger.errors import HourledgerError
from ledger.events import Outcome
from ledger.types import Day
from tests.contracts.chain import Chain, make_genesis, name_transaction
from tests.contracts.invariants import check_invariants
from tests.contracts.status_invariants import Fold, read_statuses
from tests.contracts.words import describe, format_value, parse_action, parse_day, parse_time

FOLDER = Path(__file__).parent / "ledgers"


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction or question. `number` is its line in the file."""

    number: int
    time: str
    signers: tuple[str, ...]
    words: str
    expected: str
    rows: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """One ledger: what it starts from and its steps."""

    title: str
    source: str
    setup: str = ""
    parameters: list[tuple[str, int]] = field(default_factory=list)
    holidays: list[Day] = field(default_factory=list)
    working_weekends: list[Day] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def load_tables(path: Path) -> list[Table]:
    """Ledgers of a file, in order."""
    return parse_tables(path.name, path.read_text(encoding="utf-8"))


def parse_tables(name: str, content: str) -> list[Table]:
    """Ledgers in the text of a file, in order."""
    tables: list[Table] = []
    for number, line in enumerate(content.splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if text.startswith("== "):
            tables.append(Table(text.removeprefix("== "), name))
        elif text:
            _add_line(tables[-1], number, text)
    return tables


def _add_line(table: Table, number: int, text: str) -> None:
    cells = [cell.strip() for cell in text.split("|")]
    match cells:
        case [time, signers, words, expected] if words.startswith("+ "):
            assert not time
            assert not signers
            table.steps[-1].rows.append((words.removeprefix("+ "), expected))
        case [time, signers, words, expected]:
            table.steps.append(Step(number, time, tuple(signers.split()), words, expected))
        case [setting]:
            _add_setting(table, setting.split())
        case _:
            raise ValueError(f"{table.source}:{number}: {len(cells)} columns")


def _add_setting(table: Table, words: list[str]) -> None:
    match words:
        case ["use", setup]:
            table.setup = setup
        case ["region", name]:
            table.parameters.extend(load_region(name).items())
        case ["parameter", name, value]:
            table.parameters.append((name, int(value)))
        case ["holiday", day]:
            table.holidays.append(parse_day(day))
        case ["working", "weekend", day]:
            table.working_weekends.append(parse_day(day))
        case _:
            raise ValueError(" ".join(words))


def run_table(table: Table, setups: dict[str, Table]) -> Chain:
    """Carry out a ledger from its genesis; raise `AssertionError` that names the line at the first difference."""
    chain = Chain(make_genesis(table.parameters, table.holidays, table.working_weekends))
    runner = _Runner(chain)
    for part in ([setups[table.setup]] if table.setup else []) + [table]:
        for step in part.steps:
            place = f"{part.source}:{step.number}: {step.words}"
            actual, expected = runner.run(step)
            assert actual == expected, f"{place}\n  expected {expected}\n  but got  {actual}"
    return chain


class _Runner:
    """The time of the last step and the events of the last transaction."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.time_ms = 0
        self.events: tuple[Any, ...] = ()
        self.fold = Fold()

    def run(self, step: Step) -> tuple[list[str], list[str]]:
        """Return (actual, expected) answers; where the expected one is right, both are the same words."""
        if step.words.startswith("? "):
            return [describe(self.chain, step.words.removeprefix("? "), self.events)], [step.expected]
        self.time_ms = parse_time(step.time) if step.time else self.time_ms + 60_000
        kind, body = parse_action(step.words, [row for row, _ in step.rows])
        try:
            result = self.chain.submit(step.signers, kind, body, self.time_ms)
        except HourledgerError as error:
            return [error.reason], [step.expected]
        self.events = result.events
        name_transaction(result.outcome.transaction_id, self.chain.height)
        check_invariants(self.chain)
        self.fold.add(result.entries)
        assert read_statuses(self.chain) == self.fold.statuses
        return _compare(result.outcome, step)


def _compare(outcome: Outcome, step: Step) -> tuple[list[str], list[str]]:
    actual = [_choose(outcome.reason, outcome.value, step.expected)]
    expected = [step.expected]
    if outcome.rows or outcome.is_accepted:
        for row, (_, words) in zip(outcome.rows, step.rows, strict=True):
            actual.append(_choose(row.reason if row else None, row.value if row else "", words))
            expected.append(words)
    return actual, expected


def _choose(reason: str | None, value: str, expected: str) -> str:
    """The answer in the words of the table, if those are right."""
    if reason is None:
        return "ok"
    answers = [str(reason), *(f"{reason} {text}" for text in sorted(format_value(value)))]
    return expected if expected in answers else answers[-1]
