"""A node in a thread for tests: the real chain, engine and interface, over a store in memory and a clock that tests set."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.office.builders import build_transaction, sign_all
from ledger.crypto import SigningKey
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import TimeMs
from node.api.checking import QUESTION_TYPE
from node.api.connections import IDLE_SECONDS, MAX_CONNECTIONS, listening
from node.api.signatures import RequestParts, sign_request
from node.app import make_runner, open_service
from node.consensus.solo import run_solo
from node.home import Home, NodeKeys, init_development_home, make_development_key
from node.service import LedgerService
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore

NOW_MS = TimeMs(1_793_000_000_000)
"""2026-10-26 in the region."""
AUTHORITY = make_development_key("authority")
KEYS = NodeKeys(AUTHORITY, make_development_key("cosigner"), make_development_key("log"))
LONG_MS = 3_600_000
VALIDITY_MS = 600_000


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        return str(self.json()["reason"])


class RunningNode:
    """Starts when entered. `failure` is what the engine ended with, if it did."""

    def __init__(self, folder: Path, store: KeyValueStore | None = None, heartbeat_ms: int = LONG_MS) -> None:
        self.home = Home(folder)
        self.genesis = init_development_home(folder)
        self.store = MemoryStore() if store is None else store
        self.heartbeat_ms = heartbeat_ms
        self.max_connections = MAX_CONNECTIONS
        self.idle_seconds = IDLE_SECONDS
        self.now_ms = NOW_MS
        self.keys = KEYS
        self.port = 0
        self.failure: BaseException | None = None
        self.service: LedgerService
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> None:
        self.stop()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.service = open_service(self.home, self.genesis, self.keys, self.store, lambda: self.now_ms)
        runner = make_runner(self.service, self.genesis)
        await runner.setup()
        most, idle = self.max_connections, self.idle_seconds
        try:
            async with listening(runner, "127.0.0.1", 0, max_connections=most, idle_seconds=idle) as listener:
                self.port = int(listener.url.rpartition(":")[2])
                self._ready.set()
                await run_solo(self.service, self.keys.authority, self.heartbeat_ms, self._stop)
        except BaseException as error:  # noqa: BLE001 - for the test to look at
            self.failure = error
        finally:
            self.service.stop()
            await runner.cleanup()
            await self.service.close()

    # What clients do.

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        key: SigningKey | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        path, _, query = target.partition("?")
        sent = dict(headers or {})
        if key is not None:
            sent |= sign_request(RequestParts(method, path, query, body or b""), key, self.now_ms)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, target: str, key: SigningKey | None = None) -> Answer:
        return self.ask("GET", target, key=key)

    def post(self, target: str, document: object, key: SigningKey | None = None) -> Answer:
        return self.ask("POST", target, json.dumps(document).encode(), key)

    def ask_to_verify(self, question: object) -> Answer:
        """Ask a question about a certificate, a card or a code."""
        body = question if isinstance(question, bytes) else json.dumps(question).encode()
        return self.ask("POST", "/v1/verify", body, headers={"Content-Type": QUESTION_TYPE})

    def build(self, kind: str, body: Any, keys: Iterable[SigningKey], validity_ms: int = VALIDITY_MS) -> SignedTransaction:
        return sign_all(build_transaction(self.genesis.chain_id, kind, body, self.now_ms + validity_ms), keys)

    def submit(self, signed: SignedTransaction, wait: int = 10) -> Answer:
        return self.ask("POST", f"/v1/transactions?wait={wait}", encode_signed(signed))

    def carry_out(self, kind: str, body: Any, *keys: SigningKey) -> dict[str, Any]:
        """Have a transaction accepted and return its outcome."""
        answer = self.submit(self.build(kind, body, keys))
        assert answer.status == 200, answer
        outcome: dict[str, Any] = answer.json()["outcome"]
        assert outcome["accepted"], outcome
        assert all(row is None for row in outcome["rows"]), outcome
        return outcome
