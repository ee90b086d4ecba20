"""Small files, read with a bound and written whole or not at all."""

import os
import secrets
from pathlib import Path

from ledger.errors import HourledgerError
from ledger.reasons import Reason


def read_bounded(path: Path, max_bytes: int, name: str) -> bytes:
    """Return the first `max_bytes` + 1 bytes of a file, so that its reader sees when it is too long."""
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, f"{name} cannot be read", str(path)) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name, flush it and give it its name; one that is there is replaced."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise HourledgerError(Reason.WRITE_FAILED, f"the file could not be written: {error.strerror}", str(path)) from error
