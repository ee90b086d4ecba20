"""A network of replicas in one thread: production code for everything but the clock, the wires and the disks.

One seed decides all that happens. The first phase has faults; then they end, and everybody must make a fresh transaction final
within a bound of simulated time. What must never happen is looked for at every block.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Final

from contracts.identity.organisations import RegisterOrganisation
from contracts.offences import OFFENCE
from contracts.rulebook import KINDS, RULE_BOOKS, compute_genesis_state, get_parties
from ledger.authorities import compute_quorum
from ledger.blocks import Header, verify_commit
from ledger.codec import encode
from ledger.crypto import SigningKey, sha256
from ledger.errors import HourledgerError
from ledger.events import split_entry
from ledger.genesis import GENESIS_VERSION, Genesis
from ledger.proofs import Bundle, parse_bundle
from ledger.reasons import Reason
from ledger.transactions import TRANSACTION_VERSION, SignedTransaction, Transaction, draft, encode_signed, sign
from ledger.types import EntryIndex, Hash, Height, Identifier, PublicKey, TimeMs
from ledger.votes import verify_evidence
from node.chain import Candidate, Chain
from node.checkpoints import Checkpoints
from node.consensus.guard import Guard
from node.consensus.machine import Timeouts
from node.consensus.messages import Message, decode_message, encode_message
from node.consensus.network import REPEAT_COSIGNATURE_SECONDS
from node.consensus.ports import Listener
from node.consensus.replica import Replica
from node.cosigner import Cosigner
from node.handovers import Handovers, format_proven
from node.home import NodeKeys
from node.mempool import Mempool
from node.pinned import Pinned
from node.storage.fsck import check_store
from tests.simulation.cosigning import CosigningChecker
from tests.simulation.disk import Crash, SimulatedDisk, SimulatedFile
from tests.simulation.liars import WAYS, Liar
from tests.simulation.problems import StuckError, UnsafeError
from tests.simulation.sets import Changer, Sets, make_authority, make_key

CHAIN_ID: Final = "simulation.example/log"
START_MS: Final = 1_790_000_000_000
FAULTS_MS: Final = 40_000
BOUND_MS: Final = 120_000
REPEAT_COSIGNATURE_MS: Final = round(REPEAT_COSIGNATURE_SECONDS * 1_000)
SIZES: Final = (4, 4, 4, 1, 2, 3, 5, 7)
LARGE_SIZES: Final = {50: 10, 100: 13, 150: 10, 200: 13, 250: 31}
TIMEOUTS: Final = Timeouts(heartbeat_ms=15_000)


def make_genesis(size: int) -> Genesis:
    authorities = tuple(make_authority(number) for number in range(size))
    return Genesis(GENESIS_VERSION, CHAIN_ID, "Simulation", TimeMs(START_MS), authorities, (), (), (), ())


@dataclass
class Node:
    """One place where a replica runs. `number` is its authority's; a copy of a key is another place with the same number."""

    name: str
    number: int
    chain_disk: SimulatedDisk
    guard_disk: SimulatedDisk
    cosigned: SimulatedFile
    skew_ms: int = 0
    replica: Replica | None = None
    chain: Chain | None = None
    checkpoints: Checkpoints | None = None
    shown_size: int = 0
    repeat_at_ms: int = 0
    liar: Liar | None = None
    is_trusted: bool = True
    paused_until_ms: int = 0
    generation: int = 0
    backup: tuple[bytes, bytes, bytes | None] = (b"", b"", None)
    final_height: int = 0

    @property
    def disks(self) -> tuple[SimulatedDisk, SimulatedDisk, SimulatedFile]:
        return self.chain_disk, self.guard_disk, self.cosigned


