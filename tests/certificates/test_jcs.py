import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certificates.jcs import (
    MAX_JSON_DEPTH,
    MAX_SAFE_INTEGER,
    JsonValue,
    encode_jcs,
    parse_json,
    parse_json_object,
    validate_json,
)
from ledger.errors import CodecError
from ledger.reasons import Reason
from tests.effort import choose

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
INTEGERS = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
SCALARS: st.SearchStrategy[JsonValue] = st.none() | st.booleans() | INTEGERS | TEXTS
JSON_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_the_canonical_form_has_no_spaces_and_sorted_names() -> None:
    assert encode_jcs(parse_json(b' { "minutes" : 90 , "id" : [ true , null ] } ')) == b'{"id":[true,null],"minutes":90}'


def test_names_are_sorted_by_utf16_units_as_in_rfc_8785_section_3_2_3() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(encode_jcs(dict.fromkeys(names, 0)))) == expected


@given(JSON_VALUES | st.dictionaries(st.text('\ue000\uffff\U00010000a\x7f\\"', max_size=3), INTEGERS))
def test_the_quick_form_is_the_plain_one(value: JsonValue) -> None:
    assert encode_jcs(value) == rfc8785.dumps(value)


def test_texts_are_escaped_as_in_rfc_8785_section_3_2_2_2() -> None:
    text = '\u20ac$\u000f\nA\'B"\\\\"/\u007f'
    assert encode_jcs(text) == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f"'.encode()


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        pytest.param(b"", "no JSON", id="nothing"),
        pytest.param(b"{} {}", "no JSON: Extra data", id="two values"),
        pytest.param(b'{"a":1,"a":1}', "a name twice", id="duplicate name"),
        pytest.param(b'[{"a":{"b":1,"\\u0062":2}}]', "a name twice", id="duplicate name, escaped and nested"),
        pytest.param(b"NaN", "the number NaN", id="not a number"),
        pytest.param(b"-Infinity", "the number -Infinity", id="infinite"),
        pytest.param(b"1.0", "the number 1.0", id="fraction"),
        pytest.param(b"1e3", "the number 1e3", id="exponent"),
        pytest.param(b"9007199254740992", "beyond 2", id="integer of 2^53"),
        pytest.param(b"-9007199254740992", "beyond 2", id="integer of -2^53"),
        pytest.param(b"1" * 100_000, "beyond 2", id="integer of very many digits"),
        pytest.param(b"01", "no JSON", id="leading zero"),
        pytest.param(b'"\xff"', "not UTF-8", id="not UTF-8"),
        pytest.param(b'"\xc0\xaf"', "not UTF-8", id="overlong UTF-8"),
        pytest.param('"a"'.encode("utf-16"), "not UTF-8", id="UTF-16"),
        pytest.param(b'\xef\xbb\xbf"a"', "BOM", id="byte order mark"),
        pytest.param(b'"\\ud800"', "lone surrogate", id="lone surrogate in a text"),
        pytest.param(b'{"\\udc00":1}', "lone surrogate", id="lone surrogate in a name"),
        pytest.param(b'"a\nb"', "no JSON", id="control character"),
        pytest.param(b"\xc2\xa01", "no JSON", id="white space of another kind"),
        pytest.param(b"[1,]", "no JSON", id="trailing comma"),
        pytest.param(b"'a'", "no JSON", id="single quotes"),
        pytest.param(nested(MAX_JSON_DEPTH + 1), "too deep", id="one level too deep"),
        pytest.param(b'{"a":' * 33 + b"1" + b"}" * 33, "too deep", id="objects too deep"),
        pytest.param(b"[" * 500_000, "nested more than", id="deeper than the stack"),
    ],
)
def test_what_two_programs_might_read_differently_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(CodecError, match=complaint):
        parse_json(data)


def test_limits_include_their_last_value() -> None:
    assert parse_json(b"[1]", max_bytes=3) == [1]
    with pytest.raises(CodecError) as refusal:
        parse_json(b"[1] ", max_bytes=3)
    assert refusal.value.reason is Reason.TOO_LARGE
    assert parse_json(nested(2), max_depth=2) == [[]]
    with pytest.raises(CodecError):
        parse_json(nested(3), max_depth=2)
    assert parse_json(b"[9007199254740991,-9007199254740991]") == [MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER]
    assert encode_jcs(parse_json(nested(MAX_JSON_DEPTH))) == nested(MAX_JSON_DEPTH)


