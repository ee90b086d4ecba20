"""Small files that are replaced whole: after a crash there is the old content or the new, never a part."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger.errors import HourledgerError
from ledger.reasons import Reason

MAX_SMALL_FILE_BYTES = 16 << 20


def read_file(path: Path, max_bytes: int = MAX_SMALL_FILE_BYTES) -> bytes:
    """Return a file's content; raise `HourledgerError` (`UNREADABLE_FILE`, `TOO_LARGE`)."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the file cannot be read", str(path)) from error
    if len(data) > max_bytes:
        raise HourledgerError(Reason.TOO_LARGE, f"the file has more than {max_bytes} bytes", str(path))
    return data


def replace_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that it is durable and whole when this returns; raise `HourledgerError` (`WRITE_FAILED`)."""
    temporary = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        detail = f"the file could not be written: {error.strerror}"
        raise HourledgerError(Reason.WRITE_FAILED, detail, str(path)) from error


class ReplacedFile(Protocol):
    """A small file's content that outlives the process."""

    def load(self) -> bytes | None:
        """Return the content, None where there is none; raise `HourledgerError`."""

    def replace(self, data: bytes) -> None:
        """Give it new content, which is durable when this returns; raise `WRITE_FAILED`."""


@dataclass(frozen=True, slots=True)
class FileOnDisk:
    """A small file at a path."""

    path: Path

    def load(self) -> bytes | None:
        """Return the content, None where there is no file; raise `UNREADABLE_FILE`, `TOO_LARGE`."""
        return read_file(self.path) if self.path.exists() else None

    def replace(self, data: bytes) -> None:
        """Replace the content: see `replace_file`."""
        replace_file(self.path, data)


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder has; raise `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
