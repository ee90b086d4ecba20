"""Entries of the log: three fields, one encoding, one type each; and outcomes that always fit into one entry."""

import contextlib
from dataclasses import dataclass
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger import codec, events
from ledger.codec import MAX_ENTRY_BYTES
from ledger.crypto import sha256
from ledger.errors import CodecError, RowOutcome
from ledger.events import (
    MAX_ROWS,
    MAX_VALUE_CHARACTERS,
    OUTCOME,
    EventType,
    Outcome,
    recall_parties,
    shorten_value,
    split_entry,
)
from ledger.reasons import Reason
from ledger.types import Height, Identifier, Points
from tests.ledger.samples import flip_every_bit


@dataclass(frozen=True, slots=True)
class Paid:
    account: Identifier
    points: Points


PAID: EventType[Paid] = EventType("test.paid", codec.struct(Paid, codec.identifier, codec.points), lambda paid: (paid.account,))
REPAID: EventType[Paid] = EventType("test.repaid", PAID.codec)
SAMPLE = Paid(Identifier(b"the-account-of-a"), Points(12))
ACCEPTED = Outcome(sha256(b"id"), Height(3), None, "", (), 2)
REFUSED = Outcome(sha256(b"id"), Height(3), Reason.BATCH_REFUSED, "2", (None, RowOutcome(Reason.OVERLAP, "ab12"), None), 0)
LONGEST_REASON = max(Reason, key=len)

values = st.text(max_size=40).map(shorten_value)
rows = st.none() | st.builds(RowOutcome, st.sampled_from(Reason), values)
outcomes = st.builds(
    Outcome,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**63 - 1),
    st.none() | st.sampled_from(Reason),
    values,
    st.lists(rows, max_size=4).map(tuple),
    st.integers(0, 1_000_000),
)


class TestEntries:
    def test_an_entry_is_version_type_and_fields(self) -> None:
        entry = PAID.encode(SAMPLE)
        assert msgpack.unpackb(entry) == [1, "test.paid", [b"the-account-of-a", 12]]
        assert split_entry(entry) == ("test.paid", [b"the-account-of-a", 12])
        assert PAID.decode(entry) == SAMPLE

    def test_whose_it_is(self) -> None:
        assert PAID.parties(SAMPLE) == (SAMPLE.account,)
        assert REPAID.parties(SAMPLE) == ()

    def test_an_event_of_the_same_shape_is_not_the_same_event(self) -> None:
        assert PAID.encode(SAMPLE) != REPAID.encode(SAMPLE)
        with pytest.raises(CodecError):
            PAID.decode(REPAID.encode(SAMPLE))

    @pytest.mark.parametrize(
        "wire",
        [
            [1, "test.paid"],
            [1, "test.paid", [b"the-account-of-a", 12], None],
            [True, "test.paid", [b"the-account-of-a", 12]],
            [0, "test.paid", [b"the-account-of-a", 12]],
            [1.0, "test.paid", [b"the-account-of-a", 12]],
            ["1", "test.paid", [b"the-account-of-a", 12]],
            [1, b"test.paid", [b"the-account-of-a", 12]],
            "abc",
            None,
            [],
        ],
    )
    def test_another_shape_is_refused(self, wire: Any) -> None:
        for read in (split_entry, PAID.decode):
            with pytest.raises(CodecError) as error:
                read(msgpack.packb(wire))
            assert error.value.reason is Reason.MALFORMED

    @pytest.mark.parametrize("wire", [[2, "test.paid", [b"the-account-of-a", 12]], [3, {}], [2]])
    def test_an_entry_of_a_later_version_says_so(self, wire: Any) -> None:
        with pytest.raises(CodecError) as error:
            PAID.decode(msgpack.packb(wire))
        assert error.value.reason is Reason.UNSUPPORTED_VERSION

    def test_an_error_does_not_repeat_what_a_stranger_wrote(self) -> None:
        with pytest.raises(CodecError) as error:
            PAID.decode(msgpack.packb([1, "\x1b[2J" * 9_000, None]))
        assert str(error.value).isprintable()
        assert len(str(error.value)) < 200

    @pytest.mark.parametrize("fields", [None, [], [b"the-account-of-a"], [b"short", 12], [b"the-account-of-a", -1]])
    def test_other_fields_are_refused(self, fields: Any) -> None:
        with pytest.raises(CodecError):
            PAID.decode(msgpack.packb([1, "test.paid", fields]))

    def test_only_one_encoding_is_accepted(self) -> None:
        entry = PAID.encode(SAMPLE)
        assert entry[:2] == b"\x93\x01"
        with pytest.raises(CodecError, match="canonical"):
            split_entry(b"\x93\xcc\x01" + entry[2:])
        with pytest.raises(CodecError):
            split_entry(entry + b"\x00")

    @given(st.binary(max_size=100))
    def test_any_bytes_are_an_entry_or_a_codec_error(self, data: bytes) -> None:
        for read in (split_entry, PAID.decode, OUTCOME.decode):
            with contextlib.suppress(CodecError):
                read(data)

    @pytest.mark.parametrize("depth", [100, 511, 512, 600, 1_000, 1_024, 30_000])
    def test_deep_nesting_ends_in_a_codec_error(self, depth: int) -> None:
        with pytest.raises(CodecError):
            PAID.decode(b"\x93\x01\xa9test.paid" + b"\x91" * depth + b"\xc0")

    def test_a_flipped_bit_never_reads_as_the_same(self) -> None:
        for data in flip_every_bit(OUTCOME.encode(REFUSED)):
            with contextlib.suppress(CodecError):
                assert OUTCOME.decode(data) != REFUSED

    def test_length_is_limited_both_ways(self) -> None:
        note: EventType[bytes] = EventType("n", codec.binary("note", 0, 70_000))
        overhead = len(note.encode(bytes(60_000))) - 60_000
        largest = note.encode(bytes(MAX_ENTRY_BYTES - overhead))
        assert len(largest) == MAX_ENTRY_BYTES
        assert note.decode(largest) == bytes(MAX_ENTRY_BYTES - overhead)
        with pytest.raises(CodecError) as error:
            note.encode(bytes(MAX_ENTRY_BYTES - overhead + 1))
        assert error.value.reason is Reason.TOO_LARGE


