"""The node of `tests.cli.ledger_double` over HTTP, with the tempers of a real one: busy, slow, breaking off."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from ledger.errors import HourledgerError
from ledger.genesis import format_genesis
from ledger.reasons import EXPLANATIONS, Reason
from ledger.transactions import decode_signed
from ledger.types import Hash, Identifier
from tests.cli.ledger_double import CHAIN_ID, LedgerDouble, make_genesis

STATUSES = {Reason.NOT_FOUND: 404, Reason.BUSY: 503}


@dataclass
class Temper:
    """How often the server does what: each number counts down."""

    busy: int = 0
    pending: int = 0
    hang_up: int = 0
    asked: list[str] = field(default_factory=list)
    """Methods and targets of all requests."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    double: ClassVar[LedgerDouble]
    temper: ClassVar[Temper]
    lock: ClassVar[threading.Lock]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def do_GET(self) -> None:
        self.handle_request(b"")

    def do_POST(self) -> None:
        self.handle_request(self.rfile.read(int(self.headers["Content-Length"])))

    def handle_request(self, body: bytes) -> None:
        with self.lock:
            self.temper.asked.append(f"{self.command} {self.path}")
            if take(self.temper, "hang_up"):
                self.close_connection = True
                return
            try:
                self.answer(*self.route(body))
            except HourledgerError as error:
                if error.reason is Reason.NODE_UNREACHABLE:
                    self.close_connection = True
                else:
                    self.answer(STATUSES.get(error.reason, 422), format_error(error))

    def route(self, body: bytes) -> tuple[int, Any]:
        match self.command, *urlsplit(self.path).path.strip("/").split("/"):
            case "GET", "v1", "status":
                height, time_ms = len(self.double.outcomes), self.double.now_ms
                return 200, {"chain_id": CHAIN_ID, "region": "Test", "height": height, "time_ms": time_ms}
            case "GET", "v1", "genesis":
                return 200, json.loads(format_genesis(make_genesis()))
            case "GET", "v1", "organisations", text, *more:
                return 200, self.tell_of(Identifier(bytes.fromhex(text)), more)
            case "GET", "v1", "transactions", text:
                return self.tell(Hash(bytes.fromhex(text)))
            case "POST", "v1", "transactions":
                if take(self.temper, "busy"):
                    raise HourledgerError(Reason.BUSY, "the node is busy")
                return self.tell(self.double.submit(body).transaction_id)
            case "POST", "v1", "transactions", "dry-run":
                return 200, {"outcome": self.double.try_out(decode_signed(body))}
            case _:
                raise HourledgerError(Reason.NOT_FOUND, "there is nothing there", self.path)

    def tell_of(self, organisation: Identifier, more: list[str]) -> dict[str, Any]:
        if more == ["entries"]:
            start = int(parse_qs(urlsplit(self.path).query)["from"][0])
            return {"entries": self.double.list_entries(organisation, start), "next": None}
        found = self.double.get_organisation(organisation)
        officers = [key.hex() for key in found.officers]
        preparers = [key.hex() for key in found.preparers]
        return {"name": found.name, "officers": officers, "approvals": found.approvals, "preparers": preparers}

    def tell(self, transaction_id: Hash) -> tuple[int, Any]:
        outcome = self.double.outcomes.get(transaction_id)
        if outcome is None:
            raise HourledgerError(Reason.NOT_FOUND, "there is no such transaction")
        if take(self.temper, "pending"):
            return 202, {"transaction_id": transaction_id.hex(), "status": "pending"}
        return 200, {"transaction_id": transaction_id.hex(), "status": "final", "outcome": outcome}

    def answer(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 503:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(body)


def take(temper: Temper, name: str) -> bool:
    """Whether the server does that this time."""
    left = int(getattr(temper, name))
    setattr(temper, name, max(left - 1, 0))
    return left > 0


def format_error(error: HourledgerError) -> dict[str, str]:
    next_step = EXPLANATIONS[error.reason].next_step
    return {"reason": error.reason, "detail": error.detail, "value": error.value, "next_step": next_step}


@contextmanager
def serve(double: LedgerDouble, temper: Temper | None = None) -> Iterator[str]:
    """Serve a double on a free port; yields the address."""
    members = {"double": double, "temper": temper or Temper(), "lock": threading.Lock()}
    handler = type("BoundHandler", (Handler,), members)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
