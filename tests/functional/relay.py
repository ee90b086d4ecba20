"""Between a command and its node: passes requests on, and kills the node at one exact moment of one of them."""

import http.client
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar
from urllib.parse import urlsplit


class Moment(Enum):
    """When the node is killed: the command never learns which of these it was."""

    BEFORE = "before the node has the request"
    TAKEN = "when the node has taken it, and may or may not have put it into a block"
    DONE = "when it is final, before the command reads so"


@dataclass(frozen=True)
class Trap:
    """Kills at a moment of the first request to `path`."""

    path: str
    moment: Moment
    kill: Callable[[], None]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    trap: ClassVar[Trap]
    address: ClassVar[str]
    is_closed: ClassVar[threading.Event]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def do_GET(self) -> None:
        self.pass_on(b"")

    def do_POST(self) -> None:
        self.pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def pass_on(self, body: bytes) -> None:
        path = urlsplit(self.path).path
        is_trapped = path == self.trap.path
        if self.is_closed.is_set() or (is_trapped and self.trap.moment is Moment.BEFORE):
            self.close_trap()
            return
        # Without a query the node does not wait for the block.
        response, answer = self.ask(path if is_trapped and self.trap.moment is Moment.TAKEN else self.path, body)
        if is_trapped:
            self.close_trap()
            return
        self.send_response(response.status)
        for name in ("Content-Type", "Retry-After"):
            if response.headers[name] is not None:
                self.send_header(name, response.headers[name])
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def ask(self, target: str, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(self.command, target, body or None, dict(self.headers.items()))
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response, answer

    def close_trap(self) -> None:
        if not self.is_closed.is_set():
            self.is_closed.set()
            self.trap.kill()
        self.close_connection = True


@contextmanager
def relay(url: str, trap: Trap) -> Iterator[str]:
    """Pass on what comes to the address that is yielded, until the trap has closed; then every connection breaks."""
    is_closed = threading.Event()
    settings = {"trap": trap, "address": urlsplit(url).netloc, "is_closed": is_closed}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), settings))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert is_closed.is_set(), f"no request to {trap.path} came by"