def test_an_object_is_told_from_other_values() -> None:
    assert parse_json_object(b'{"a":[]}') == {"a": []}
    with pytest.raises(CodecError, match="not an object"):
        parse_json_object(b"[]")


class TextSubclass(str):
    __slots__ = ()


UNENCODABLE: list[Callable[[], object]] = [
    lambda: 1.0,
    lambda: float("nan"),
    lambda: MAX_SAFE_INTEGER + 1,
    lambda: "\ud800",
    lambda: {"\ud800": 1},
    lambda: {1: 2},
    lambda: (1, 2),
    lambda: b"bytes",
    lambda: TextSubclass("a"),
    lambda: [[{"a": {1, 2}}]],
]


@pytest.mark.parametrize("make", UNENCODABLE)
def test_what_could_not_be_read_back_is_not_written(make: Callable[[], JsonValue]) -> None:
    with pytest.raises(CodecError):
        encode_jcs(make())


def test_a_value_that_contains_itself_is_not_written() -> None:
    endless: list[JsonValue] = []
    endless.append(endless)
    with pytest.raises(CodecError, match="too deep"):
        encode_jcs(endless)


@given(JSON_VALUES)
@example({"": [{}, []]})
@settings(max_examples=choose(40, 150))
def test_the_canonical_form_is_read_back_and_is_one(value: JsonValue) -> None:
    canonical = encode_jcs(value)
    assert encode_jcs(parse_json(canonical)) == canonical
    assert repr(parse_json(json.dumps(value, indent=1).encode())) == repr(value)


def validate_plainly(value: object, levels_left: int = MAX_JSON_DEPTH) -> None:
    """What `validate_json` checks, value by value."""
    if value is None or type(value) is bool:
        return
    if type(value) is int:
        assert abs(value) <= MAX_SAFE_INTEGER
    elif type(value) is str:
        value.encode()
    else:
        assert levels_left > 0
        assert type(value) in {list, dict}
        for item in value if isinstance(value, list) else [*value, *value.values()]:  # type: ignore[attr-defined,misc]
            validate_plainly(item, levels_left - 1)
        assert isinstance(value, list) or all(type(name) is str for name in value)  # type: ignore[attr-defined]


MANY_TEXTS = st.text(st.characters(codec=None), max_size=6)
ALL_SORTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | MANY_TEXTS | st.floats() | st.binary(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MANY_TEXTS | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(ALL_SORTS | JSON_VALUES)
@example("".join(map(chr, range(0x300))) + "\u2028\ud7ff\ue000\uffff\U00010000\U0010ffff")
@example({"\uffff": 1, "\U00010000": 2})
@example({"\ue000": 1, "\ud7ff": 2, "\x7f": 3, "": 4})
@example({0: 1, "0": 2})
@settings(max_examples=choose(100, 400))
def test_the_fast_way_is_the_plain_way(value: Any) -> None:
    try:
        validate_plainly(value)
    except (AssertionError, UnicodeEncodeError):
        with pytest.raises(CodecError):
            encode_jcs(value)
        with pytest.raises(CodecError):
            validate_json(value)
    else:
        validate_json(value)
        assert encode_jcs(value) == rfc8785.dumps(value)


@given(JSON_VALUES, JSON_VALUES)
@settings(max_examples=choose(40, 150))
def test_different_values_have_different_canonical_forms(one: JsonValue, other: JsonValue) -> None:
    assert (encode_jcs(one) == encode_jcs(other)) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@given(st.binary(max_size=40) | st.text('{}[]":,\\u0dc19.eE+-ntf ', max_size=30).map(str.encode))
@settings(max_examples=choose(125, 500))
def test_any_bytes_are_a_value_or_one_typed_error(data: bytes) -> None:
    try:
        value = parse_json(data)
    except CodecError:
        return
    canonical = encode_jcs(value)
    assert encode_jcs(parse_json(canonical)) == canonical