class TestOutcomes:
    def test_accepted_or_refused(self) -> None:
        assert ACCEPTED.is_accepted
        assert not REFUSED.is_accepted
        assert OUTCOME.parties(REFUSED) == ()
        assert msgpack.unpackb(OUTCOME.encode(REFUSED)) == [
            1, "ledger.outcome", [sha256(b"id"), 3, "batch_refused", "2", [None, ["overlap", "ab12"], None], 0],
        ]  # fmt: skip

    def test_limits_are_part_of_the_format(self) -> None:
        assert (MAX_ROWS, MAX_VALUE_CHARACTERS) == (1_000, 32)
        most = replace(ACCEPTED, event_count=1_000_000)
        assert OUTCOME.decode(OUTCOME.encode(most)) == most
        for change in ({"event_count": 1_000_001}, {"event_count": -1}, {"value": "f" * 33}, {"height": Height(-1)}):
            with pytest.raises(CodecError):
                OUTCOME.encode(replace(ACCEPTED, **change))

    @given(outcomes)
    def test_round_trip(self, outcome: Outcome) -> None:
        assert OUTCOME.decode(OUTCOME.encode(outcome)) == outcome

    def test_the_rows_of_a_whole_batch_are_refused_in_one_entry(self) -> None:
        # Whatever the rule names as the offending values.
        for value in ("f" * 64, "\N{GRINNING FACE}" * 64):
            row = RowOutcome(LONGEST_REASON, shorten_value(value))
            rows = (row,) * MAX_ROWS
            entry = OUTCOME.encode(Outcome(sha256(b"id"), Height(2**63 - 1), LONGEST_REASON, row.value, rows, 1_000_000))
            assert MAX_ENTRY_BYTES * 9 // 10 < len(entry) <= MAX_ENTRY_BYTES
        with pytest.raises(CodecError):
            OUTCOME.encode(Outcome(sha256(b"id"), Height(1), None, "", (None,) * (MAX_ROWS + 1), 0))


class TestShortenedValues:
    def test_do_not_depend_on_the_interpreters_unicode_version(self) -> None:
        # Assigned in Unicode 15, which Python 3.12 knows and 3.11 does not: isprintable() would make two histories of it.
        assert shorten_value("\U0001f6dc") == "?"

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ("", ""),
            ("ab12", "ab12"),
            ("two words", "two words"),
            ("a\x00b\x1b[31m\n", "a?b?[31m?"),
            ("0123456789" * 4, "01234567890123456789012345678901"),
            ("é\u202e\u3000~", "???~"),
        ],
    )
    def test_examples(self, value: str, shown: str) -> None:
        assert shorten_value(value) == shown

    @given(st.text(max_size=60) | st.text(st.characters(categories=("Cs", "Cc", "Cn", "Co", "Zs")), max_size=60))
    def test_any_value_can_be_recorded(self, value: str) -> None:
        shown = shorten_value(value)
        assert shown.isascii()
        assert len(shown) == min(len(value), MAX_VALUE_CHARACTERS)
        assert shorten_value(shown) == shown
        outcome = Outcome(sha256(b"id"), Height(1), Reason.OVERLAP, shown, (RowOutcome(Reason.OVERLAP, shown),), 0)
        assert OUTCOME.decode(OUTCOME.encode(outcome)) == outcome


class TestParties:
    def test_whose_a_new_entry_is_is_known_once(self) -> None:
        first, second = PAID.encode(SAMPLE), PAID.encode_each([SAMPLE])[0]
        assert first == second
        assert recall_parties(first) == (SAMPLE.account,)
        assert recall_parties(first) is None

    def test_not_many_are_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(events, "MAX_REMEMBERED_PARTIES", 2)
        entries = PAID.encode_each([replace_points(number) for number in range(4)])
        last = PAID.encode(SAMPLE)
        assert [recall_parties(entry) for entry in entries] == [None] * 4
        assert recall_parties(last) == (SAMPLE.account,)


def replace_points(points: int) -> Paid:
    return Paid(SAMPLE.account, Points(points))
