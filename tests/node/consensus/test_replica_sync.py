"""Nodes that are behind, or forgot what they said: they get blocks from who holds them, and never contradict themselves."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.governance.versions import SetRuleBook
from contracts.rulebook import (
    KINDS,
    RULE_BOOK_V1,
    RULE_BOOKS,
    KindsRuleBook,
    compute_genesis_state,
    get_parties,
    make_rule_books,
)
from ledger.codec import encode
from ledger.errors import HourledgerError
from ledger.execution import RuleBooks
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, Transaction, draft, sign
from ledger.types import Height, Identifier, PublicKey, TimeMs
from node.chain import Chain
from node.chain.pruning import prune
from node.consensus.guard import Guard
from node.consensus.machine import Timeouts
from node.consensus.messages import (
    CommittedBlock,
    HeldFrom,
    ProposalMessage,
    Status,
    VoteMessage,
    decode_message,
    encode_message,
)
from node.consensus.ports import Listener
from node.consensus.replica import Replica
from node.consensus.silence import ABSTAIN_MS
from node.mempool import Mempool
from node.storage.memory import MemoryStore
from tests.simulation.sets import make_key
from tests.simulation.world import START_MS, make_genesis

SIZE = 4
NAMES = [f"n{number}" for number in range(SIZE)]
GENESIS = make_genesis(SIZE)
STEP_MS = 50
HEARTBEAT_MS = 3_000


@dataclass
class Node:
    name: str
    net: "Net"
    store: MemoryStore
    guard: MemoryStore
    rule_books: RuleBooks = RULE_BOOKS
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)
    chain: Chain = field(init=False)
    replica: Replica = field(init=False)

    def __post_init__(self) -> None:
        key = make_key(f"{self.name[1:]} authority")
        self.chain = Chain.open(self.store, GENESIS, self.rule_books, compute_genesis_state(GENESIS), get_parties)
        listener = Listener(on_event=lambda event, **fields: self.events.append((event, fields)))
        timeouts = Timeouts(heartbeat_ms=HEARTBEAT_MS)
        self.replica = Replica(self.chain, Mempool(), Guard(self.guard, key.public_key), key, self, listener, timeouts)
        self.replica.start(self.net.now)

    # Its network.

    @property
    def peers(self) -> Sequence[str]:
        return [name for name in self.net.nodes if name != self.name and self.net.is_joined(self.name, name)]

    def get_log_key(self, peer: str) -> PublicKey | None:
        return make_key(f"{peer[1:]} log").public_key

    def send(self, peer: str, data: bytes) -> None:
        message = decode_message(data)
        self.said.append(message)
        if peer in self.net.nodes and self.net.is_joined(self.name, peer):
            self.net.wires.append((self.name, peer, data))

    # What tests ask.

    @property
    def height(self) -> int:
        return self.chain.tip.height

    def list_heights_of_own_words(self) -> set[int]:
        """Heights at which it has voted or proposed; what it passes on of others does not count."""
        own = make_key(f"{self.name[1:]} authority").public_key
        votes = {(item.vote.key, item.vote.height) for item in self.said if isinstance(item, VoteMessage)}
        proposals = {(item.proposal.key, item.proposal.height) for item in self.said if isinstance(item, ProposalMessage)}
        return {int(height) for key, height in votes | proposals if key == own}

    def list_sent(self, kind: type) -> list[Any]:
        return [item for item in self.said if isinstance(item, kind)]


class Net:
    """Perfect wires and one clock, that tests move."""

    def __init__(self) -> None:
        self.now = TimeMs(START_MS)
        self.nodes: dict[str, Node] = {}
        self.wires: deque[tuple[str, str, bytes]] = deque()
        self.apart: set[str] = set()

    def is_joined(self, one: str, other: str) -> bool:
        return one not in self.apart and other not in self.apart

    def start(
        self,
        name: str,
        store: MemoryStore | None = None,
        guard: MemoryStore | None = None,
        rule_books: RuleBooks = RULE_BOOKS,
    ) -> Node:
        self.nodes[name] = Node(name, self, store or MemoryStore(), guard or MemoryStore(), rule_books)
        return self.nodes[name]

    def stop(self, name: str) -> Node:
        return self.nodes.pop(name)

    def run(self, ms: int, *names: str) -> None:
        """Let time pass, for some nodes or for all."""
        for _ in range(ms // STEP_MS):
            self.now = TimeMs(self.now + STEP_MS)
            for node in list(self.nodes.values()):
                if not names or node.name in names:
                    node.replica.tick(self.now)
            for _message in range(len(self.wires)):
                sender, receiver, data = self.wires.popleft()
                if receiver in self.nodes:
                    self.nodes[receiver].replica.receive(sender, data, self.now)

    def run_until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(4_000):
            if is_so():
                return
            self.run(STEP_MS)
        raise AssertionError("it does not come to that")


def copy(store: MemoryStore) -> MemoryStore:
    copied = MemoryStore()
    copied.write(dict(store.iterate()))
    return copied


def make_three(height: int) -> Net:
    """Three of four authorities, at a height that the fourth knows nothing of."""
    net = Net()
    for name in NAMES[:3]:
        net.start(name)
    net.run_until(lambda: all(node.height >= height for node in net.nodes.values()))
    return net


def test_who_has_given_a_block_up_says_so_and_another_gives_it() -> None:
    net = make_three(8)
    for name in ("n0", "n1"):
        prune(net.nodes[name].store, 2)
    late = net.start("n3")
    net.run_until(lambda: late.height >= 8)
    assert {item.height for name in ("n0", "n1") for item in net.nodes[name].list_sent(HeldFrom)} <= set(range(7, 99))
    assert net.nodes["n0"].list_sent(HeldFrom), "it was asked first"
    assert len(net.nodes["n2"].list_sent(CommittedBlock)) >= 6
    assert not [event for event, _fields in late.events if event == "a snapshot is needed"]
    net.run_until(lambda: late.list_heights_of_own_words() != set())


def test_a_peer_that_does_not_answer_is_not_asked_for_ever() -> None:
    net = make_three(5)
    for name in ("n0", "n1"):
        net.nodes[name].replica._give_block = lambda peer, height: None  # type: ignore[method-assign]  # noqa: ARG005
    late = net.start("n3")
    net.run_until(lambda: late.height >= 5)


def test_where_nobody_holds_the_block_it_is_said_once_that_a_snapshot_is_needed() -> None:
    net = make_three(8)
    for node in net.nodes.values():
        prune(node.store, 2)
    late = net.start("n3")
    net.run(90_000)
    told = [fields for event, fields in late.events if event == "a snapshot is needed"]
    assert len(told) == 1
    assert (told[0]["height"], "restore a newer snapshot" in told[0]["detail"]) == (1, True)
    assert told[0]["held_from"] >= 7
    assert late.height == 0
    prunes = sum(len(node.list_sent(HeldFrom)) for node in net.nodes.values())
    assert prunes <= 9, "each is asked once a minute"


def test_a_peer_that_lies_about_what_it_holds_is_not_asked_in_a_circle() -> None:
    net = make_three(3)
    late = net.start("n3")
    net.apart = {"n1", "n2"}
    for lowest in (1, 2, 10**9):
        late.replica.receive("n0", encode_message(HeldFrom(Height(lowest))), net.now)
    late.replica.receive("n0", encode_message(Status(Height(3))), net.now)
    assert len(late.said) <= 4


# What was said before may be forgotten.


def lose_and_restore(*, at_tip: bool, alone_ms: int = 0, has_old_votes: bool = False) -> tuple[Net, Node, int]:
    """n3 has spoken, loses its disk, and comes back from a copy of its store, without its last votes; return who it is then.

    The height is one at which it may have spoken before.
    """
    net = Net()
    for name in NAMES:
        net.start(name)
    net.run_until(lambda: all(node.height >= 3 for node in net.nodes.values()))
    early, early_votes = copy(net.nodes["n3"].store), copy(net.nodes["n3"].guard)
    assert list(early_votes.iterate())
    net.run_until(lambda: all(node.height == 8 for node in net.nodes.values()))
    net.run_until(lambda: any(9 in node.list_heights_of_own_words() for node in net.nodes.values()))
    old = net.stop("n3")
    restored = copy(old.store) if at_tip else early
    if alone_ms:
        net.apart = {"n3"}
    node = net.start("n3", restored, early_votes if has_old_votes else None)
    if alone_ms:
        net.run(alone_ms, "n3")
        assert node.list_heights_of_own_words() == set()
        assert not list(node.guard.iterate()), "alone, it cannot know where the others are"
        net.apart = set()
    return net, node, 9


@pytest.mark.parametrize("alone_ms", [0, 3 * ABSTAIN_MS], ids=["among others", "alone at first"])
@pytest.mark.parametrize("at_tip", [True, False], ids=["newest block", "older block"])
def test_a_store_without_votes_keeps_silent_where_its_authority_may_have_spoken(at_tip: bool, alone_ms: int) -> None:
    net, node, spoken = lose_and_restore(at_tip=at_tip, alone_ms=alone_ms)
    net.run_until(lambda: node.height >= spoken + 3)
    words = node.list_heights_of_own_words()
    assert words, "it speaks again"
    assert min(words) > spoken
    assert not any(other.replica.evidence for other in net.nodes.values())


def test_old_votes_beside_a_newer_store_are_as_good_as_none() -> None:
    net, node, spoken = lose_and_restore(at_tip=True, has_old_votes=True)
    before = node.guard.get(b"record")
    net.wires.clear()
    net.run(2 * HEARTBEAT_MS, "n3")
    assert node.guard.get(b"record") == before
    net.run_until(lambda: node.height >= spoken + 3)
    assert min(node.list_heights_of_own_words()) > spoken


def tell_of_height_8(net: Net, node: Node, *peers: str) -> None:
    """All that the restored node hears: the others' clocks stand still."""
    net.wires.clear()
    for peer in peers:
        node.replica.receive(peer, encode_message(Status(Height(8))), net.now)


