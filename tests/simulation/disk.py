"""Disks that a seed controls: what is not synced may be kept, lost, cut at any byte or turned to garbage when the power fails.

The stores lie on an append-only file of batches, as LevelDB's do: there a batch is one record of the log, in fragments that
each have a length and a CRC, and of a record that is cut short nothing is replayed (`db/log_reader.cc`). On garbage at the end
LevelDB with paranoid checks does not open at all; here it is passed over like a cut, which is the harder case for the others.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from random import Random
from typing import Final

from node.storage.memory import MemorySnapshot, MemoryStore

Batch = Mapping[bytes, bytes | None]

_HEADER: Final = struct.Struct(">II")
_PAIR: Final = struct.Struct(">Ii")
_DELETED: Final = -1


class Crash(BaseException):
    """The process is gone. Not an `Exception`: no code under test may catch it."""


class Stage(IntEnum):
    """Where in a write the power fails."""

    BEFORE = 0
    DURING = 1
    AFTER = 2


@dataclass(slots=True)
class PowerSwitch:
    """Fails at one write, counted from now. While no failure is due, writes pass."""

    due: tuple[int, Stage] | None = None

    def arm(self, random: Random) -> None:
        """Let one of the next three writes fail."""
        self.due = (random.randint(1, 3), random.choice(list(Stage)))

    def begin_write(self) -> Stage | None:
        """Return the stage at which this write fails, None where it passes."""
        if self.due is None:
            return None
        writes, stage = self.due
        self.due = None if writes == 1 else (writes - 1, stage)
        return stage if writes == 1 else None


class AppendedFile:
    """Bytes that are only ever appended. `synced` of them are on the disk, the others in the page cache."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)
        self.synced = len(content)

    def append(self, data: bytes) -> None:
        self.content += data

    def sync(self) -> None:
        self.synced = len(self.content)

    def fail(self, random: Random) -> None:
        """The power fails: whatever becomes of the tail that is not synced, it is on the disk afterwards."""
        tail = bytes(self.content[self.synced :])
        if tail:
            self.content[self.synced :] = harm_tail(tail, random)
            self.sync()


def harm_tail(tail: bytes, random: Random) -> bytes:
    """Return what is left of bytes that were not synced."""
    cut = random.randrange(len(tail))
    match random.choice(("kept", "lost", "cut", "cut", "garbage")):
        case "kept":
            return tail
        case "lost":
            return b""
        case "cut":
            return tail[:cut]
        case _:
            return tail[:cut] + random.randbytes(len(tail) - cut)


def encode_batch(batch: Batch) -> bytes:
    """Return a batch as the file has it: length, CRC, and for each key its length, that of the value, and both."""
    pieces = []
    for key, value in batch.items():
        pieces.append(_PAIR.pack(len(key), _DELETED if value is None else len(value)))
        pieces += (key, value or b"")
    data = b"".join(pieces)
    return _HEADER.pack(len(data), zlib.crc32(data)) + data


def is_whole(length: int, checksum: int, data: bytes) -> bool:
    """Whether these are the bytes that were written as a batch."""
    return len(data) == length and zlib.crc32(data) == checksum


def replay(content: bytes) -> tuple[MemoryStore, int]:
    """Return what the whole batches at the beginning of a file make, and how many bytes they take."""
    store = MemoryStore()
    place = 0
    while place + _HEADER.size <= len(content):
        length, checksum = _HEADER.unpack_from(content, place)
        data = content[place + _HEADER.size : place + _HEADER.size + length]
        if not is_whole(length, checksum, data):
            break
        store.write(dict(_iterate_pairs(data)))
        place += _HEADER.size + len(data)
    return store, place


def _iterate_pairs(data: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    place = 0
    while place + _PAIR.size <= len(data):
        key_length, length = _PAIR.unpack_from(data, place)
        begin = place + _PAIR.size
        end = begin + key_length + max(length, 0)
        yield data[begin : begin + key_length], None if length == _DELETED else data[begin + key_length : end]
        place = end


class SimulatedDisk:
    """A store as `node.storage.protocol` wants it, over an appended file."""

    def __init__(self, content: bytes = b"") -> None:
        self.power = PowerSwitch()
        self._file = AppendedFile(content)
        self._store = self._open()

    def _open(self) -> MemoryStore:
        store, whole = replay(bytes(self._file.content))
        del self._file.content[whole:]
        self._file.sync()
        return store

    def get(self, key: bytes, /) -> bytes | None:
        return self._store.get(key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        return self._store.iterate(prefix, start, stop)

    def write(self, batch: Batch, /, *, is_synced: bool = True) -> None:
        stage = self.power.begin_write()
        if stage is Stage.BEFORE:
            raise Crash
        self._file.append(encode_batch(batch))
        if stage is Stage.DURING:
            raise Crash
        if is_synced:
            self._file.sync()
        if stage is Stage.AFTER:
            raise Crash
        self._store.write(batch)

    def snapshot(self) -> MemorySnapshot:
        return self._store.snapshot()

    def close(self) -> None:
        """Nothing to let go of."""

    def fail(self, random: Random) -> None:
        """The power fails, and the store is opened again."""
        self._file.fail(random)
        self._store = self._open()

    def copy(self) -> bytes:
        """What a backup holds."""
        return bytes(self._file.content)


class SimulatedFile:
    """A small file that is replaced whole (`node.files.replace_file`): written under another name, synced, renamed, synced.

    A rename that the folder's sync has not made durable may be on the disk after a crash or not; the content under the new name
    is whole if it was synced before.
    """

    def __init__(self, content: bytes | None = None) -> None:
        self.power = PowerSwitch()
        self._content = content
        self._on_disk = content
        self._is_content_synced = True

    def load(self) -> bytes | None:
        return self._content

    def replace(self, data: bytes) -> None:
        stage = self.power.begin_write()
        if stage is Stage.BEFORE:
            raise Crash
        self._is_content_synced = self.sync_content()
        self._content = data
        if stage is Stage.DURING:
            raise Crash
        self.sync_folder()
        if stage is Stage.AFTER:
            raise Crash

    def sync_content(self) -> bool:
        """Sync the content under its other name; return whether that was done."""
        return True

    def sync_folder(self) -> None:
        """Make the rename durable."""
        if self._is_content_synced:
            self._on_disk = self._content

    def fail(self, random: Random) -> None:
        """The power fails: the name leads to the old content or to the new."""
        if self._content != self._on_disk and self._content is not None and random.random() < 0.5:
            self._on_disk = self._content if self._is_content_synced else harm_tail(self._content, random)
        self._content = self._on_disk
        self._is_content_synced = True

    def copy(self) -> bytes | None:
        """What a backup holds."""
        return self._content
