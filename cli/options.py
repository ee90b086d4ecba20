"""Options that many commands share, and the values they take."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click

from certificates.dids import parse_host
from certificates.register import parse_number
from cli.office.answers import parse_hash, parse_identifier_hex, parse_public_key
from cli.office.client import DEFAULT_NODE
from cli.office.values import parse_day
from cli.selection import parse_selection
from ledger.errors import HourledgerError
from ledger.genesis import to_day
from ledger.types import Day

P = ParamSpec("P")
R = TypeVar("R")
Decorator = Callable[[Callable[..., R]], Callable[..., R]]

OFFICE_VARIABLE: Final = "HOURLEDGER_OFFICE"
PATH: Final = click.Path(path_type=Path)


class _Parsed(click.ParamType[Any]):
    """A value that a parser of ours reads; what it refuses is a usage error that names the option."""

    def __init__(self, name: str, parser: Callable[[str], Any]) -> None:
        self.name = name
        self._parser = parser

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return the parsed value."""
        if not isinstance(value, str):
            return value
        try:
            return self._parser(value)
        except HourledgerError as error:
            self.fail(f"'{value}' {error.detail}" if self.name == "date" else f"{error.detail}: '{value}'", param, ctx)


def _parse_date(text: str) -> Day:
    return to_day(parse_day(text))


IDENTIFIER: Final = _Parsed("identifier", parse_identifier_hex)
PUBLIC_KEY: Final = _Parsed("public key", parse_public_key)
CERTIFICATE_NUMBER: Final = _Parsed("certificate number", parse_number)
HASH: Final = _Parsed("hash", parse_hash)
DATE: Final = _Parsed("date", _parse_date)
RECORDS: Final = _Parsed("records", parse_selection)
SITE: Final = _Parsed("site", parse_host)

node_option = click.option(
    "--node", "node_url", envvar="HOURLEDGER_NODE", default=DEFAULT_NODE, show_default=True, help="The node's address."
)
json_option = click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
key_option = click.option(
    "--key", "key_files", multiple=True, type=PATH, help="A key to sign with. May be given several times, one a signer."
)
passphrase_option = click.option(
    "--passphrase-file",
    "passphrase_files",
    multiple=True,
    type=PATH,
    help="Where the passphrase is: one for all keys, or one for each. Otherwise HOURLEDGER_PASSPHRASE, or a prompt.",
)
dry_run_option = click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would happen; change nothing.")
draft_option = click.option(
    "--draft", type=PATH, help="Write the transaction to this file for another officer to sign, and send nothing."
)
office_option = click.option(
    "--office",
    type=PATH,
    default=lambda: Path(os.environ.get(OFFICE_VARIABLE) or Path.home() / ".hourledger" / "office"),
    show_default="~/.hourledger/office, or HOURLEDGER_OFFICE",
    help="The folder with the organisation's record book.",
)
organisation_option = click.option(
    "--organisation",
    type=IDENTIFIER,
    envvar="HOURLEDGER_ORGANISATION",
    help="The organisation's identifier. The record book remembers it.",
)


def compose(*decorators: Callable[[Any], Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return one decorator for several, so that options appear in the order given."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate
