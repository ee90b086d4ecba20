"""Whatever is sent, valid or not: points add up to nothing, and the same blocks lead to the same roots everywhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.hours import HOURS_RECORDED
from ledger.events import split_entry
from ledger.reasons import Reason
from node.storage.leveldb import open_leveldb
from node.storage.memory import MemoryStore
from tests.properties.ledger_script import (
    compute_issued,
    compute_points_in_hands,
    compute_roots,
    make_blocks,
    open_chain,
    replay,
)

ROOT = Path(__file__).parents[2]
SEEDS = st.integers(0, 2**32)


@settings(max_examples=60)
@given(SEEDS)
def test_the_sum_of_all_points_is_zero_after_every_block(seed: int) -> None:
    chain = open_chain(MemoryStore())
    for _made in make_blocks(seed, 24, chain):
        assert compute_issued(chain.view()) + compute_points_in_hands(chain.view()) == 0


@settings(max_examples=6)
@given(SEEDS)
def test_replay_leads_to_the_same_roots_in_memory_and_in_leveldb(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("replay")
    chain = open_chain(MemoryStore())
    made = list(make_blocks(seed, 12, chain))
    blocks = [candidate.block for candidate in made]
    store = open_leveldb(folder / "store")
    try:
        for target in (MemoryStore(), store):
            again = replay(blocks, target)
            assert again.tip == chain.tip
    finally:
        store.close()


def test_hash_seeds_of_the_interpreter_change_nothing() -> None:
    outputs = []
    for hash_seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.properties.ledger_script", "7", "25"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(done.stdout.splitlines())
    assert outputs[0] == outputs[1] == [f"{state.hex()} {log.hex()}" for state, log in compute_roots(7, 25)]


def test_the_script_is_worth_running() -> None:
    """It certifies, refuses for many reasons, and moves points: else the properties above would say little."""
    reasons: set[Reason | None] = set()
    records = captures = 0
    for seed in range(6):
        chain = open_chain(MemoryStore())
        for made in make_blocks(seed, 40, chain):
            reasons |= {outcome.reason for outcome in made.outcomes}
            reasons |= {row.reason for outcome in made.outcomes for row in outcome.rows if row is not None}
            reasons |= {item.error.reason for item in made.left_out}
            names = [split_entry(entry)[0] for entry in made.entries]
            records += names.count(HOURS_RECORDED.name)
            captures += names.count("exchange.captured")
    assert records > 100
    assert captures > 10
    assert len(reasons) > 25, sorted(str(reason) for reason in reasons)
