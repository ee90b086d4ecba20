"""Lists of people to enrol: a CSV or XLSX file with a reference, and if there are any, a name and a public key."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.office.answers import parse_public_key
from cli.office.columns import SYNONYMS, Column, normalise_title
from cli.office.rows import RowProblem, format_problem
from cli.office.sheet import Table, read_table
from cli.office.values import parse_identifier, parse_name
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import PublicKey

_KEY_TITLES: Final = ("public key", "key", "公钥")


@dataclass(frozen=True, slots=True)
class Person:
    """One person to enrol, as the organisation knows them."""

    reference: str
    name: str = ""
    key: PublicKey | None = None


def read_people(path: Path) -> tuple[Person, ...]:
    """Read a list; raise UNREADABLE_ROWS that names the rows that cannot be used, or USAGE without a column of references."""
    return parse_people(read_table(path))


def parse_people(table: Table) -> tuple[Person, ...]:
    """Return the people of a table, each once."""
    reference = _find_column(table.header, SYNONYMS[Column.VOLUNTEER])
    if reference is None:
        raise HourledgerError(Reason.USAGE, "the list has no column of volunteers' references, such as volunteer or 志愿者编号")
    name, key = _find_column(table.header, SYNONYMS[Column.NAME]), _find_column(table.header, _KEY_TITLES)
    people: dict[str, Person] = {}
    problems: list[str] = []
    for number, cells in table.rows:
        try:
            person = _parse_person(_cell(cells, reference), _cell(cells, name), _cell(cells, key))
        except HourledgerError as error:
            problem = RowProblem(number, table.header[reference], error.value, error.detail)
            problems.append(format_problem(problem))
            continue
        people.setdefault(person.reference, person)
    if problems:
        shown = "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
        raise HourledgerError(Reason.UNREADABLE_ROWS, shown)
    return tuple(people.values())


def _parse_person(reference: str, name: str, key: str) -> Person:
    parsed = parse_identifier(reference)
    if not parsed:
        raise HourledgerError(Reason.UNREADABLE_ROWS, "is empty; write the volunteer's number")
    return Person(parsed, parse_name(name), parse_public_key(key.strip().lower()) if key.strip() else None)


def _find_column(header: Sequence[str], titles: Sequence[str]) -> int | None:
    known = {normalise_title(title) for title in titles}
    return next((index for index, title in enumerate(header) if normalise_title(title) in known), None)


def _cell(cells: Sequence[str], position: int | None) -> str:
    return cells[position] if position is not None and position < len(cells) else ""
