"""A store in memory, for tests, simulations and the scratch work of fsck. It behaves as the one on disk, without the disk."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from node.storage.protocol import compute_range


class MemorySnapshot:
    """Content of a memory store at one moment."""

    __slots__ = ("_keys", "_values")

    def __init__(self, values: dict[bytes, bytes]) -> None:
        self._values = values
        self._keys: list[bytes] | None = None

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value, or None where there is none."""
        return self._values.get(key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values in ascending order: see `Readable.iterate`."""
        if self._keys is None:
            self._keys = sorted(self._values)
        first, end = compute_range(prefix, start, stop)
        low = bisect_left(self._keys, first)
        high = len(self._keys) if end is None else bisect_left(self._keys, end)
        for key in self._keys[low:high]:
            yield key, self._values[key]

    def close(self) -> None:
        """Do nothing: memory is let go of when nobody refers to it."""


class MemoryStore:
    """A store that is gone with its process."""

    __slots__ = ("_snapshot", "_values")

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._snapshot: MemorySnapshot | None = None

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value, or None where there is none."""
        return self._values.get(key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values in ascending order: see `Readable.iterate`."""
        return self.snapshot().iterate(prefix, start, stop)

    def write(self, batch: Mapping[bytes, bytes | None], /) -> None:
        """Apply a batch; content that a snapshot shows is left as it is, and a copy changed."""
        if self._snapshot is not None:
            self._values = dict(self._values)
            self._snapshot = None
        for key, value in batch.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value

    def snapshot(self) -> MemorySnapshot:
        """Return the content as it is now."""
        if self._snapshot is None:
            self._snapshot = MemorySnapshot(self._values)
        return self._snapshot

    def close(self) -> None:
        """Do nothing: the content stays, so that a test can open it again."""
