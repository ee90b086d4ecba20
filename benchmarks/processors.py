"""Processor time, from the files that Linux keeps under /proc: of some processes, and of the whole machine."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REST_SECONDS = 1.0
REST_SHARE = 0.1
"""Of one processor, for all processes together."""
MAX_UNREST_SECONDS = 15.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processors: of the processes asked about and this one, in which anything ran, and all that there were."""

    processes: float
    own: float
    busy: float
    available: float

    def since(self, before: "Spent") -> "Spent":
        """Return what was spent between two readings."""
        return Spent(
            self.processes - before.processes,
            self.own - before.own,
            self.busy - before.busy,
            self.available - before.available,
        )

    @property
    def others(self) -> float:
        """Share of the machine that other programs took, 0 to 1."""
        return max(0.0, self.busy - self.processes - self.own) / (self.available or 1)


def read_ended() -> float:
    """Return the seconds of processors that children of this process took which have ended."""
    times = os.times()
    return times.children_user + times.children_system


def read_spent(processes: Sequence[int]) -> Spent:
    """Return the seconds spent since the machine or the processes started."""
    # proc(5): user, nice, system, idle, iowait, irq, softirq, steal.
    numbers = [int(word) for word in Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]]
    available = sum(numbers)
    return Spent(
        sum(map(_read_process, processes)),
        _read_process(os.getpid()),
        (available - numbers[3] - numbers[4]) / TICKS_PER_SECOND,
        available / TICKS_PER_SECOND,
    )


def wait_for_rest(processes: Sequence[int]) -> None:
    """Wait until the processes do next to nothing, but not for long.

    When a node opens its store, LevelDB moves what was written last; it is done within seconds.
    """
    end = time.monotonic() + MAX_UNREST_SECONDS
    spent = sum(map(_read_process, processes))
    while time.monotonic() < end:
        time.sleep(REST_SECONDS)
        before, spent = spent, sum(map(_read_process, processes))
        if spent - before <= REST_SHARE * REST_SECONDS:
            return


def _read_process(process: int) -> float:
    # proc(5): the name, which may have spaces, ends with the last bracket; user and system time are fields 14 and 15.
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
