"""Current values: changes laid over a view, dropped or absorbed as one, and tables whose keys never meet."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import codec
from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.state import MAX_VALUE_BYTES, EmptyView, Overlay, Table, compute_key_hash, get_each, iterate_hashed
from ledger.state_tree import compute_key_hash as compute_tree_key_hash
from ledger.state_tree import compute_state_root, compute_value_hash

POINTS: Table[int] = Table(b"points", codec.integer("points", 0, 100))
NAMES: Table[str] = Table(b"name", codec.text("name", 2 * MAX_VALUE_BYTES), is_public=True)
KEYS = st.sampled_from([b"a", b"b", b"c", b""])


class TestOverlay:
    def test_changes_hide_the_base_and_leave_it_as_it_is(self) -> None:
        base = Overlay(EmptyView())
        base.put(b"kept", b"1")
        base.put(b"changed", b"1")
        base.put(b"deleted", b"1")
        over = Overlay(base)
        over.put(b"changed", b"2")
        over.put(b"new", b"2")
        over.delete(b"deleted")
        assert [over.get(key) for key in (b"kept", b"changed", b"new", b"deleted")] == [b"1", b"2", b"2", None]
        assert [base.get(key) for key in (b"kept", b"changed", b"new", b"deleted")] == [b"1", b"1", None, b"1"]
        assert over.changes == {b"changed": b"2", b"new": b"2", b"deleted": None}

    def test_an_empty_value_is_a_value(self) -> None:
        over = Overlay(EmptyView())
        over.put(b"key", b"")
        assert over.get(b"key") == b""
        over.delete(b"key")
        assert over.get(b"key") is None

    def test_absorbing_takes_deletions_over_too(self) -> None:
        base = Overlay(EmptyView())
        base.put(b"a", b"1")
        over = Overlay(base)
        over.delete(b"a")
        over.put(b"b", b"2")
        base.absorb(over)
        assert base.changes == {b"a": None, b"b": b"2"}
        over.put(b"b", b"3")
        assert base.get(b"b") == b"2"


@given(
    st.lists(
        st.tuples(st.just("put"), KEYS, st.binary(max_size=2))
        | st.tuples(st.sampled_from(["delete", "begin", "keep", "drop"]), KEYS, st.just(b"")),
        max_size=30,
    )
)
def test_layers_read_as_copies_of_the_whole_state_would(steps: list[tuple[str, bytes, bytes]]) -> None:
    overlays = [Overlay(EmptyView())]
    copies: list[dict[bytes, bytes]] = [{}]
    for action, key, value in steps:
        if action == "put":
            overlays[-1].put(key, value)
            copies[-1][key] = value
        elif action == "delete":
            overlays[-1].delete(key)
            copies[-1].pop(key, None)
        elif action == "begin":
            overlays.append(Overlay(overlays[-1]))
            copies.append(dict(copies[-1]))
        elif len(overlays) > 1:
            overlay, copy = overlays.pop(), copies.pop()
            if action == "keep":
                overlays[-1].absorb(overlay)
                copies[-1] = copy
        for layer, plain in zip(overlays, copies, strict=True):
            names = [b"a", b"b", b"c", b"", b"never", b"a"]
            assert [layer.get(name) for name in names] == get_each(layer, names) == [plain.get(name) for name in names]
    assert {name: found for name, found in overlays[0].changes.items() if found is not None} == copies[0]


class TestTable:
    def test_puts_gets_and_deletes(self) -> None:
        state = Overlay(EmptyView())
        assert POINTS.get(state, b"account") is None
        assert not POINTS.has(state, b"account")
        POINTS.put(state, 0, b"account")
        assert POINTS.get(state, b"account") == 0
        assert POINTS.has(state, b"account")
        POINTS.delete(state, b"account")
        assert POINTS.get(state, b"account") is None
        assert not POINTS.has(state, b"account")

    @given(st.dictionaries(KEYS, st.integers(0, 100)), st.dictionaries(KEYS, st.integers(0, 100)))
    def test_several_at_once_are_as_one_after_the_other(self, below: dict[bytes, int], above: dict[bytes, int]) -> None:
        base = Overlay(EmptyView())
        for key, value in below.items():
            POINTS.put(base, value, key)
        states = [Overlay(base) for _ in range(3)]
        for key, value in above.items():
            POINTS.put(states[0], value, key)
        POINTS.put_each(states[1], above)
        POINTS.put_known_each(states[2], above)
        assert states[0].changes == states[1].changes == states[2].changes
        names = [b"a", b"b", b"a", b"never"]
        assert POINTS.get_each(states[0], names) == [POINTS.get(states[0], name) for name in names]
        assert POINTS.has_each(states[0], names) == [POINTS.has(states[0], name) for name in names]

    def test_of_several_at_once_none_is_stored_where_one_does_not_fit(self) -> None:
        state = Overlay(EmptyView())
        with pytest.raises(CodecError):
            POINTS.put_each(state, {b"a": 1, b"b": 101})
        assert state.changes == {}

    def test_a_key_is_the_namespace_a_slash_and_the_parts(self) -> None:
        assert POINTS.key(b"ab", b"c") == b"points/abc"
        assert POINTS.key() == b"points/"
        state = Overlay(EmptyView())
        POINTS.put(state, 7, b"ab", b"c")
        assert state.changes == {b"points/abc": b"\x07"}

    @pytest.mark.parametrize("namespace", [b"", b"/", b"points/account", b"points/"])
    def test_a_namespace_in_which_another_tables_keys_could_lie(self, namespace: bytes) -> None:
        with pytest.raises(ValueError, match="namespace"):
            Table(namespace, codec.boolean)

    def test_is_private_unless_it_says_otherwise(self) -> None:
        assert not POINTS.is_public
        assert NAMES.is_public

    @given(st.binary(max_size=8), st.binary(max_size=8))
    def test_keys_of_two_tables_never_meet(self, left: bytes, right: bytes) -> None:
        assert POINTS.key(left) != NAMES.key(right)
        assert (POINTS.key(left) == POINTS.key(right)) == (left == right)

    @pytest.mark.parametrize("value", [-1, 101, True, None, "7"])
    def test_a_value_that_does_not_fit_is_not_stored(self, value: Any) -> None:
        state = Overlay(EmptyView())
        with pytest.raises(CodecError):
            POINTS.put(state, value, b"account")
        assert state.changes == {}

    @given(st.binary(max_size=9))
    def test_any_stored_bytes_are_a_value_or_a_codec_error(self, data: bytes) -> None:
        state = Overlay(EmptyView())
        state.put(b"points/account", data)
        try:
            value = POINTS.get(state, b"account")
            assert value is not None
            assert 0 <= value <= 100
        except CodecError:
            pass

    def test_a_value_of_a_mebibyte_is_read_back(self) -> None:
        assert MAX_VALUE_BYTES == 1_048_576
        state = Overlay(EmptyView())
        NAMES.put(state, "x" * (MAX_VALUE_BYTES - 5), b"long")
        assert len(NAMES.get(state, b"long") or "") == MAX_VALUE_BYTES - 5


class TestHashedChanges:
    def test_are_what_the_state_tree_takes(self) -> None:
        changes = {b"key": b"value", b"empty": b"", b"gone": None}
        assert list(iterate_hashed(changes)) == [
            (sha256(b"key"), sha256(b"value")),
            (sha256(b"empty"), sha256(b"")),
            (sha256(b"gone"), None),
        ]

    @given(st.dictionaries(st.binary(max_size=3), st.binary(max_size=3), max_size=5))
    def test_hash_as_the_state_tree_itself_does(self, values: dict[bytes, bytes]) -> None:
        expected = {compute_tree_key_hash(key): compute_value_hash(value) for key, value in values.items()}
        found = {key: value for key, value in iterate_hashed(values) if value is not None}
        assert compute_state_root(found) == compute_state_root(expected)
        assert {compute_key_hash(key) for key in values} == set(expected)
