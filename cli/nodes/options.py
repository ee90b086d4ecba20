"""Options of the commands that work on a node's folder."""

from pathlib import Path

import click

from cli.options import PATH, PUBLIC_KEY

home_option = click.option(
    "--home",
    type=PATH,
    envvar="HOURLEDGER_HOME",
    default=Path(".hourledger"),
    show_default=True,
    help="The node's folder.",
)
new_passphrase_option = click.option(
    "--passphrase-file", type=PATH, help="Where the passphrase is. Otherwise HOURLEDGER_PASSPHRASE, or a prompt."
)
plain_option = click.option("--no-passphrase", "is_plain", is_flag=True, help="Do not encrypt the keys. For development only.")
recovery_key_option = click.option(
    "--recovery-key",
    "recovery_keys",
    multiple=True,
    type=PUBLIC_KEY,
    help="A public key that may help to replace a quorum lost for ever. Several: a quorum of them must sign.",
)
