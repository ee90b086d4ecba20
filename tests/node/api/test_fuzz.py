"""Any bytes to any endpoint: a documented answer, never a fault of the node, and nothing changes."""

import gzip
import http.client
import json
import re
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.rulebook import TABLES
from ledger.reasons import Reason
from node.api.server import ENDPOINTS, Endpoint
from tests.effort import choose
from tests.node import story as people
from tests.node.api.test_openapi import describe_path, validate_answer
from tests.node.running import Answer, RunningNode
from tests.node.story import Story

pieces = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?{}/"), min_size=1, max_size=70),
    st.sampled_from(["0", "1", "99", "00" * 16, "00" * 32, "%00", "%ff%fe", "%2f", "..", "-1", "x001/000", "0/000.p/3"]),
    st.integers(0, 2**70).map(str),
    st.binary(max_size=40).map(bytes.hex).filter(bool),
    st.builds(lambda table, rest: (table + b"/" + rest).hex(), st.sampled_from(sorted(TABLES)), st.binary(max_size=40)),
    st.sampled_from([people.VOLUNTEER.hex(), people.ORGANISATION.hex(), people.HOLD.hex()]),
)
queries = st.one_of(
    st.just(""),
    st.sampled_from(["?wait=0", "?wait=a", "?old=9&new=1", "?from=-1", "?limit=1001", "?old=%ff", "?=&&=", "?wait=0&wait=9"]),
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=9), st.floats(), st.just("ab")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["entries", "keys", "document", "trust", "at_time_ms", "max_age_s", "proof", "x"]),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=8,
)
bodies = st.one_of(st.binary(max_size=200), json_values.map(lambda value: json.dumps(value).encode()))
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60).map(str.strip)
headers = st.dictionaries(
    st.sampled_from(["Signature", "Signature-Input", "Content-Digest", "Content-Type", "Content-Encoding", "Range", "Accept"]),
    st.one_of(header_values, st.sampled_from(["gzip", "br", "sig1=::", 'sig1=("@method");created=1'])),
    max_size=3,
)
keys = st.sampled_from([None, people.OFFICER, people.VOLUNTEER_KEY, people.STRANGER])


def get_state(node: RunningNode) -> bytes:
    return node.get("/v1/status").body + node.get("/checkpoint").body


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda item: f"{item.method} {item.path}")
@settings(max_examples=choose(12, 100))
@given(data=st.data())
def test_any_request_to_any_endpoint(node: RunningNode, endpoint: Endpoint, data: st.DataObject) -> None:
    method, path = endpoint.method, describe_path(endpoint.path)
    target = re.sub(r"\{[a-z]+\}", lambda _match: data.draw(pieces), path)
    target += data.draw(queries)
    body = data.draw(bodies) if method == "POST" else None
    before = get_state(node)
    answer = node.ask(method, target, body, data.draw(keys), data.draw(headers))
    assert answer.status < 500, (target, answer)
    if answer.headers["Content-Type"].startswith("application/json") and answer.status != 404:
        validate_answer(method, path, answer)
    assert get_state(node) == before


@given(
    path=st.lists(pieces, max_size=4).map("/".join), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
)
def test_any_path_and_method(node: RunningNode, path: str, method: str) -> None:
    answer = node.ask(method, f"/{path}", b"" if method in {"POST", "PUT"} else None)
    assert answer.status in {200, 400, 401, 403, 404, 405}
    if answer.status in {404, 405} and method != "HEAD":
        assert answer.reason in {Reason.NOT_FOUND, Reason.USAGE}


@given(st.binary(max_size=300))
def test_any_bytes_on_a_connection(node: RunningNode, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", node.port), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65_536)
    assert not answer or answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 405"))
    assert node.get("/v1/health").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"document": {}, "at_time_ms": 1e400}',
        b'{"document": {}, "at_time_ms": 99999999999999999999}',
        b'{"document": {}, "at_time_ms": -1}',
        b'{"document": {}, "at_time_ms": true}',
        b'{"document": {}, "max_age_s": 99999999999999999999}',
        b'{"document": {}, "trust": [1]}',
        b'{"document": {}, "trust": ["\\ud800"]}',
        b'{"document": [], "trust": []}',
        b'{"document": {}, "other": 1}',
        b"[]",
        b"{}",
        b"",
    ],
)
def test_question_of_another_form_is_refused(node: RunningNode, body: bytes) -> None:
    answer = node.ask_to_verify(body)
    assert answer.status == 400
    validate_answer("POST", "/v1/verify", answer)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 100_000, b"\xff\xfe", b'{"a": 1, "a": 2}', b""])
