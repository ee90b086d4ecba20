"""What authorities say to each other, counted exactly: the nodes' own code in one thread, on wires that lose nothing.

Everything is the production code but clock, wires and disks, so the counts are the same on every machine. Every message takes a
millisecond. A byte is a byte of a message with the length in front of it; TLS adds 22 for each record of at most 16 KiB.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.network import CHAIN_ID, make_registration
from benchmarks.schedule import make_identifier, make_key
from cli.office.builders import DIRECT_VALIDITY_MS, build_transaction, sign_all
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from ledger.crypto import SigningKey, sha256
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import PublicKey, TimeMs
from node.app import open_service
from node.checkpoints import Checkpoints
from node.consensus.guard import Guard
from node.consensus.machine import Timeouts
from node.consensus.messages import Message, decode_message, encode_message
from node.consensus.ports import Listener
from node.consensus.replica import Replica
from node.home import Home, init_network, load_genesis, load_node_keys
from node.p2p.framing import LENGTH_BYTES
from node.service import LedgerService
from node.storage.memory import MemoryStore

WIRE_MS = 1
START_MS = 1_790_000_000_000
SECOND_MS = 1_000
IDLE_SECONDS = 10
ROWS_IN_BATCH = 1_000
ORGANISATION, OFFICERS = make_identifier("organisation"), (make_key("officer 1"), make_key("officer 2"))


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages sent by all authorities together, and their bytes."""

    messages: int
    bytes: int
    kinds: dict[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """Traffic of a block with one small transaction, of one with a batch of `batch_bytes`, and of an idle second."""

    authorities: int
    block: Traffic
    batch: Traffic
    batch_bytes: int
    idle: Traffic


@dataclass(slots=True)
class Member:
    """One authority."""

    service: LedgerService
    replica: Replica
    checkpoints: Checkpoints
    log_key: PublicKey


@dataclass(slots=True)
class Wires:
    """One authority's way to the others."""

    quiet: "QuietNetwork"
    name: str

    @property
    def peers(self) -> tuple[str, ...]:
        """All the others."""
        return tuple(name for name in self.quiet.members if name != self.name)

    def send(self, peer: str, data: bytes) -> None:
        """Count and carry a message."""
        self.quiet.carry(self.name, peer, data)

    def get_log_key(self, peer: str) -> PublicKey | None:
        """The key of an authority's log."""
        return self.quiet.members[peer].log_key

    def tell(self, message: Message) -> None:
        """Send a message to all."""
        data = encode_message(message)
        for peer in self.peers:
            self.send(peer, data)

    def answer(self, peer: str, message: Message) -> None:
        """Send a message to one."""
        self.send(peer, encode_message(message))


@dataclass(slots=True)
class QuietNetwork:
    """Authorities without faults, and a count of what passes between them."""

    authority: SigningKey
    """Of the first authority, which may sign registrations."""
    now_ms: int = START_MS
    members: dict[str, Member] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    byte_count: int = 0
    _queue: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=count)

    def read_clock(self) -> TimeMs:
        """Return the present, the same for all."""
        return TimeMs(self.now_ms)

    def add(self, home: Home) -> None:
        """Put an authority on the wires. It does not start yet."""
        genesis, keys = load_genesis(home), load_node_keys(home, None)
        service = open_service(home, genesis, keys, MemoryStore(), self.read_clock)
        name = next(item.name for item in genesis.authorities if item.key == keys.authority.public_key)
        wires = Wires(self, name)
        checkpoints = Checkpoints(service.chain, service.cosigner, service.handovers, wires.tell, wires.answer, service.show)
        listener = Listener(
            on_final=lambda _candidate: checkpoints.add_block(self.read_clock()), on_cosigning=checkpoints.receive
        )
        guard = Guard(MemoryStore(), keys.authority.public_key)
        replica = Replica(service.chain, service.mempool, guard, keys.authority, wires, listener, Timeouts())
        self.members[name] = Member(service, replica, checkpoints, keys.log.public_key)

    def start(self) -> None:
        """Start all at once, as the engine does, and let them find that all are at block 0."""
        for member in self.members.values():
            member.checkpoints.add_block(self.read_clock())
            member.replica.start(self.read_clock())
            self._at(SECOND_MS, lambda member=member: self._repeat(member))  # type: ignore[misc]
            self._tick(member)
        self.pass_time(SECOND_MS)

    def close(self) -> None:
        """Let go of what is open."""
        for member in self.members.values():
            member.checkpoints.close()
            member.service.pinned.replace()

    def carry(self, sender: str, receiver: str, data: bytes) -> None:
        """Count a message and deliver it in a millisecond."""
        self.kinds[type(decode_message(data)).__name__] += 1
        self.byte_count += LENGTH_BYTES + len(data)
        self._at(WIRE_MS, lambda: self.members[receiver].replica.receive(sender, data, self.read_clock()))

    def submit(self, number: int, signed: SignedTransaction) -> None:
        """Let an authority have a transaction next, as from one of its clients."""
        member = list(self.members.values())[number % len(self.members)]

        def take() -> None:
            member.service.chain.check(encode_signed(signed), self.read_clock())
            member.replica.submit(signed, self.read_clock())

        self._at(0, take)

    def pass_time(self, milliseconds: int) -> Traffic:
        """Let time pass; return what was sent in it."""
        kinds, byte_count, end_ms = Counter(self.kinds), self.byte_count, self.now_ms + milliseconds
        while self._queue and self._queue[0][0] <= end_ms:
            due_ms, _id, action = heapq.heappop(self._queue)
            self.now_ms = due_ms
            action()
        self.now_ms = end_ms
        sent = self.kinds - kinds
        return Traffic(sent.total(), self.byte_count - byte_count, dict(sent))

    def require_final(self, signed: SignedTransaction) -> None:
        """Raise `RuntimeError` unless all show a checkpoint with a quorum that has the transaction."""
        if any(member.service.find_outcome(signed.transaction_id) is None for member in self.members.values()):
            raise RuntimeError("a transaction is not final everywhere in the time that a block takes")

    def _at(self, delay_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.now_ms + delay_ms, next(self._ids), action))

    def _tick(self, member: Member) -> None:
        member.replica.tick(self.read_clock())
        delay_ms = member.replica.compute_next_due_ms() - self.now_ms
        self._at(max(delay_ms, 1), lambda: self._tick(member))

    def _repeat(self, member: Member) -> None:
        member.checkpoints.repeat()
        self._at(SECOND_MS, lambda: self._repeat(member))


