"""A node's chain in one file: taken from a stopped node, and made into the store of another."""

from pathlib import Path

import click

from cli.nodes.options import home_option
from cli.options import PATH, dry_run_option, json_option
from cli.output import Output
from cli.trust_files import load_policy
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.home import Home
from node.snapshot.homes import restore_snapshot, take_snapshot


@click.command("snapshot")
@home_option
@click.option("--out", type=PATH, required=True, help="The file to write. Who reads it learns who served when.")
@dry_run_option
@json_option
def snapshot(*, home: Path, out: Path, is_dry_run: bool, is_json: bool) -> None:
    """Write the chain of a stopped node to a file, from which hourledger node restore makes the store of another node.

    It is proven by the checkpoint that the node had when it was stopped. No keys are in it, and no votes.
    """
    output = Output(is_json)
    _require_node(home)
    taken = take_snapshot(Home(home), out, lambda total: output.progress("Writing entries", total), is_dry_run=is_dry_run)
    document = {"file": str(out), "height": taken.height, "entries": taken.entries, "bytes": taken.bytes, "dry_run": is_dry_run}
    size = "" if is_dry_run else f", {taken.bytes:,} bytes"
    verb = "would be" if is_dry_run else "is"
    output.give(document, f"The snapshot of block {taken.height} {verb} in {out}: {taken.entries:,} entries{size}.")


@click.command("restore")
@click.argument("snapshot", type=PATH)
@home_option
@click.option("--trust", type=PATH, required=True, help="The trust file whose quorum must have cosigned the snapshot.")
@dry_run_option
@json_option
def restore(*, snapshot: Path, home: Path, trust: Path, is_dry_run: bool, is_json: bool) -> None:
    """Make the store of a node that has none from the file SNAPSHOT, checked against a trust file.

    The node goes on from the snapshot's block, and gets those after it from its peers. With --dry-run all is checked, and the
    folder left as it is.
    """
    output = Output(is_json)
    _require_node(home)
    policy = load_policy(trust)
    restored = restore_snapshot(
        Home(home), snapshot, policy, lambda total: output.progress("Checking and writing", total), is_dry_run=is_dry_run
    )
    document = {
        "home": str(home),
        "height": restored.height,
        "entries": restored.entries,
        "values": restored.values,
        "handovers": restored.handovers,
        "dry_run": is_dry_run,
    }
    verb = "would begin" if is_dry_run else "begins"
    text = (
        f"The node in {home} {verb} at block {restored.height}: {restored.entries:,} entries and {restored.values:,} values "
        "are those that the trust file's authorities vouch for."
    )
    output.give(document, text)


def _require_node(home: Path) -> None:
    if not Home(home).genesis.exists():
        detail = "there is no node there; hourledger node join makes one that has a chain's genesis"
        raise HourledgerError(Reason.NOT_FOUND, detail, str(home))
