"""Seeds over networks of machines: safe at every decision, and live once the faults end."""

import pytest

from tests.node.consensus.machine.model import Network


@pytest.mark.parametrize(("size", "seeds"), [(1, 12), (2, 12), (3, 12), (4, 12), (5, 8), (7, 5), (10, 2)])
def test_every_seed_is_safe_and_live(size: int, seeds: int) -> None:
    for seed in range(seeds):
        network = Network(seed, size)
        network.run()
        assert min(len(network.decisions[height]) for height in (1, 2, 3)) >= len(network.honest)


def test_liars_are_found_out_and_nobody_else() -> None:
    accused = 0
    for seed in range(12):
        network = Network(1_000 + seed, 4, byzantine=1)
        network.run()
        accused += len(network.accused)
    assert accused >= 6


def test_a_seed_replays_exactly() -> None:
    first, second = Network(7, 4), Network(7, 4)
    first.run()
    second.run()
    assert (first.decisions, first.now_ms) == (second.decisions, second.now_ms)
