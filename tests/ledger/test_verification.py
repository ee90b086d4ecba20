"""The answer of a verification: the worst of its checks, and never good news out of nothing."""

from itertools import combinations_with_replacement, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.reasons import ExitCode, Reason
from ledger.types import TimeMs
from ledger.verification import Check, Report, Verdict

VALID, INVALID, UNDETERMINED = Verdict.VALID, Verdict.INVALID, Verdict.UNDETERMINED


def report(*verdicts: Verdict) -> Report:
    return Report(tuple(Check(f"check {number}", verdict, "") for number, verdict in enumerate(verdicts)))


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([VALID], VALID),
        ([VALID, VALID], VALID),
        ([VALID, UNDETERMINED], UNDETERMINED),
        ([UNDETERMINED], UNDETERMINED),
        ([VALID, INVALID], INVALID),
        ([UNDETERMINED, INVALID], INVALID),
        ([VALID, UNDETERMINED, INVALID], INVALID),
        ([INVALID], INVALID),
    ],
)
def test_the_worst_answer_decides_in_any_order(verdicts: list[Verdict], whole: Verdict) -> None:
    assert {report(*order).verdict for order in permutations(verdicts)} == {whole}


def test_no_check_at_all_is_invalid() -> None:
    assert report().verdict is INVALID


@given(st.lists(st.sampled_from(Verdict), min_size=1), st.sampled_from(Verdict))
def test_another_check_never_makes_it_better(verdicts: list[Verdict], another: Verdict) -> None:
    order = [VALID, UNDETERMINED, INVALID]
    assert order.index(report(*verdicts, another).verdict) >= order.index(report(*verdicts).verdict)


def test_valid_means_that_every_check_is() -> None:
    for verdicts in combinations_with_replacement(Verdict, 3):
        assert (report(*verdicts).verdict is VALID) == (set(verdicts) == {VALID})


def test_exit_codes_are_those_of_the_design() -> None:
    assert {verdict.value: int(verdict.exit_code) for verdict in Verdict} == {"valid": 0, "invalid": 1, "undetermined": 3}
    assert UNDETERMINED.exit_code is ExitCode.UNDETERMINED


def test_a_check_says_what_against_what_and_as_of_when() -> None:
    check = Check("state", INVALID, "the record was made void", "state of block 7", TimeMs(5), Reason.NOT_CURRENT)
    assert (check.against, check.as_of_ms, check.reason) == ("state of block 7", 5, Reason.NOT_CURRENT)
    plain = Check("form", VALID, "the file is in the known form")
    assert (plain.against, plain.as_of_ms, plain.reason) == ("", None, None)
