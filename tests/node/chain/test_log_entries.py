"""Runs of entries and mentions of parties: whatever comes in whatever portions is read back, and damage is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.types import EntryIndex, Identifier
from node.chain.log_entries import (
    compute_mention_writes,
    compute_run_writes,
    decode_mentions,
    decode_run,
    encode_run,
    find_entry,
    get_entry_in_run,
    iterate_entries,
    load_entry,
)
from node.storage import namespaces
from node.storage.memory import MemoryStore
from node.storage.namespaces import ENTRIES_IN_RUN

PARTY = Identifier(b"p" * 16)
ENTRIES = [b"%d" % number * (number % 3 + 1) for number in range(200)]


def fill(sizes: list[int]) -> MemoryStore:
    """A store to which the entries came in portions of these sizes."""
    store, first = MemoryStore(), 0
    for size in sizes:
        portion = ENTRIES[first : first + size]
        store.write(compute_run_writes(store, first, portion))
        first += len(portion)
    return store


@given(st.lists(st.integers(0, 90), max_size=8), st.data())
def test_entries_are_read_back_however_they_came(sizes: list[int], data: st.DataObject) -> None:
    store, size = fill(sizes), min(sum(sizes), len(ENTRIES))
    start = data.draw(st.integers(0, size))
    stop = data.draw(st.integers(start, size))
    assert list(iterate_entries(store, start, stop)) == ENTRIES[start:stop]
    assert [find_entry(store, EntryIndex(index)) for index in range(size)] == ENTRIES[:size]
    assert find_entry(store, EntryIndex(size)) is None
    assert len(list(store.iterate())) == -(-size // ENTRIES_IN_RUN)


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=ENTRIES_IN_RUN))
def test_a_run_and_its_entries(entries: list[bytes]) -> None:
    data = encode_run(entries)
    assert decode_run(data) == tuple(entries)
    assert [get_entry_in_run(data, position) for position in range(len(entries) + 1)] == [*entries, None]
    for changed in (data[:-1], data + b"\x00"):
        with pytest.raises(CodecError):
            decode_run(changed)
        with pytest.raises(CodecError):
            get_entry_in_run(changed, 0)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_run_or_not(data: bytes) -> None:
    try:
        entries = decode_run(data)
    except CodecError:
        return
    assert encode_run(entries) == data


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01\x00\x00", b"\x01\x00\x02x", encode_run([b"x"] * (ENTRIES_IN_RUN + 1))])
def test_a_run_has_one_entry_at_least_and_no_more_than_fit(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode_run(data)


def test_what_is_missing_is_named() -> None:
    cases: list[tuple[bytes, bytes | None, str]] = [
        (namespaces.compute_run_key(1), None, "log entries 32 to 63 is missing"),
        (namespaces.compute_run_key(1), encode_run(ENTRIES[32:50]), "log entry 50 is missing"),
        (namespaces.compute_run_key(1), b"\x00", "log entries 32 to 63 is damaged"),
        (namespaces.compute_run_key(6), None, "log entries 192 to 223 is missing"),
    ]
    for key, value, words in cases:
        store = fill([200])
        store.write({key: value})
        with pytest.raises(HourledgerError, match=words) as caught:
            list(iterate_entries(store, 0, 200))
        assert caught.value.reason is Reason.STORE_DAMAGED
    with pytest.raises(HourledgerError, match="log entry 200 is missing"):
        load_entry(fill([200]), EntryIndex(200), bytes)


@given(st.sets(st.integers(0, 10_000), min_size=1))
def test_mentions_are_read_back(indexes: set[int]) -> None:
    ascending = sorted(indexes)
    ((key, data),) = compute_mention_writes({PARTY: ascending}).items()
    assert key == namespaces.compute_subject_key(PARTY, EntryIndex(ascending[-1]))
    assert data is not None
    assert decode_mentions(ascending[-1], data) == tuple(ascending)


def test_a_single_mention_takes_no_value() -> None:
    assert compute_mention_writes({PARTY: [7]}) == {namespaces.compute_subject_key(PARTY, EntryIndex(7)): b""}


@given(st.integers(0, 300), st.binary(max_size=40))
def test_any_bytes_are_mentions_or_not(last: int, data: bytes) -> None:
    try:
        indexes = decode_mentions(last, data)
    except CodecError:
        return
    assert list(indexes) == sorted(set(indexes))
    assert (indexes[-1], indexes[0] >= 0) == (last, True)
    ((_key, encoded),) = compute_mention_writes({PARTY: indexes}).items()
    assert encoded == data
