"""A node over HTTP: one kept-alive connection, typed errors, bounded patience.

Sending is safe to repeat: the same payload is the same transaction, and every send is answered with the first outcome. So a
broken connection or a busy node is met by sending the same bytes again, and what is raised in the end is one of few reasons:
NODE_UNREACHABLE, BUSY, NOT_FINAL, or whatever the node itself gave.
"""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlencode, urlsplit

from cli.office.answers import (
    NodeOutcome,
    OrganisationAnswer,
    Status,
    Submitted,
    parse_answer,
    parse_organisation,
    parse_outcome,
    parse_status,
    parse_submitted,
)
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Hash, Identifier, TimeMs
from node.api.signatures import RequestParts, sign_request

DEFAULT_NODE: Final = "http://127.0.0.1:8551"
TRANSACTION_TYPE: Final = "application/vnd.hourledger.transaction"
MAX_ANSWER_BYTES: Final = 64 << 20
MAX_BUSY_SECONDS: Final = 120.0
"""How long in all a busy node is asked again."""
_PAUSES_S: Final = (0.2, 0.5, 1.0)
"""Pauses before a node that does not answer is tried again."""
_CONNECT_TIMEOUT_S: Final = 10.0
_MAX_WAIT_S: Final = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request below the node's address. `key` signs it, where the answer is not for everybody."""

    method: str
    path: str
    query: str = ""
    body: bytes | None = None
    content_type: str = "application/json"
    key: SigningKey | None = None


