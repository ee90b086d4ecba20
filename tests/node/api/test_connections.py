"""Clients that are silent, slow, too many, or do not speak HTTP."""

import asyncio
import json
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiohttp import web

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.api import errors
from node.api.connections import listening
from node.api.direct import DESK, Desk
from node.api.errors import answer_errors, send_in_time
from node.log import LOGGER_NAME
from tests.node.running import RunningNode


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RunningNode]:
    node = RunningNode(tmp_path / "home")
    node.max_connections = 8
    node.idle_seconds = 0.4
    with node:
        yield node


def connect(node: RunningNode) -> socket.socket:
    return socket.create_connection(("127.0.0.1", node.port), timeout=10)


def send_raw(node: RunningNode, data: bytes) -> bytes:
    """Send bytes and return all that comes until the node hangs up."""
    with connect(node) as client:
        client.sendall(data)
        return read_to_end(client)


def read_to_end(client: socket.socket) -> bytes:
    answer = b""
    try:
        while piece := client.recv(65_536):
            answer += piece
    except ConnectionResetError:
        pass
    return answer


def parse(answer: bytes) -> tuple[int, str]:
    """Status and reason of a whole answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/json" in head
    return int(head.split()[1]), json.loads(body)["reason"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", (400, "malformed"), id="TLS"),
        pytest.param(b"GET /v1/status HTTP/1.1\r\nno colon\r\n\r\n", (400, "malformed"), id="header"),
        pytest.param(b"GET /v1/status HTTP/9.9\r\n\r\n", (400, "malformed"), id="version"),
        pytest.param(b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n\r\n", (400, "malformed"), id="long path"),
        pytest.param(b"GET http://a:99999999/ HTTP/1.1\r\nHost: a\r\n\r\n", (400, "malformed"), id="address"),
        pytest.param(b"POST /v1/verify HTTP/1.1\r\nContent-Length: -3\r\n\r\nabc", (400, "malformed"), id="length"),
        pytest.param(b"POST /v1/verify HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", (400, "malformed"), id="chunk"),
        pytest.param(
            b"POST /no/such HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            (417, "malformed"),
            id="expectation of no path",
        ),
    ],
)
def test_what_is_not_http_is_answered_in_our_words_and_leaves_no_line(
    node: RunningNode, data: bytes, expected: tuple[int, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert parse(send_raw(node, data)) == expected
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert node.get("/v1/health").status == 200


def test_one_connection_too_many_is_told_to_come_again(node: RunningNode) -> None:
    node.get("/v1/health")
    with ExitStack() as stack:
        for _ in range(node.max_connections):
            stack.enter_context(connect(node))
        answer = send_raw(node, b"")
        assert parse(answer) == (503, "busy")
        assert b"Retry-After: 1\r\n" in answer
    wait_until(lambda: node.ask("GET", "/v1/health").status == 200)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("beginning", [b"", b"GET /v1/status HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_connection_without_a_whole_request_ends(node: RunningNode, beginning: bytes) -> None:
    began = time.monotonic()
    assert send_raw(node, beginning) == b""
    assert time.monotonic() - began > 0.2, "it has some time to send one"


def test_connection_that_falls_silent_after_a_request_ends(node: RunningNode) -> None:
    answer = send_raw(node, b"POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
    assert parse(answer) == (400, "malformed")


def test_header_that_drips_in_does_not_keep_a_connection(node: RunningNode) -> None:
    with connect(node) as client:
        client.sendall(b"GET /v1/status HTTP/1.1\r\nX-Slow: ")
        wait_until(lambda: not is_open(client))


def is_open(client: socket.socket) -> bool:
    """Send a little more; whether anybody takes it."""
    try:
        client.sendall(b"a")
    except OSError:
        return False
    return True


def test_body_is_taken_as_it_is_sent(node: RunningNode) -> None:
    # A body that unpacks to a thousand times its size must not get past the limits.
    answer = node.ask("POST", "/v1/bundles", b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"})
    assert (answer.status, answer.reason) == (400, "malformed")


# ------------------------------------------------------------------------------------------------- answers and addresses


def make_application() -> web.Application:
    application = web.Application(middlewares=[send_in_time, answer_errors])
    application[DESK] = Desk(application)
    return application


def run_server(handler: Callable[[web.Request], Awaitable[web.Response]], scenario: Callable[[int], None]) -> None:
    """Serve one handler, and carry out a client's part in a thread; it is given the port."""

    async def main() -> None:
        application = make_application()
        application.router.add_get("/", handler)
        runner = web.AppRunner(application, shutdown_timeout=1)
        await runner.setup()
        try:
            async with listening(runner, "127.0.0.1", 0) as listener:
                await asyncio.to_thread(scenario, int(listener.url.rpartition(":")[2]))
        finally:
            await runner.cleanup()

    asyncio.run(main())


def ask(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    return client


def test_client_that_does_not_take_its_answer_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(errors, "ANSWER_BYTES_PER_SECOND", 1 << 40)
    large = bytes(64 << 20)

    async def give_much(_request: web.Request) -> web.Response:
        return web.Response(body=large)

    def sleep_before_reading(port: int) -> None:
        with ask(port) as client:
            time.sleep(1)
            assert len(read_to_end(client)) < len(large)

    run_server(give_much, sleep_before_reading)


def test_client_that_takes_its_answer_gets_all_of_it() -> None:
    large = bytes(8 << 20)

    async def give_much(_request: web.Request) -> web.Response:
        return web.Response(body=large)

    def read(port: int) -> None:
        with ask(port) as client:
            assert read_to_end(client).endswith(large)

    run_server(give_much, read)


def test_fault_is_a_typed_answer_with_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def break_down(_request: web.Request) -> web.Response:
        raise KeyError("secret")

    def read(port: int) -> None:
        with ask(port) as client:
            answer = read_to_end(client)
        assert parse(answer) == (500, "internal")
        assert b"secret" not in answer

    run_server(break_down, read)
    assert [record.getMessage() for record in caplog.records if record.name == LOGGER_NAME] == ["request failed"]


@pytest.mark.parametrize(
    ("host", "reason"),
    [("127.0.0.1", Reason.PORT_IN_USE), ("203.0.113.1", Reason.USAGE), ("no.such.host.invalid", Reason.USAGE)],
)
def test_address_that_cannot_be_had_is_named(host: str, reason: Reason) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            runner = web.AppRunner(make_application())
            await runner.setup()
            with pytest.raises(HourledgerError) as caught:
                async with listening(runner, host, port):
                    pass
            await runner.cleanup()
        assert (caught.value.reason, caught.value.value) == (reason, f"{host}:{port}")

    asyncio.run(main())
