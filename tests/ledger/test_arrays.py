"""Arrays that are looked into and grow by their bytes: as msgspec reads and writes them, in Python and in C."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import arrays
from ledger.arrays import (
    EMPTY,
    append_items_plainly,
    count_apart_plainly,
    encode_head,
    grow_last_plainly,
    survey_last_plainly,
)
from ledger.hashing import IS_COMPILED
from tests.properties.bodies import wires

encode = msgspec.msgpack.Encoder().encode
numbers = st.integers(-(2**63), 2**64 - 1)
numbers_with_sign = st.integers(-(2**63), 2**63 - 1)
COUNTERS = [count_apart_plainly, arrays.count_apart]
SURVEYORS = [survey_last_plainly, arrays.survey_last]
APPENDERS = [append_items_plainly, arrays.append_items]
GROWERS = [grow_last_plainly, arrays.grow_last]
ODD = [
    "x" * 31,
    "x" * 32,
    "x" * 300,
    "x" * 70_000,
    b"x" * 300,
    b"x" * 70_000,
    1.5,
    None,
    True,
    [1] * 16,
    [1] * 70_000,
    {1: [2]},
    dict.fromkeys(range(20)),
    dict.fromkeys(range(70_000)),
    msgspec.msgpack.Ext(1, b"x"),
    *(msgspec.msgpack.Ext(1, b"x" * length) for length in (2, 3, 4, 8, 16, 300, 70_000)),
]


@given(st.lists(wires, max_size=40), st.lists(wires, max_size=4))
def test_array_grows_at_its_end(before: list[object], added: list[object]) -> None:
    items, count = b"".join(map(encode, added)), len(before) + len(added)
    for append_items in APPENDERS:
        assert append_items(encode(before), len(added), items, count) == encode([*before, *added])
        assert append_items(EMPTY, len(added), items, 9) == encode(added)


@pytest.mark.parametrize("count", [0, 1, 15, 16, 255, 256, 65_535, 65_536])
def test_heads_are_those_of_arrays_of_any_length(count: int) -> None:
    array = encode([1] * count)
    assert encode_head(count) + b"\x01" * count == array
    for append_items in APPENDERS:
        assert append_items(array, 1, b"\x01", 2**32 - 1) == encode([1] * (count + 1))


@pytest.mark.parametrize("append_items", APPENDERS)
@pytest.mark.parametrize("data", [b"", b"\x01", b"\x80", b"\xc4\x01a", b"\xde\x00\x00"])
def test_what_is_no_array_does_not_grow(append_items: Callable[..., bytes], data: bytes) -> None:
    with pytest.raises(ValueError, match="array"):
        append_items(data, 1, b"\x01", 9)


@pytest.mark.parametrize("append_items", APPENDERS)
@pytest.mark.parametrize(("added", "most"), [(1, 20), (3, 22), (-1, 30), (1, 0), (1, -1)])
def test_an_array_grows_no_longer_than_it_may(append_items: Callable[..., bytes], added: int, most: int) -> None:
    array = encode([1] * 20)
    assert append_items(array, 2, b"\x01\x01", 22) == encode([1] * 22)
    with pytest.raises(ValueError, match="array"):
        append_items(array, added, b"\x01" * added, most)


rows = st.lists(st.tuples(st.lists(wires, min_size=2, max_size=2), numbers, st.lists(wires, max_size=3)), max_size=20)
odd_rows = [([item, None], -129, [item]) for item in ODD]


@given(rows, numbers_with_sign, numbers_with_sign)
@example(odd_rows, 0, 1)
@example(odd_rows, -129, -129)
@example([([1, 2], number, []) for number in (2**63 - 1, 2**63, 2**64 - 1, -(2**63))], -(2**63) + 1, 2**63 - 2)
def test_items_are_counted_unless_one_is_near(taken: list[tuple[list[Any], int, list[Any]]], low: int, high: int) -> None:
    data = encode([[*before, number, *after] for before, number, after in taken])
    is_near = any(low <= number <= high for _before, number, _after in taken)
    for count_apart in COUNTERS:
        assert count_apart(data, 2, low, high) == (None if is_near else len(taken))


@given(st.lists(numbers, max_size=3), rows)
@example([], odd_rows)
@example([2**63, 2**64 - 1, -(2**63)], [([1, 2], 2**64 - 1, [])])
def test_last_items_are_surveyed(before: list[int], taken: list[tuple[list[Any], int, list[Any]]]) -> None:
    data = encode([*before, [[*left, number, *right] for left, number, right in taken]])
    for survey_last in SURVEYORS:
        assert survey_last(data, 2) == (*before, len(taken), taken[-1][1] if taken else -1)


@given(st.lists(wires, max_size=3), st.lists(wires, max_size=3), st.lists(wires, max_size=20), st.lists(wires, max_size=3))
@example([], ODD, ODD, ODD)
@example([], [], [1] * 65_535, [2])
@example([], [], [1] * 15, [2])
def test_last_items_grow(old: list[Any], new: list[Any], items: list[Any], added: list[Any]) -> None:
    for grow in GROWERS:
        assert grow(encode([*old, items]), encode([*new, added])) == encode([*new, [*items, *added]])


def answer(function: Callable[..., object], *arguments: object) -> object:
    """Return what a function returns, or that it refuses."""
    try:
        return function(*arguments)
    except ValueError:
        return ValueError


@given(st.binary(max_size=40) | wires.map(encode), st.integers(0, 3))
def test_other_bytes_are_refused_or_lead_to_something(data: bytes, field: int) -> None:
    """Nothing is promised of what comes out, but that it comes from within the bytes: C has no business elsewhere."""
    assert type(answer(arrays.count_apart, data, field, 0, 9)) in (int, type(None), type)
    found = answer(arrays.survey_last, data, field)
    assert found is ValueError or all(type(number) is int for number in found)  # type: ignore[attr-defined]
    assert type(answer(arrays.append_items, data, 1, b"\x01", 9)) in (bytes, type)
    for pair in ((data, encode([[1]])), (encode([[1]]), data), (data, data)):
        grown = answer(arrays.grow_last, *pair)
        assert grown is ValueError or type(grown) is bytes


@given(wires, st.integers(0, 3), st.data())
def test_cut_bytes_are_refused(wire: Any, field: int, draw: st.DataObject) -> None:
    data = encode([[*[1] * field, 7, wire], [wire] * field + [7]])
    cut = data[: draw.draw(st.integers(0, len(data) - 1))]
    for count_apart in COUNTERS:
        assert answer(count_apart, cut, field, 0, 9) is ValueError
        assert answer(count_apart, data + b"\x00", field, 0, 9) is ValueError
    last = encode([1, [[*[1] * field, 7, wire]]])
    for survey_last in SURVEYORS:
        assert answer(survey_last, last[: draw.draw(st.integers(0, len(last) - 1))], field) is ValueError
        assert answer(survey_last, last + b"\x00", field) is ValueError
    for grow in GROWERS:
        assert answer(grow, cut, encode([[1]])) is ValueError
        assert answer(grow, encode([[1]]), cut) is ValueError


@pytest.mark.parametrize("grow", GROWERS)
@pytest.mark.parametrize("pair", [([], [[1]]), ([[1]], []), ([1], [[1]]), ([[1]], [1])])
def test_what_has_no_last_array_does_not_grow(grow: Callable[[bytes, bytes], bytes], pair: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match="array"):
        grow(encode(pair[0]), encode(pair[1]))


@pytest.mark.parametrize("count_apart", COUNTERS)
@pytest.mark.parametrize("wire", [[1], [[1]], {1: 2}, 7, [[], [1, 2]], [[1, None]], [[1, True]], [[1, 1.0]]])
def test_what_has_no_such_numbers_is_not_counted(count_apart: Callable[..., object], wire: Any) -> None:
    with pytest.raises(ValueError, match="array"):
        count_apart(encode(wire), 1, 0, 9)


@pytest.mark.parametrize("survey_last", SURVEYORS)
@pytest.mark.parametrize(
    "wire", [[], [1], [[1]], [[[1]]], {1: 2}, 7, [None, []], [[], [[1, 2]]], [[[1, 2], []]], [[[1, True]]], [[[1, 1.0]]]]
)
def test_what_has_no_last_array_of_that_form_is_not_surveyed(survey_last: Callable[..., object], wire: Any) -> None:
    with pytest.raises(ValueError, match="array"):
        survey_last(encode(wire), 1)


@pytest.mark.skipif(not IS_COMPILED, reason="ledger/c is not compiled: there is no C compiler here")
@pytest.mark.parametrize("arguments", [(), (b"",), ("", 1), (b"\x90", "1"), (b"\x90", 1, 2, "3"), (b"\x90", 1, 2**63, 0)])
def test_other_arguments_are_refused(arguments: tuple[Any, ...]) -> None:
    for function in (arrays.append_items, arrays.count_apart, arrays.survey_last, arrays.grow_last):
        with pytest.raises((TypeError, OverflowError)):
            function(*arguments)
    for function, others in ((arrays.count_apart, (0, 0)), (arrays.survey_last, ())):
        with pytest.raises(ValueError, match="array"):
            function(b"\x90", -1, *others)
