"""Who connects and is nobody yet: refused with a reason, given little time and room; the honest come in all the same."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

import pytest

from ledger.codec import decode, encode
from ledger.crypto import SigningKey, sha256
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.p2p import door
from node.p2p.framing import LENGTH_BYTES, read_frame
from node.p2p.handshake import CHALLENGE_BYTES, MAX_HELLO_BYTES, WELCOME, ChainIdentity, Hello, _hello, connect_to
from node.p2p.tls import make_server_context
from tests.node.p2p.sockets import (
    CHAIN,
    HOST,
    SECONDS,
    Caller,
    Log,
    Node,
    calling,
    calling_as,
    list_reasons,
    make_key,
    make_peer,
    opened,
    run,
    until,
)

REFUSED = "stranger refused"


@pytest.fixture(autouse=True)
def _log_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LOG_SECONDS", 0.0)


async def require_open(node: Node) -> None:
    """An honest peer gets in and is heard."""
    node.knows("honest")
    before = len(node.received)
    async with calling_as(node, "honest") as caller:
        caller.say(b"hello")
        await until(lambda: len(node.received) > before)
    assert node.received[before:] == [("honest", b"hello")]
    await until(lambda: node.network.peers == ())


async def make_hello(caller: Caller, server: str, key: SigningKey, identity: ChainIdentity = CHAIN) -> bytes:
    """What a client would say to the server that has just asked; not sent."""
    sent: list[bytes] = []

    class Recorder:
        def write(self, data: bytes) -> None:
            sent.append(data[LENGTH_BYTES:])

        def get_extra_info(self, name: str) -> object:
            return caller.writer.get_extra_info(name)

        async def drain(self) -> None:
            raise EOFError

    with suppress(EOFError):
        await connect_to(caller.reader, Recorder(), make_peer(server), identity, key)  # type: ignore[arg-type]
    return sent[0]


@pytest.mark.parametrize(
    ("name", "identity", "reason"),
    [
        ("unknown", CHAIN, Reason.NOT_AUTHENTICATED),
        ("node", CHAIN, Reason.NOT_AUTHENTICATED),
        ("known", replace(CHAIN, chain_id="other.example/chain"), Reason.WRONG_CHAIN),
        ("known", replace(CHAIN, genesis_hash=sha256(b"other genesis")), Reason.WRONG_CHAIN),
    ],
)
def test_who_is_not_let_in(log: Log, name: str, identity: ChainIdentity, reason: Reason) -> None:
    async def work() -> None:
        node = Node("node").knows("known", "node")
        async with opened(node):
            with pytest.raises(ConnectionError):
                async with calling_as(node, name, identity):
                    pytest.fail("it was let in")
            await until(lambda: list_reasons(log, REFUSED) == [reason])
            await require_open(node)

    run(work())


def change(hello: Hello) -> list[Hello]:
    """A claim of another key, and one of another's proof."""
    flipped = bytes([hello.signature[0] ^ 1]) + hello.signature[1:]
    return [
        replace(hello, signature=type(hello.signature)(flipped)),
        replace(hello, log_key=make_key("other").public_key),
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_a_proof_by_another_key_is_none(log: Log, number: int) -> None:
    async def work() -> None:
        node = Node("node").knows("known", "other")
        async with opened(node), calling(node) as caller:
            hello = decode(_hello, await make_hello(caller, "node", make_key("known")))
            caller.say(encode(_hello, change(hello)[number]))
            await caller.is_hung_up_on()
            assert list_reasons(log, REFUSED) == [Reason.INVALID_SIGNATURE]
            await require_open(node)

    run(work())


def test_a_proof_is_good_for_one_connection_and_one_server(log: Log) -> None:
    """The man in the middle: what a client says to one server, or has said before, opens no other connection."""

    async def work() -> None:
        first, second = Node("first").knows("client"), Node("second").knows("client")
        async with opened(first, second):
            async with calling(first) as caller:
                said = await make_hello(caller, "first", make_key("client"))
                for node in (first, second):
                    async with calling(node) as replaying:
                        replaying.say(said)
                        await replaying.is_hung_up_on()
                assert (first.network.peers, second.network.peers) == ((), ())
                caller.say(said)
                assert await read_frame(caller.reader, 1) == WELCOME
            assert list_reasons(log, REFUSED)[:2] == [Reason.INVALID_SIGNATURE] * 2

    run(work())


def test_a_server_cannot_pass_anothers_challenge_on(log: Log) -> None:
    """A known node that asks a client for a proof with the challenge of another gets one that names itself."""

    async def work() -> None:
        target = Node("target").knows("client")
        async with opened(target), calling(target) as caller:
            challenge = await read_frame(caller.reader, CHALLENGE_BYTES)
            said: list[bytes] = []

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                Caller(reader, writer).say(challenge)
                said.append(await read_frame(reader, MAX_HELLO_BYTES))
                writer.transport.abort()

            async with serving("middle", serve) as address:
                client = Node("client", addresses={"middle": address}).knows("middle")
                async with opened(client):
                    await until(lambda: bool(said))
            caller.say(said[0])
            await caller.is_hung_up_on()
            assert list_reasons(log, REFUSED) == [Reason.INVALID_SIGNATURE]

    run(work())


@asynccontextmanager
async def serving(
    name: str, serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
) -> AsyncIterator[tuple[str, int]]:
    """Somebody who listens with a key of its own."""
    server = await asyncio.start_server(serve, HOST, 0, ssl=make_server_context(make_key(name)))
    try:
        yield HOST, int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


@pytest.mark.parametrize(
    ("challenge", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"short", Reason.MALFORMED),
        (bytes(CHALLENGE_BYTES + 1), Reason.TOO_LARGE),
    ],
)
def test_a_client_signs_nothing_but_a_challenge(log: Log, challenge: bytes, reason: Reason) -> None:
    async def work() -> None:
        said: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            Caller(reader, writer).say(challenge)
            with suppress(OSError):
                said.append(await reader.read())
            writer.transport.abort()

        async with serving("server", serve) as address:
            node = Node("node", addresses={"server": address}).knows("server")
            async with opened(node):
                await until(lambda: list_reasons(log, "peer not met") == [reason])
                await until(lambda: bool(said))
        assert set(said) == {b""}

    run(work())


