"""Clients under which a network is tried: each has one node, sends transactions until they are final, and reads meanwhile."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from cli.network.local import LocalNode
from cli.office.client import NodeClient
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Hash
from tests.functional.history import Answer, Final, Kind, Operation, Standing, Unknown

PATIENCE_SECONDS = 2
PAUSE_SECONDS = 0.05
_UNREACHABLE = frozenset({Reason.NODE_UNREACHABLE, Reason.BUSY})


@dataclass(slots=True)
class Recorder:
    """Writes down what clients do, from several threads."""

    operations: list[Operation] = field(default_factory=list)
    _stamps: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stamp(self) -> int:
        with self._lock:
            self._stamps += 1
            return self._stamps

    def carry_out(self, client: str, node: str, kind: Kind, transaction: str, action: Callable[[], Answer]) -> Answer:
        """Do something and write it down; a node that cannot be reached, or is too busy, has given no answer."""
        invoked = self.stamp()
        try:
            answer = action()
        except HourledgerError as error:
            if error.reason not in _UNREACHABLE:
                raise
            answer = Unknown.NO_ANSWER
        self.operations.append(Operation(client, node, kind, transaction, invoked, self.stamp(), answer))
        return answer


@dataclass(slots=True)
class Client:
    """One client of one node. For one thread."""

    name: str
    node: LocalNode
    recorder: Recorder

    def submit(self, signed: SignedTransaction, patience_s: int = PATIENCE_SECONDS) -> Answer:
        def send(http: NodeClient) -> Answer:
            outcome = http.submit(encode_signed(signed), patience_s).outcome
            return Unknown.NOT_FINAL if outcome is None else _to_final(outcome.document)

        return self._carry_out(Kind.SUBMIT, signed.transaction_id.hex(), send)

    def ask(self, transaction_id: Hash) -> Answer:
        def find(http: NodeClient) -> Answer:
            found = http.find_transaction(transaction_id)
            return Unknown.NOT_FINAL if found is None or found.outcome is None else _to_final(found.outcome.document)

        return self._carry_out(Kind.ASK, transaction_id.hex(), find)

    def look(self) -> Answer:
        def show(http: NodeClient) -> Answer:
            document = http.get_status().document
            return Standing(document["height"], document["log_size"], document["block_hash"], document["behind"])

        return self._carry_out(Kind.LOOK, "", show)

    def _carry_out(self, kind: Kind, transaction: str, action: Callable[[NodeClient], Answer]) -> Answer:
        def connect() -> Answer:
            with NodeClient(self.node.url, sleep=lambda _seconds: time.sleep(PAUSE_SECONDS)) as http:
                return action(http)

        return self.recorder.carry_out(self.name, self.node.home.path.name, kind, transaction, connect)


def _to_final(document: dict[str, object]) -> Final:
    height, index = document["height"], document["entry_index"]
    assert isinstance(height, int)
    assert isinstance(index, int)
    return Final(height, index, document["accepted"] is True)


@dataclass(slots=True)
class Load:
    """A client in a thread of its own: sends a transaction, again until it is final, then reads, and so on."""

    client: Client
    make: Callable[[], SignedTransaction]
    known: list[Hash]
    """What any client was told is final, for all to ask about."""
    random: Random
    done: int = 0
    """Transactions of this client that it knows to be final."""
    failure: BaseException | None = None
    _end: threading.Event = field(default_factory=threading.Event)
    _abandon: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Let the transaction in hand become final, and send no other."""
        self._end.set()

    def abandon(self) -> None:
        """Stop at once, and wait for it."""
        self._end.set()
        self._abandon.set()
        self._thread.join()

    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._end.is_set():
                self._carry_through(self.make())
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.failure = error

    def _carry_through(self, signed: SignedTransaction) -> None:
        while not isinstance(self.client.submit(signed), Final):
            self.client.look()
            if self._abandon.wait(PAUSE_SECONDS):
                return
        self.done += 1
        self.known.append(signed.transaction_id)
        self.client.look()
        self.client.ask(self.random.choice(self.known))
        self._abandon.wait(PAUSE_SECONDS)


def wait_for_progress(loads: Sequence[Load], count: int, seconds: float) -> None:
    """Return once each has seen so many more of its transactions become final; raise `AssertionError` after the seconds."""
    wanted = [load.done + count for load in loads]

    def is_there() -> bool:
        return all(load.done >= number for load, number in zip(loads, wanted, strict=True))

    wait_until(is_there, seconds, lambda: f"{[(load.client.name, load.done) for load in loads]}, wanted {wanted}")
    assert not [load.failure for load in loads if load.failure is not None]


def wait_until(is_there: Callable[[], bool], seconds: float, describe: Callable[[], str]) -> None:
    end = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > end:
            raise AssertionError(describe())
        time.sleep(PAUSE_SECONDS)
