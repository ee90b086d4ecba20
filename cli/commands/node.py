"""A node: made, run, and asked how it is."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from cli.nodes.making import init, join
from cli.nodes.options import home_option
from cli.nodes.pruning import prune
from cli.nodes.recovering import recover
from cli.nodes.snapshots import restore, snapshot
from cli.options import PATH
from cli.output import format_json
from cli.passphrase import ENVIRONMENT_VARIABLE, read_passphrase
from cli.session import Session, asks
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.home import Home
from node.keystore import load_key


@click.group()
def command() -> None:
    """Make, run and look at a node."""


command.add_command(init)
command.add_command(join)
command.add_command(snapshot)
command.add_command(restore)
command.add_command(prune)
command.add_command(recover)


@command.command("run")
@home_option
@click.option("--host", help="The address to listen on. Otherwise as in the folder's node.json.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port; 0 takes a free one. Otherwise as in node.json.")
@click.option("--passphrase-file", type=PATH, help="Where the passphrase is. Otherwise HOURLEDGER_PASSPHRASE, or a prompt.")
@click.option("--stop-with-stdin", is_flag=True, hidden=True, help="Stop when standard input ends, as its starter does.")
def run(*, home: Path, host: str | None, port: int | None, passphrase_file: Path | None, stop_with_stdin: bool) -> None:
    """Run the node until SIGTERM or Ctrl-C. Its address is printed once it answers."""
    from node.app import run_node  # noqa: PLC0415 - only this command needs the server

    if not Home(home).genesis.exists():
        raise HourledgerError(Reason.NOT_FOUND, "there is no node there; hourledger node init makes one", str(home))
    passphrase = _find_passphrase(home, passphrase_file)
    if stop_with_stdin:
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
    run_node(home, passphrase, host=host, port=port, announce=lambda url: click.echo(f"The node answers at {url}"))


def _stop_with_stdin() -> None:
    while os.read(sys.stdin.fileno(), 4_096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _find_passphrase(home: Path, passphrase_file: Path | None) -> bytes | None:
    """Return the passphrase of the node's keys, None when they are not encrypted."""
    try:
        load_key(Home(home).key("authority"), None)
    except HourledgerError as error:
        if error.reason is not Reason.MISSING_PASSPHRASE:
            raise
    else:
        return None
    return read_passphrase(passphrase_file, os.environ.get(ENVIRONMENT_VARIABLE), _ask if sys.stdin.isatty() else None)


def _ask() -> str:
    return str(click.prompt("Passphrase of the node's keys", hide_input=True, err=True, default="", show_default=False))


@command.command("status")
@asks
def status(session: Session) -> None:
    """Show where a node stands."""
    document = session.client.get_status().document
    session.output.give(document, format_json(document))
