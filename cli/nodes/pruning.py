"""Room on the disk of a stopped node."""

from pathlib import Path

import click

from cli.nodes.options import home_option
from cli.options import dry_run_option, json_option
from cli.output import Output
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.home import Home
from node.pruner import prune_home
from node.settings import MAX_KEPT_BLOCKS


@click.command("prune")
@home_option
@click.option(
    "--keep",
    "keep_blocks",
    type=click.IntRange(1, MAX_KEPT_BLOCKS),
    required=True,
    help="How many of the newest blocks to keep, for nodes that are behind.",
)
@dry_run_option
@json_option
def prune(*, home: Path, keep_blocks: int, is_dry_run: bool, is_json: bool) -> None:
    """Give up the old blocks of a stopped node, to free disk. What they led to stays, and all of it can still be proven.

    A node that is behind cannot get these blocks here any more. With "keep_blocks" in its node.json a node gives them up while
    it runs.
    """
    output = Output(is_json)
    if not Home(home).genesis.exists():
        raise HourledgerError(Reason.NOT_FOUND, "there is no node there", str(home))
    output.step("Giving up old blocks")
    pruned = prune_home(Home(home), keep_blocks, is_dry_run=is_dry_run)
    document = {
        "home": str(home),
        "blocks": pruned.blocks,
        "lowest_block": pruned.lowest_block,
        "bytes_before": pruned.bytes_before,
        "bytes_after": pruned.bytes_after,
        "dry_run": is_dry_run,
    }
    if is_dry_run:
        text = f"{pruned.blocks:,} blocks would go; those from {pruned.lowest_block} on would stay."
    else:
        text = (
            f"{pruned.blocks:,} blocks are gone, those from {pruned.lowest_block} on are held. The store took "
            f"{pruned.bytes_before:,} bytes and takes {pruned.bytes_after:,}."
        )
    output.give(document, text)
