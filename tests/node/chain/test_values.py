"""Values in memory: whatever was read or written, and however little room there is, they are the store's."""

from hypothesis import given
from hypothesis import strategies as st

from node.chain.values import OVERHEAD_BYTES, RecentView
from node.storage import namespaces
from node.storage.memory import MemoryStore

keys = st.sampled_from([b"t/%d" % number for number in range(6)])
changes = st.dictionaries(keys, st.none() | st.binary(max_size=3), max_size=4)
steps = st.lists(keys | st.lists(keys, max_size=8) | changes, max_size=60)


@given(steps, st.integers(0, 8))
def test_memory_never_differs_from_the_store(taken: list[bytes | list[bytes] | dict[bytes, bytes | None]], room: int) -> None:
    store = MemoryStore()
    view = RecentView(store, capacity=room * OVERHEAD_BYTES)
    for step in taken:
        if isinstance(step, dict):
            store.write({namespaces.STATE.prefix + key: value for key, value in step.items()})
            view.take_over(step)
        elif isinstance(step, list):
            assert view.get_each(step) == [store.get(namespaces.STATE.prefix + key) for key in step]
        else:
            assert view.get(step) == store.get(namespaces.STATE.prefix + step)


def test_what_is_asked_for_again_is_read_once() -> None:
    store = MemoryStore()
    store.write({namespaces.STATE.prefix + b"t/1": b"value"})
    view = RecentView(store)
    assert view.get(b"t/1") == b"value"
    store.write({namespaces.STATE.prefix + b"t/1": b"behind its back"})
    assert view.get(b"t/1") == b"value"


def test_memory_is_bounded() -> None:
    view = RecentView(MemoryStore(), capacity=100 * OVERHEAD_BYTES)
    for number in range(10_000):
        view.get(b"t/%d" % number)
    assert len(view._younger) + len(view._older) <= 100


def test_a_value_that_is_overwritten_takes_room_once() -> None:
    view = RecentView(MemoryStore(), capacity=8 * OVERHEAD_BYTES)
    view.get(b"t/2")
    for number in range(1_000):
        view.take_over({b"t/1": bytes(number % 7)})
    assert set(view._younger) == {b"t/1", b"t/2"}
    assert view._bytes == sum(len(value or b"") for value in view._younger.values())
