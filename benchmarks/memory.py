"""Memory of a process while it works, from the files that Linux keeps under /proc."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_SECONDS = 0.25
KIB = 1_024


@dataclass(frozen=True, slots=True)
class Resident:
    """Bytes of a process in memory: all, and those that are not a copy of a file."""

    all: int
    own: int


@dataclass(slots=True)
class Watch:
    """Samples of a process's memory, oldest first."""

    samples: list[Resident] = field(default_factory=list)

    @property
    def highest(self) -> int:
        """The most bytes that were in memory."""
        return max(item.all for item in self.samples)

    @property
    def growth(self) -> float:
        """How much larger the memory was in the last quarter of the time than in the second, as a ratio."""
        quarter = max(1, len(self.samples) // 4)
        early, late = self.samples[quarter : 2 * quarter] or self.samples[:1], self.samples[-quarter:]
        return (sum(item.all for item in late) / len(late)) / (sum(item.all for item in early) / len(early))


def read_resident(process: int) -> Resident:
    """Return how much of a process is in memory now."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return Resident(*(int(fields[name].split()[0]) * KIB for name in ("VmRSS", "RssAnon")))


@contextmanager
def watching(process: int) -> Iterator[Watch]:
    """Take samples of a process's memory in a thread until the block ends."""
    watch, stop = Watch([read_resident(process)]), threading.Event()

    def go_on() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            watch.samples.append(read_resident(process))

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
        watch.samples.append(read_resident(process))
