"""What the node asks of a store: an ordered map from bytes to bytes, written one synced atomic batch at a time.

Every store raises only `HourledgerError`: `STORE_IN_USE` when another process has it open, `STORE_DAMAGED` when it cannot be
read, and `WRITE_FAILED` when a batch could not be made durable. After a failed write nobody knows what is on the disk, so a
store then refuses all further writes until it is opened again.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol


class Readable(Protocol):
    """Reads of one consistent content."""

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value, or None where there is none."""

    def iterate(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield whole keys and values in ascending order of keys.

        Gives the keys that begin with `prefix` and whose remainder is at least `start` and, if there is a `stop`, below it.
        """


class Snapshot(Readable, Protocol):
    """The content as it was at one moment, whatever is written since."""

    def close(self) -> None:
        """Let go of the content; closing twice does nothing."""


class KeyValueStore(Readable, Protocol):
    """A store that can be written."""

    def write(self, batch: Mapping[bytes, bytes | None], /) -> None:
        """Set the keys to their values, and delete those with None, all or nothing; return when the disk has it."""

    def snapshot(self) -> Snapshot:
        """Return the content as it is now."""

    def close(self) -> None:
        """Release the store; closing twice does nothing."""


def compute_range(prefix: bytes, start: bytes, stop: bytes | None) -> tuple[bytes, bytes | None]:
    """Return the first key of `iterate` and the key to stop before, None for none: see `Readable.iterate`."""
    return prefix + start, compute_prefix_end(prefix) if stop is None else prefix + stop


def compute_prefix_end(prefix: bytes) -> bytes | None:
    """Return the smallest key above all those that begin with `prefix`, None where there is none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None
