"""The drill after a quorum is lost for ever: draft a recovery, have the recovery keys sign it, accept it at each node."""

from pathlib import Path

import click

from cli.authority_files import load_authorities
from cli.nodes.options import home_option
from cli.office.builders import DRAFT_VALIDITY_MS, build_transaction
from cli.office.describing import describe_transaction
from cli.office.drafts import load_draft, save_draft
from cli.options import PATH, dry_run_option, json_option
from cli.output import Output, confirm
from cli.session import compute_now_ms
from contracts.governance import RECOVER_KIND, Recover
from ledger.types import TimeMs
from node.home import Home
from node.recovery import find_next_place, save_recovery, validate_recovery


@click.command("recover")
@click.argument("files", type=PATH, nargs=-1)
@home_option
@click.option("--out", type=PATH, help="Where to write the draft, which recovery keys then sign with hourledger tx sign.")
@click.option("--accept", type=PATH, help="A signed recovery that this node shall start with.")
@click.option("--yes", "is_agreed", is_flag=True, help="Accept without being asked.")
@dry_run_option
@json_option
def recover(
    *,
    files: tuple[Path, ...],
    home: Path,
    out: Path | None,
    accept: Path | None,
    is_agreed: bool,
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Put new authorities in charge of a chain whose quorum is lost for ever. The node is stopped.

    First draft it from the new authorities' FILES (authority.json of each, made by node join) with --out. Recovery
    keys of genesis sign the draft. Then each new authority's node takes it with --accept and is started.
    """
    output = Output(is_json)
    if accept is not None and not files and out is None:
        _accept(output, Home(home), accept, is_agreed=is_agreed, is_dry_run=is_dry_run)
    elif files and out is not None and accept is None:
        _draft(output, Home(home), files, out, is_dry_run=is_dry_run)
    else:
        raise click.UsageError("give the new authorities' FILES and --out to draft a recovery, or --accept FILE to take it.")


def _draft(output: Output, home: Home, files: tuple[Path, ...], out: Path, *, is_dry_run: bool) -> None:
    authorities = tuple(item for file in files for item in load_authorities(file))
    chain_id, height, parent_hash = find_next_place(home)
    body = Recover(height, parent_hash, authorities)
    signed = build_transaction(chain_id, RECOVER_KIND, body, compute_now_ms() + DRAFT_VALIDITY_MS)
    if not is_dry_run:
        save_draft(out, signed)
    document = {"draft": str(out), "height": height, "parent_hash": parent_hash.hex(), "dry_run": is_dry_run}
    verb = "would be" if is_dry_run else "is"
    output.give(
        {**document, "authorities": [item.name for item in authorities]},
        f"The draft {verb} in {out}: {len(authorities)} authorities from block {height} on. Recovery keys sign it with "
        f"hourledger tx sign {out}.",
    )


def _accept(output: Output, home: Home, file: Path, *, is_agreed: bool, is_dry_run: bool) -> None:
    signed = load_draft(file)
    validate_recovery(home, signed, TimeMs(compute_now_ms()))
    click.echo(describe_transaction(signed), err=True)
    if not is_dry_run:
        if not is_agreed:
            confirm("Start this node under these authorities?")
        save_recovery(home, signed)
    document = {"home": str(home.path), "transaction_id": signed.transaction_id.hex(), "dry_run": is_dry_run}
    verb = "would start" if is_dry_run else "starts"
    output.give(document, f"The node in {home.path} {verb} with this recovery.")
