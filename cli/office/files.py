"""Files that a command writes where its user says."""

import os
from pathlib import Path

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.files import replace_file


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file, whole or not at all, in a folder that is made if it is missing; one that is there is replaced.

    Raises `HourledgerError`: UNREADABLE_FILE where we may not write, WRITE_FAILED when the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the folder cannot be made", str(path.parent)) from error
    if path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        raise HourledgerError(Reason.UNREADABLE_FILE, "the file cannot be written there", str(path))
    replace_file(path, data, mode)
