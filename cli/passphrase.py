"""Where the passphrase of a key comes from: a file, the environment, or a prompt, in that order.

Never from the command line, which other users of the machine can see.
"""

from collections.abc import Callable
from pathlib import Path

from ledger.errors import HourledgerError
from ledger.reasons import Reason

ENVIRONMENT_VARIABLE = "HOURLEDGER_PASSPHRASE"
MAX_PASSPHRASE_BYTES = 4096


def read_passphrase(file: Path | None, environment_value: str | None, prompt: Callable[[], str] | None) -> bytes:
    """Return the passphrase as UTF-8 from the first source that is there.

    `file` is what the user named, of which the first line counts, without its line ending; `environment_value` is the value of
    HOURLEDGER_PASSPHRASE; `prompt` asks on a terminal and is None where there is none. A source that is there but empty is an
    error, not a reason to try the next. Raises `HourledgerError`: MISSING_PASSPHRASE, or UNREADABLE_FILE for the file.
    """
    if file is not None:
        return _required(_read_first_line(file), f"the passphrase file {file} is empty")
    if environment_value is not None:
        return _required(_to_bytes(environment_value), f"{ENVIRONMENT_VARIABLE} is empty")
    if prompt is not None:
        return _required(_to_bytes(prompt()), "no passphrase was typed")
    raise HourledgerError(Reason.MISSING_PASSPHRASE, "a passphrase is needed and there is no terminal to ask on")


def _read_first_line(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            line = stream.readline(MAX_PASSPHRASE_BYTES + 2)
    except (OSError, ValueError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the passphrase file cannot be read", str(file)) from error
    passphrase = line.rstrip(b"\r\n")
    if len(passphrase) > MAX_PASSPHRASE_BYTES:
        detail = f"the first line of the passphrase file is longer than {MAX_PASSPHRASE_BYTES} bytes"
        raise HourledgerError(Reason.UNREADABLE_FILE, detail, str(file))
    return passphrase


def _to_bytes(text: str) -> bytes:
    # What the environment holds in another encoding arrives as lone surrogates; this gives back the bytes that were set.
    return text.encode("utf-8", "surrogateescape")


def _required(passphrase: bytes, detail: str) -> bytes:
    if not passphrase:
        raise HourledgerError(Reason.MISSING_PASSPHRASE, detail)
    return passphrase
