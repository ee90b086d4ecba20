"""The file of a snapshot: what is written is read again, and whatever is read instead is refused as it should be."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.types import Height
from node.snapshot.format import (
    CHUNK_BYTES,
    MAGIC,
    MAX_RECORD_BYTES,
    End,
    Entries,
    Handover,
    Handovers,
    Record,
    Value,
    Values,
    read_records,
    split_into_chunks,
)
from tests.node.snapshot.samples import make_chain, make_records, to_bytes, to_records

STORY = make_records(make_chain()[0])
NUMBERS = st.integers(0, 2**63 - 1)
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(Entries, st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5).map(tuple)),
    st.builds(
        Values,
        st.lists(st.builds(Value, st.binary(min_size=1, max_size=50), st.binary(max_size=50)), min_size=1, max_size=5).map(
            tuple
        ),
    ),
    st.builds(
        Handovers,
        st.lists(st.builds(Handover, NUMBERS.map(Height), st.binary(min_size=1, max_size=50)), min_size=1, max_size=5).map(
            tuple
        ),
    ),
    st.builds(End, NUMBERS, NUMBERS, NUMBERS),
    st.sampled_from(STORY),
)


@given(st.lists(RECORDS, max_size=6))
def test_round_trip(records: list[Record]) -> None:
    assert to_records(to_bytes(records)) == records


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_records_or_the_one_error(data: bytes, has_magic: bool) -> None:
    file = (MAGIC if has_magic else b"") + data
    try:
        records = to_records(file)
    except CodecError:
        return
    assert to_bytes(records) == file


def test_progress_is_told_all_bytes() -> None:
    data = to_bytes(STORY)
    told: list[int] = []
    list(read_records(BytesIO(data), told.append))
    assert len(MAGIC) + sum(told) == len(data)
    assert len(told) == len(STORY)


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", Reason.MALFORMED, "not a snapshot"),
        (b"hours", Reason.MALFORMED, "not a snapshot"),
        (MAGIC.replace(b"1", b"2"), Reason.UNSUPPORTED_VERSION, "version"),
        (MAGIC + b"\x00", Reason.MALFORMED, "cut off"),
        (MAGIC + b"\x00\x00\x00\x09\x92", Reason.MALFORMED, "cut off"),
        (MAGIC + (MAX_RECORD_BYTES + 1).to_bytes(4, "big"), Reason.TOO_LARGE, "too long"),
        (MAGIC + b"\x00\x00\x00\x03\x92\x09\x90", Reason.MALFORMED, "known type"),
    ],
)
def test_what_is_no_snapshot_is_refused(data: bytes, reason: Reason, words: str) -> None:
    with pytest.raises(CodecError, match=words) as caught:
        to_records(data)
    assert caught.value.reason is reason


def test_a_record_that_is_too_long_is_refused_before_it_is_read() -> None:
    class Endless(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert size <= MAX_RECORD_BYTES
            return super().read(size)

    with pytest.raises(CodecError):
        list(read_records(Endless(MAGIC + b"\xff\xff\xff\xff" + bytes(100))))


@given(st.lists(st.integers(0, CHUNK_BYTES), max_size=20))
def test_chunks_are_full_but_for_the_last(sizes: list[int]) -> None:
    chunks = list(split_into_chunks(sizes, lambda size: size))
    assert [size for chunk in chunks for size in chunk] == sizes
    assert all(sum(chunk) >= CHUNK_BYTES for chunk in chunks[:-1])
    assert all(sum(chunk[:-1]) < CHUNK_BYTES for chunk in chunks)
