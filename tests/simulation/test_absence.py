"""A network whose quorum was away for long makes blocks again within five seconds of its return, and nobody else restarts."""

import pytest

from node.consensus import replica, silence
from tests.effort import choose
from tests.simulation.absence import SIZE, QuietWorld, Way, run_absence
from tests.simulation.problems import StuckError

pytestmark = pytest.mark.slow

MINUTE_MS = 60_000
TEN_MINUTES_MS = 600_000
LONG_MS = choose(3, 24) * 3_600_000
SEEDS = range(choose(10, 40))


def run_absences(seeds: range, way: Way, missing: int, absence_ms: int) -> None:
    for seed in seeds:
        run_absence(seed, way, missing, absence_ms)


@pytest.mark.parametrize("missing", [2, 3])
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name)
def test_ten_minutes_without_a_quorum(way: Way, missing: int) -> None:
    run_absences(range(choose(1, 4)), way, missing, TEN_MINUTES_MS)


def test_those_who_ended_a_block_behind_do_not_make_the_others_wait() -> None:
    run_absences(SEEDS, Way.DOWN, 3, MINUTE_MS)


def test_hours_without_a_quorum() -> None:
    """One node is left, so that hours are short here; what it does alone for them is what could make it wait for long."""
    run_absences(range(1), Way.DOWN, 3, LONG_MS)


def test_nothing_is_final_while_the_quorum_is_away() -> None:
    quiet = QuietWorld(0, SIZE)
    quiet.pass_time(1_000)
    final, nodes = len(quiet.acknowledged), tuple(quiet.nodes.values())
    quiet.go_and_return(Way.CUT, nodes[2:], TEN_MINUTES_MS)
    assert (len(quiet.sent), len(quiet.acknowledged)) == (1, final)


def test_nodes_that_seldom_repeat_what_they_know_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "REPEAT_MS", 60_000)
    with pytest.raises(StuckError):
        run_absence(0, Way.CUT, 2, TEN_MINUTES_MS)


def test_nodes_that_keep_silent_for_long_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seeds of the test above, with the bug that it is for."""
    monkeypatch.setattr(silence, "REPETITIONS", 60)
    with pytest.raises(StuckError):
        run_absences(SEEDS, Way.DOWN, 3, MINUTE_MS)
