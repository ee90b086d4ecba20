"""A network of replicas in one thread: production code for everything but the clock, the wires and the disks.

One seed decides all that happens. The first phase has faults; then they end, and everybody must make a fresh transaction final
within a bound of simulated time. What must never happen is looked for at every block.
"""

import heapq
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Final

from contracts.identity.organisations import RegisterOrganisation
from contracts.rulebook import KINDS, RuleBookV1, compute_genesis_state, get_parties
from ledger.authorities import Authority, compute_quorum
from ledger.blocks import verify_commit
from ledger.codec import encode
from ledger.crypto import SigningKey, sha256
from ledger.errors import HourledgerError
from ledger.genesis import GENESIS_VERSION, Genesis
from ledger.reasons import Reason
from ledger.transactions import TRANSACTION_VERSION, SignedTransaction, Transaction, draft, encode_signed, sign
from ledger.types import Hash, Height, Identifier, TimeMs
from ledger.votes import verify_evidence
from node.chain import Candidate, Chain
from node.consensus.guard import Guard
from node.consensus.machine import Timeouts
from node.consensus.messages import decode_message, encode_message
from node.consensus.ports import Listener
from node.consensus.replica import Replica
from node.mempool import Mempool
from node.storage.fsck import check_store
from tests.simulation.disk import Crash, SimulatedDisk
from tests.simulation.liars import WAYS, Liar

CHAIN_ID: Final = "simulation.example/log"
START_MS: Final = 1_790_000_000_000
FAULTS_MS: Final = 40_000
BOUND_MS: Final = 120_000
TIMEOUTS: Final = Timeouts(heartbeat_ms=15_000)


class UnsafeError(AssertionError):
    """Something has happened that must never happen."""


class StuckError(AssertionError):
    """The faults are over and somebody has not got on."""


def make_key(name: str) -> SigningKey:
    return SigningKey(sha256(b"simulation key ", name.encode()))


def make_genesis(size: int) -> Genesis:
    authorities = tuple(
        Authority(
            f"simulation.example/a{number}",
            *(make_key(f"{number} {role}").public_key for role in ("authority", "cosigner", "log")),
        )
        for number in range(size)
    )
    return Genesis(GENESIS_VERSION, CHAIN_ID, "Simulation", TimeMs(START_MS), authorities, (), (), (), ())


@dataclass
class Node:
    """One place where a replica runs. `number` is its authority's; a copy of a key is another place with the same number."""

    name: str
    number: int
    chain_disk: SimulatedDisk
    guard_disk: SimulatedDisk
    skew_ms: int = 0
    replica: Replica | None = None
    chain: Chain | None = None
    liar: Liar | None = None
    is_trusted: bool = True
    paused_until_ms: int = 0
    generation: int = 0
    backup: tuple[dict[bytes, bytes], dict[bytes, bytes]] | None = None
    decided: dict[int, Hash] = field(default_factory=dict)


@dataclass
class Wires:
    """A node's way to the others."""

    world: "World"
    node: Node

    @property
    def peers(self) -> tuple[str, ...]:
        return self.world.list_peers(self.node)

    def send(self, peer: str, data: bytes) -> None:
        self.world.transmit(self.node, peer, data)


