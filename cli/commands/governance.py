"""What the authorities decide by vote besides who they are: the region's numbers, its calendar, the version of the rules."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import click

from cli.options import PATH
from cli.output import format_json
from cli.reading import read_bounded
from cli.session import Session, asks, sends
from contracts.governance.settings import SetCalendar, SetParameters, Value
from contracts.governance.versions import MAX_VERSION, SetRuleBook
from ledger.errors import HourledgerError
from ledger.genesis import to_day
from ledger.reasons import Reason
from ledger.types import Day, Height

MAX_CALENDAR_BYTES: Final = 1 << 20
_at_height = click.option("--at-height", type=click.IntRange(1), required=True, help="The first block that it is in force for.")


@click.group()
def command() -> None:
    """The region's numbers, calendar and rules. A change takes effect once a quorum has sent the same command."""


@command.command("show")
@asks
def show(session: Session) -> None:
    """Show what is in force, what is to change, and who has approved what."""
    document = session.client.get_json("/v1/governance")
    session.output.give(document, format_json(document))


@command.command("set")
@click.argument("values", nargs=-1, required=True, metavar="NAME=NUMBER...")
@_at_height
@sends
def set_(session: Session, *, values: tuple[str, ...], at_height: int) -> None:
    """Approve new numbers, such as points_per_hour=2. Their names and meanings are in docs/kinds.md."""
    chosen = tuple(sorted((_parse_value(item) for item in values), key=lambda item: item.name))
    done = f"The change of {', '.join(item.name for item in chosen)} from block {at_height} on is approved"
    session.carry_out("governance.set_parameters", SetParameters(Height(at_height), chosen), done)


def _parse_value(text: str) -> Value:
    name, _separator, number = text.partition("=")
    try:
        return Value(name, int(number))
    except ValueError as error:
        raise click.UsageError(f"'{text}' is not written NAME=NUMBER, such as points_per_hour=2") from error


@command.command("rule-book")
@click.argument("version", type=click.IntRange(1, MAX_VERSION))
@_at_height
@sends
def rule_book(session: Session, *, version: int, at_height: int) -> None:
    """Approve VERSION of the rules. Update the program of every node first: one without these rules stops before that block."""
    known = session.client.get_json("/v1/governance")["known_rule_books"]
    if version not in known:
        detail = f"the program of the node you ask has rule books {', '.join(map(str, known))} and would stop at that block"
        raise HourledgerError(Reason.UNSUPPORTED_VERSION, detail, str(version))
    done = f"Rule book {version} from block {at_height} on is approved"
    session.carry_out("governance.set_rule_book", SetRuleBook(Height(at_height), version), done)


@command.command("calendar")
@click.argument("file", type=PATH)
@_at_height
@sends
def calendar(session: Session, *, file: Path, at_height: int) -> None:
    """Approve the calendar in FILE: JSON with holidays and working_weekends, lists of dates such as 2026-10-01."""
    holidays, weekends = _load_calendar(file)
    done = f"The calendar with {len(holidays)} holidays from block {at_height} on is approved"
    session.carry_out("governance.set_calendar", SetCalendar(Height(at_height), holidays, weekends), done)


def _load_calendar(file: Path) -> tuple[tuple[Day, ...], tuple[Day, ...]]:
    try:
        document = json.loads(read_bounded(file, MAX_CALENDAR_BYTES, "the calendar"))
        return _read_days(document["holidays"]), _read_days(document["working_weekends"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        detail = f"{file.name} is not JSON with holidays and working_weekends as lists of dates"
        raise HourledgerError(Reason.UNREADABLE_FILE, detail, str(file)) from error


def _read_days(dates: Any) -> tuple[Day, ...]:  # noqa: ANN401 - whatever the file has
    return tuple(sorted({to_day(date.fromisoformat(text)) for text in dates}))
