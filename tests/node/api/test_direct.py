"""Transactions past the application: the same answers as by the usual way, but for time and order of the head's lines."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ledger.codec import encode
from ledger.transactions import SignedTransaction, encode_signed
from node.api import direct, requests
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
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, answer = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Date: ")]
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"Content-Length:"))
    while len(answer) < length:
        answer += connection.recv(65_536)
    return [lines[0], *sorted(lines[1:])], answer


@pytest.fixture
def direct_count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a request was taken directly."""
    count = [0]
    find_asked = direct.find_asked

    def find(request: object) -> object:
        found = find_asked(request)  # type: ignore[arg-type]
        count[0] += found is not None
        return found

    monkeypatch.setattr(direct, "find_asked", find)
    return count


def require_same(node: RunningNode, direct_count: list[int], target: str, body: bytes) -> bytes:
    """Send a request both ways on one connection; return the body of the answer, which is the same."""
    before = direct_count[0]
    with connected(node) as connection:
        first = send(connection, target, body)
        assert direct_count[0] == before + 1
        assert send(connection, target, body, is_chunked=True) == first
        assert send(connection, target, body) == first, "the connection goes on"
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