def test_a_server_with_another_key_than_the_pinned_one_learns_nothing(log: Log) -> None:
    """And the peer that is expected there is not to blame: it may come in by itself at once."""

    async def work() -> None:
        said: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            Caller(reader, writer).say(bytes(CHALLENGE_BYTES))
            with suppress(OSError):
                said.append(await reader.read())
            writer.transport.abort()

        async with serving("impostor", serve) as address:
            node = Node("a", addresses={"z": address}).knows("z")
            async with opened(node):
                await until(lambda: list_reasons(log, "peer not met") == [Reason.NOT_AUTHENTICATED])
                async with calling_as(node, "z") as caller:
                    caller.say(b"it is me")
                    await until(lambda: node.received == [("z", b"it is me")])
        assert set(said) <= {b""}

    run(work())


async def write_plain(node: Node, data: bytes) -> None:
    async with calling(node, has_tls=False) as caller:
        caller.writer.write(data)
        await caller.is_hung_up_on()


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", bytes(100), b"\x16\x03\x01\xff\xff" + bytes(70_000), b"\x16\x03\x01\x00\x05hello"]
)
def test_who_does_not_speak_tls_is_refused(log: Log, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(door, "HANDSHAKE_SECONDS", 0.5)

    async def work() -> None:
        node = Node("node")
        async with opened(node):
            await write_plain(node, data)
            await until(lambda: list_reasons(log, REFUSED) == [Reason.NOT_AUTHENTICATED])
            await require_open(node)

    run(work())


def test_older_tls_is_refused(log: Log) -> None:
    async def work() -> None:
        node = Node("node")
        async with opened(node):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            with pytest.raises(OSError):  # noqa: PT011 - of TLS or of the socket, as it happens
                await asyncio.open_connection(*node.address, ssl=context)
            await until(lambda: list_reasons(log, REFUSED) == [Reason.NOT_AUTHENTICATED])
            await require_open(node)

    run(work())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ((MAX_HELLO_BYTES + 1).to_bytes(LENGTH_BYTES, "big"), Reason.TOO_LARGE),
        (b"\xff" * 4 + bytes(50_000), Reason.TOO_LARGE),
        (bytes(LENGTH_BYTES), Reason.MALFORMED),
        (b"\x00\x00\x00\x04\xc1\xc1\xc1\xc1", Reason.MALFORMED),
        (b"\x00\x00\x00\x06\x95\x01\x02\x03\x04\x05", Reason.MALFORMED),
    ],
)
def test_garbage_in_place_of_a_hello(log: Log, data: bytes, reason: Reason) -> None:
    async def work() -> None:
        node = Node("node")
        async with opened(node):
            async with calling(node) as caller:
                caller.writer.write(data)
                await caller.is_hung_up_on()
            assert list_reasons(log, REFUSED) == [reason]
            await require_open(node)

    run(work())


