"""Transactions past the application: the same answers as by the usual way, but for time and order of the head's lines."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from unittest.mock import Mock

import pytest
from aiohttp import HttpVersion11, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser
from hypothesis import given
from hypothesis import strategies as st

from ledger.codec import encode
from ledger.transactions import SignedTransaction, encode_signed
from node.api import direct, errors, requests
from node.api.checking import EVIDENCE_START, MAX_SHORT_BYTES
from node.api.direct import Desk, DirectConnection, find_asked
from node.api.errors import Reply
from node.api.transactions import MAX_ENVELOPE_BYTES, together_codec
from node.service import LedgerService
from tests.node.running import AUTHORITY, RunningNode
from tests.node.story import make_organisation

ONE, TOGETHER = "/v1/transactions", "/v1/transactions/together"


def register(node: RunningNode) -> SignedTransaction:
    return node.build("identity.register_organisation", make_organisation(approvals=2), [AUTHORITY])


@contextmanager
def connected(node: RunningNode) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", node.port), timeout=30) as connection:
        yield connection


def send(connection: socket.socket, target: str, body: bytes, *, is_chunked: bool = False) -> tuple[list[bytes], bytes]:
    """Return head and body of the answer, without the line of its time. In chunks, a body goes the usual way."""
    how = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: %d" % len(body)
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if is_chunked else body
    connection.sendall(b"POST %s HTTP/1.1\r\nHost: node\r\n%s\r\n\r\n%s" % (target.encode(), how, framed))
    return receive(connection)


def receive(connection: socket.socket) -> tuple[list[bytes], bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(1)
    head, _, answer = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Date: ")]
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"Content-Length:"))
    while len(answer) < length:
        answer += connection.recv(length - len(answer))
    return [lines[0], *sorted(lines[1:])], answer


@pytest.fixture
def direct_count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a request was taken directly."""
    count = [0]
    find_asked = direct.find_asked

    def find(data: bytes) -> object:
        found = find_asked(data)
        count[0] += found is not None
        return found

    monkeypatch.setattr(direct, "find_asked", find)
    return count


def require_same(node: RunningNode, direct_count: list[int], target: str, body: bytes) -> bytes:
    """Send a request both ways on one connection; return the body of the answer, which is the same."""
    before = direct_count[0]
    with connected(node) as connection:
        first = send(connection, target, body)
        assert send(connection, target, body) == first, "the connection goes on"
        assert direct_count[0] == before + 2
        assert send(connection, target, body, is_chunked=True) == first
        assert send(connection, target, body) == first, "the connection goes on the usual way"
    assert direct_count[0] == before + 2
    return first[1]


def test_the_same_answer_both_ways(new_node: RunningNode, direct_count: list[int]) -> None:
    envelope = encode_signed(register(new_node))
    document = json.loads(require_same(new_node, direct_count, ONE, envelope))
    assert (document["status"], document["outcome"]["accepted"]) == ("final", True)
    assert json.loads(require_same(new_node, direct_count, f"{ONE}?wait=7", envelope)) == document
    together = json.loads(require_same(new_node, direct_count, TOGETHER, encode(together_codec, (envelope, b"x"))))
    assert together["results"][0] == document
    assert together["results"][1]["error"]["reason"] == "malformed"


@pytest.mark.parametrize("target", [ONE, TOGETHER])
def test_the_same_refusal_both_ways(new_node: RunningNode, direct_count: list[int], target: str) -> None:
    assert json.loads(require_same(new_node, direct_count, target, b"garbage"))["reason"] == "malformed"
    new_node.service.is_stopping = True
    envelope = encode_signed(register(new_node))
    body = envelope if target == ONE else encode(together_codec, (envelope,))
    assert json.loads(require_same(new_node, direct_count, target, body))["reason"] == "busy"
    new_node.service.is_stopping = False


def test_the_same_report_both_ways(new_node: RunningNode, direct_count: list[int]) -> None:
    for body in (b"HLB1:", b"{}", b"\xff", b'{"evidence":[{"id":"%s"}]}' % EVIDENCE_START, b"%PDF-1.7"):
        assert json.loads(require_same(new_node, direct_count, "/v1/verify", body))["verdict"] == "invalid"


def test_a_fault_is_answered_like_any_other(
    new_node: RunningNode, direct_count: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LedgerService, "submit", None)
    assert json.loads(require_same(new_node, direct_count, ONE, b"x"))["reason"] == "internal"


