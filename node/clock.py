"""The clock: a function that the composition root passes in, so that nothing else reads the time of day."""

import time
from collections.abc import Callable
from typing import TypeAlias

from ledger.types import TimeMs

Clock: TypeAlias = Callable[[], TimeMs]


def read_system_clock() -> TimeMs:
    """Milliseconds since 1970-01-01T00:00:00Z by this machine's clock."""
    return TimeMs(time.time_ns() // 1_000_000)
