"""Small files that are replaced whole: after a crash there is the old content or the new, never a part."""

import os
from pathlib import Path
from typing import Final, Protocol

from ledger.crypto import sha256
from ledger.errors import HourledgerError
from ledger.reasons import Reason

MAX_SMALL_FILE_BYTES = 16 << 20
SLOT_BYTES: Final = 4_096
"""Of a record: disks write so much at a time, and what is written of one does not touch the other."""
MAX_DIGITS: Final = 20


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


class RecordOnDisk:
    """A short text that is replaced often: its file has room for two, and the older one gives way.

    Each has a number and a hash, so after a crash in the middle of a replacement the one before it counts. Nothing but these
    bytes is written then: a file with a new name costs the disk several times as much. A file of another form, as earlier
    builds have written it, is taken as it is.
    """

    __slots__ = ("_number", "_path")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number: int | None = None

    def load(self) -> bytes | None:
        """Return the text, None where there is no file; raise `UNREADABLE_FILE`, `TOO_LARGE`."""
        if not self._path.exists():
            return None
        data = read_file(self._path)
        newest = _find_newest(data)
        return data if newest is None else newest[1]

    def replace(self, data: bytes) -> None:
        """Replace the text, which ends with a newline; it is durable when this returns. Raises `WRITE_FAILED`."""
        if self._number is None:
            found = _find_newest(read_file(self._path)) if self._path.exists() else None
            if found is None:
                replace_file(self._path, _make_slot(0, data) + bytes(SLOT_BYTES))
                self._number = 0
                return
            self._number = found[0]
        number = self._number + 1
        try:
            descriptor = os.open(self._path, os.O_WRONLY)
            try:
                os.pwrite(descriptor, _make_slot(number, data), number % 2 * SLOT_BYTES)
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            detail = f"the file could not be written: {error.strerror}"
            raise HourledgerError(Reason.WRITE_FAILED, detail, str(self._path)) from error
        self._number = number


def _make_slot(number: int, data: bytes) -> bytes:
    slot = data + b"%d %s\n" % (number, _compute_seal(number, data))
    if not data.endswith(b"\n") or len(slot) > SLOT_BYTES:
        raise ValueError("a record is text of lines that fits its place")
    return slot + bytes(SLOT_BYTES - len(slot))


def _compute_seal(number: int, data: bytes) -> bytes:
    return sha256(b"%d " % number, data).hex().encode()


def _find_newest(data: bytes) -> tuple[int, bytes] | None:
    """Return the number and the text of the newer of the two, None where there is none."""
    found = (_read_slot(data[start : start + SLOT_BYTES]) for start in (0, SLOT_BYTES) if len(data) == 2 * SLOT_BYTES)
    return max((item for item in found if item is not None), default=None)


def _read_slot(slot: bytes) -> tuple[int, bytes] | None:
    text, newline, last = slot.rstrip(b"\0").removesuffix(b"\n").rpartition(b"\n")
    digits, _space, seal = last.partition(b" ")
    if not digits.isdigit() or len(digits) > MAX_DIGITS:
        return None
    number, text = int(digits), text + newline
    return (number, text) if seal == _compute_seal(number, text) else None


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder has; raise `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
