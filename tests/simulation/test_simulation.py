"""Some seeds in every run of the tests; many more with `make simulate`. And the simulator itself: does it catch known bugs?"""

import pytest

from tests.simulation.__main__ import try_seed
from tests.simulation.known_bugs import KNOWN_BUGS, KnownBug
from tests.simulation.problems import StuckError, UnsafeError
from tests.simulation.world import run_seed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [*range(7), 1_048])
def test_seed(seed: int) -> None:
    """The first few, and one that once found a bug: a node that had kept silent took up a round without its timers."""
    run_seed(seed)


def test_a_seed_replays_exactly() -> None:
    first, second = run_seed(11, 4), run_seed(11, 4)
    assert (first.blocks, first.acknowledged, first.now_ms) == (second.blocks, second.acknowledged, second.now_ms)
    assert len(first.blocks) > 1


@pytest.mark.parametrize("bug", KNOWN_BUGS, ids=lambda bug: bug.name)
def test_known_bug_is_caught(bug: KnownBug, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caught as something unsafe or stuck, not as a patch that crashes; and by a seed that is fine without the bug."""
    bug.patch(monkeypatch)
    problems = ((seed, try_seed((seed, bug.size))) for seed in range(bug.first, bug.first + bug.seeds))
    caught = next(((seed, problem) for seed, problem in problems if problem is not None), None)
    assert caught is not None
    seed, problem = caught
    assert problem.startswith((UnsafeError.__name__, StuckError.__name__)), problem
    monkeypatch.undo()
    assert try_seed((seed, bug.size)) is None
