"""The store on disk: LevelDB through plyvel.

LevelDB checks what it reads (paranoid checks), holds a lock file against a second process, and writes a batch to its log before
it answers. Its own compression is off: see `node.storage.packing`. What it reports comes out of here as `HourledgerError` and
nothing else.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import plyvel

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.storage.packing import PACKED, may_be_packed, pack, unpack
from node.storage.protocol import compute_range

WRITE_BUFFER_BYTES = 32 << 20
"""What is written stays so long in memory, twice at most: the more, the less often it is moved on the disk."""
READ_CACHE_BYTES = 64 << 20
"""For stores of more than 1,000 files of 2 MB: up to so many LevelDB reads in place, as the system has them in memory."""
BLOOM_FILTER_BITS = 10
_DATA_FILES = ("*.ldb", "*.sst", "*.log")


class LevelDbSnapshot:
    """Content of a LevelDB at one moment. It must be closed before its store."""

    __slots__ = ("_snapshot",)

    def __init__(self, snapshot: Any) -> None:  # noqa: ANN401 - plyvel has no types
        self._snapshot = snapshot

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value, or None where there is none."""
        return _get(self._snapshot, key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values in ascending order: see `Readable.iterate`."""
        return _iterate(self._snapshot, prefix, start, stop)

    def close(self) -> None:
        """Let go of the content, so that LevelDB may drop what is only visible here."""
        self._snapshot.close()


class LevelDbStore:
    """A LevelDB in a folder of its own. Made by `open_leveldb`."""

    __slots__ = ("_database", "_path", "_refusal")

    def __init__(self, database: Any, path: Path) -> None:  # noqa: ANN401 - plyvel has no types
        self._database = database
        self._path = path
        self._refusal: str | None = None

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value, or None where there is none; raise `STORE_DAMAGED`."""
        return _get(self._database, key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values in ascending order: see `Readable.iterate`; raise `STORE_DAMAGED`."""
        return _iterate(self._database, prefix, start, stop)

    def write(self, batch: Mapping[bytes, bytes | None], /) -> None:
        """Write a batch and wait until the disk has it; raise `WRITE_FAILED`, also ever after, or `STORE_DAMAGED`."""
        if self._refusal is not None:
            raise HourledgerError(Reason.WRITE_FAILED, "an earlier write failed, so nothing more is written", self._refusal)
        try:
            writes = self._database.write_batch(sync=True)
            put = writes.put
            for key, value in batch.items():
                if value is None:
                    writes.delete(key)
                else:
                    put(key, pack(value) if key.startswith(PACKED) else value)
            writes.write()
        except plyvel.CorruptionError as error:
            self._refusal = _shown(error)
            raise HourledgerError(Reason.STORE_DAMAGED, "the store found damage while it wrote", _shown(error)) from error
        except plyvel.Error as error:
            self._refusal = _shown(error)
            raise HourledgerError(Reason.WRITE_FAILED, f"{self._path} could not be written", _shown(error)) from error

    def snapshot(self) -> LevelDbSnapshot:
        """Return the content as it is now."""
        return LevelDbSnapshot(self._database.snapshot())

    def compact(self, start: bytes | None = None, stop: bytes | None = None) -> None:
        """Give the room of what was deleted from key `start` on and before `stop`, by default anywhere, back to the disk."""
        try:
            self._database.compact_range(start=start, stop=stop)
        except plyvel.Error as error:
            raise _explain_read(error) from error

    def close(self) -> None:
        """Release the files and the lock."""
        self._database.close()


def open_leveldb(path: Path, *, create: bool = True) -> LevelDbStore:
    """Open the LevelDB in a folder, or make one.

    Raises `HourledgerError`: `STORE_IN_USE`, `STORE_DAMAGED`, `WRITE_FAILED` for a full disk, `UNREADABLE_FILE` when the folder
    cannot be made or entered, and `NOT_FOUND` when there is none and `create` is false.
    """
    _prepare_folder(path, create=create)
    try:
        database = plyvel.DB(
            str(path),
            create_if_missing=create,
            paranoid_checks=True,
            write_buffer_size=WRITE_BUFFER_BYTES,
            lru_cache_size=READ_CACHE_BYTES,
            bloom_filter_bits=BLOOM_FILTER_BITS,
            compression=None,
        )
    except plyvel.Error as error:
        raise _explain_open(path, error) from error
    return LevelDbStore(database, path)


def _prepare_folder(path: Path, *, create: bool) -> None:
    """Make the folder, and keep LevelDB from starting anew over data whose directory file is lost."""
    try:
        if create:
            path.mkdir(parents=True, exist_ok=True)
        has_directory = (path / "CURRENT").exists()
        has_data = any(next(path.glob(pattern), None) is not None for pattern in _DATA_FILES)
    except OSError as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, f"{path} is no folder that can be used", str(error.strerror)) from error
    if has_data and not has_directory:
        raise HourledgerError(Reason.STORE_DAMAGED, f"the store in {path} has data but no CURRENT file")
    if not has_directory and not create:
        raise HourledgerError(Reason.NOT_FOUND, "there is no store in this folder", str(path))


def _explain_open(path: Path, error: plyvel.Error) -> HourledgerError:
    shown = _shown(error)
    if isinstance(error, plyvel.IOError):
        # LevelDB tells these apart in words only.
        if shown.startswith("IO error: lock "):
            return HourledgerError(Reason.STORE_IN_USE, f"the store in {path} is open in another process")
        if "No space left" in shown or "Disk quota" in shown:
            return HourledgerError(Reason.WRITE_FAILED, f"the store in {path} cannot be opened on a full disk")
        if "Permission denied" in shown or "Read-only file system" in shown:
            return HourledgerError(Reason.UNREADABLE_FILE, f"the store in {path} cannot be opened", shown)
    return HourledgerError(Reason.STORE_DAMAGED, f"the store in {path} cannot be opened", shown)


def _get(source: Any, key: bytes) -> bytes | None:  # noqa: ANN401 - plyvel has no types
    try:
        stored: bytes | None = source.get(key, verify_checksums=True)
        return None if stored is None else unpack(key, stored)
    except (plyvel.Error, ValueError) as error:
        raise _explain_read(error) from error


def _iterate(source: Any, prefix: bytes, start: bytes, stop: bytes | None) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401
    first, end = compute_range(prefix, start, stop)
    try:
        with source.iterator(start=first, stop=end, verify_checksums=True) as items:
            if may_be_packed(prefix):
                for key, stored in items:
                    yield key, unpack(key, stored)
            else:
                yield from items
    except (plyvel.Error, ValueError) as error:
        raise _explain_read(error) from error


def _explain_read(error: Exception) -> HourledgerError:
    return HourledgerError(Reason.STORE_DAMAGED, "the store cannot be read", _shown(error))


def _shown(error: Exception) -> str:
    """LevelDB's words, which plyvel hands over as bytes."""
    words = error.args[0] if error.args else b""
    return words.decode(errors="replace") if isinstance(words, bytes) else str(error)
