"""Whatever is sent in whatever order: the state never contradicts itself, and every node says the same."""

import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from contracts.rulebook import KINDS
from ledger.reasons import Reason
from tests.contracts.chain import Chain, make_genesis
from tests.contracts.invariants import check_invariants
from tests.properties.operations import PARAMETERS, Generator, make_chain
from tests.properties.script import compute_digest, play

ROOT = Path(__file__).parents[2]


@cache
def base(parameters: str = "default") -> Chain:
    return make_chain(make_genesis(PARAMETERS[parameters]))


@settings(max_examples=120)
@given(st.sampled_from(["default", "short"]), st.integers(0, 2**32 - 1))
def test_every_state_keeps_its_invariants_and_repeats(parameters: str, seed: int) -> None:
    # A ledger stops at its first failure and prints what led there, so only the seed is left to shrink: quickly, and to little.
    chain = base(parameters).copy()
    generator = Generator(Random(seed), chain)
    time_ms = generator.pools.start_ms
    for _ in range(40):
        operation = generator.draw(time_ms)
        time_ms += operation.step_ms
        twin, before = chain.copy(), dict(chain.state)
        result = chain.submit(operation.signers, operation.kind, operation.body, time_ms)
        note(f"{operation} -> {result.outcome.reason or 'ok'} {[row and row.reason for row in result.outcome.rows]}")
        again = twin.submit(operation.signers, operation.kind, operation.body, time_ms)
        assert again == result
        assert list(again.changes) == list(result.changes)
        assert result.outcome.is_accepted or chain.state == before
        check_invariants(chain)


def test_random_ledgers_reach_every_kind_and_most_reasons() -> None:
    accepted: Counter[str] = Counter()
    reasons: Counter[Reason | None] = Counter()
    for seed in range(8):
        for operation, result in play(base("short" if seed % 2 else "default").copy(), Random(seed), 200):
            accepted[operation.kind] += result.outcome.is_accepted
            reasons[result.outcome.reason] += 1
            reasons.update(row.reason for row in result.outcome.rows if row is not None)
    order = list(Reason)
    of_rules = set(order[order.index(Reason.UNKNOWN_KEY) : order.index(Reason.NOTHING_EXPIRED) + 1])
    unreached = of_rules - set(reasons)
    assert [kind for kind in KINDS if not accepted[kind]] == []
    assert unreached <= {Reason.UNKNOWN_MERCHANT}
    assert set(reasons) <= of_rules | {None}


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_long_ledger(parameters: str) -> None:
    chain = base(parameters).copy()
    for _ in play(chain, Random(parameters), 300):
        check_invariants(chain)


def test_two_hash_seeds_lead_to_the_same_entries_changes_and_roots() -> None:
    digests = set()
    for hash_seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.properties.script", "7", "150"]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
        digests.add(done.stdout)
    assert digests == {compute_digest(7, 150)}
