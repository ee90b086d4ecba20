"""Settings that hold for every test.

Hypothesis prints what reproduces a failure. `--hypothesis-seed=N` repeats a run, `--hypothesis-profile=deep` looks longer.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.effort import choose

os.environ["LC_ALL"] = "C.UTF-8"  # what programs say follows the machine's language, and tests read English

settings.register_profile(
    "quick", max_examples=25, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", settings.get_profile("quick"), max_examples=2_000)
settings.register_profile("long", settings.get_profile("quick"), max_examples=200)
settings.load_profile(choose("quick", "long"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests that wait for a network of nodes leave theirs to others."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests go over the same lines thousands of times; that others cover them is measured, and takes less time."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker("no_cover")
