"""Which free position a node tells: at random, in the first list that is not half full."""

import pytest

from contracts.statuses import LIST_POSITIONS, LISTS, encode_number, take_position
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.state import EmptyView, Overlay
from node.status_lists import draw_position


def test_taken_ones_are_passed_over() -> None:
    state = Overlay(EmptyView())
    take_position(state, 5)
    drawn = iter((5, 5, 9))
    assert draw_position(state, lambda _limit: next(drawn)) == 9


def test_first_list_that_is_not_half_full() -> None:
    state = Overlay(EmptyView())
    for number in range(3):
        LISTS.put(state, LIST_POSITIONS // 2, encode_number(number))
    assert draw_position(state, lambda _limit: 7) == 3 * LIST_POSITIONS + 7


def test_bad_luck_is_told() -> None:
    state = Overlay(EmptyView())
    take_position(state, 5)
    with pytest.raises(HourledgerError) as refused:
        draw_position(state, lambda _limit: 5)
    assert refused.value.reason is Reason.BUSY
