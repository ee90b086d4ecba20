"""What commands print: results on stdout, as text for people or one JSON object for scripts; progress and errors on stderr.

An error is one sentence that says what to do next. A traceback is shown only with HOURLEDGER_DEBUG=1 in the environment.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from ledger.errors import HourledgerError
from ledger.reasons import EXPLANATIONS, ExitCode, Reason

DEBUG_VARIABLE = "HOURLEDGER_DEBUG"


@dataclass(frozen=True, slots=True)
class Output:
    """How one command speaks."""

    is_json: bool = False

    def say(self, text: str) -> None:
        """Print lines for a person; nothing in JSON mode."""
        if not self.is_json:
            click.echo(_make_harmless(text))

    def warn(self, text: str) -> None:
        """Print a line on stderr, in both modes."""
        click.echo(_make_harmless(text), err=True)

    def step(self, text: str) -> None:
        """Say on a terminal what is being done."""
        if sys.stderr.isatty():
            click.echo(text, err=True)

    def show(self, document: object) -> None:
        """Print the JSON object of a result; nothing in text mode."""
        if self.is_json:
            click.echo(format_json(document))

    def give(self, document: object, text: str) -> None:
        """Print a result in the mode asked for."""
        self.show(document)
        self.say(text)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show how far long work is, on a terminal only; the work calls what it is given with how much more is done."""
        if not sys.stderr.isatty() or total <= 0:
            yield lambda _steps: None
            return
        with click.progressbar(length=total, label=label, file=sys.stderr, show_eta=total > 1_000) as bar:
            yield bar.update


def confirm(question: str) -> None:
    """Ask on the terminal and end the command unless the answer is yes; where there is no terminal, --yes is the answer."""
    if not sys.stdin.isatty():
        raise HourledgerError(Reason.USAGE, "there is no terminal to ask on, and --yes was not given")
    click.confirm(question, abort=True, err=True)


def format_json(document: object) -> str:
    """Return a JSON text as commands print it: bytes as hexadecimal."""
    return json.dumps(document, ensure_ascii=False, indent=2, default=_to_json)


def _to_json(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def report_error(error: HourledgerError, *, is_json: bool) -> ExitCode:
    """Print an error as its sentence, and in JSON mode as an object on stdout too; return the exit code."""
    click.echo(f"hourledger: {make_one_line(str(error))}", err=True)
    if is_json:
        explanation = EXPLANATIONS[error.reason]
        document = {
            "reason": error.reason.value,
            "detail": error.detail,
            "value": error.value,
            "next_step": explanation.next_step,
        }
        click.echo(format_json({"error": document}))
    return error.exit_code


def report_surprise(error: Exception, *, is_json: bool) -> ExitCode:
    """Print an error that no rule foresaw."""
    if os.environ.get(DEBUG_VARIABLE) == "1":
        traceback.print_exception(error)
    detail = f"this should not happen ({type(error).__name__}; {DEBUG_VARIABLE}=1 shows where)"
    return report_error(HourledgerError(Reason.INTERNAL, detail, str(error)[:200]), is_json=is_json)


def _make_harmless(text: str) -> str:
    """Return lines without what moves a cursor or colours: text of others may be among them."""
    return "".join(character if character.isprintable() or character in "\n\t" else " " for character in text)


def make_one_line(text: str) -> str:
    """Return a text of somebody else's as a terminal can show it: one line, and nothing that moves the cursor or colours."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
