"""A store whose n-th write fails, without effect or after all."""

from collections.abc import Iterator, Mapping

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.storage.protocol import KeyValueStore, Snapshot


class FaultyStore:
    """Passes everything on, and fails from the write with this number (from 0) on; `is_applied` says whether it took effect."""

    def __init__(self, inner: KeyValueStore, failing_write: int, *, is_applied: bool) -> None:
        self.inner = inner
        self.writes_left = failing_write
        self.is_applied = is_applied

    def get(self, key: bytes, /) -> bytes | None:
        return self.inner.get(key)

    def iterate(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        return self.inner.iterate(prefix, start, stop)

    def write(self, batch: Mapping[bytes, bytes | None], /) -> None:
        if self.writes_left > 0:
            self.writes_left -= 1
            self.inner.write(batch)
            return
        if self.writes_left == 0 and self.is_applied:
            self.inner.write(batch)
        self.writes_left = -1
        raise HourledgerError(Reason.WRITE_FAILED, "the disk is full")

    def snapshot(self) -> Snapshot:
        return self.inner.snapshot()

    def close(self) -> None:
        self.inner.close()
