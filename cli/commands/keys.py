"""Keys: made here, shown by their public half."""

import os
from pathlib import Path

import click

from cli.keyring import load_keys, read_new_passphrase
from cli.office.tags import KEY_BYTES, save_registrar_key
from cli.options import PATH, dry_run_option, json_option, passphrase_option
from cli.output import Output
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.keystore import generate_key, save_key


@click.group()
def command() -> None:
    """Make and show keys."""


@command.command("new")
@click.argument("file", type=PATH)
@click.option("--passphrase-file", type=PATH, help="Where the passphrase is. Otherwise HOURLEDGER_PASSPHRASE, or a prompt.")
@click.option("--no-passphrase", "is_plain", is_flag=True, help="Do not encrypt the key. For development only.")
@dry_run_option
@json_option
def make_key(*, file: Path, passphrase_file: Path | None, is_plain: bool, is_dry_run: bool, is_json: bool) -> None:
    """Make a key in FILE, encrypted under a passphrase, and print its public half."""
    output = Output(is_json)
    if is_dry_run:
        _require_free(file)
        output.give({"dry_run": True, "file": str(file)}, f"A key would be made in {file}.")
        return
    passphrase = None if is_plain else read_new_passphrase(passphrase_file)
    key = generate_key()
    save_key(file, key, passphrase)
    public = key.public_key.hex()
    output.give({"file": str(file), "public_key": public, "is_encrypted": not is_plain}, public)


@command.command("show")
@click.argument("files", type=PATH, nargs=-1, required=True)
@passphrase_option
@json_option
def show_keys(*, files: tuple[Path, ...], passphrase_files: tuple[Path, ...], is_json: bool) -> None:
    """Print the public half of the keys in FILES."""
    output = Output(is_json)
    keys = load_keys(files, passphrase_files)
    found = [(str(file), key.public_key.hex()) for file, key in zip(files, keys, strict=True)]
    output.show({"keys": [{"file": file, "public_key": public} for file, public in found]})
    for file, public in found:
        output.say(public if len(found) == 1 else f"{public}  {file}")


@command.command("registrar")
@click.argument("file", type=PATH)
@dry_run_option
@json_option
def make_registrar_key(*, file: Path, is_dry_run: bool, is_json: bool) -> None:
    """Make the key of a region's registrar in FILE.

    It makes the tags by which one person gets one account. A region has one; its organisations get a copy, and nobody else.
    """
    output = Output(is_json)
    if is_dry_run:
        _require_free(file)
    else:
        save_registrar_key(file, os.urandom(KEY_BYTES))
    done = "would be made" if is_dry_run else "is made"
    output.give({"dry_run": is_dry_run, "file": str(file)}, f"The registrar's key {done} in {file}: keep it secret.")


def _require_free(file: Path) -> None:
    if os.path.lexists(file):
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a file of that name, and a key is never overwritten", str(file))
