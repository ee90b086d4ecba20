"""A Hypothesis state machine over all kinds of transaction: any operation at any time, what must hold checked after each.

It shrinks what `test_rules.py` finds in long ledgers: a failure here is a short list of operations, none of them superfluous.
"""

from functools import cache
from random import Random

import pytest
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.contracts.chain import Chain
from tests.contracts.invariants import check_invariants
from tests.effort import choose
from tests.properties.moves import check_moves
from tests.properties.operations import STEPS, Generator, Pools
from tests.properties.script import play
from tests.properties.steps import check_step
from tests.properties.test_rules import base


@cache
def make_lived_in(parameters: str, seed: int) -> tuple[Chain, int]:
    """A ledger in which much has happened already, so that a few operations can meet it all; and its time."""
    chain = base(parameters).copy()
    time_ms = Pools().start_ms
    for operation, _result in play(chain, Random(seed), STEPS // 2):
        time_ms += operation.step_ms
    return chain, time_ms


class LedgerMachine(RuleBasedStateMachine):
    chain: Chain
    generator: Generator
    time_ms: int

    @initialize(parameters=st.sampled_from(["default", "short"]), seed=st.integers(0, 5))
    def begin(self, parameters: str, seed: int) -> None:
        lived, self.time_ms = make_lived_in(parameters, seed)
        self.chain = lived.copy()
        self.generator = Generator(Random(seed), self.chain)

    @rule(kind=st.sampled_from(Generator(Random(0), base()).kinds), seed=st.integers(0, 2**32 - 1))
    def send(self, kind: str, seed: int) -> None:
        self.generator.random, self.generator.kinds = Random(seed), (kind,)
        operation = self.generator.draw(self.time_ms)
        self.time_ms += operation.step_ms
        before = self.chain.copy()
        result = self.chain.submit(operation.signers, operation.kind, operation.body, self.time_ms)
        note(f"{operation} -> {result.outcome.reason or 'ok'} {[row and row.reason for row in result.outcome.rows]}")
        assert result.outcome.is_accepted or self.chain.state == before.state
        check_step(before, self.chain, operation, result)
        check_moves(before, self.chain, operation, result)

    @invariant()
    def state_is_sound(self) -> None:
        check_invariants(self.chain)


@pytest.mark.slow
def test_any_operation_at_any_time_keeps_the_ledger_sound() -> None:
    run_state_machine_as_test(LedgerMachine, settings=settings(max_examples=choose(12, 40), stateful_step_count=30))
