"""Whatever is sent, valid or not: points add up to nothing, and the same blocks lead to the same roots everywhere."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.governance import AUTHORITIES_CHANGED
from contracts.hours import HOURS_RECORDED
from contracts.offences import OFFENCE
from contracts.rulebook import compute_genesis_state, get_parties
from ledger.authorities import compute_authorities_hash
from ledger.events import split_entry
from ledger.reasons import Reason
from ledger.transactions import decode_payload, decode_signed
from node.chain import Candidate
from node.storage.fsck import check_store
from node.storage.leveldb import open_leveldb
from node.storage.memory import MemoryStore
from tests.effort import choose
from tests.properties.ledger_script import (
    GENESIS,
    RULE_BOOKS,
    compute_issued,
    compute_points_in_hands,
    compute_roots,
    compute_time,
    make_blocks,
    open_chain,
    replay,
)

GOVERNANCE_REASONS = {
    Reason.CHANGE_PENDING,
    Reason.INVALID_AUTHORITIES,
    Reason.NO_CHANGE,
    Reason.KEY_IN_USE,
    Reason.NOT_PERMITTED,
    Reason.INSUFFICIENT_SIGNATURES,
}
ROOT = Path(__file__).parents[2]
SEEDS = st.integers(0, 2**32)


@pytest.mark.slow
@settings(max_examples=choose(15, 60))
@given(SEEDS)
def test_the_sums_of_all_points_and_of_all_saved_time_are_zero_after_every_block(seed: int) -> None:
    for chain, _made in make_blocks(seed, 24, MemoryStore()):
        assert compute_issued(chain.view()) + compute_points_in_hands(chain.view()) == 0
        assert compute_time(chain.view()) == 0


@pytest.mark.slow
@settings(max_examples=choose(10, 25))
@given(SEEDS)
def test_headers_name_the_sets_that_decide(seed: int) -> None:
    """A header names the set of its own block and of the next, and a recovery is all that comes between the two."""
    following = compute_authorities_hash(GENESIS.authorities)
    for chain, made in make_blocks(seed, 24, MemoryStore()):
        header = made.block.header
        assert (header.authorities_hash != following) is begins_with_recovery(made)
        assert header.authorities_hash == compute_authorities_hash(made.deciders) == compute_authorities_hash(chain.deciders)
        assert header.proposer in {item.key for item in chain.deciders}
        following = header.next_authorities_hash
        assert following == compute_authorities_hash(chain.authorities)


def begins_with_recovery(made: Candidate) -> bool:
    """Whether a block's first transaction is a recovery that was accepted."""
    kinds = [decode_payload(decode_signed(envelope)).kind for envelope in made.block.transactions[:1]]
    return kinds == ["governance.recover"] and made.outcomes[0].is_accepted


@pytest.mark.slow
@settings(max_examples=6)
@given(SEEDS)
def test_replay_leads_to_the_same_roots_in_memory_and_in_leveldb(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("replay")
    made = list(make_blocks(seed, 12, MemoryStore()))
    blocks = [candidate.block for _chain, candidate in made]
    store = open_leveldb(folder / "store")
    try:
        for target in (MemoryStore(), store):
            again = replay(blocks, target)
            assert again.tip == made[-1][0].tip == open_chain(target).tip
            report = check_store(target, GENESIS, RULE_BOOKS, compute_genesis_state(GENESIS), get_parties)
            assert report.blocks == len(blocks) + 1
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
    names: Counter[str] = Counter()
    recoveries = several = 0
    for seed in range(6):
        for _chain, made in make_blocks(seed, 40, MemoryStore()):
            reasons |= {outcome.reason for outcome in made.outcomes}
            reasons |= {row.reason for outcome in made.outcomes for row in outcome.rows if row is not None}
            reasons |= {item.error.reason for item in made.left_out}
            names.update(split_entry(entry)[0] for entry in made.entries)
            recoveries += begins_with_recovery(made)
            several += len(made.deciders) > 1
    assert names[HOURS_RECORDED.name] > 100
    assert names["exchange.captured"] > 10
    assert min(names["timebank.deposited"], names["timebank.donated"]) > 3
    assert names[AUTHORITIES_CHANGED.name] > recoveries + 5
    assert names[OFFENCE.name] > 10
    assert recoveries > 5
    assert several > 50
    assert reasons >= GOVERNANCE_REASONS
    assert len(reasons) > 25, sorted(str(reason) for reason in reasons)
