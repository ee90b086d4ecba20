"""Lots: the arithmetic of points on its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts.balances
from contracts.balances import (
    BALANCES,
    Balance,
    get_balance,
    get_lots,
    get_outlines,
    put_added,
    put_balance,
    put_extended,
    put_fewer,
    put_lots,
)
from contracts.lots import Lot, add_lots, are_after, compute_sum, split_expired, take_oldest
from ledger.errors import CodecError, Rejection
from ledger.reasons import Reason
from ledger.state import EmptyView, Overlay
from ledger.types import Day, Identifier, Points

BATCH = Identifier(b"b" * 16)
OLD, NEW = Lot(Day(10), BATCH, 0, Points(4)), Lot(Day(20), BATCH, 1, Points(6))

lots_of_rows = st.dictionaries(st.integers(0, 20), st.integers(1, 9), max_size=8).map(
    lambda points: tuple(Lot(Day(row // 3), BATCH, row, Points(points[row])) for row in sorted(points))
)


def test_oldest_are_taken_first_and_the_last_lot_is_divided() -> None:
    assert take_oldest((OLD, NEW), Points(4)) == ((OLD,), (NEW,))
    assert take_oldest((OLD, NEW), Points(5)) == (
        (OLD, Lot(Day(20), BATCH, 1, Points(1))),
        (Lot(Day(20), BATCH, 1, Points(5)),),
    )
    assert take_oldest((OLD, NEW), Points(10)) == ((OLD, NEW), ())
    assert take_oldest((OLD, NEW), Points(0)) == ((), (OLD, NEW))


def test_more_than_there_is_cannot_be_taken() -> None:
    with pytest.raises(ValueError, match="fewer points"):
        take_oldest((OLD, NEW), Points(11))


def test_lot_is_good_on_its_last_day_and_not_after() -> None:
    assert split_expired((OLD, NEW), Day(10)) == ((), (OLD, NEW))
    assert split_expired((OLD, NEW), Day(11)) == ((OLD,), (NEW,))
    assert split_expired((OLD, NEW), Day(21)) == ((OLD, NEW), ())


def test_account_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts.balances, "MAX_LOTS", 2)
    state, volunteer = Overlay(EmptyView()), Identifier(b"v" * 16)
    put_lots(state, volunteer, (OLD, NEW))
    with pytest.raises(Rejection) as refused:
        put_lots(state, volunteer, (OLD, Lot(Day(20), BATCH, 2, Points(1)), NEW))
    assert refused.value.reason is Reason.ACCOUNT_FULL
    assert get_lots(state, volunteer) == (OLD, NEW)


@given(lots_of_rows, lots_of_rows)
def test_lots_stand_in_order_in_whatever_order_they_come(lots: tuple[Lot, ...], added: tuple[Lot, ...]) -> None:
    points: dict[tuple[int, int], int] = {}
    for lot in (*lots, *added):
        points[lot.expires_day, lot.row] = points.get((lot.expires_day, lot.row), 0) + lot.points
    joined = tuple(Lot(Day(day), BATCH, row, Points(points[day, row])) for day, row in sorted(points))
    assert add_lots(lots, added) == add_lots(lots, added[::-1]) == add_lots(added, lots) == joined


def test_a_negative_part_takes_away_and_leaves_nothing_that_is_empty() -> None:
    assert add_lots((OLD, NEW), (Lot(Day(20), BATCH, 1, Points(-6)),)) == (OLD,)
    assert add_lots((OLD,), (Lot(Day(20), BATCH, 1, Points(0)),)) == (OLD,)


def test_new_lots_of_several_are_checked_and_written_beside_those_that_were_there() -> None:
    state, first, second = Overlay(EmptyView()), Identifier(b"v" * 16), Identifier(b"w" * 16)
    put_lots(state, first, (OLD,))
    outlines = get_outlines(state, (first, second))
    put_extended(state, outlines, {first: Balance(1, 60, (NEW,)), second: Balance(1, 30)})
    assert (get_lots(state, first), get_balance(state, second)) == ((OLD, NEW), Balance(1, 30))
    for records, lot in ((-1, NEW), (2, Lot(Day(20), BATCH, 1, Points(-1))), (2, Lot(Day(20), BATCH, 1_000, Points(1)))):
        with pytest.raises(CodecError):
            put_extended(state, outlines, {first: Balance(records, 60, (lot,))})
    assert get_balance(state, first) == Balance(1, 60, (OLD, NEW))


@given(lots_of_rows, lots_of_rows)
def test_balances_that_only_grow_are_those_whose_lots_are_put_in_their_place(
    lots: tuple[Lot, ...], added: tuple[Lot, ...]
) -> None:
    volunteer = Identifier(b"v" * 16)
    plain, state = Overlay(EmptyView()), Overlay(EmptyView())
    for item in (plain, state):
        put_balance(item, volunteer, Balance(3, 180, lots))
    put_added(plain, {volunteer: Balance(4, 240, added)})
    assert get_balance(plain, volunteer) == Balance(4, 240, add_lots(lots, added))
    outlines = get_outlines(state, (volunteer,))
    if are_after(outlines[volunteer].last_expiry_day, added):
        put_extended(state, outlines, {volunteer: Balance(4, 240, added)})
        assert state.changes == plain.changes
    else:
        assert added  # as in the state, or of a source that is there, or before one


@given(lots_of_rows, st.data())
def test_what_is_left_of_a_balance_is_written_as_any_other(lots: tuple[Lot, ...], data: st.DataObject) -> None:
    volunteer = Identifier(b"v" * 16)
    _taken, rest = take_oldest(lots, Points(data.draw(st.integers(0, compute_sum(lots)))))
    records = data.draw(st.integers(0, 1))
    plain, state = Overlay(EmptyView()), Overlay(EmptyView())
    for item in (plain, state):
        put_balance(item, volunteer, Balance(records, 60 * records, lots))
    put_balance(plain, volunteer, Balance(records, 60 * records, rest))
    put_fewer(state, volunteer, Balance(records, 60 * records, rest), rest[:1])
    assert state.changes == plain.changes
    with pytest.raises(CodecError):
        put_fewer(state, volunteer, Balance(1, 60, (NEW,)), (Lot(Day(20), BATCH, 1, Points(-1)),))


def test_lots_that_expire_later_are_after_those_that_are_there() -> None:
    assert are_after(10, (NEW,))
    assert are_after(-1, (OLD, NEW))
    assert not are_after(20, (NEW,))
    assert not are_after(10, (NEW, NEW))
    assert not are_after(-1, (Lot(Day(20), BATCH, 1, Points(0)),))


def test_nothing_left_leaves_no_trace() -> None:
    state, volunteer = Overlay(EmptyView()), Identifier(b"v" * 16)
    put_balance(state, volunteer, Balance(1, 60))
    put_added(state, {volunteer: Balance()})
    assert state.changes == {BALANCES.key(volunteer): None}


@given(lots_of_rows, st.data())
def test_what_is_taken_and_put_back_is_what_was_there(lots: tuple[Lot, ...], data: st.DataObject) -> None:
    points = Points(data.draw(st.integers(0, compute_sum(lots))))
    taken, rest = take_oldest(lots, points)
    assert compute_sum(taken) == points
    assert compute_sum(rest) == compute_sum(lots) - points
    assert all(old.expires_day <= new.expires_day for old in taken for new in rest)
    assert all(lot.points > 0 for lot in (*taken, *rest))
    assert add_lots(rest, taken) == add_lots(taken, rest) == lots