class World:
    """Everything there is, and what happens to it."""

    def __init__(self, seed: int, size: int, replica_class: type[Replica] = Replica) -> None:
        self.seed = seed
        self.size = size
        self.replica_class = replica_class
        self.random = Random(seed)
        self.now_ms = START_MS
        self.genesis = make_genesis(size)
        self.queue: list[tuple[int, int, Callable[[], None]]] = []
        self.ids = count()
        self.nodes: dict[str, Node] = {}
        self.blocks: dict[int, tuple[Hash, int]] = {}
        self.acknowledged: dict[Hash, int] = {}
        self.sent: list[SignedTransaction] = []
        self.cuts: set[tuple[str, str]] = set()
        self.trace: list[str] = []
        self._make_nodes()

    @property
    def has_faults(self) -> bool:
        return self.now_ms < START_MS + FAULTS_MS

    def _make_nodes(self) -> None:
        budget = self.size - compute_quorum(self.size)
        faulty = set(self.random.sample(range(self.size), self.random.randint(0, budget)))
        self.faults: dict[int, str] = {
            number: self.random.choice((*WAYS, "lost disk", "old backup", "two copies")) for number in faulty
        }
        for number in range(self.size):
            self._add_node(f"n{number}", number)
            if self.faults.get(number) == "two copies":
                self._add_node(f"n{number}b", number)
        for node in self.nodes.values():
            self.start(node)

    def _add_node(self, name: str, number: int) -> None:
        node = Node(name, number, SimulatedDisk(), SimulatedDisk(), self.random.randint(-2_000, 2_000))
        node.is_trusted = number not in self.faults
        self.nodes[name] = node

    # Time.

    def at(self, delay_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self.queue, (self.now_ms + max(delay_ms, 0), next(self.ids), action))

    def run(self) -> None:
        """Run both phases and check the end; raise `UnsafeError` or `StuckError`."""
        self._schedule_faults()
        self._run_until(lambda: not self.has_faults)
        self._end_faults()
        fresh = [self._make_transaction() for _ in range(2)]
        for signed in fresh:
            self._submit(self._pick_trusted(), signed)
        self._run_until(lambda: all(self._has_all(node, fresh) for node in self._list_trusted()))
        self._check_end()

    def _run_until(self, is_done: Callable[[], bool]) -> None:
        end_ms = START_MS + FAULTS_MS + BOUND_MS
        while not is_done():
            if self.now_ms > end_ms or not self.queue:
                states = [
                    (node.name, node.replica.state.height, node.replica.state.round)
                    for node in self.nodes.values()
                    if node.replica
                ]
                raise StuckError(f"seed {self.seed} size {self.size}: {self.faults} {states}")
            due_ms, _id, action = heapq.heappop(self.queue)
            self.now_ms = max(self.now_ms, due_ms)
            action()

    # Nodes.

    def start(self, node: Node) -> None:
        """Start a node from its disks."""
        node.generation += 1
        try:
            chain = Chain.open(node.chain_disk, self.genesis, RuleBookV1(), compute_genesis_state(self.genesis), get_parties)
            node.chain = chain
            key = make_key(f"{node.number} authority")
            fault = self.faults.get(node.number, "")
            node.liar = Liar(fault, key, chain, self.random) if fault in WAYS else None
            listener = Listener(on_final=lambda candidate: self._note_final(node, candidate))
            node.replica = self.replica_class(
                chain, Mempool(), Guard(node.guard_disk), key, Wires(self, node), listener, TIMEOUTS
            )
            node.replica.start(self._time_of(node))
        except Crash:
            self._crash(node)
            return
        self._schedule_tick(node)

    def _time_of(self, node: Node) -> TimeMs:
        return TimeMs(self.now_ms + node.skew_ms)

    def _crash(self, node: Node) -> None:
        """Lose everything that is not on the disks; come back after a while."""
        node.replica = node.chain = None
        node.generation += 1
        self.at(self.random.randint(10, 6_000), lambda: self.start(node) if node.replica is None else None)

    def _schedule_tick(self, node: Node) -> None:
        if node.replica is None:
            return
        generation = node.generation
        delay_ms = node.replica.compute_next_due_ms() - self._time_of(node)
        self.at(max(delay_ms, 1), lambda: self._tick(node, generation))

    def _tick(self, node: Node, generation: int) -> None:
        if node.replica is None or node.generation != generation:
            return
        if self.now_ms < node.paused_until_ms:
            self.at(node.paused_until_ms - self.now_ms, lambda: self._tick(node, generation))
            return
        self._drive(node, lambda replica: replica.tick(self._time_of(node)))
        self._schedule_tick(node)

    def _drive(self, node: Node, action: Callable[[Replica], None]) -> None:
        if node.replica is None:
            return
        try:
            action(node.replica)
        except Crash:
            self._crash(node)
        except HourledgerError as error:
            if error.reason in {Reason.INTERNAL, Reason.STORE_DAMAGED}:
                raise UnsafeError(f"seed {self.seed}: {node.name}: {error}") from error

    # Wires.

    def list_peers(self, node: Node) -> tuple[str, ...]:
        """Whom a node is connected to; here a connection stays, also while nothing passes."""
        return tuple(name for name in self.nodes if name != node.name)

    def transmit(self, sender: Node, receiver: str, data: bytes) -> None:
        messages = [data]
        if sender.liar is not None:
            messages = [encode_message(message) for message in sender.liar.twist(decode_message(data))]
        for item in messages:
            self._transmit_one(sender, receiver, item)

    def _transmit_one(self, sender: Node, receiver: str, data: bytes) -> None:
        copies = 1
        delay_ms = self.random.randint(1, 60)
        if self.has_faults:
            if (sender.name, receiver) in self.cuts or self.random.random() < 0.08:
                return
            copies += self.random.random() < 0.05
            if self.random.random() < 0.1:
                delay_ms = self.random.randint(60, 4_000)
        if sender.liar is not None and sender.liar.way == "slow":
            delay_ms += 3_000
        for _ in range(copies):
            self.at(delay_ms, lambda: self._deliver(sender.name, receiver, data))

    def _deliver(self, sender: str, receiver: str, data: bytes) -> None:
        node = self.nodes[receiver]
        if node.replica is None:
            return
        if self.now_ms < node.paused_until_ms:
            self.at(node.paused_until_ms - self.now_ms, lambda: self._deliver(sender, receiver, data))
            return
        self._drive(node, lambda replica: replica.receive(sender, data, self._time_of(node)))

    # Faults.

    def _schedule_faults(self) -> None:
        for _ in range(self.random.randint(3, 9)):
            self.at(self.random.randint(0, FAULTS_MS), self._draw_fault)
        for _ in range(self.random.randint(4, 12)):
            self.at(self.random.randint(0, FAULTS_MS), self._send_something)
        for node in self.nodes.values():
            if self.faults.get(node.number) in {"lost disk", "old backup"}:
                self.at(self.random.randint(500, FAULTS_MS // 2), lambda node=node: self._take_backup(node))  # type: ignore[misc]
                self.at(self.random.randint(FAULTS_MS // 2, FAULTS_MS), lambda node=node: self._restore(node))  # type: ignore[misc]

    def _draw_fault(self) -> None:
        node = self.random.choice(list(self.nodes.values()))
        match self.random.choice(
            ("cut", "one way", "heal", "crash", "crash at write", "crash at write", "pause", "skew", "all crash")
        ):
            case "cut":
                inside = {name for name in self.nodes if self.random.random() < 0.5}
                self.cuts = {(a, b) for a in self.nodes for b in self.nodes if (a in inside) != (b in inside)}
            case "one way":
                self.cuts |= {(node.name, other) for other in self.nodes}
            case "heal":
                self.cuts.clear()
            case "crash":
                self._crash(node)
            case "crash at write":
                disk = self.random.choice((node.chain_disk, node.guard_disk))
                disk.crash_at = (disk.writes + self.random.randint(1, 3), self.random.random() < 0.5)
            case "pause":
                node.paused_until_ms = self.now_ms + self.random.randint(500, 8_000)
            case "skew":
                node.skew_ms = self.random.randint(-5_000, 5_000)
            case "all crash":
                for other in self.nodes.values():
                    self._crash(other)

    def _take_backup(self, node: Node) -> None:
        node.backup = (node.chain_disk.copy(), node.guard_disk.copy())

    def _restore(self, node: Node) -> None:
        chain_content, guard_content = (
            ({}, {}) if self.faults[node.number] == "lost disk" or node.backup is None else node.backup
        )
        node.chain_disk, node.guard_disk = SimulatedDisk(chain_content), SimulatedDisk(guard_content)
        self._crash(node)

    def _end_faults(self) -> None:
        self.cuts.clear()
        for node in self.nodes.values():
            node.chain_disk.crash_at = node.guard_disk.crash_at = None
            node.paused_until_ms = 0
            node.skew_ms = max(-1_000, min(1_000, node.skew_ms))
            if node.replica is None:
                self.start(node)

    # Transactions.

    def _make_transaction(self) -> SignedTransaction:
        number = len(self.sent)
        officer = make_key(f"officer {number}").public_key
        body = RegisterOrganisation(
            Identifier(sha256(b"organisation %d" % number)[:16]), f"Organisation {number}", (officer,), 1
        )
        data = encode(KINDS["identity.register_organisation"].codec, body)
        nonce = Identifier(sha256(b"nonce %d" % number)[:16])
        valid_until_ms = TimeMs(self.now_ms + 3_600_000)
        content = Transaction(TRANSACTION_VERSION, CHAIN_ID, "identity.register_organisation", data, nonce, valid_until_ms)
        signed = sign(draft(content), make_key("0 authority"))
        self.sent.append(signed)
        return signed

    def _send_something(self) -> None:
        self._submit(self.random.choice(list(self.nodes.values())), self._make_transaction())

    def _submit(self, node: Node, signed: SignedTransaction) -> None:
        def admit(replica: Replica) -> None:
            if node.chain is not None:
                node.chain.check(encode_signed(signed), self._time_of(node))
                replica.submit(signed, self._time_of(node))

        self._drive(node, admit)

    def _pick_trusted(self) -> Node:
        return self.random.choice(self._list_trusted())

    def _list_trusted(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.is_trusted]

    def _has_all(self, node: Node, transactions: list[SignedTransaction]) -> bool:
        chain = node.chain
        return chain is not None and all(chain.find_outcome(signed.transaction_id) is not None for signed in transactions)

    # What must hold.

    def _note_final(self, node: Node, candidate: Candidate) -> None:
        header = candidate.block.header
        if not node.is_trusted:
            return
        known = self.blocks.setdefault(header.height, (candidate.block_hash, header.time_ms))
        if known[0] != candidate.block_hash:
            raise UnsafeError(f"seed {self.seed} size {self.size}: two blocks at height {header.height}: {self.faults}")
        before = self.blocks.get(header.height - 1)
        if before is not None and before[1] >= header.time_ms:
            raise UnsafeError(f"seed {self.seed}: time does not grow at height {header.height}")
        node.decided[header.height] = candidate.block_hash
        for outcome in candidate.outcomes:
            at = self.acknowledged.setdefault(outcome.transaction_id, header.height)
            if at != header.height:
                raise UnsafeError(f"seed {self.seed}: a transaction is final at heights {at} and {header.height}")

    def _check_end(self) -> None:
        """Every trusted store is sound, its commits are quorums, and it has all that was acknowledged at its height."""
        for node in self._list_trusted():
            chain = node.chain
            if chain is None:
                continue
            report = check_store(node.chain_disk, self.genesis, RuleBookV1(), compute_genesis_state(self.genesis), get_parties)
            if report.blocks != chain.tip.height + 1:
                raise UnsafeError(f"seed {self.seed}: {node.name} has {report.blocks} sound blocks of {chain.tip.height + 1}")
            for transaction_id, height in self.acknowledged.items():
                if height <= chain.tip.height and chain.find_outcome(transaction_id) is None:
                    raise UnsafeError(f"seed {self.seed}: {node.name} has lost what was acknowledged at height {height}")
            with chain.reader() as reader:
                for height in map(Height, range(1, chain.tip.height + 1)):
                    verify_commit(
                        CHAIN_ID,
                        self.genesis.authorities,
                        reader.read_header(height),
                        reader.read_commit(height),
                    )
            if node.replica is not None:
                self._check_evidence(node.replica)

    def _check_evidence(self, replica: Replica) -> None:
        faulty = {self.genesis.authorities[number].key for number in self.faults}
        for evidence in replica.evidence:
            offence = verify_evidence(CHAIN_ID, evidence)
            if offence.key not in faulty:
                raise UnsafeError(f"seed {self.seed}: an honest authority is accused")


def run_seed(seed: int, size: int | None = None, replica_class: type[Replica] = Replica) -> World:
    """Run one seed; its number chooses the size of the network unless one is given."""
    world = World(seed, size or (4, 4, 4, 1, 2, 3, 5, 7)[seed % 8], replica_class)
    with suppress(Crash):
        world.run()
    return world
