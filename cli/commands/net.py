"""A network of authorities on this machine."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import click

from cli.keyring import read_new_passphrase
from cli.network.local import LocalNode, compute_url, find_homes, read_status
from cli.nodes.options import new_passphrase_option, plain_option, recovery_key_option
from cli.options import PATH, dry_run_option, json_option
from cli.output import Output
from cli.passphrase import ENVIRONMENT_VARIABLE, read_passphrase
from cli.session import compute_now_ms
from ledger.authorities import MAX_AUTHORITIES, compute_quorum
from ledger.errors import HourledgerError
from ledger.reasons import ExitCode, Reason
from ledger.types import PublicKey, TimeMs
from node.home import init_network, load_genesis

DEFAULT_FIRST_PORT = 8_600


@click.group()
def command() -> None:
    """Make, run and look at a network of authorities on this machine, one process each."""


@command.command("create")
@click.argument("folder", type=PATH)
@click.option("--authorities", "count", type=click.IntRange(1, MAX_AUTHORITIES), default=4, show_default=True)
@click.option("--chain-id", default="network.hourledger.example/log", show_default=True, help="The chain's name.")
@click.option("--first-port", type=click.IntRange(1_024, 65_000), default=DEFAULT_FIRST_PORT, show_default=True)
@recovery_key_option
@new_passphrase_option
@plain_option
@dry_run_option
@json_option
def create(
    *,
    folder: Path,
    count: int,
    chain_id: str,
    first_port: int,
    recovery_keys: tuple[PublicKey, ...],
    passphrase_file: Path | None,
    is_plain: bool,
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Make the homes of a chain's authorities in FOLDER: a1, a2 and so on, with keys, genesis and settings."""
    output = Output(is_json)
    if is_dry_run:
        output.give({"dry_run": True, "folder": str(folder)}, f"A network of {count} would be made in {folder}.")
        return
    passphrase = None if is_plain else read_new_passphrase(passphrase_file)
    homes = init_network(
        folder,
        count,
        chain_id=chain_id,
        region=chain_id,
        time_ms=TimeMs(compute_now_ms()),
        passphrase=passphrase,
        first_port=first_port,
        recovery_keys=recovery_keys,
    )
    urls = [compute_url(home) for home in homes]
    document = {"folder": str(folder), "chain_id": chain_id, "authorities": count, "nodes": urls}
    output.give(document, f"A network of {count} authorities is in {folder}; hourledger net run {folder} starts it.")


@command.command("run")
@click.argument("folder", type=PATH)
@click.option("--passphrase-file", type=PATH, help="Where the passphrase of the keys is. Otherwise HOURLEDGER_PASSPHRASE.")
def run(*, folder: Path, passphrase_file: Path | None) -> None:
    """Run all nodes of the network in FOLDER until SIGTERM or Ctrl-C. Each logs to node.log in its home."""
    nodes = [LocalNode(home) for home in find_homes(folder)]
    environment = dict(os.environ)
    if passphrase_file is not None:
        environment[ENVIRONMENT_VARIABLE] = read_passphrase(passphrase_file, None, None).decode()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        for node in nodes:
            node.start(environment)
        for node in nodes:
            node.wait_until_up()
            click.echo(f"{node.home.path.name} answers at {node.url}")
        while not stop.wait(0.5):
            _require_quorum(nodes)
    finally:
        for node in nodes:
            if node.process is not None and node.is_running():
                node.process.terminate()
        for node in nodes:
            node.stop()


def _require_quorum(nodes: list[LocalNode]) -> None:
    """Say when a node has ended; raise when too few are left to decide anything."""
    for node in [item for item in nodes if not item.is_running()]:
        click.echo(f"{node.home.path.name} has ended: {node.read_last_words()}", err=True)
        nodes.remove(node)
        total = len(load_genesis(node.home).authorities)
        if len(nodes) < compute_quorum(total):
            detail = f"{len(nodes)} of {total} nodes are left, too few to decide"
            raise HourledgerError(Reason.QUORUM_MISSING, detail)


@command.command("status")
@click.argument("folder", type=PATH)
@json_option
def status(*, folder: Path, is_json: bool) -> int:
    """Show height, round and peers of each node of the network in FOLDER, and who is behind. Ends with 3 when one is down."""
    rows = [_describe(home.path.name, read_status(home)) for home in find_homes(folder)]
    highest = max((row["height"] for row in rows if row["height"] is not None), default=0)
    for row in rows:
        row["behind"] = None if row["height"] is None else highest - row["height"]
    Output(is_json).give({"nodes": rows}, "\n".join(_format_row(row) for row in rows))
    return ExitCode.OK if all(row["is_up"] for row in rows) else ExitCode.UNDETERMINED


def _describe(name: str, document: dict[str, Any] | None) -> dict[str, Any]:
    if document is None:
        return {"node": name, "is_up": False, "height": None, "round": None, "peers": None, "block_hash": None}
    peers = [item.rpartition("/")[2] for item in document["peers"]]
    shown = {key: document[key] for key in ("height", "round", "block_hash")}
    return {"node": name, "is_up": True, **shown, "peers": sorted(peers)}


def _format_row(row: dict[str, Any]) -> str:
    if not row["is_up"]:
        return f"{row['node']:<5} down"
    behind = f"{row['behind']} behind" if row["behind"] else "up to date"
    peers = " ".join(row["peers"]) or "none"
    return f"{row['node']:<5} height {row['height']:<8} round {row['round']:<4} {behind:<12} peers {peers}"