def test_certificate_that_is_no_json_is_invalid(node: RunningNode, body: bytes) -> None:
    answer = node.ask("POST", "/v1/verify", body)
    assert (answer.status, answer.json()["verdict"]) == (200, "invalid")
    validate_answer("POST", "/v1/verify", answer)


def test_request_with_a_member_named_twice_has_no_one_meaning(node: RunningNode) -> None:
    twice = b'{"entries": [0], "entries": [1], "keys": []}'
    answer = node.ask("POST", "/v1/bundles", twice)
    assert (answer.status, answer.reason) == (400, Reason.MALFORMED)


def test_too_many_trust_files_are_refused(node: RunningNode) -> None:
    trust = node.get("/v1/trust").body.decode()
    statuses = [node.ask_to_verify({"document": {}, "trust": [trust] * count}).status for count in (64, 65)]
    assert statuses == [200, 400]


@pytest.mark.parametrize(
    ("target", "limit"), [("/v1/transactions", 262_144), ("/v1/bundles", 1 << 20), ("/v1/verify", 9 << 20)]
)
@pytest.mark.parametrize("is_stated", [False, True])
def test_body_over_the_limit_is_refused(node: RunningNode, target: str, limit: int, *, is_stated: bool) -> None:
    with socket.create_connection(("127.0.0.1", node.port), timeout=5) as connection:
        size = b"Content-Length: %d" % (limit + 1) if is_stated else b"Transfer-Encoding: chunked"
        connection.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (target.encode(), size))
        if not is_stated:
            connection.sendall(b"%x\r\n%s\r\n" % (limit + 1, b" " * (limit + 1)))
        # The body does not end, and where its size was stated it never begins: the refusal does not wait for it.
        response = http.client.HTTPResponse(connection)
        response.begin()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
    assert (answer.status, answer.reason) == (413, Reason.TOO_LARGE)


def test_body_is_taken_as_it_was_sent(node: RunningNode) -> None:
    body = gzip.compress(b'{"entries": [], "keys": []}')
    answer = node.ask("POST", "/v1/bundles", body, headers={"Content-Encoding": "gzip"})
    assert (answer.status, answer.reason) == (400, Reason.MALFORMED)


@pytest.mark.parametrize("target", ["/v1/transactions", "/v1/bundles", "/v1/verify"])
def test_body_that_ends_early_is_the_clients_matter(node: RunningNode, target: str) -> None:
    with socket.create_connection(("127.0.0.1", node.port), timeout=5) as connection:
        connection.sendall(f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc".encode())
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65_536)
    assert not answer or answer.startswith(b"HTTP/1.1 400")
    assert node.get("/v1/health").status == 200


def test_expectation(node: RunningNode) -> None:
    refused = node.ask("POST", "/v1/verify", b"{}", headers={"Expect": "nonsense"})
    assert (refused.status, refused.reason) == (417, Reason.MALFORMED)
    with socket.create_connection(("127.0.0.1", node.port), timeout=5) as connection:
        connection.sendall(
            b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"{}")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK")


def test_slow_body_is_given_up(node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.api.requests.BODY_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", node.port), timeout=5) as connection:
        connection.sendall(b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        response = http.client.HTTPResponse(connection)
        response.begin()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
    assert answer.status == 408
    validate_answer("POST", "/v1/transactions", answer)


def test_no_answer_is_about_others(node: RunningNode, story: Story) -> None:
    """An error names what was asked for, not what is there."""
    answer = node.get(f"/v1/entries/{story.hours_entry}", people.OTHER_OFFICER)
    assert people.VOLUNTEER.hex() not in answer.body.decode()
