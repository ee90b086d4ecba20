"""A node restored from an old backup does not go against a vote that it has cast, also where only one other has that vote."""

import pytest

from node.consensus import silence
from tests.effort import choose
from tests.simulation.absence import LIMIT_MS, SIZE, QuietWorld
from tests.simulation.old_backup import run_old_backup
from tests.simulation.problems import UnsafeError

pytestmark = pytest.mark.slow


def run_old_backups(late_ms: int) -> None:
    for seed in range(choose(5, 10)):
        run_old_backup(seed, late_ms)


@pytest.mark.parametrize("late_ms", [0, 800, 1_600, 2_500, 5_000, 15_000])
def test_who_knows_its_vote_connects_late(late_ms: int) -> None:
    run_old_backups(late_ms)


def test_a_node_that_speaks_before_it_has_heard_all_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence.Silence, "has_heard_all", lambda _self, _others: True)
    with pytest.raises(UnsafeError):
        run_old_backups(2_500)


def test_a_node_that_never_hears_all_speaks_in_the_end() -> None:
    """One is gone for good, and one of the three others was away for a block: without its voice nothing is final."""
    world = QuietWorld(0, SIZE)
    behind, gone = world.nodes["n2"], world.nodes["n3"]
    world.end(behind)
    first = world._make_transaction()
    world._submit(world.nodes["n0"], first)
    world.pass_time(LIMIT_MS)
    world.end(gone)
    world.start(behind)
    assert world.measure_return(silence.ABSTAIN_MS + 2 * LIMIT_MS) > silence.ABSTAIN_MS
