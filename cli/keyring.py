"""The keys named on the command line, opened with as many passphrases as they need."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from cli.passphrase import ENVIRONMENT_VARIABLE, read_passphrase
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.keystore import load_key


def load_keys(files: Sequence[Path], passphrase_files: Sequence[Path]) -> tuple[SigningKey, ...]:
    """Return the keys in `files`, in their order.

    A passphrase comes from the file at the same place in `passphrase_files`, or from the only one there; else from the
    environment; else from the terminal. Raises `HourledgerError`, also when the number of files does not fit.
    """
    if len(passphrase_files) > 1 and len(passphrase_files) != len(files):
        detail = f"{len(passphrase_files)} passphrase files are given for {len(files)} keys: give one, or one for each"
        raise HourledgerError(Reason.USAGE, detail)
    keys = []
    for index, file in enumerate(files):
        candidates = passphrase_files if len(passphrase_files) == 1 else passphrase_files[index : index + 1]
        keys.append(_load(file, candidates[0] if candidates else None))
    return tuple(keys)


def _load(file: Path, passphrase_file: Path | None) -> SigningKey:
    try:
        return load_key(file, None)
    except HourledgerError as error:
        if error.reason is not Reason.MISSING_PASSPHRASE:
            raise
    prompt = partial(_ask, f"Passphrase of {file.name}") if sys.stdin.isatty() else None
    return load_key(file, read_passphrase(passphrase_file, os.environ.get(ENVIRONMENT_VARIABLE), prompt))


def _ask(text: str) -> str:
    return str(click.prompt(text, hide_input=True, err=True, default="", show_default=False))


def read_new_passphrase(passphrase_file: Path | None) -> bytes:
    """Return the passphrase for a new key; on a terminal it is asked for twice."""
    prompt: Callable[[], str] | None = None
    if sys.stdin.isatty():
        prompt = partial(click.prompt, "New passphrase", hide_input=True, confirmation_prompt=True, err=True)
    return read_passphrase(passphrase_file, os.environ.get(ENVIRONMENT_VARIABLE), prompt)
