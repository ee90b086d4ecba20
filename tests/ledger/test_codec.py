"""The canonical codec: what fits comes back as it was, and of all the encodings of a value only one is accepted."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import codec
from ledger.codec import Codec, decode, encode
from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.types import Day, Hash, Minutes, TimeMs


class Kind(StrEnum):
    SERVICE = "service"
    TRAINING = "training"


class Stars(IntEnum):
    ONE = 1
    FIVE = 5


@dataclass(frozen=True, slots=True)
class Row:
    day: Day
    minutes: Minutes
    kind: Kind
    note: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    digest: Hash
    stars: Stars
    rows: tuple[Row, ...]
    is_atomic: bool
    salt: bytes
    made_ms: TimeMs


ROW = codec.struct(Row, codec.day, codec.minutes, codec.member(Kind), codec.optional(codec.text("note", 20)))
BATCH = codec.struct(
    Batch,
    codec.hash_,
    codec.member(Stars),
    codec.sequence(ROW, 0, 3),
    codec.boolean,
    codec.binary("salt", 0, 300),
    codec.time_ms,
)

plain_text = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=5)
rows = st.builds(
    Row,
    day=st.integers(0, codec.MAX_DAY).map(Day),
    minutes=st.integers(-(2**31), 2**31 - 1).map(Minutes),
    kind=st.sampled_from(Kind),
    note=st.none() | plain_text,
)
batches = st.builds(
    Batch,
    digest=st.binary(min_size=32, max_size=32).map(Hash),
    stars=st.sampled_from(Stars),
    rows=st.lists(rows, max_size=3).map(tuple),
    is_atomic=st.booleans(),
    salt=st.binary(max_size=300),
    made_ms=st.integers(0, codec.MAX_TIME_MS).map(TimeMs),
)

EXAMPLE = Batch(Hash(bytes(32)), Stars.FIVE, (Row(Day(19_723), Minutes(90), Kind.SERVICE, None),), True, b"\x01", TimeMs(1))


def pack(*values: Any) -> bytes:
    packed: bytes = msgpack.packb(list(values), use_bin_type=True)
    return packed


# --- both ways --------------------------------------------------------------------------------------------------------


def test_struct_is_an_array_of_its_fields() -> None:
    assert encode(ROW, Row(Day(300), Minutes(-1), Kind.TRAINING, "ok")) == bytes.fromhex("94cd012cffa8747261696e696e67a26f6b")


@given(batches)
def test_what_is_encoded_comes_back(batch: Batch) -> None:
    assert decode(BATCH, encode(BATCH, batch)) == batch


@given(batches, batches)
def test_two_values_never_share_an_encoding(one: Batch, other: Batch) -> None:
    assert (encode(BATCH, one) == encode(BATCH, other)) == (one == other)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_the_one_error(data: bytes) -> None:
    check_decoding(data)


@given(batches, st.data())
def test_changed_encoding_is_another_value_or_the_one_error(batch: Batch, data: st.DataObject) -> None:
    encoded = bytearray(encode(BATCH, batch))
    encoded[data.draw(st.integers(0, len(encoded) - 1), "position")] = data.draw(st.integers(0, 255), "byte")
    check_decoding(bytes(encoded))


def check_decoding(data: bytes) -> None:
    """Whatever is accepted is exactly what encoding gives: no second spelling gets through."""
    for any_codec in (BATCH, ROW, codec.boolean, codec.text("text", 50), codec.sequence(codec.height, 0, 9)):
        check_one(any_codec, data)


def check_one(any_codec: Codec[Any], data: bytes) -> None:
    try:
        value = decode(any_codec, data)
    except CodecError:
        return
    assert encode(any_codec, value) == data


# --- one spelling of a value ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("any_codec", "canonical", "other"),
    [
        (codec.height, "01", "cc01"),  # uint 8 for what fits one byte
        (codec.height, "cc80", "cd0080"),
        (codec.height, "cd0100", "ce00000100"),
        (codec.height, "ce00010000", "cf0000000000010000"),
        (codec.height, "01", "d001"),  # signed for what is not negative
        (codec.height, "cc80", "d10080"),
        (codec.minutes, "ff", "d0ff"),
        (codec.minutes, "d080", "d1ff80"),
        (codec.text("text", 40), "a161", "d90161"),  # str 8 for a short text
        (codec.text("text", 40), "a161", "da000161"),
        (codec.binary("bytes", 0, 9), "c40161", "c5000161"),
        (codec.sequence(codec.height, 0, 9), "9101", "dc000101"),  # array 16 for one item
        (codec.sequence(codec.height, 0, 9), "9101", "dd0000000101"),
        (codec.sequence(codec.height, 0, 9), "9101", "91cc01"),  # a long form inside
    ],
)
def test_longer_spelling_of_the_same_value_is_refused(any_codec: Codec[Any], canonical: str, other: str) -> None:
    assert msgpack.unpackb(bytes.fromhex(canonical)) == msgpack.unpackb(bytes.fromhex(other))
    decode(any_codec, bytes.fromhex(canonical))
    with pytest.raises(CodecError, match="not the canonical encoding"):
        decode(any_codec, bytes.fromhex(other))


@pytest.mark.parametrize(
    ("any_codec", "data"),
    [
        (codec.text("text", 9), "c40161"),  # bin where text is due
        (codec.binary("bytes", 0, 9), "a161"),  # text where bin is due
        (codec.text("text", 9), "a1ff"),  # not UTF-8
        (codec.text("text", 9), "a3eda080"),  # a surrogate in UTF-8
        (codec.text("text", 9), "a2c080"),  # an overlong NUL
        (codec.height, "80"),  # an empty map
        (codec.height, "810101"),  # a map
        (codec.height, "ca3f800000"),  # float 1.0
        (codec.height, "cb3ff0000000000000"),  # double 1.0
        (codec.height, "c70005"),  # an empty extension
        (codec.height, "d40501"),  # an extension
        (codec.height, "d6ff00000000"),  # a timestamp
        (codec.height, "c1"),  # never used
        (codec.height, ""),
        (codec.height, "cc"),  # cut off
        (codec.height, "0101"),  # something behind it
        (codec.height, "01c0"),
        (codec.height, "c0"),  # nil
        (codec.height, "c3"),  # true is not 1
        (codec.boolean, "01"),  # 1 is not true
        (codec.member(Stars), "c3"),
        (codec.member(Stars), "02"),
        (codec.member(Kind), "a473696e67"),
        (codec.member(Kind), "c4077365727669 6365"),
        (codec.sequence(codec.height, 0, 9), "ddffffffff"),  # announces more than there is
    ],
)
def test_other_types_and_broken_bytes_are_refused(any_codec: Codec[Any], data: str) -> None:
    with pytest.raises(CodecError):
        decode(any_codec, bytes.fromhex(data))


@pytest.mark.parametrize("cut", range(len(encode(BATCH, EXAMPLE))))
def test_truncated_encoding_is_refused(cut: int) -> None:
    with pytest.raises(CodecError):
        decode(BATCH, encode(BATCH, EXAMPLE)[:cut])


@given(st.binary(min_size=1, max_size=20))
def test_bytes_behind_the_value_are_refused(tail: bytes) -> None:
    with pytest.raises(CodecError):
        decode(BATCH, encode(BATCH, EXAMPLE) + tail)


@pytest.mark.parametrize("any_codec", [codec.boolean, codec.sequence(codec.boolean, 0, 1), BATCH])
@pytest.mark.parametrize("depth", [1, 500, 1000, 1023, 5000, 60_000])
def test_deep_nesting_is_refused_as_anything_else(any_codec: Codec[Any], depth: int) -> None:
    with pytest.raises(CodecError):
        decode(any_codec, b"\x91" * depth + b"\xc0")


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("any_codec", "fits", "does_not_fit"),
    [
        (codec.integer("x", -1, 1), [-1, 0, 1], [-2, 2, True, False, 1.0, "1", None]),
        (codec.boolean, [True, False], [0, 1, None, "true"]),
        (codec.binary("x", 1, 2), [b"a", b"ab"], [b"", b"abc", "a", None]),
        (codec.text("x", 3), ["a", "abc", "é", "水"], ["", "abcd", "水a", "éé", b"a", None]),
        (codec.text("x", 3, min_bytes=0), [""], ["abcd"]),
        (codec.text("x", 9), [" ", "~", "\xa0", "\ud7ff", "\ue000"], ["\x00", "\t", "\n", "\x1f", "\x7f", "\x80", "\x9f"]),
        (codec.member(Stars), [Stars.ONE], [2, "one", None]),
        (codec.member(Kind), [Kind.SERVICE], ["other", 1, None]),
        (codec.optional(codec.boolean), [None, True], [0]),
        (codec.sequence(codec.boolean, 1, 2), [(True,), (True, False)], [(), (True, True, True), (1,)]),
        (codec.hash_, [Hash(bytes(32))], [Hash(bytes(31)), Hash(bytes(33))]),
        (codec.identifier, [bytes(16)], [bytes(15), bytes(17)]),
        (codec.public_key, [bytes(32)], [bytes(31), bytes(33)]),
        (codec.signature, [bytes(64)], [bytes(63), bytes(65)]),
        (codec.height, [0, 2**63 - 1], [-1, 2**63]),
        (codec.entry_index, [0, 2**63 - 1], [-1, 2**63]),
        (codec.round_, [0, 2**31 - 1], [-1, 2**31]),
        (codec.points, [0, 2**53 - 1], [-1, 2**53]),
        (codec.time_ms, [0, codec.MAX_TIME_MS], [-1, codec.MAX_TIME_MS + 1]),
        (codec.day, [0, codec.MAX_DAY], [-1, codec.MAX_DAY + 1]),
        (codec.minutes, [-(2**31), 2**31 - 1], [-(2**31) - 1, 2**31]),
    ],
)
def test_limits_hold_in_both_directions(any_codec: Codec[Any], fits: list[Any], does_not_fit: list[Any]) -> None:
    for value in fits:
        assert decode(any_codec, encode(any_codec, value)) == value
    for value in does_not_fit:
        with pytest.raises(CodecError):
            encode(any_codec, value)
        with pytest.raises(CodecError):  # nor when someone else has encoded it
            decode(any_codec, pack(value)[1:])


@pytest.mark.parametrize(
    ("any_codec", "value"),
    [
        (codec.member(Stars), 1),
        (codec.member(Stars), Kind.SERVICE),
        (codec.member(Kind), "service"),
        (codec.height, Stars.ONE),
        (codec.text("x", 9), Kind.SERVICE),
        (codec.text("x", 9), "a\ud800"),  # a lone surrogate has no UTF-8
        (codec.text("x", 9), "\udfffa"),
        (codec.binary("x", 1, 2), bytearray(b"a")),
        (codec.integer("x", 0, 2**63 - 1), 2**80),
        (ROW, EXAMPLE),
        (ROW, None),
    ],
)
def test_only_the_exact_type_is_encoded(any_codec: Codec[Any], value: object) -> None:
    with pytest.raises(CodecError):
        encode(any_codec, value)


def test_dates_end_with_the_year_9999() -> None:
    assert codec.MAX_TIME_MS // 86_400_000 == codec.MAX_DAY


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    data = encode(codec.binary("x", 0, 100), bytes(60))
    decode(codec.binary("x", 0, 100), data, max_bytes=len(data))
    with pytest.raises(CodecError) as caught:
        decode(codec.binary("x", 0, 100), data, max_bytes=len(data) - 1)
    assert caught.value.reason is Reason.TOO_LARGE


def test_default_limit_is_that_of_a_log_entry() -> None:
    long = codec.binary("x", 0, 70_000)
    decode(long, encode(long, bytes(codec.MAX_ENTRY_BYTES - 3)))
    with pytest.raises(CodecError, match="65536 bytes, at most 65535"):
        decode(long, encode(long, bytes(codec.MAX_ENTRY_BYTES - 2)))


# --- structs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [[], [1, 1, "service"], [1, 1, "service", None, None], 5, None, "row"])
def test_struct_has_exactly_its_fields(wire: object) -> None:
    with pytest.raises(CodecError, match="Row"):
        decode(ROW, pack(wire)[1:])


def test_message_names_the_way_to_the_offending_field() -> None:
    wrong = Batch(
        EXAMPLE.digest, EXAMPLE.stars, (Row(Day(-1), Minutes(1), Kind.SERVICE, None),), EXAMPLE.is_atomic, b"", TimeMs(0)
    )
    with pytest.raises(CodecError) as caught:
        encode(BATCH, wrong)
    assert caught.value.detail == "Batch: Row: day: -1 does not fit"


def test_message_repeats_only_the_beginning_of_a_long_value() -> None:
    with pytest.raises(CodecError) as caught:
        encode(codec.hash_, Hash(bytes(1000)))
    assert len(caught.value.detail) < 100


def test_codecs_must_match_the_fields() -> None:
    with pytest.raises(TypeError, match="4 fields and 1 codecs"):
        codec.struct(Row, codec.day)