def test_bodies_leave_their_room(new_node: RunningNode, direct_count: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_BODIES_BYTES", 100)
    for _ in range(3):
        assert json.loads(require_same(new_node, direct_count, ONE, bytes(99)))["reason"] == "malformed"
    with connected(new_node) as connection:
        _lines, body = send(connection, ONE, bytes(101))
    assert json.loads(body)["reason"] == "busy"


@pytest.mark.parametrize(
    "target", [f"{ONE}?wait=61", f"{ONE}?wait=-1", f"{ONE}?wait=1&wait=2", f"{ONE}?other", f"{ONE}/dry-run"]
)
def test_what_is_unusual_goes_the_usual_way(new_node: RunningNode, direct_count: list[int], target: str) -> None:
    with connected(new_node) as connection:
        send(connection, target, encode_signed(register(new_node)))
    assert direct_count == [0]


def test_what_is_too_long_goes_the_usual_way(new_node: RunningNode, direct_count: list[int]) -> None:
    with connected(new_node) as connection:
        lines, body = send(connection, ONE, bytes(MAX_ENVELOPE_BYTES + 1))
    assert (lines[0], json.loads(body)["reason"], direct_count) == (b"HTTP/1.1 413 Request Entity Too Large", "too_large", [0])


# ---------------------------------------------------------------------------------------------------------- what is taken

HEAD = b"POST /v1/transactions?wait=7 HTTP/1.1\r\nHost: node\r\nContent-Length: 3"


@pytest.mark.parametrize(
    "more", [b"", b"connection: Keep-Alive", b"USER-AGENT:a client", b"Accept: */*\r\nAccept-Encoding: gzip, br"]
)
def test_usual_heads_are_taken(more: bytes) -> None:
    found = find_asked(HEAD + b"\r\n" * bool(more) + more + b"\r\n\r\nabc")
    assert found is not None
    asked, body = found
    assert (asked.work, asked.seconds, body) == (direct._take_one, 7, b"abc")


VERIFY = b"POST /v1/verify HTTP/1.1\r\nHost: node\r\nContent-Length: 3"


@pytest.mark.parametrize("media_type", [b"application/json", b"Text/Plain", b""])
def test_files_to_be_verified_are_taken(media_type: bytes) -> None:
    found = find_asked(VERIFY + (b"\r\nContent-Type: " + media_type) * bool(media_type) + b"\r\n\r\nabc")
    assert found is not None
    assert (found[0].work, found[1]) == (direct._verify, b"abc")


@pytest.mark.parametrize(
    "data",
    [
        VERIFY + b"\r\nContent-Type: application/vnd.hourledger.question+json\r\n\r\nabc",
        VERIFY + b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\nabc",
        VERIFY.replace(b"verify", b"verify/together") + b"\r\n\r\nabc",
        VERIFY.replace(b" 3", b" %d" % (MAX_SHORT_BYTES + 1)) + b"\r\n\r\n" + bytes(MAX_SHORT_BYTES + 1),
        HEAD + b"\r\n\r\nab",
        HEAD + b"\r\n\r\nabcd",
        HEAD + b"\r\nContent-Length: 3\r\n\r\nabc",
        HEAD + b"\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        HEAD + b"\r\nExpect: 100-continue\r\n\r\nabc",
        HEAD + b"\r\nConnection: close\r\n\r\nabc",
        HEAD + b"\r\nUpgrade: websocket\r\n\r\nabc",
        HEAD.replace(b"Host: node\r\n", b"") + b"\r\n\r\nabc",
        HEAD + b"\r\nHost: other\r\n\r\nabc",
        HEAD + b"\r\n folded\r\n\r\nabc",
        HEAD + b"\r\nAccept : a\r\n\r\nabc",
        HEAD + b"\r\nAccept: \x01\r\n\r\nabc",
        HEAD + b"\r\nAccept: " + b"a" * 1_024 + b"\r\n\r\nabc",
        HEAD + b"\n\nabc",
        HEAD.replace(b"1.1", b"1.0") + b"\r\n\r\nabc",
        HEAD.replace(b"POST", b"PUT") + b"\r\n\r\nabc",
        HEAD.replace(b" 3", b" +3") + b"\r\n\r\nabc",
        HEAD.replace(b" 3", b" \xb3") + b"\r\n\r\nabc",
        b"POST /v1/transactions HTTP/1.1\r\nHost: node\r\n\r\n",
    ],
)
def test_other_heads_are_left_to_the_server(data: bytes) -> None:
    assert find_asked(data) is None


@given(st.binary(max_size=60), st.integers(0, len(HEAD)))
def test_any_bytes_are_taken_whole_or_not_at_all(noise: bytes, place: int) -> None:
    for data in (noise, HEAD[:place] + noise + HEAD[place:] + b"\r\n\r\nabc", HEAD + b"\r\n\r\n" + noise):
        found = find_asked(data)
        assert found is None or (found[0].byte_count == len(found[1]) and data.endswith(b"\r\n\r\n" + found[1]))


LINES = (
    HEAD + b"\r\nAccept: */*\r\nConnection: keep-alive\r\nuser-agent: a/1 (b)\r\nContent-Type: text/plain\r\n\r\nabc"
).split(b"\r\n")
changes = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 2), st.sampled_from(b"\r\n :;,\t\x00\x7f\xffaH0")), max_size=3)


