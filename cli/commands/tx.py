"""Drafts: transactions in files that officers look at, sign and send."""

from pathlib import Path

import click

from cli.keyring import load_keys
from cli.office.builders import sign_all
from cli.office.client import NodeClient
from cli.office.describing import describe_transaction, format_transaction
from cli.office.drafts import load_draft, save_draft
from cli.options import PATH, compose, dry_run_option, json_option, key_option, node_option, passphrase_option
from cli.output import Output, confirm
from cli.session import Session
from ledger.errors import HourledgerError
from ledger.reasons import Reason

_file = click.argument("file", type=PATH)


@click.group()
def command() -> None:
    """Drafts: show, sign, submit."""


@command.command("show")
@_file
@json_option
def show(*, file: Path, is_json: bool) -> None:
    """Show what the transaction in FILE would do, and who has signed it."""
    signed = load_draft(file)
    Output(is_json).give(format_transaction(signed), describe_transaction(signed))


@command.command("sign")
@_file
@click.option("--out", type=PATH, help="Where to write the signed draft. Otherwise FILE is replaced.")
@click.option("--yes", "is_agreed", is_flag=True, help="Sign without being asked.")
@key_option
@passphrase_option
@dry_run_option
@json_option
def sign(
    *,
    file: Path,
    out: Path | None,
    is_agreed: bool,
    key_files: tuple[Path, ...],
    passphrase_files: tuple[Path, ...],
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Add signatures to the draft in FILE, after showing what it does."""
    output = Output(is_json)
    draft = load_draft(file)
    if not key_files:
        raise HourledgerError(Reason.USAGE, "no key was given to sign with: name one with --key FILE")
    click.echo(describe_transaction(draft), err=True)
    if is_dry_run:
        output.give({"dry_run": True, "transaction_id": draft.transaction_id.hex()}, "Nothing was signed.")
        return
    if not is_agreed:
        confirm("Sign this?")
    signed = sign_all(draft, load_keys(key_files, passphrase_files))
    path = save_draft(out or file, signed)
    document = {"transaction_id": signed.transaction_id.hex(), "draft": str(path), "signatures": len(signed.signatures)}
    output.give(document, f"The draft in {path} has {len(signed.signatures)} signatures.")


@command.command("submit")
@_file
@compose(node_option, dry_run_option, json_option)
def submit(*, file: Path, node_url: str, is_dry_run: bool, is_json: bool) -> None:
    """Send the transaction in FILE. Sending it again gives the first outcome."""
    signed = load_draft(file)
    with NodeClient(node_url) as client:
        Session(client, Output(is_json), is_dry_run=is_dry_run, draft=file).submit(signed, "The transaction is final")