class NodeClient:
    """One node. Not for several threads at once. Close it, or use it in a `with` statement."""

    __slots__ = ("_base", "_connection", "_sleep", "url")

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = url
        self._base = _parse_url(url)
        self._sleep = sleep
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # ------------------------------------------------------------------------------------------------ what a node does

    def get_status(self) -> Status:
        """Return where the node stands."""
        return parse_answer(parse_status, self.get_json("/v1/status"))

    def submit(self, envelope: bytes, wait_s: int = 0) -> Submitted:
        """Send a transaction; wait up to `wait_s` seconds for it to be final."""
        query = urlencode({"wait": wait_s})
        answer = self.send(Request("POST", "/v1/transactions", query, envelope, TRANSACTION_TYPE), timeout_s=wait_s + 15.0)
        return parse_answer(parse_submitted, decode_json(answer.body))

    def find_transaction(self, transaction_id: Hash, wait_s: int = 0) -> Submitted | None:
        """Return what the node knows of a transaction, None when it knows nothing."""
        request = Request("GET", f"/v1/transactions/{transaction_id.hex()}", urlencode({"wait": wait_s}))
        try:
            answer = self.send(request, timeout_s=wait_s + 15.0)
        except HourledgerError as error:
            if error.reason is Reason.NOT_FOUND:
                return None
            raise
        return parse_answer(parse_submitted, decode_json(answer.body))

    def carry_out(self, envelope: bytes, transaction_id: Hash, patience_s: int = 60) -> NodeOutcome:
        """Send a transaction and return its outcome; raise NOT_FINAL when it is not final after `patience_s` seconds."""
        submitted = self.submit(envelope, min(patience_s, _MAX_WAIT_S))
        return submitted.outcome or self.wait_for(transaction_id, patience_s)

    def wait_for(self, transaction_id: Hash, patience_s: int = 60) -> NodeOutcome:
        """Return the outcome of a transaction that was sent; raise NOT_FINAL when it takes longer than `patience_s`."""
        end = time.monotonic() + patience_s
        while True:
            left = max(0, min(round(end - time.monotonic()), _MAX_WAIT_S))
            found = self.find_transaction(transaction_id, left)
            if found is not None and found.outcome is not None:
                return found.outcome
            if left == 0 or found is None:
                raise HourledgerError(Reason.NOT_FINAL, "the transaction is not final yet", transaction_id.hex())

    def dry_run(self, envelope: bytes) -> NodeOutcome:
        """Return what would become of a transaction now; nothing is recorded."""
        answer = self.send(Request("POST", "/v1/transactions/dry-run", "", envelope, TRANSACTION_TYPE))
        return parse_answer(lambda document: parse_outcome(document["outcome"]), decode_json(answer.body))

    def get_organisation(self, organisation: Identifier) -> OrganisationAnswer:
        """Return an organisation, or raise NOT_FOUND."""
        return parse_answer(parse_organisation, self.get_json(f"/v1/organisations/{organisation.hex()}"))

    def is_erased(self, volunteer: Identifier) -> bool:
        """Whether a volunteer's account was erased."""
        try:
            self.get_json(f"/v1/erasures/{volunteer.hex()}")
        except HourledgerError as error:
            if error.reason is Reason.NOT_FOUND:
                return False
            raise
        return True

    def get_json(self, path: str, query: Mapping[str, str | int] | None = None, key: SigningKey | None = None) -> Any:  # noqa: ANN401
        """Return the JSON under a path, the request signed by `key` if given."""
        return decode_json(self.send(Request("GET", path, urlencode(query or {}), key=key)).body)

    def get_bytes(self, path: str) -> bytes:
        """Return what is under a path, as it is."""
        return self.send(Request("GET", path)).body

    def post_json(self, path: str, document: object, key: SigningKey | None = None) -> Any:  # noqa: ANN401
        """Send JSON and return the JSON answer."""
        return decode_json(self.send(Request("POST", path, body=json.dumps(document).encode(), key=key)).body)

    def post_bytes(self, path: str, document: object, key: SigningKey | None = None) -> bytes:
        """Send JSON and return the answer as it is."""
        return self.send(Request("POST", path, body=json.dumps(document).encode(), key=key)).body

    # -------------------------------------------------------------------------------------------------- how it is asked

    def send(self, request: Request, timeout_s: float = 30.0) -> Answer:
        """Return a good answer (2xx); raise the node's reason for any other, after waiting for a busy node as it asks."""
        waited = 0.0
        while True:
            answer = self._exchange(request, timeout_s)
            if 200 <= answer.status < 300:
                return answer
            error = _parse_error(answer, self.url)
            pause = _parse_retry_after(answer)
            if error.reason is not Reason.BUSY or waited + pause > MAX_BUSY_SECONDS:
                raise error
            self._sleep(pause)
            waited += pause

    def _exchange(self, request: Request, timeout_s: float) -> Answer:
        """Return the answer to a request, trying again when the connection breaks."""
        for pause in (*_PAUSES_S, None):
            try:
                return self._exchange_once(request, timeout_s)
            except (OSError, http.client.HTTPException) as error:
                was_kept = self._connection is not None
                self.close()
                if pause is None:
                    detail = f"the node at {self.url} does not answer"
                    raise HourledgerError(Reason.NODE_UNREACHABLE, detail, _describe(error)) from error
                # A connection that was kept open may have been closed by the node meanwhile: no reason to wait.
                self._sleep(0.0 if was_kept and pause == _PAUSES_S[0] else pause)
        raise AssertionError  # the last pause is None

    def _exchange_once(self, request: Request, timeout_s: float) -> Answer:
        if self._connection is None:
            factory = http.client.HTTPSConnection if self._base.scheme == "https" else http.client.HTTPConnection
            connection = factory(self._base.hostname or "", self._base.port, timeout=_CONNECT_TIMEOUT_S)
            connection.connect()
            self._connection = connection
        self._connection.sock.settimeout(timeout_s)
        path = self._base.path + request.path
        target = path + (f"?{request.query}" if request.query else "")
        headers = _compute_headers(request, path)
        self._connection.request(request.method, target, body=request.body, headers=headers)
        response = self._connection.getresponse()
        body = response.read(MAX_ANSWER_BYTES + 1)
        if len(body) > MAX_ANSWER_BYTES:
            raise HourledgerError(Reason.TOO_LARGE, "the node's answer is too large", request.path)
        if response.will_close:
            self.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def decode_json(body: bytes) -> Any:  # noqa: ANN401 - whatever the node said
    """Return the value that JSON bytes hold, or raise `HourledgerError`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HourledgerError(Reason.UNSUPPORTED_VERSION, "the node's answer is not JSON") from error


def _compute_headers(request: Request, path: str) -> dict[str, str]:
    headers = {"Accept": "application/json, text/plain, */*"}
    if request.body is not None:
        headers["Content-Type"] = request.content_type
    if request.key is None:
        return headers
    parts = RequestParts(request.method, path, request.query, request.body or b"")
    return headers | sign_request(parts, request.key, TimeMs(time.time_ns() // 1_000_000))


def _parse_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise HourledgerError(Reason.USAGE, "that is not the address of a node, such as http://127.0.0.1:8551", url) from error
    if not is_good or parts.query or parts.fragment:
        raise HourledgerError(Reason.USAGE, "that is not the address of a node, such as http://127.0.0.1:8551", url)
    return parts._replace(path=parts.path.rstrip("/"))


def _parse_error(answer: Answer, url: str) -> HourledgerError:
    """Return the reason that the node gave."""
    try:
        document = json.loads(answer.body)
        return HourledgerError(Reason(document["reason"]), str(document["detail"]), str(document.get("value") or ""))
    except (ValueError, KeyError, TypeError, RecursionError):
        detail = f"what answers at {url} is not a node of hourledger (HTTP {answer.status})"
        return HourledgerError(Reason.NODE_UNREACHABLE, detail)


def _parse_retry_after(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "1")
    return float(min(max(int(text), 1), 30)) if text.isascii() and text.isdecimal() and len(text) < 9 else 1.0


def _describe(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text or type(error).__name__)[:80]