def test_it_is_given_all_blocks_and_keeps_silent_on_the_way_and_at_the_end() -> None:
    net, node, _spoken = lose_and_restore(at_tip=False)
    tell_of_height_8(net, node, "n0", "n1")
    net.run(2 * HEARTBEAT_MS, "n3")
    assert node.height == 8
    assert not list(node.guard.iterate())


@pytest.mark.parametrize(("peers", "is_silent"), [(("n0", "n1"), True), (("n0",), False)])
@pytest.mark.parametrize("given", [3, 6])
def test_it_keeps_silent_as_long_as_more_than_can_lie_are_ahead(given: int, peers: tuple[str, ...], is_silent: bool) -> None:
    net, node, _spoken = lose_and_restore(at_tip=False)
    for other in ("n0", "n1", "n2"):
        replica = net.nodes[other].replica
        give = replica._give_block
        replica._give_block = lambda peer, height, give=give: give(peer, height) if height <= given else None  # type: ignore[method-assign,misc]
    tell_of_height_8(net, node, *peers)
    net.run(ABSTAIN_MS // 2, "n3")
    assert (node.height, list(node.guard.iterate())) == (given, [])
    net.run(ABSTAIN_MS // 2 + 2 * HEARTBEAT_MS, "n3")
    assert (not list(node.guard.iterate())) is is_silent


def test_it_speaks_after_a_while_where_the_others_need_it() -> None:
    net, node, spoken = lose_and_restore(at_tip=True)
    net.run_until(lambda: node.height >= spoken)
    net.stop("n0")
    net.run(ABSTAIN_MS)
    before = node.height
    net.run_until(lambda: node.height >= before + 2)


def test_one_who_claims_to_be_far_ahead_does_not_silence_it_for_ever() -> None:
    net, node, spoken = lose_and_restore(at_tip=True)
    node.replica.receive("n2", encode_message(Status(Height(10**6))), net.now)
    net.run_until(lambda: node.height >= spoken)
    net.stop("n0")
    before = node.height
    net.run_until(lambda: node.height >= before + 2)


def test_with_its_votes_it_goes_on_at_once() -> None:
    net = Net()
    for name in NAMES:
        net.start(name)
    net.run_until(lambda: all(node.height >= 3 for node in net.nodes.values()))
    old = net.stop("n3")
    net.stop("n0")
    node = net.start("n3", old.store, old.guard)
    net.run(2 * HEARTBEAT_MS)
    assert node.height >= 4
    assert ABSTAIN_MS > 2 * HEARTBEAT_MS


def vote_for_rule_book(net: Net, version: int, height: int) -> SignedTransaction:
    body = encode(KINDS["governance.set_rule_book"].codec, SetRuleBook(Height(height), version))
    content = Transaction(
        1, GENESIS.chain_id, "governance.set_rule_book", body, Identifier(bytes(16)), TimeMs(net.now + 600_000)
    )
    signed = draft(content)
    for number in range(3):
        signed = sign(signed, make_key(f"{number} authority"))
    return signed


def test_who_has_no_rules_for_a_block_stops_before_it_and_catches_up_with_a_newer_program() -> None:
    """It does not vote nil on what it cannot judge: its operator is told, and the others go on."""
    both = make_rule_books(RULE_BOOK_V1, KindsRuleBook(2, KINDS))
    net = Net()
    for name in NAMES[:3]:
        net.start(name, rule_books=both)
    old = net.start("n3")
    net.run_until(lambda: old.height >= 1)
    effective = old.height + 3
    net.nodes["n0"].replica.submit(vote_for_rule_book(net, 2, effective), net.now)
    with pytest.raises(HourledgerError, match=f"from block {effective} on the chain is under rule book 2") as stopped:
        net.run_until(lambda: False)
    assert stopped.value.reason is Reason.UNSUPPORTED_VERSION
    assert (old.height, old.replica.failure) == (effective - 1, stopped.value)
    assert max(old.list_heights_of_own_words()) == effective - 1
    net.stop("n3")
    net.run_until(lambda: net.nodes["n0"].height >= effective + 2)
    assert net.nodes["n0"].chain.tip.header.rule_book_version == 2
    newer = net.start("n3", old.store, old.guard, both)
    net.run_until(lambda: newer.height >= effective + 2)
    net.run_until(lambda: max(newer.list_heights_of_own_words(), default=0) > effective)
