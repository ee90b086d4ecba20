"""Seeds over networks of machines: safe after every event, and live once the faults end.

More seeds: `python -m tests.node.consensus.machine 0:10000`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.votes import VoteType
from tests.effort import choose
from tests.node.consensus.machine.model import SIZES, Network, Weather

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[4]
CHUNK = 25


@pytest.mark.parametrize("first", range(0, choose(50, 200), CHUNK))
def test_every_seed_is_safe_and_live(first: int) -> None:
    for seed in range(first, first + CHUNK):
        Network(seed).run()


def test_seeds_reach_what_locks_are_for() -> None:
    """Were nobody ever locked while others go on without, or only one round needed, passing seeds would say little."""
    rounds, locked_alone, accused = 0, 0, 0
    for seed in range(60):
        network = Network(seed, 4, ("equivocate",))
        network.run()
        accused += len(network.checker.accused)
        for votes in network.checker.own.values():
            rounds = max(rounds, *(vote.round for vote in votes))
        for (_height, _round, type_, value), voters in network.checker.voters.items():
            locked_alone += type_ is VoteType.PRECOMMIT and value is not None and len(voters) == 1
    assert (rounds >= 5, locked_alone >= 50, accused >= 40) == (True, True, True), (rounds, locked_alone, accused)


def test_every_size_is_drawn() -> None:
    assert set(SIZES) == {1, 2, 3, 4, 5, 7, 10}


def test_many_authorities() -> None:
    network = Network(3, 64, ("equivocate", "silent"))
    network.weather = Weather(end_ms=2_000, loss=0, delay_ms=50, missed=0, isolated=None)
    network.run()


def test_a_seed_replays_exactly_under_any_hash_seed() -> None:
    digests = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-m", "tests.node.consensus.machine", "0:12"]
        digests.add(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(digests) == 1
