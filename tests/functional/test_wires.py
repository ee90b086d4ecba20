"""The wires of the test with faults do to connections what they say."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.functional.wires import HOST, Condition, Wires, list_ways

SECONDS = 30.0
MOMENT = 0.3


@pytest.fixture
def wires() -> Iterator[Wires]:
    with Wires() as laid:
        yield laid


def connect(stack: ExitStack, wires: Wires) -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection from a to b, through the wires."""
    listener = stack.enter_context(socket.create_server((HOST, 0)))
    listener.settimeout(SECONDS)
    port = wires.lay(("a", "b"), listener.getsockname()[1])
    near = stack.enter_context(socket.create_connection((HOST, port), SECONDS))
    far = stack.enter_context(listener.accept()[0])
    far.settimeout(SECONDS)
    return near, far


def is_over(end: socket.socket) -> bool:
    try:
        return end.recv(100) == b""
    except ConnectionResetError:
        return True


def test_open_ways_pass_bytes_both_ways(wires: Wires) -> None:
    with ExitStack() as stack:
        near, far = connect(stack, wires)
        near.sendall(b"question")
        assert far.recv(100) == b"question"
        far.sendall(b"answer")
        assert near.recv(100) == b"answer"


def test_a_held_way_passes_nothing_until_it_is_opened_and_the_other_way_goes_on(wires: Wires) -> None:
    with ExitStack() as stack:
        near, far = connect(stack, wires)
        wires.put([("a", "b")], Condition.HELD)
        near.sendall(b"held")
        far.sendall(b"passed")
        assert near.recv(100) == b"passed"
        far.settimeout(MOMENT)
        with pytest.raises(TimeoutError):
            far.recv(100)
        wires.heal()
        far.settimeout(SECONDS)
        assert far.recv(100) == b"held"


def test_the_end_of_a_stream_is_held_as_well(wires: Wires) -> None:
    with ExitStack() as stack:
        near, far = connect(stack, wires)
        wires.put([("a", "b")], Condition.HELD)
        near.close()
        far.settimeout(MOMENT)
        with pytest.raises(TimeoutError):
            far.recv(100)
        wires.heal()
        far.settimeout(SECONDS)
        assert is_over(far)


def test_a_cut_way_breaks_connections_and_refuses_new_ones(wires: Wires) -> None:
    with ExitStack() as stack:
        near, far = connect(stack, wires)
        address = near.getpeername()
        wires.put(list_ways(["a"], ["b"]), Condition.CUT)
        assert wires.count_connections() == 0
        assert is_over(near)
        assert is_over(far)
        assert is_over(stack.enter_context(socket.create_connection(address, SECONDS)))
