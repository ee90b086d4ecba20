"""A node: made, run, and asked how it is."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from cli.keyring import read_new_passphrase
from cli.options import PATH, dry_run_option, json_option
from cli.output import Output, format_json
from cli.passphrase import ENVIRONMENT_VARIABLE, read_passphrase
from cli.session import Session, asks, compute_now_ms
from ledger.errors import HourledgerError
from ledger.genesis import Genesis, compute_genesis_hash
from ledger.reasons import Reason
from ledger.types import TimeMs
from node.home import Home, init_development_home, init_home
from node.keystore import load_key

home_option = click.option(
    "--home",
    type=PATH,
    envvar="HOURLEDGER_HOME",
    default=Path(".hourledger"),
    show_default=True,
    help="The node's folder.",
)


@click.group()
def command() -> None:
    """Make, run and look at a node."""


@command.command("init")
@home_option
@click.option("--chain-id", help="The chain's name, such as ledger.example.org/ningbo. With it, fresh keys are made.")
@click.option("--region", help="The region's name for people. Otherwise the chain's name.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=NUMBER", help="A number that the region chooses.")
@click.option("--passphrase-file", type=PATH, help="Where the passphrase is. Otherwise HOURLEDGER_PASSPHRASE, or a prompt.")
@click.option("--no-passphrase", "is_plain", is_flag=True, help="Do not encrypt the keys. For development only.")
@dry_run_option
@json_option
def init(
    *,
    home: Path,
    chain_id: str | None,
    region: str | None,
    parameters: tuple[str, ...],
    passphrase_file: Path | None,
    is_plain: bool,
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Make the folder of a node that is the only authority of its chain.

    Without --chain-id it is the development chain, whose keys everybody knows: for trying things out, never for real hours.
    """
    output = Output(is_json)
    if Home(home).genesis.exists():
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a node in the folder already", str(home))
    if is_dry_run:
        output.give({"dry_run": True, "home": str(home)}, f"A node would be made in {home}.")
        return
    genesis = _make(home, chain_id, region, parameters, passphrase_file, is_plain=is_plain)
    document = {
        "home": str(home),
        "chain_id": genesis.chain_id,
        "genesis_hash": compute_genesis_hash(genesis).hex(),
        "authority": genesis.authorities[0].key.hex(),
        "is_development": chain_id is None,
    }
    warning = "" if chain_id else " Its keys are public: for development only."
    output.give(document, f"The node of {genesis.chain_id} is in {home}.{warning}")


def _make(
    home: Path,
    chain_id: str | None,
    region: str | None,
    parameters: tuple[str, ...],
    passphrase_file: Path | None,
    *,
    is_plain: bool,
) -> Genesis:
    if chain_id is None:
        if region or parameters:
            raise click.UsageError("--region and --parameter need --chain-id: the development chain is always the same.")
        return init_development_home(home)
    passphrase = None if is_plain else read_new_passphrase(passphrase_file)
    return init_home(
        home,
        chain_id=chain_id,
        region=region or chain_id,
        time_ms=TimeMs(compute_now_ms()),
        passphrase=passphrase,
        parameters=_parse_parameters(parameters),
    )


def _parse_parameters(parameters: tuple[str, ...]) -> dict[str, int]:
    pairs = [item.partition("=") for item in parameters]
    try:
        return {name: int(value) for name, _separator, value in pairs}
    except ValueError as error:
        raise click.UsageError("--parameter is written NAME=NUMBER, such as --parameter points_per_hour=2") from error


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
