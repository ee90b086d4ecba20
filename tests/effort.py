"""How much a test looks at: a little in every run of `make test`, and much where there is time for it, in `make test-long`.

Every kind of check is made in both. What differs is how many seeds, examples and steps it is made for.
"""

import os
from typing import Final, TypeVar

T = TypeVar("T")

VARIABLE: Final = "HOURLEDGER_TESTS"
IS_LONG: Final = os.environ.get(VARIABLE) == "long"


def choose(every_run: T, long: T) -> T:
    """Return how much to look at in this run."""
    return long if IS_LONG else every_run
