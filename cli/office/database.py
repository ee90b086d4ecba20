"""One SQLite file that must survive a power cut: write-ahead log, synced commits, its owner's only, one process at a time.

Nothing here knows what the tables mean.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ledger.errors import HourledgerError
from ledger.reasons import Reason

FILE_MODE = 0o600
FOLDER_MODE = 0o700


class Database:
    """An open file. `STORE_IN_USE` while another process has it; every other trouble is STORE_DAMAGED or WRITE_FAILED."""

    __slots__ = ("_connection", "_lock", "path")

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self.path = path
        self._lock = _lock(path)
        try:
            self._connection = _connect(path)
            self._prepare(schema, version)
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let others have it."""
        self._connection.close()
        os.close(self._lock)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside, or none of them; synced when it ends."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """All changes inside are undone when it ends."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self.execute("ROLLBACK")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Carry out one statement and return its rows."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise _explain(error, self.path) from error

    def execute_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Carry out one statement for each row of values."""
        with _translated(self.path):
            self._connection.executemany(statement, rows)

    def erase_traces(self) -> None:
        """Empty the write-ahead log, in which what was deleted would otherwise stay readable for a while."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _prepare(self, schema: str, version: int) -> None:
        found = self.execute("PRAGMA user_version")[0][0]
        if found not in {0, version}:
            self._connection.close()
            raise HourledgerError(Reason.UNSUPPORTED_VERSION, f"{self.path.name} was written by a newer version", str(found))
        if found == 0:
            with self.transaction():
                for statement in schema.split(";"):
                    self.execute(statement)
                self.execute(f"PRAGMA user_version = {version}")


def _lock(path: Path) -> int:
    """Take the lock beside the file; it is let go when its descriptor closes, in a crash too."""
    try:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, FILE_MODE)
    except OSError as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the folder cannot be used", str(path.parent)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise HourledgerError(Reason.STORE_IN_USE, "another command is using the record book", str(path)) from error
    return descriptor


def _connect(path: Path) -> sqlite3.Connection:
    with _translated(path):
        # Made by us first, so that it never exists with wider rights.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
        connection = sqlite3.connect(path, isolation_level=None, timeout=10.0)
        try:
            for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {setting}").fetchall()
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _explain(error, path) from error


def _explain(error: Exception, path: Path) -> HourledgerError:
    if isinstance(error, sqlite3.OperationalError | OSError):
        return HourledgerError(Reason.WRITE_FAILED, f"the record book cannot be used: {error}", str(path))
    return HourledgerError(Reason.STORE_DAMAGED, f"the record book is damaged: {error}", str(path))