@given(st.permutations(LINES[1:-2]), changes)
def test_what_is_taken_the_library_would_have_read_alike(lines: list[bytes], edits: list[tuple[int, int, int]]) -> None:
    changed = bytearray(b"\r\n".join([LINES[0], *lines, *LINES[-2:]]))
    for place, removed, added in edits:
        changed[place : place + removed] = bytes([added])
    data = bytes(changed)
    found = find_asked(data)
    if found is None:
        return
    loop = asyncio.new_event_loop()
    parser = HttpRequestParser(BaseProtocol(loop), loop, 1 << 16, max_headers=128, auto_decompress=False)
    ((message, payload),), is_upgraded, _tail = parser.feed_data(data)
    loop.close()
    assert (message.method, message.version, message.should_close, message.chunked) == ("POST", HttpVersion11, False, False)
    assert not is_upgraded
    assert payload.is_eof()
    assert payload.read_nowait() == found[1]
    path, _, wait = message.path.partition("?wait=")
    assert {"/v1/transactions": direct._take_one, "/v1/verify": direct._verify}.get(path, direct._take_several) == found[0].work
    assert found[0].seconds == int(wait or requests.DEFAULT_WAIT_S)


# ------------------------------------------------------------------------------------------------------- on one connection


def make_request(envelope: bytes) -> bytes:
    return b"POST %s HTTP/1.1\r\nHost: node\r\nContent-Length: %d\r\n\r\n%s" % (ONE.encode(), len(envelope), envelope)


def test_requests_in_one_piece_and_requests_in_pieces_are_answered_in_order(new_node: RunningNode) -> None:
    envelope = encode_signed(register(new_node))
    with connected(new_node) as connection:
        connection.sendall(make_request(envelope))
        connection.sendall(make_request(b"x"))
        first = json.loads(receive(connection)[1])
        assert first["status"] == "final"
        assert json.loads(receive(connection)[1])["reason"] == "malformed"
        connection.sendall(make_request(b"x") + make_request(envelope))
        assert json.loads(receive(connection)[1])["reason"] == "malformed"
        assert json.loads(receive(connection)[1]) == first
        data = make_request(envelope)
        for start in range(0, len(data), 50):
            connection.sendall(data[start : start + 50])
        assert json.loads(receive(connection)[1]) == first


def test_who_waits_when_the_node_stops_is_answered(new_node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LedgerService, "take_transactions", lambda _service: ())
    with connected(new_node) as connection, connected(new_node) as silent:
        connection.sendall(make_request(encode_signed(register(new_node))))
        while not len(new_node.service.waiters):
            time.sleep(0.01)
        new_node.stop()
        assert json.loads(receive(connection)[1])["status"] == "pending"
        assert connection.recv(1) == b""
        assert silent.recv(1) == b""


class Way:
    """A connection without a system below it: what it writes, and what its server's own protocol would be given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.transport = Mock(spec=asyncio.Transport)
        self.transport.is_closing.return_value = False
        self.transport.get_write_buffer_size.return_value = 0
        self.usual = Mock(spec=asyncio.Protocol)
        self.replies: asyncio.Queue[bytes] = asyncio.Queue()
        monkeypatch.setattr(Desk, "carry_out", self._carry_out)
        self.desk = Desk(web.Application())
        self.connection = DirectConnection(self.desk, lambda: cast("asyncio.Protocol", self.usual), 60)
        self.connection.connection_made(self.transport)

    async def _carry_out(self, _asked: object, _body: bytes) -> Reply:
        return Reply(200, await self.replies.get())

    async def reply(self, body: bytes) -> None:
        self.replies.put_nowait(body)
        for _turn in range(3):
            await asyncio.sleep(0)

    @property
    def bodies(self) -> list[bytes]:
        return [call.args[0].partition(b"\r\n\r\n")[2] for call in self.transport.write.call_args_list]


def test_what_comes_meanwhile_waits_and_reading_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        way = Way(monkeypatch)
        for body in (b"x", b"y"):
            way.connection.data_received(make_request(body))
        way.transport.pause_reading.assert_called_once()
        await way.reply(b"1")
        way.transport.resume_reading.assert_called_once()
        await way.reply(b"2")
        assert way.bodies == [b"1", b"2"]
        way.connection.data_received(b"GET / HTTP/1.1\r\n")
        way.usual.data_received.assert_called_once_with(b"GET / HTTP/1.1\r\n")
        way.transport.set_protocol.assert_called_once_with(way.usual)
        assert len(way.desk) == 0

    asyncio.run(main())


def test_answer_that_is_not_taken_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        way = Way(monkeypatch)
        way.transport.write.side_effect = lambda _data: way.connection.pause_writing()
        way.connection.data_received(make_request(b"x"))
        await way.reply(b"1")
        way.connection.data_received(make_request(b"y"))
        way.connection.resume_writing()
        await way.reply(b"2")
        assert way.bodies == [b"1", b"2"], "taken late, but taken"
        way.connection.resume_writing()
        monkeypatch.setattr(errors, "ANSWER_SECONDS", 0.0)
        way.connection.data_received(make_request(b"z"))
        await way.reply(b"3")
        await asyncio.sleep(0.01)
        way.transport.abort.assert_called_once()

    asyncio.run(main())


def test_client_that_left_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        way = Way(monkeypatch)
        way.connection.data_received(make_request(b"x"))
        way.transport.is_closing.return_value = True
        way.connection.connection_lost(None)
        await way.reply(b"1")
        assert (way.bodies, len(way.desk)) == ([], 0)

    asyncio.run(main())
