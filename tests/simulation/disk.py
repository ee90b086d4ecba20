"""A disk that a seed controls: it can fail at any write, before or after the write counts, and it can be lost or put back."""

from collections.abc import Iterator, Mapping

from node.storage.memory import MemorySnapshot, MemoryStore


class Crash(BaseException):
    """The process is gone. Not an `Exception`: no code under test may catch it."""


class SimulatedDisk:
    """A store whose writes are atomic and durable, as LevelDB's synced batches are, and after any of which power may fail."""

    def __init__(self, content: Mapping[bytes, bytes] | None = None) -> None:
        self._content = dict(content or {})
        self._store = self._make_store()
        self.writes = 0
        self.crash_at: tuple[int, bool] | None = None
        """(number of the write, whether it still reaches the disk)."""

    def _make_store(self) -> MemoryStore:
        store = MemoryStore()
        if self._content:
            store.write(dict(self._content))
        return store

    def get(self, key: bytes, /) -> bytes | None:
        return self._store.get(key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        return self._store.iterate(prefix, start, stop)

    def write(self, batch: Mapping[bytes, bytes | None], /) -> None:
        self.writes += 1
        if self.crash_at is not None and self.writes >= self.crash_at[0]:
            reaches, self.crash_at = self.crash_at[1], None
            if reaches:
                self._store.write(batch)
            raise Crash
        self._store.write(batch)

    def snapshot(self) -> MemorySnapshot:
        return self._store.snapshot()

    def close(self) -> None:
        """Nothing to let go of: what is written stays."""

    def copy(self) -> dict[bytes, bytes]:
        """What a backup holds."""
        return dict(self._store.iterate())
