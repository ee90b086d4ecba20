"""A few replicas joined by wires that lose nothing, and room for others whose key a test holds."""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import TimeMs
from node.chain import Candidate, Chain
from node.consensus.guard import Guard
from node.consensus.machine import Timeouts
from node.consensus.messages import Message, decode_message, encode_message
from node.consensus.ports import Listener
from node.consensus.replica import Replica
from node.mempool import Mempool
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore
from tests.node import toy

STEP_MS = 50
LIAR = 1
"""The proposer of round 0 at height 1, in a town of four."""


def make_name(number: int) -> str:
    return f"n{number}"


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a node keeps its chain, and what it has said."""

    chain: KeyValueStore = field(default_factory=MemoryStore)
    guard: KeyValueStore = field(default_factory=MemoryStore)


@dataclass(slots=True)
class Member:
    """One node: its parts, and what it has said."""

    name: str
    key: SigningKey
    chain: Chain
    guard_store: KeyValueStore
    town: "Town"
    skew_ms: int = 0
    replica: Replica = field(init=False)
    final: list[Candidate] = field(default_factory=list)
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        listener = Listener(on_final=self.final.append, on_event=lambda name, **fields: self.events.append((name, fields)))
        guard = Guard(self.guard_store, self.key.public_key)
        self.replica = Replica(self.chain, Mempool(), guard, self.key, self, listener, Timeouts(heartbeat_ms=10**9))

    @property
    def now_ms(self) -> TimeMs:
        """The time by this node's clock."""
        return TimeMs(self.town.now_ms + self.skew_ms)

    @property
    def peers(self) -> tuple[str, ...]:
        return tuple(name for name in self.town.names if name != self.name)

    def send(self, peer: str, data: bytes) -> None:
        self.town.watch(self, decode_message(data))
        self.town.wires.append((self.name, peer, data))

    def get_log_key(self, peer: str) -> None:
        """Nobody here keeps silent after a return."""


class Town:
    """Authorities by number; those in `played` have no replica: a test speaks for them, and hears what they are told."""

    def __init__(self, count: int = 4, played: Collection[int] = (), stores: Mapping[int, Stores] | None = None) -> None:
        self.now_ms = TimeMs(toy.START_MS + 60_000)
        self.genesis = toy.make_genesis(count)
        self.names = tuple(make_name(number) for number in range(count))
        self.wires: deque[tuple[str, str, bytes]] = deque()
        self.heard: list[tuple[str, str, Message]] = []
        self.blamed: list[tuple[str, str, Reason]] = []
        self.watch: Callable[[Member, Message], None] = lambda _member, _message: None
        self.members = {
            make_name(number): self._make_member(number, (stores or {}).get(number, Stores()))
            for number in range(count)
            if number not in played
        }
        for member in self.members.values():
            member.replica.start(self.now_ms)

    def _make_member(self, number: int, stores: Stores) -> Member:
        return Member(make_name(number), toy.AUTHORITY_KEYS[number], self.open_chain(stores.chain), stores.guard, self)

    def open_chain(self, store: KeyValueStore | None = None) -> Chain:
        return toy.open_chain(MemoryStore() if store is None else store, self.genesis)

    def __getitem__(self, number: int) -> Member:
        return self.members[make_name(number)]

    def tell(self, receiver: int, *messages: Message, sender: int = LIAR) -> None:
        """Hand messages to a node; whoever sends what nobody honest sends is noted."""
        for message in messages:
            self._deliver(make_name(sender), make_name(receiver), encode_message(message))

    def _deliver(self, sender: str, receiver: str, data: bytes) -> None:
        if receiver not in self.members:
            self.heard.append((sender, receiver, decode_message(data)))
            return
        try:
            self.members[receiver].replica.receive(sender, data, self.members[receiver].now_ms)
        except HourledgerError as error:
            if self.members[receiver].replica.failure is None:
                self.blamed.append((receiver, sender, error.reason))

    def deliver_all(self) -> None:
        while self.wires:
            self._deliver(*self.wires.popleft())

    def run(self, ms: int) -> None:
        """Let time pass."""
        for _ in range(ms // STEP_MS):
            self.deliver_all()
            self.now_ms = TimeMs(self.now_ms + STEP_MS)
            for member in self.members.values():
                self._tick(member)
        self.deliver_all()

    def _tick(self, member: Member) -> None:
        try:
            member.replica.tick(member.now_ms)
        except HourledgerError:
            if member.replica.failure is None:
                raise

    def run_until(self, is_done: Callable[[], bool], ms: int = 120_000) -> None:
        """Let time pass until something is so; fail when it does not come to be."""
        end_ms = self.now_ms + ms
        while not is_done():
            assert self.now_ms < end_ms, [
                (item.replica.state.height, item.replica.state.round) for item in self.members.values()
            ]
            self.run(STEP_MS)

    def make_final(self, nonce: int) -> None:
        """Submit a transaction, and let time pass until all nodes have it that work."""
        signed = toy.transact(nonce, (b"key", nonce.to_bytes(4, "big")))
        working = [member for member in self.members.values() if member.replica.failure is None]
        working[-1].replica.submit(signed, self.now_ms)
        self.run_until(
            lambda: all(
                item.chain.find_outcome(signed.transaction_id) is not None for item in working if item.replica.failure is None
            )
        )