@pytest.mark.parametrize("has_tls", [False, True])
@pytest.mark.parametrize("is_silent", [False, True])
def test_who_does_not_get_to_the_point_is_hung_up_on(
    log: Log, monkeypatch: pytest.MonkeyPatch, *, has_tls: bool, is_silent: bool
) -> None:
    """Also one that says a byte now and then."""
    monkeypatch.setattr(door, "HANDSHAKE_SECONDS", 0.4)

    async def work() -> None:
        node = Node("node")
        async with opened(node), calling(node, has_tls=has_tls) as caller:

            async def trickle() -> None:
                for byte in (b"\x00\x00\x02" if has_tls else b"\x16\x03\x01\x02\x00") + bytes(500):
                    caller.writer.write(bytes([byte]))
                    await asyncio.sleep(0.05)

            task = None if is_silent else asyncio.create_task(trickle())
            await caller.is_hung_up_on()
            if task is not None:
                task.cancel()
            await until(lambda: list_reasons(log, REFUSED) == [Reason.NOT_AUTHENTICATED])
            assert node.network._door._strangers == {}
            await require_open(node)

    run(work())


@pytest.mark.parametrize("has_tls", [False, True])
def test_a_crowd_has_a_bounded_room_and_keeps_no_honest_peer_out(monkeypatch: pytest.MonkeyPatch, *, has_tls: bool) -> None:
    """Nobody in the crowd runs out of time here: the first have to go for those who come."""
    monkeypatch.setattr(door, "MAX_STRANGERS", 8)
    monkeypatch.setattr(door, "HANDSHAKE_SECONDS", 1_000.0)

    async def work() -> None:
        node = Node("node")
        async with opened(node), AsyncExitStack() as stack:
            crowd = [await stack.enter_async_context(calling(node, has_tls=has_tls)) for _ in range(20)]
            await until(lambda: len(node.network._door._strangers) == 8)
            for caller in crowd[:12]:
                await caller.is_hung_up_on()
            await require_open(node)
            assert len(node.network._door._strangers) <= 8
            assert len(node.network._door._tasks) <= 8 + 1

    run(work())


def test_a_crowd_does_not_fill_the_log(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LOG_SECONDS", 1_000.0)

    async def work() -> None:
        node = Node("node")
        async with opened(node):
            for _ in range(5):
                await write_plain(node, b"garbage" * 10)
            await until(lambda: node.network._door._unlogged == 4)
        assert list_reasons(log, REFUSED) == [Reason.NOT_AUTHENTICATED]

    run(work())


def test_strangers_under_way_do_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HANDSHAKE_SECONDS", 1_000.0)

    async def work() -> None:
        node = Node("node")
        async with AsyncExitStack() as stack:
            async with opened(node):
                callers = [await stack.enter_async_context(calling(node, has_tls=bool(number % 2))) for number in range(6)]
                await until(lambda: len(node.network._door._strangers) == 6)
            for caller in callers:
                await caller.is_hung_up_on()

    run(asyncio.wait_for(work(), SECONDS))


def test_a_port_in_use_is_said_so() -> None:
    async def work() -> None:
        node, other = Node("node"), Node("other")
        async with opened(node):
            await other.open()
            with pytest.raises(HourledgerError) as caught:
                await other.network.open(*node.address)
            assert caught.value.reason is Reason.PORT_IN_USE
            await other.network.close()

    run(work())
