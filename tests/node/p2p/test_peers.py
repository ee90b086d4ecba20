"""Nodes that know each other: what one of them may do to another, and what not."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from ledger.errors import CodecError
from ledger.reasons import Reason
from node.consensus.messages import MAX_MESSAGE_BYTES
from node.p2p import link, peers
from node.p2p.framing import LENGTH_BYTES, read_frame
from node.p2p.handshake import Peer
from tests.node.p2p.sockets import Log, Node, calling_as, list_reasons, make_key, make_peer, opened, run, until

DROPPED = "peer dropped"


def test_two_nodes_talk_and_end_without_a_fault(log: Log) -> None:
    async def work() -> None:
        second = Node("b").knows("a")
        async with opened(second):
            first = Node("a", addresses={"b": second.address}).knows("b")
            async with opened(first):
                await until(lambda: (first.network.peers, second.network.peers) == (("b",), ("a",)))
                large = bytes(range(256)) * 8_000
                first.network.send("b", large)
                second.network.send("a", b"small")
                second.network.send("nobody", b"to nobody")
                await until(lambda: bool(first.received and second.received))
                assert (first.received, second.received) == ([("b", b"small")], [("a", large)])
            await until(lambda: second.network.peers == ())
        assert list_reasons(log, DROPPED) == []

    run(work())


def test_a_connection_that_breaks_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "LAST_RETRY_SECONDS", 0.1)

    async def work() -> None:
        second = Node("b").knows("a")
        async with opened(second):
            first = Node("a", addresses={"b": second.address}).knows("b")
            async with opened(first):
                for turn in range(3):
                    await until(lambda: second.network.peers == ("a",))
                    second.network.send("a", b"%d" % turn)
                    await until(lambda turn=turn: len(first.received) == turn + 1)  # type: ignore[misc]
                    second.network._links["a"]._transport.abort()
                    await until(lambda: second.network.peers == ())

    run(work())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ((MAX_MESSAGE_BYTES + 1).to_bytes(LENGTH_BYTES, "big"), Reason.TOO_LARGE),
        (b"\xff" * LENGTH_BYTES, Reason.TOO_LARGE),
        (bytes(LENGTH_BYTES), Reason.MALFORMED),
        (b"\x00\x00\x00\x07garbage", Reason.MALFORMED),
    ],
)
def test_who_sends_what_nobody_honest_sends_is_dropped_and_may_come_back(
    log: Log, monkeypatch: pytest.MonkeyPatch, data: bytes, reason: Reason
) -> None:
    async def work() -> None:
        node = Node("node", refusal=CodecError("garbage")).knows("peer", "other")
        async with opened(node), calling_as(node, "other"):
            async with calling_as(node, "peer") as caller:
                caller.writer.write(data)
                await caller.is_hung_up_on()
            assert list_reasons(log, DROPPED) == [reason]
            async with calling_as(node, "peer") as caller:
                await caller.is_hung_up_on()
            assert node.network.peers == ("other",)
            monkeypatch.setitem(node.network._penalties, "peer", 0.0)
            node.refusal = None
            async with calling_as(node, "peer") as caller:
                caller.say(b"sorry")
                await until(lambda: node.received[-1:] == [("peer", b"sorry")])

    run(work())


def test_who_is_found_out_later_is_dropped_then(log: Log) -> None:
    async def work() -> None:
        node = Node("node").knows("peer", "other")
        async with opened(node), calling_as(node, "other"), calling_as(node, "peer") as caller:
            await until(lambda: set(node.network.peers) == {"peer", "other"})
            node.network.drop("nobody", CodecError("garbage"))
            assert list_reasons(log, DROPPED) == []
            node.network.drop("peer", CodecError("garbage"))
            await caller.is_hung_up_on()
            await until(lambda: node.network.peers == ("other",))
            assert list_reasons(log, DROPPED) == [Reason.MALFORMED]

    run(work())


def test_a_node_that_was_dropped_is_not_called_before_its_time(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    monkeypatch.setattr(peers, "FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(peers, "PENALTY_SECONDS", 1_000.0)

    async def work() -> None:
        second = Node("b").knows("a")
        async with opened(second):
            first = Node("a", addresses={"b": second.address}, refusal=CodecError("garbage")).knows("b")
            async with opened(first):
                await until(lambda: second.network.peers == ("a",))
                second.network.send("a", b"garbage")
                await until(lambda: second.network.peers == ())
                await asyncio.sleep(0.2)
                assert [name for name, _fields in log].count("peer connected") == 2

    run(work())


@pytest.mark.parametrize("is_silent", [False, True])
def test_a_peer_that_completes_no_message_is_gone(monkeypatch: pytest.MonkeyPatch, *, is_silent: bool) -> None:
    monkeypatch.setattr(link, "SILENCE_SECONDS", 0.3)

    async def work() -> None:
        node = Node("node").knows("peer")
        async with opened(node), calling_as(node, "peer") as caller:
            await until(lambda: node.network.peers == ("peer",))

            async def trickle() -> None:
                for byte in (1_000).to_bytes(LENGTH_BYTES, "big") + bytes(1_000):
                    caller.writer.write(bytes([byte]))
                    await asyncio.sleep(0.02)

            task = None if is_silent else asyncio.create_task(trickle())
            await caller.is_hung_up_on()
            if task is not None:
                task.cancel()
            assert (node.network.peers, node.received) == ((), [])

    run(work())


def test_what_waits_for_a_peer_that_reads_nothing_is_bounded_and_it_is_gone_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "MAX_QUEUED_BYTES", 1 << 20)
    monkeypatch.setattr(link, "SILENCE_SECONDS", 1.0)

    async def work() -> None:
        node = Node("node").knows("peer")
        async with opened(node), calling_as(node, "peer") as caller:
            caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await until(lambda: node.network.peers == ("peer",))
            connection = node.network._links["peer"]
            most = 0
            while node.network.peers:
                for _ in range(100):
                    node.network.send("peer", bytes(50_000))
                for _ in range(20_000):
                    node.network.send("peer", b"tiny")
                most = max(most, connection.queued_bytes)
                assert len(connection.queue) * link.QUEUED_EXTRA_BYTES <= link.MAX_QUEUED_BYTES
                caller.say(b"I am here")
                await asyncio.sleep(0.02)
            assert link.MAX_QUEUED_BYTES // 2 < most <= link.MAX_QUEUED_BYTES

    run(work())


def test_a_peer_that_sends_without_end_takes_its_turn_like_others() -> None:
    async def work() -> None:
        node = Node("node").knows("flood", "peer")
        async with opened(node), calling_as(node, "flood") as flood, calling_as(node, "peer") as peer:
            await until(lambda: set(node.network.peers) == {"flood", "peer"})
            for _ in range(8_000):
                flood.say(b"f")
            peer.say(b"p")
            await until(lambda: len(node.received) == 8_001)
        assert node.received.index(("peer", b"p")) < 100

    run(work())


def test_a_new_connection_of_a_peer_takes_the_place_of_the_old_one() -> None:
    async def work() -> None:
        node = Node("node").knows("peer")
        async with opened(node), calling_as(node, "peer") as old:
            await until(lambda: node.network.peers == ("peer",))
            async with calling_as(node, "peer") as new:
                await old.is_hung_up_on()
                assert node.network.peers == ("peer",)
                node.network.send("peer", b"to the new one")
                assert await read_frame(new.reader, 100) == b"to the new one"
            await until(lambda: node.network.peers == ())

    run(work())


def test_a_peer_that_comes_and_goes_does_not_fill_the_log(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "WELCOME_AGAIN_SECONDS", 1_000.0)

    async def work() -> None:
        node = Node("node").knows("peer", "other")
        async with opened(node):
            for _ in range(5):
                async with calling_as(node, "peer"):
                    pass
            await until(lambda: [event for event, _fields in log] == ["peer connected", "peer gone"])
            async with calling_as(node, "other"):
                await until(lambda: node.network.peers == ("other",))
            node.network._welcome_again_at.clear()
            async with calling_as(node, "peer"):
                await until(lambda: node.network.peers == ("peer",))

    run(work())


def test_who_does_not_belong_any_more_is_hung_up_on(log: Log) -> None:
    async def work() -> None:
        node = Node("node").knows("stays", "leaves", "renewed", "becomes")
        node.known["renewed (next)"] = Peer("renewed (next)", make_key("renewed again").public_key)
        async with opened(node), AsyncExitStack() as stack:
            callers = {
                name: await stack.enter_async_context(calling_as(node, name))
                for name in ("stays", "leaves", "renewed", "renewed again")
            }
            await until(lambda: set(node.network.peers) == {"stays", "leaves", "renewed", "renewed (next)"})
            del node.known["leaves"]
            node.known["renewed"] = Peer("renewed", node.known.pop("renewed (next)").log_key)
            node.network.drop_strangers()
            for name in ("leaves", "renewed", "renewed again"):
                await callers[name].is_hung_up_on()
            assert node.network.peers == ("stays",)
            gone = [fields["peer"] for event, fields in log if event == "peer does not belong any more"]
            assert gone == ["leaves", "renewed", "renewed (next)"]
            await stack.enter_async_context(calling_as(node, "renewed again"))
            await until(lambda: set(node.network.peers) == {"stays", "renewed"})
            for name in ("leaves", "renewed"):
                with pytest.raises(ConnectionError):
                    await stack.enter_async_context(calling_as(node, name))

    run(work())


def test_each_connects_where_only_one_has_the_others_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one whose name sorts last waits for the other, and connects when nobody has come."""
    monkeypatch.setattr(peers, "LAST_RETRY_SECONDS", 0.1)

    async def work() -> None:
        first = Node("a").knows("b")
        async with opened(first):
            second = Node("b", addresses={"a": first.address}).knows("a")
            async with opened(second):
                await until(lambda: (first.network.peers, second.network.peers) == (("b",), ("a",)))

    run(work())


def test_nobody_calls_a_node_that_it_does_not_know(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    monkeypatch.setattr(peers, "FIRST_RETRY_SECONDS", 0.01)

    async def work() -> None:
        second = Node("b").knows("a")
        async with opened(second):
            first = Node("a", addresses={"b": second.address})
            async with opened(first):
                await asyncio.sleep(0.1)
                assert log == []
                first.known["b"] = make_peer("b")
                await until(lambda: first.network.peers == ("b",))

    run(work())