@contextmanager
def open_network(folder: Path, size: int) -> Iterator[QuietNetwork]:
    """Let so many authorities, with homes in a folder, find each other; the network is closed when the block ends."""
    homes = init_network(
        folder, size, chain_id=CHAIN_ID, region="Benchmark", time_ms=TimeMs(START_MS), passphrase=None, first_port=20_000
    )
    quiet = QuietNetwork(load_node_keys(homes[0], None).authority)
    try:
        for home in homes:
            quiet.add(home)
        quiet.start()
        yield quiet
    finally:
        quiet.close()


def measure_traffic(folder: Path, size: int) -> Figures:
    """Return what so many authorities say to each other."""
    with open_network(folder, size) as quiet:
        officer, other = OFFICERS
        _measure_block(quiet, 0, make_registration(quiet.authority, officer, ORGANISATION, quiet.now_ms))
        block = _measure_block(quiet, 1, make_registration(quiet.authority, other, make_identifier("other"), quiet.now_ms))
        batch = _make_batch()
        heavy = _measure_block(quiet, 2, batch)
        idle = quiet.pass_time(IDLE_SECONDS * SECOND_MS)
    return Figures(size, block, heavy, len(encode_signed(batch)), _divide(idle, IDLE_SECONDS))


def _measure_block(quiet: QuietNetwork, number: int, signed: SignedTransaction) -> Traffic:
    """Return the traffic of one block, in the middle between two of the repetitions that come every second."""
    quiet.pass_time(SECOND_MS // 2)
    quiet.submit(number, signed)
    traffic = quiet.pass_time(SECOND_MS // 4)
    quiet.require_final(signed)
    quiet.pass_time(SECOND_MS // 4)
    return traffic


def _divide(traffic: Traffic, number: int) -> Traffic:
    kinds = {name: count_ // number for name, count_ in traffic.kinds.items()}
    return Traffic(traffic.messages // number, traffic.bytes // number, kinds)


def _make_batch() -> SignedTransaction:
    """Return the enrolment of as many volunteers as one transaction may have."""
    rows = tuple(Enrolment(make_identifier(f"v{number}"), sha256(b"tag %d" % number), None) for number in range(ROWS_IN_BATCH))
    body = EnrolVolunteers(ORGANISATION, rows)
    return sign_all(build_transaction(CHAIN_ID, "identity.enrol_volunteers", body, START_MS + DIRECT_VALIDITY_MS), OFFICERS[:1])
