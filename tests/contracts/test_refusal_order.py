"""Of several things that are wrong, a rule names the first in the documented order: it looks for them in that order."""

import pytest

from contracts.rulebook import KINDS
from ledger.errors import Rejection
from ledger.reasons import Reason
from tests.contracts.refusal_order import Disorder, find_disorders
from tools.kinds import CANNOT_HAPPEN


@pytest.mark.parametrize("name", KINDS)
def test_rule_looks_in_the_documented_order(name: str) -> None:
    """Where this fails, move the check within the rule, or the reason within `Reason`."""
    assert [item for item in find_disorders(KINDS[name].rule) if (name, item.reason) not in CANNOT_HAPPEN] == []


def refuse_late(known: bool, active: bool) -> None:
    if not active:
        raise Rejection(Reason.SUSPENDED, "suspended")
    if not known:
        raise Rejection(Reason.UNKNOWN_KEY, "unknown")


def refuse_on_one_branch(kind: int, known: bool) -> int:
    if kind == 0:
        if not known:
            raise Rejection(Reason.NO_CHANGE, "nothing changes")
        return 0
    if not known:
        raise Rejection(Reason.UNKNOWN_KEY, "unknown")
    return 1


def refuse_in_a_loop(numbers: tuple[int, ...], known: bool) -> None:
    for number in numbers:
        if number < 0:
            raise Rejection(Reason.OVERLAP, "overlaps", str(number))
    if not known:
        raise Rejection(Reason.NOT_PERMITTED, "not permitted")


def test_a_wrong_order_is_noticed_and_branches_are_apart() -> None:
    assert find_disorders(refuse_late) == [Disorder(Reason.UNKNOWN_KEY, "refuse_late", Reason.SUSPENDED)]
    assert find_disorders(refuse_on_one_branch) == []
    assert find_disorders(refuse_in_a_loop) == [Disorder(Reason.NOT_PERMITTED, "refuse_in_a_loop", Reason.OVERLAP)]