@dataclass
class Wires:
    """A node's way to the others."""

    world: "World"
    node: Node

    @property
    def peers(self) -> tuple[str, ...]:
        return self.world.list_peers(self.node)

    def get_log_key(self, peer: str) -> PublicKey | None:
        return make_key(f"{self.world.nodes[peer].number} log").public_key

    def tell(self, message: Message) -> None:
        data = encode_message(message)
        for peer in self.peers:
            self.send(peer, data)

    def answer(self, peer: str, message: Message) -> None:
        self.send(peer, encode_message(message))

    def send(self, peer: str, data: bytes) -> None:
        self.world.cosigning.check_sent(data, is_trusted=self.node.is_trusted)
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
        self.sets = Sets(self.genesis.authorities)
        self.cosigning = CosigningChecker(self.sets)
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
        self.changer = Changer(self.seed, self.size, tuple(self.faults))
        for number in (*range(self.size), *self.changer.spares):
            self._add_node(f"n{number}", number)
            if self.faults.get(number) == "two copies":
                self._add_node(f"n{number}b", number)
        for node in self.nodes.values():
            self.start(node)

    def _add_node(self, name: str, number: int) -> None:
        node = Node(name, number, SimulatedDisk(), SimulatedDisk(), SimulatedFile(), self.random.randint(-2_000, 2_000))
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
        self._make_final([self._make_transaction() for _ in range(2)])
        while max(self.blocks, default=0) < self.sets.last_change:
            self._make_final([self._make_transaction()])
        self._run_until(lambda: all(self._has_all_handovers(node) for node in self._list_trusted()))
        found = {offence for node in self._list_trusted() for offence in self._list_waiting(node)}
        self._run_until(lambda: all(found <= self._list_recorded(node).keys() for node in self._list_trusted()))
        self._check_end()

    def _make_final(self, fresh: list[SignedTransaction]) -> None:
        """Every trusted node comes to show them, whoever decides by then."""
        for signed in fresh:
            self._submit(self._pick_trusted(), signed)
        self._run_until(lambda: all(self._shows_all(node, fresh) for node in self._list_trusted()))

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
            self._open(node)
        except Crash:
            self._crash(node)
            return
        except HourledgerError as error:
            raise UnsafeError(f"seed {self.seed}: {node.name} does not start: {error}") from error
        self._schedule_tick(node)

    def _open(self, node: Node) -> None:
        """Put a node together as `node.app` and `node.consensus.network` do."""
        chain = Chain.open(node.chain_disk, self.genesis, RULE_BOOKS, compute_genesis_state(self.genesis), get_parties)
        if chain.tip.height < node.final_height:
            raise UnsafeError(f"seed {self.seed}: {node.name} has told of block {node.final_height} and lost it")
        keys = NodeKeys(*(make_key(f"{node.number} {role}") for role in ("authority", "cosigner", "log")))
        self._note_start(node, chain)
        node.chain = chain
        fault = self.faults.get(node.number, "")
        node.liar = Liar(fault, keys.authority, chain, self.random) if fault in WAYS else None
        wires = Wires(self, node)
        cosigner = Cosigner(CHAIN_ID, keys, node.cosigned)
        checkpoints = Checkpoints(
            chain, cosigner, Handovers(chain), wires.tell, wires.answer, lambda pinned: self._note_shown(node, pinned)
        )
        listener = Listener(
            on_final=lambda candidate: self._note_final(node, candidate),
            on_cosigning=checkpoints.receive,
        )
        guard = Guard(node.guard_disk, keys.authority.public_key)
        node.replica = self.replica_class(chain, Mempool(), guard, keys.authority, wires, listener, TIMEOUTS)
        node.checkpoints = checkpoints
        checkpoints.add_block(self._time_of(node))
        node.replica.start(self._time_of(node))

    def _time_of(self, node: Node) -> TimeMs:
        return TimeMs(self.now_ms + node.skew_ms)

    def _crash(self, node: Node) -> None:
        """Lose everything that is not on the disks; come back after a while."""
        node.replica = node.chain = node.checkpoints = None
        node.generation += 1
        for disk in node.disks:
            disk.fail(self.random)
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
        if node.checkpoints is not None and self.now_ms >= node.repeat_at_ms:
            node.repeat_at_ms = self.now_ms + REPEAT_COSIGNATURE_MS
            node.checkpoints.repeat()
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
        for _ in range(self.changer.times):
            self.at(self.changer.draw_delay_ms(FAULTS_MS), self._change_authorities)
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
                self.random.choice(node.disks).power.arm(self.random)
            case "pause":
                node.paused_until_ms = self.now_ms + self.random.randint(500, 8_000)
            case "skew":
                node.skew_ms = self.random.randint(-5_000, 5_000)
            case "all crash":
                for other in self.nodes.values():
                    self._crash(other)

    def _take_backup(self, node: Node) -> None:
        node.backup = (node.chain_disk.copy(), node.guard_disk.copy(), node.cosigned.copy())

    def _restore(self, node: Node) -> None:
        self._crash(node)
        self._put_back(node, (b"", b"", None) if self.faults[node.number] == "lost disk" else node.backup)

    def _put_back(self, node: Node, content: tuple[bytes, bytes, bytes | None]) -> None:
        """Give a node that is down other disks."""
        chain_content, votes, cosigned = content
        node.chain_disk, node.guard_disk = SimulatedDisk(chain_content), SimulatedDisk(votes)
        node.cosigned = SimulatedFile(cosigned)
        node.final_height = 0

    def _end_faults(self) -> None:
        self.cuts.clear()
        for node in self.nodes.values():
            for disk in node.disks:
                disk.power.due = None
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
        return self._sign("identity.register_organisation", body, [make_key("0 authority")])

    def _sign(self, kind: str, body: object, keys: Iterable[SigningKey]) -> SignedTransaction:
        nonce = Identifier(sha256(b"nonce %d" % len(self.sent))[:16])
        valid_until_ms = TimeMs(self.now_ms + 3_600_000)
        data = encode(KINDS[kind].codec, body)
        signed = draft(Transaction(TRANSACTION_VERSION, CHAIN_ID, kind, data, nonce, valid_until_ms))
        for key in keys:
            signed = sign(signed, key)
        self.sent.append(signed)
        return signed

    def _change_authorities(self) -> None:
        """All who decide, liars too, approve a change, as one of them sees the chain now."""
        node = self._pick_trusted()
        if node.chain is None:
            return
        deciding = node.chain.authorities
        body = self.changer.draw(deciding, node.chain.tip.height + 1)
        if body is None:
            return
        keys = [make_key(f"{number} authority") for number in (*range(self.size), *self.changer.spares)]
        deciders = {item.key for item in deciding}
        signers = [key for key in keys if key.public_key in deciders]
        self._submit(self._pick_trusted(), self._sign("governance.change_authorities", body, signers))

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

    def _shows_all(self, node: Node, transactions: list[SignedTransaction]) -> bool:
        """Whether a node has the transactions, under a checkpoint with a quorum."""
        chain = node.chain
        if chain is None:
            return False
        found = [chain.find_outcome(signed.transaction_id) for signed in transactions]
        return all(item is not None and item.index < node.shown_size for item in found)

    def _has_all_handovers(self, node: Node) -> bool:
        return len(self._list_handovers(node)) >= self.sets.count_changes(node.chain.tip.height if node.chain else 0)

    def _list_handovers(self, node: Node) -> list[Bundle]:
        kept = [] if node.chain is None else node.chain.iterate_handovers(Height(0))
        proven = [format_proven(data) for _height, data in kept]
        return [parse_bundle(item) for item in proven if item is not None]

    # What must hold.

    def _note_final(self, node: Node, candidate: Candidate) -> None:
        if node.is_trusted:
            self._check_final(node, candidate)
        if node.checkpoints is not None:
            node.checkpoints.add_block(self._time_of(node))

    def _note_shown(self, node: Node, pinned: Pinned) -> None:
        if node.is_trusted:
            node.shown_size = self.cosigning.check_shown(pinned)

    def _note_start(self, node: Node, chain: Chain) -> None:
        """A node may have made a block durable and crashed before it told anybody: with its commit, that block is final."""
        header = chain.tip.header
        if header.height > 0 and node.is_trusted:
            with chain.reader() as reader:
                verify_commit(CHAIN_ID, self.sets.find(header.height), header, reader.read_commit(header.height))
                self.sets.note(reader.iterate_entries(header.log_size, chain.tip.size))
            self._note_block(header, chain.tip.block_hash)
        if header.height == 0 or node.is_trusted:
            self.cosigning.note_final(chain.tip)

    def _note_block(self, header: Header, block_hash: Hash) -> None:
        known = self.blocks.setdefault(header.height, (block_hash, header.time_ms))
        if known[0] != block_hash:
            raise UnsafeError(f"seed {self.seed} size {self.size}: two blocks at height {header.height}: {self.faults}")
        before = self.blocks.get(header.height - 1)
        if before is not None and before[1] >= header.time_ms:
            raise UnsafeError(f"seed {self.seed}: time does not grow at height {header.height}")

    def _check_final(self, node: Node, candidate: Candidate) -> None:
        header = candidate.block.header
        self._note_block(header, candidate.block_hash)
        self.sets.note(candidate.entries)
        node.final_height = header.height
        self.cosigning.note_final(candidate.tip)
        for outcome in candidate.outcomes:
            at = self.acknowledged.setdefault(outcome.transaction_id, header.height)
            if at != header.height:
                raise UnsafeError(f"seed {self.seed}: a transaction is final at heights {at} and {header.height}")

    def _check_end(self) -> None:
        """Every trusted store is sound, its commits are quorums, and it has all that was acknowledged at its height."""
        self.cosigning.check_end()
        for node in self._list_trusted():
            chain = node.chain
            if chain is None:
                continue
            report = check_store(node.chain_disk, self.genesis, RULE_BOOKS, compute_genesis_state(self.genesis), get_parties)
            if report.blocks != chain.tip.height + 1:
                raise UnsafeError(f"seed {self.seed}: {node.name} has {report.blocks} sound blocks of {chain.tip.height + 1}")
            for transaction_id, height in self.acknowledged.items():
                if height <= chain.tip.height and chain.find_outcome(transaction_id) is None:
                    raise UnsafeError(f"seed {self.seed}: {node.name} has lost what was acknowledged at height {height}")
            with chain.reader() as reader:
                for height in map(Height, range(1, chain.tip.height + 1)):
                    verify_commit(
                        CHAIN_ID,
                        self.sets.find(height),
                        reader.read_header(height),
                        reader.read_commit(height),
                    )
            self._check_evidence(node)
            self.sets.check_led(CHAIN_ID, self._list_handovers(node))

    def _check_evidence(self, node: Node) -> None:
        """Nobody honest is named, on the chain or in what waits for it; and nobody twice for one height."""
        faulty = {make_key(f"{number} authority").public_key for number in self.faults}
        recorded = self._list_recorded(node)
        if any(key not in faulty for key, _height in (*recorded, *self._list_waiting(node))):
            raise UnsafeError(f"seed {self.seed}: an honest authority is accused")
        if any(times > 1 for times in recorded.values()):
            raise UnsafeError(f"seed {self.seed}: an offence is recorded twice")

    def _list_waiting(self, node: Node) -> list[tuple[PublicKey, Height]]:
        """Who is accused of something at what height, and not on the chain yet."""
        offences = [verify_evidence(CHAIN_ID, item) for item in node.replica.evidence] if node.replica is not None else []
        return [(offence.key, offence.height) for offence in offences]

    def _list_recorded(self, node: Node) -> Counter[tuple[PublicKey, Height]]:
        """Who is named on a node's chain, for what height, and how often."""
        if node.chain is None:
            return Counter()
        with node.chain.reader() as reader:
            entries = list(reader.iterate_entries(EntryIndex(0), node.chain.tip.size))
        events = [OFFENCE.decode(entry) for entry in entries if split_entry(entry)[0] == OFFENCE.name]
        return Counter((event.key, event.height) for event in events)


def choose_size(seed: int) -> int:
    """Return the size of a seed's network: small ones mostly, since large ones take long."""
    return LARGE_SIZES.get(seed % 400, SIZES[seed % len(SIZES)])


def run_seed(seed: int, size: int | None = None, replica_class: type[Replica] = Replica) -> World:
    """Run one seed; its number chooses the size of the network unless one is given."""
    world = World(seed, size or choose_size(seed), replica_class)
    with suppress(Crash):
        world.run()
    return world
