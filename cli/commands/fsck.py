"""The check of a node's store from end to end."""

import tempfile
from pathlib import Path

import click

from cli.options import PATH, json_option
from cli.output import Output
from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
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
        "lowest_block": report.lowest_block,
    }
    output.give(document, _describe(report))


def _describe(report: FsckReport) -> str:
    counts = f"{report.entries:,} entries, {report.transactions:,} transactions and {report.values:,} values"
    if not report.lowest_block:
        return f"The store is sound: {report.blocks:,} blocks, {counts} follow from genesis."
    return (
        f"The store is sound as far as can be seen: {counts} are those that the newest block's commit vouches for, and "
        f"{report.blocks:,} blocks from {report.lowest_block} on fit them. The blocks before are not held, so what was not "
        "checked is that the rules lead from their transactions to these entries."
    )


def _check(home: Home, output: Output) -> FsckReport:
    genesis = load_genesis(home)
    store = open_leveldb(home.store)
    try:
        # On disk: a replay takes as much room as the store that is checked.
        with tempfile.TemporaryDirectory(prefix="hourledger-fsck-") as folder:
            scratch = open_leveldb(Path(folder) / "store")
            try:
                output.step("Deriving everything from genesis, or where blocks are missing from the log")
                state = compute_genesis_state(genesis)
                return check_store(store, genesis, RULE_BOOKS, state, get_parties, scratch=scratch)
            finally:
                scratch.close()
    finally:
        store.close()
