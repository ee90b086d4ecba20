"""The check of a node's store from end to end."""

import tempfile
from pathlib import Path

import click

from cli.options import PATH, json_option
from cli.output import Output
from contracts.rulebook import RuleBookV1, compute_genesis_state, get_parties
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.home import Home, load_genesis
from node.storage.fsck import FsckReport, check_store
from node.storage.leveldb import open_leveldb


@click.command("fsck")
@click.argument("folder", type=PATH)
@json_option
def command(*, folder: Path, is_json: bool) -> None:
    """Derive everything in the store of the node in FOLDER anew, and name the first thing that differs.

    The node must not run. Nothing is repaired and nothing is changed.
    """
    output = Output(is_json)
    home = Home(folder)
    if not home.genesis.exists() or not home.store.exists():
        raise HourledgerError(Reason.NOT_FOUND, "there is no node with a store there", str(folder))
    report = _check(home, output)
    document = {
        "is_sound": True,
        "blocks": report.blocks,
        "entries": report.entries,
        "transactions": report.transactions,
        "values": report.values,
    }
    text = (
        f"The store is sound: {report.blocks:,} blocks, {report.entries:,} entries, {report.transactions:,} transactions "
        f"and {report.values:,} values follow from genesis."
    )
    output.give(document, text)


def _check(home: Home, output: Output) -> FsckReport:
    genesis = load_genesis(home)
    store = open_leveldb(home.store)
    try:
        # On disk: a replay takes as much room as the store that is checked.
        with tempfile.TemporaryDirectory(prefix="hourledger-fsck-") as folder:
            scratch = open_leveldb(Path(folder) / "store")
            try:
                output.step("Replaying every block from genesis")
                state = compute_genesis_state(genesis)
                return check_store(store, genesis, RuleBookV1(), state, get_parties, scratch=scratch)
            finally:
                scratch.close()
    finally:
        store.close()
