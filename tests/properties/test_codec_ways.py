"""Both ways through the codec lead to the same: the fast one, which msgspec goes, and the plain one, the definition."""

from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.records import CALENDARS
from contracts.rulebook import EVENT_TYPES, KINDS, TABLES, get_parties
from ledger import codec
from ledger.blocks import header_codec
from ledger.codec import (
    MAX_DAY,
    Codec,
    decode,
    decode_known,
    decode_known_each,
    decode_plainly,
    encode,
    encode_each,
    encode_known_each,
    encode_plainly,
    list_fields,
)
from ledger.errors import CodecError
from ledger.transactions import MAX_TRANSACTION_BYTES, transaction_codec
from tests.contracts.chain import identifier_of
from tests.effort import choose
from tests.properties.bodies import strategy_of, wires
from tests.properties.test_bodies import EVENTS, strategy_of_kind

CODECS: dict[str, Codec[Any]] = {
    **{f"kind {name}": kind.codec for name, kind in KINDS.items()},
    **{f"event {name}": event.codec for name, event in EVENT_TYPES.items()},
    **{f"table {name.decode()}": table.codec for name, table in TABLES.items()},
    "header": header_codec,
    "transaction": transaction_codec,
}
MADE_OF_FIELDS = sorted(name for name, item in CODECS.items() if item.shape is not None and not item.shape.is_scalar)


def show(function: Any, *arguments: Any) -> tuple[Any, str]:
    """What a way answers: a value, or the words with which it refuses."""
    try:
        return function(*arguments), ""
    except CodecError as error:
        return None, f"{error.reason}: {error.detail}"


def check_bytes(any_codec: Codec[Any], data: bytes) -> None:
    value, refusal = show(lambda: decode(any_codec, data, max_bytes=MAX_TRANSACTION_BYTES))
    assert (value, refusal) == show(decode_plainly, any_codec, data)
    if not refusal:
        assert encode(any_codec, value) == encode_plainly(any_codec, value) == data
        assert encode_each(any_codec, [value, value]) == encode_known_each(any_codec, [value, value]) == [data, data]
        assert decode_known(any_codec, data) == value
        assert decode_known_each(any_codec, [data, None, data]) == [value, None, value]
    check_known(any_codec, data)


def check_known(any_codec: Codec[Any], data: bytes) -> None:
    """Of bytes that nothing here made, what is let through is at least within the bounds: it has an encoding of its own."""
    value, refusal = show(lambda: decode_known(any_codec, data))
    assert show(lambda: decode_known_each(any_codec, [data])) == (None if refusal else [value], refusal)
    if not refusal:
        assert decode(any_codec, encode(any_codec, value)) == value


@cache
def strategy_of_values(name: str) -> st.SearchStrategy[Any]:
    what, _space, rest = name.partition(" ")
    if what == "kind":
        return strategy_of_kind(rest)
    return strategy_of(EVENTS[rest])


def test_everything_made_of_fields_has_a_fast_way() -> None:
    slow = {name for name, item in CODECS.items() if item.shape is None}
    assert slow == set()


@pytest.mark.parametrize("name", [name for name in MADE_OF_FIELDS if name.startswith(("kind", "event"))])
@settings(max_examples=choose(6, 30))
@given(st.data())
def test_values_have_one_encoding_and_changed_bytes_one_answer(name: str, data: st.DataObject) -> None:
    value = data.draw(strategy_of_values(name), "value")
    encoded = encode(CODECS[name], value)
    assert encoded == encode_plainly(CODECS[name], value)
    check_bytes(CODECS[name], encoded)
    changed = bytearray(encoded)
    changed[data.draw(st.integers(0, len(encoded) - 1), "position")] = data.draw(st.integers(0, 255), "byte")
    check_bytes(CODECS[name], bytes(changed))
    check_bytes(CODECS[name], encoded[: data.draw(st.integers(0, len(encoded)), "length")])


@given(st.data())
def test_whose_an_entry_is_is_the_same_remembered_and_read(data: st.DataObject) -> None:
    event_type = EVENT_TYPES[data.draw(st.sampled_from(sorted(EVENT_TYPES)), "event")]
    value = data.draw(strategy_of_values(f"event {event_type.name}"), "value")
    entry = event_type.encode(value)
    assert get_parties(entry) == event_type.parties(value) == get_parties(entry)


@given(st.sampled_from(sorted(CODECS)), wires)
@example("table calendar", [[]])
def test_any_wire_value_has_one_answer(name: str, wire: Any) -> None:
    check_bytes(CODECS[name], encode_plainly(codec.Codec("any", lambda value: value, lambda value: value), wire))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("day", -1),
        ("day", MAX_DAY + 1),
        ("start", 1_440),
        ("record", bytes(15)),
        ("record", bytes(17)),
        ("row", True),
        ("is_late", 1),
        ("minutes", 2**31),
        ("points", 2**53),
        ("status", 9),
        ("status", "counted"),
        ("allowance", None),
    ],
)
def test_bounds_of_fields_hold_the_fast_way_too(field: str, value: Any) -> None:
    """msgspec checks nothing when an object is made; so what is written is read once more."""
    name = identifier_of("x")
    good = [name, name, 0, name, 20_000, None, 60, 1, 20_001, 21_000, False, 1, 0, False]
    record = decode(CALENDARS.codec, encode_plainly(codec.Codec("any", lambda item: item, lambda item: item), [good]))[0]
    fields = [getattr(record, item) for item in list_fields(type(record))]
    fields[list_fields(type(record)).index(field)] = value
    spoilt = type(record)(*fields)
    with pytest.raises(CodecError):
        encode(CALENDARS.codec, (spoilt,))
    with pytest.raises(CodecError):
        encode_each(CALENDARS.codec, [(record,), (record, spoilt)])
