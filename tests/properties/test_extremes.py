"""The largest and smallest numbers, at either end of time, under the least and the most that a region may choose.

A rule answers or refuses. Any other error would halt every node at the same block.
"""

from functools import cache
from random import Random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from contracts.workdays import Workdays, compute_deadline, is_working_day
from ledger.codec import MAX_DAY, MAX_TIME_MS
from ledger.types import Day
from tests.contracts.chain import Chain, make_genesis
from tests.contracts.invariants import check_invariants
from tests.effort import choose
from tests.properties.operations import EXTREMES, PARAMETERS, STEPS, Generator, make_chain
from tests.properties.script import play


@cache
def base(parameters: str) -> Chain:
    return make_chain(make_genesis(PARAMETERS[parameters]), EXTREMES)


@pytest.mark.slow
@settings(max_examples=choose(15, 40))
@given(st.sampled_from(sorted(PARAMETERS)), st.sampled_from([0, MAX_TIME_MS]), st.integers(0, 2**32 - 1))
def test_nothing_but_answers(parameters: str, time_ms: int, seed: int) -> None:
    chain = base(parameters).copy()
    generator = Generator(Random(seed), chain, EXTREMES)
    for _ in range(25):
        operation = generator.draw(time_ms)
        time_ms += operation.step_ms
        result = chain.submit(operation.signers, operation.kind, operation.body, time_ms)
        note(f"{operation} -> {result.outcome.reason or 'ok'}")
        check_invariants(chain)


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_records_are_certified_at_either_end_of_time(parameters: str) -> None:
    days = set()
    for seed in range(choose(2, 8)):
        chain = base(parameters).copy()
        for _ in play(chain, Random(seed), STEPS, EXTREMES):
            pass
        days |= {record.day for records in chain.read_table(b"calendar").values() for record in records}
    assert {day > 1_000 for day in days} == {False, True}


@given(st.integers(0, MAX_DAY), st.integers(1, 366), st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_deadline_is_the_last_of_so_many_working_days(end: int, count: int, free: set[int], worked: set[int]) -> None:
    workdays = Workdays(tuple(Day(end + day) for day in sorted(free)), tuple(Day(end + day) for day in sorted(worked)))
    deadline = compute_deadline(workdays, Day(end), count)
    assert is_working_day(workdays, deadline)
    assert sum(is_working_day(workdays, Day(day)) for day in range(end + 1, deadline + 1)) == count
