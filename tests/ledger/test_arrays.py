"""Arrays that grow by their bytes are those that msgspec writes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.arrays import encode_head, get_items
from tests.properties.bodies import wires

encode = msgspec.msgpack.Encoder().encode


@given(st.lists(wires, max_size=40), st.lists(wires, max_size=4))
def test_array_grows_at_its_end(before: list[object], added: list[object]) -> None:
    items = b"".join(map(encode, added))
    assert encode_head(len(before) + len(added)) + get_items(encode(before)) + items == encode([*before, *added])


@pytest.mark.parametrize("count", [0, 1, 15, 16, 255, 256, 65_535, 65_536])
def test_heads_are_those_of_arrays_of_any_length(count: int) -> None:
    array = encode([1] * count)
    assert encode_head(count) + b"\x01" * count == array
    assert get_items(array) == b"\x01" * count


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x80", b"\xc4\x01a", b"\xde\x00\x00"])
def test_what_is_no_array_has_no_items(data: bytes) -> None:
    with pytest.raises(ValueError, match="array"):
        get_items(data)
