"""A connection after the handshake: messages in turns, in pieces of any size, and bounded on both sides."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecError
from ledger.reasons import Reason
from node.p2p import link as module
from node.p2p.framing import join_frames
from node.p2p.link import Link
from tests.node.p2p.sockets import make_peer

LIMIT = 1 << 20


@dataclass
class Transport:
    """What a link asks of its connection."""

    written: list[bytes] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    is_lost: bool = False

    def set_protocol(self, _protocol: object) -> None:
        self.calls.append("begin")

    def is_closing(self) -> bool:
        return self.is_lost

    def abort(self) -> None:
        self.is_lost = True

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


@dataclass
class Side:
    """A link under test, and what it was given."""

    transport: Transport = field(default_factory=Transport)
    received: list[bytes] = field(default_factory=list)
    fault: Exception | None = None

    def open(self, unread: bytes = b"") -> Link:
        link = Link(make_peer("peer"), cast("asyncio.Transport", self.transport), LIMIT, self.receive)
        link.begin(unread)
        return link

    def receive(self, data: bytes) -> None:
        self.received.append(data)
        if self.fault is not None:
            raise self.fault


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


async def take_turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.lists(st.binary(max_size=60), max_size=8), st.lists(st.integers(0, 1_000), max_size=12), st.integers(0, 1_000))
def test_messages_come_in_order_however_they_are_cut(messages: list[bytes], places: list[int], first: int) -> None:
    async def work() -> None:
        side, data = Side(), join_frames(messages)
        link = side.open(data[: first % (len(data) + 1)])
        for piece in cut(data[first % (len(data) + 1) :], places):
            link.data_received(piece)
        await take_turns(len(messages) + 1)
        assert side.received == messages
        assert not link.ended.done()
        link.hang_up()

    run(work())


def test_a_message_a_turn() -> None:
    async def work() -> None:
        side = Side()
        link = side.open(join_frames([b"1", b"2", b"3"]))
        for count in (1, 2, 3, 3):
            assert len(side.received) == count
            await take_turns(1)
        link.hang_up()

    run(work())


def test_what_is_sent_in_a_turn_is_written_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITTEN_TOGETHER_BYTES", 10)

    async def work() -> None:
        side = Side()
        link = side.open()
        for data in (b"one", b"two", b"three", b"four"):
            link.put(data)
        assert side.transport.written == []
        await take_turns(1)
        assert side.transport.written == [join_frames([b"one", b"two", b"three"]), join_frames([b"four"])]
        assert (link.queued_bytes, len(link.queue)) == (0, 0)
        link.hang_up()

    run(work())


def test_nothing_is_written_while_the_peer_takes_nothing() -> None:
    async def work() -> None:
        side = Side()
        link = side.open()
        link.put(b"before")
        link.pause_writing()
        link.put(b"meanwhile")
        await take_turns(2)
        assert side.transport.written == []
        link.resume_writing()
        await take_turns(1)
        assert side.transport.written == [join_frames([b"before", b"meanwhile"])]
        link.hang_up()

    run(work())


def test_a_peer_that_sends_faster_than_it_is_heard_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_UNREAD_BYTES", 100)

    async def work() -> None:
        side, messages = Side(), [b"%010d" % number for number in range(30)]
        link = side.open()
        link.data_received(join_frames(messages))
        assert side.transport.calls == ["begin", "pause"]
        await take_turns(40)
        assert side.transport.calls == ["begin", "pause", "resume"]
        assert side.received == messages
        # A long message is waited for, however much of it is there.
        long = bytes(1_000)
        for piece in cut(join_frames([long]), range(0, 1_000, 90)):
            link.data_received(piece)
        assert side.received[-1] == long
        assert side.transport.calls == ["begin", "pause", "resume"]
        link.hang_up()

    run(work())


@pytest.mark.parametrize("fault", [CodecError("garbage"), KeyError("a fault of this program")])
def test_what_a_message_raises_ends_the_connection(fault: Exception) -> None:
    async def work() -> None:
        side = Side(fault=fault)
        link = side.open()
        link.data_received(join_frames([b"bad", b"after"]))
        with pytest.raises(type(fault)):
            await link.ended
        await take_turns(3)
        assert side.received == [b"bad"]
        assert side.transport.is_lost

    run(work())


def test_too_long_a_message_ends_the_connection_before_it_has_come() -> None:
    async def work() -> None:
        side = Side()
        link = side.open()
        link.data_received(join_frames([b"good"]) + (LIMIT + 1).to_bytes(4, "big"))
        with pytest.raises(CodecError) as caught:
            await link.ended
        assert caught.value.reason is Reason.TOO_LARGE
        assert side.received == [b"good"]

    run(work())


@pytest.mark.parametrize("how", ["lost", "hung up", "lost before"])
def test_nothing_more_is_taken_or_written_once_it_is_over(how: str) -> None:
    async def work() -> None:
        side = Side(Transport(is_lost=how == "lost before"))
        link = side.open(join_frames([b"1", b"2", b"3"]))
        link.put(b"never")
        if how == "lost":
            link.connection_lost(None)
        elif how == "hung up":
            link.hang_up()
        await take_turns(4)
        assert len(side.received) <= 1
        assert side.transport.written == []
        await link.ended

    run(work())


@pytest.mark.parametrize("is_stuck", [False, True])
def test_who_says_or_takes_nothing_is_gone(monkeypatch: pytest.MonkeyPatch, *, is_stuck: bool) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.3)

    async def work() -> None:
        side = Side()
        link = side.open()
        if is_stuck:
            link.pause_writing()
        while not link.ended.done():
            if is_stuck:
                link.data_received(join_frames([b"I am here"]))
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(link.ended), 0.05)
        assert side.transport.is_lost

    run(work())
