"""Files that a user named, read with a bound. Apart from everything else, so that verification needs nothing of a node."""

from pathlib import Path

from ledger.crypto import sha256
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Hash


def read_bounded(path: Path, max_bytes: int, name: str) -> bytes:
    """Return the first `max_bytes` + 1 bytes of a file, so that whoever parses them sees when it is too long.

    `name` is what the file is, for the error (UNREADABLE_FILE).
    """
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, f"{name} cannot be read", str(path)) from error


def hash_file(path: Path, max_bytes: int, name: str) -> Hash:
    """Return the SHA-256 of a whole file; raise `HourledgerError`: UNREADABLE_FILE, TOO_LARGE."""
    data = read_bounded(path, max_bytes, name)
    if len(data) > max_bytes:
        raise HourledgerError(Reason.TOO_LARGE, f"{name} has more than {max_bytes} bytes", str(path))
    return sha256(data)
