"""Both stores do the same, and what the protocol says: compared with a dict."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.storage.leveldb import open_leveldb
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore, compute_prefix_end

KEYS = st.binary(min_size=1, max_size=3).map(lambda key: key.translate(bytes(b % 3 + 253 for b in range(256))))
BATCHES = st.lists(st.dictionaries(KEYS, st.none() | st.binary(max_size=3), max_size=8), max_size=5)


@pytest.fixture(params=["memory", "leveldb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyValueStore]:
    opened: KeyValueStore = MemoryStore() if request.param == "memory" else open_leveldb(tmp_path / "store")
    with closing(opened):
        yield opened


def select(model: Mapping[bytes, bytes], prefix: bytes, start: bytes, stop: bytes | None) -> list[tuple[bytes, bytes]]:
    return [
        (key, value)
        for key, value in sorted(model.items())
        if key.startswith(prefix) and key >= prefix + start and (stop is None or key < prefix + stop)
    ]


def test_values_are_set_replaced_and_deleted(store: KeyValueStore) -> None:
    store.write({b"a": b"1", b"b": b"2"})
    store.write({b"a": b"3", b"b": None, b"never": None})
    assert store.get(b"a") == b"3"
    assert store.get(b"b") is None
    assert list(store.iterate()) == [(b"a", b"3")]


def test_iterates_over_a_part(store: KeyValueStore) -> None:
    store.write(dict.fromkeys((b"a", b"n1", b"n2", b"n3", b"o"), b""))
    assert [key for key, _ in store.iterate(b"n")] == [b"n1", b"n2", b"n3"]
    assert [key for key, _ in store.iterate(b"n", b"2")] == [b"n2", b"n3"]
    assert [key for key, _ in store.iterate(b"n", b"1", b"3")] == [b"n1", b"n2"]


def test_snapshot_does_not_move(store: KeyValueStore) -> None:
    store.write({b"a": b"1", b"b": b"1"})
    snapshot = store.snapshot()
    store.write({b"a": b"2", b"b": None, b"c": b"2"})
    assert dict(snapshot.iterate()) == {b"a": b"1", b"b": b"1"}
    assert snapshot.get(b"c") is None
    assert dict(store.iterate()) == {b"a": b"2", b"c": b"2"}
    snapshot.close()
    snapshot.close()


def test_iteration_goes_on_while_something_is_written(store: KeyValueStore) -> None:
    store.write({b"a": b"1", b"b": b"1"})
    items = store.iterate()
    assert next(items) == (b"a", b"1")
    store.write({b"b": None})
    assert list(items) == [(b"b", b"1")]


def validate_against_model(
    store: KeyValueStore, batches: list[dict[bytes, bytes | None]], prefix: bytes, start: bytes, stop: bytes | None
) -> None:
    model: dict[bytes, bytes] = {}
    for batch in batches:
        store.write(batch)
        model.update({key: value for key, value in batch.items() if value is not None})
        for key in (key for key, value in batch.items() if value is None):
            model.pop(key, None)
        assert list(store.iterate(prefix, start, stop)) == select(model, prefix, start, stop)
    assert all(store.get(key) == model.get(key) for batch in batches for key in batch)


def run_in(make: Callable[[Path], KeyValueStore], *case: object) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(make(Path(folder))) as store:
        validate_against_model(store, *case)  # type: ignore[arg-type]


@given(BATCHES, st.just(b"") | KEYS, st.just(b"") | KEYS, st.none() | KEYS)
def test_memory_agrees_with_a_dict(
    batches: list[dict[bytes, bytes | None]], prefix: bytes, start: bytes, stop: bytes | None
) -> None:
    run_in(lambda _path: MemoryStore(), batches, prefix, start, stop)


@settings(max_examples=15)
@given(BATCHES, st.just(b"") | KEYS, st.just(b"") | KEYS, st.none() | KEYS)
def test_leveldb_agrees_with_a_dict(
    batches: list[dict[bytes, bytes | None]], prefix: bytes, start: bytes, stop: bytes | None
) -> None:
    run_in(open_leveldb, batches, prefix, start, stop)


@pytest.mark.parametrize(
    ("prefix", "end"), [(b"", None), (b"\xff", None), (b"a", b"b"), (b"a\xff\xff", b"b"), (b"\x00", b"\x01")]
)
def test_prefix_end(prefix: bytes, end: bytes | None) -> None:
    assert compute_prefix_end(prefix) == end
