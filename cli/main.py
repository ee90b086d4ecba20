"""The program `hourledger`: finds the command, carries it out, and turns every error into a sentence and an exit code.

Each group of commands is a module that is imported when it is used, so that `hourledger verify` needs no node's libraries.
"""

import importlib
import io
import sys
from collections.abc import Sequence
from typing import Final

import click

from cli.output import report_error, report_surprise
from ledger.errors import HourledgerError

PROGRAM: Final = "hourledger"
INTERRUPTED: Final = 130
"""128 and the number of SIGINT, as shells have it."""

COMMANDS: Final = {
    "demo": "the whole story on this machine, then a summary",
    "net": "a network of authorities on this machine",
    "node": "make, run and look at a node",
    "keys": "make and show keys",
    "authority": "authorities, voted in and out by each other",
    "governance": "the region's numbers and calendar, by vote",
    "org": "organisations, their officers and their policy",
    "merchant": "merchants",
    "volunteer": "volunteers: enrolment, accounts, keys",
    "activity": "projects and activities, sign-up, attendance, notices",
    "cover": "insurance of activities and volunteers",
    "hours": "hours: certified, corrected, disputed, claimed",
    "order": "help that is asked for, given, rated and recorded",
    "training": "trainings, recorded and taken back",
    "award": "awards, recorded and taken back",
    "star": "stars: publicised, objected to, awarded",
    "sanction": "sanctions by two people, with appeal and end",
    "report": "sums for everybody; reports whose hash is on record",
    "rating": "service rated by who was served and by officers; the score",
    "region": "other regions: trusted by vote, time sent and received",
    "points": "points of a volunteer",
    "exchange": "offers, and points held and captured for them",
    "timebank": "hours saved for old age, given and spent",
    "tx": "drafts: show, sign, submit",
    "cert": "certificates: issued, registered, looked up",
    "card": "business cards, shown in parts; codes for a counter",
    "verify": "check certificates, offline",
    "trust": "trust files",
    "fsck": "check a node's store from end to end",
}
"""Module of `cli.commands` and what it is for, in the order of the help. The module's `command` is the click command."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"cli.commands.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"cli.commands.{cmd_name} has no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _show_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's own form
    if value and not ctx.resilient_parsing:
        click.echo(f"{PROGRAM}, version {_find_version()}")
        ctx.exit()


def _find_version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to load, and seldom asked for

    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "not installed"


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Certify volunteer hours on a permissioned ledger, and check certificates offline."""


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line and return the exit code: 0 done, 1 no, 2 usage, 3 no answer now, 4 damage (DESIGN 12)."""
    is_json = "--json" in arguments
    try:
        return _carry_out(arguments)
    except click.Abort:
        click.echo("hourledger: interrupted; run the same command again to go on.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = io.StringIO()  # whoever read our output has gone; nothing is left to tell anybody
        return 1
    except HourledgerError as error:
        return report_error(error, is_json=is_json)
    except Exception as error:  # noqa: BLE001 - the last resort: a person sees a sentence, not a traceback
        return report_surprise(error, is_json=is_json)


def _carry_out(arguments: Sequence[str]) -> int:
    try:
        result = cli.main(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


def main() -> None:
    """Entry point of the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a name shows its code instead of ending the command.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
