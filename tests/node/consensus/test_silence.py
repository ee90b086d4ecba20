"""How long a node that had fallen behind says nothing: until each other authority has repeated what it knows, or for 20 s."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
from ledger.blocks import encode_block
from ledger.types import Height, PublicKey, Round, TimeMs
from ledger.votes import NO_ROUND, VoteType, sign_vote
from node.chain import Chain
from node.consensus.guard import Guard
from node.consensus.machine.types import Step
from node.consensus.messages import CommittedBlock, Message, Status, VoteMessage, decode_message, encode_message
from node.consensus.ports import Listener
from node.consensus.replica import Replica
from node.consensus.silence import ABSTAIN_MS
from node.mempool import Mempool
from node.storage.memory import MemoryStore
from tests.simulation.absence import SIZE, QuietWorld
from tests.simulation.sets import make_key
from tests.simulation.world import CHAIN_ID, START_MS, TIMEOUTS, make_genesis

OWN = SIZE - 1
OTHERS = tuple(f"n{number}" for number in range(OWN))
NOW_MS = TimeMs(START_MS + 5_000)


@dataclass
class Connected:
    """Connections that take everything and do nothing with it."""

    peers: tuple[str, ...] = OTHERS
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def get_log_key(self, peer: str) -> PublicKey | None:
        return make_key(f"{peer.removeprefix('n')} log").public_key

    def send(self, peer: str, data: bytes) -> None:
        self.sent.append((peer, data))


@pytest.fixture(scope="module")
def blocks() -> tuple[CommittedBlock, ...]:
    world = QuietWorld(0, SIZE)
    for _ in range(2):
        world._submit(world.nodes["n0"], world._make_transaction())
        world.pass_time(4_000)
    chain = world.nodes["n0"].chain
    assert chain is not None
    with chain.reader() as reader:
        heights = map(Height, range(1, chain.tip.height + 1))
        return tuple(CommittedBlock(encode_block(reader.read_block(item)), reader.read_commit(item)) for item in heights)


@pytest.fixture
def wires() -> Connected:
    return Connected()


def make_node(wires: Connected, guard_store: MemoryStore) -> Replica:
    genesis = make_genesis(SIZE)
    chain = Chain.open(MemoryStore(), genesis, RULE_BOOKS, compute_genesis_state(genesis), get_parties)
    key = make_key(f"{OWN} authority")
    replica = Replica(chain, Mempool(), Guard(guard_store, key.public_key), key, wires, Listener(), TIMEOUTS)
    replica.start(NOW_MS)
    return replica


@pytest.fixture
def node(wires: Connected) -> Replica:
    """A node that has just been started with nothing."""
    return make_node(wires, MemoryStore())


def tell(node: Replica, message: Message, peers: Sequence[str] = OTHERS) -> None:
    for peer in peers:
        node.receive(peer, encode_message(message), NOW_MS)


@pytest.fixture
def silent(node: Replica, blocks: tuple[CommittedBlock, ...]) -> Replica:
    """The same node after it has caught up with one that says so."""
    tell(node, blocks[0], OTHERS[:1])
    tell(node, Status(Height(1)), OTHERS[:1])
    assert (node.height, node.state.own) == (2, None)
    return node


def test_each_other_must_have_repeated_twice(silent: Replica) -> None:
    repeated = Status(Height(1), has_repeated=True)
    tell(silent, repeated)
    tell(silent, repeated, OTHERS[:-1])
    assert silent.state.own is None
    tell(silent, repeated, OTHERS[-1:])
    assert silent.state.own == OWN


def test_a_quorum_is_not_enough(silent: Replica) -> None:
    for _ in range(5):
        tell(silent, Status(Height(1), has_repeated=True), OTHERS[:-1])
    assert silent.state.own is None


@pytest.mark.parametrize("status", [Status(Height(1)), Status(Height(0), has_repeated=True)], ids=["no end", "height before"])
def test_what_is_no_repetition_at_this_height(silent: Replica, status: Status) -> None:
    for _ in range(5):
        tell(silent, status)
    assert silent.state.own is None


def test_repetitions_at_the_height_before_do_not_count(node: Replica, blocks: tuple[CommittedBlock, ...]) -> None:
    for _ in range(2):
        tell(node, Status(Height(0), has_repeated=True))
    tell(node, blocks[0], OTHERS[:1])
    tell(node, Status(Height(1), has_repeated=True))
    assert node.state.own is None


def test_it_listens_again_when_it_gets_another_block(silent: Replica, blocks: tuple[CommittedBlock, ...]) -> None:
    """What it first took for the newest height was that of nodes which were behind, too."""
    tell(silent, blocks[1], OTHERS[:1])
    assert (silent.height, silent.state.own) == (3, None)
    for _ in range(2):
        tell(silent, Status(Height(2), has_repeated=True))
    assert silent.state.own == OWN


def test_blocks_that_follow_each_other_do_not_make_it_silent_for_longer(
    silent: Replica, blocks: tuple[CommittedBlock, ...]
) -> None:
    silent.receive(OTHERS[0], encode_message(blocks[1]), TimeMs(NOW_MS + ABSTAIN_MS - 1))
    silent.tick(TimeMs(NOW_MS + ABSTAIN_MS))
    assert silent.state.own == OWN


def test_it_goes_on_where_it_knows_what_it_has_said(wires: Connected, blocks: tuple[CommittedBlock, ...]) -> None:
    """Only its blocks are from an old copy."""
    guard_store = MemoryStore()
    node = make_node(wires, guard_store)
    for block in blocks:
        tell(node, block, OTHERS[:1])
    tell(node, Status(Height(2)), OTHERS[:1])
    node.tick(TimeMs(NOW_MS + ABSTAIN_MS))
    node.tick(TimeMs(NOW_MS + ABSTAIN_MS + TIMEOUTS.heartbeat_ms))
    assert node.state.step is Step.PREVOTE
    said = Guard(guard_store, make_key(f"{OWN} authority").public_key).record
    node = make_node(wires, guard_store)
    for block in blocks:
        tell(node, block, OTHERS[:1])
    tell(node, Status(Height(2)), OTHERS[:1])
    node.tick(TimeMs(NOW_MS + ABSTAIN_MS))
    assert (node.state.own, Guard(guard_store, make_key(f"{OWN} authority").public_key).record) == (OWN, said)


def test_the_time_counts_from_when_it_has_caught_up(node: Replica, blocks: tuple[CommittedBlock, ...]) -> None:
    """Two of three that are ahead: one of them is honest."""
    tell(node, Status(Height(2)), OTHERS[:2])
    tell(node, blocks[0], OTHERS[:1])
    node.receive(OTHERS[0], encode_message(blocks[1]), TimeMs(NOW_MS + ABSTAIN_MS))
    assert (node.height, node.state.own) == (3, None)


def test_one_liar_who_claims_to_be_far_ahead_does_not_keep_it_silent(silent: Replica) -> None:
    tell(silent, Status(Height(1_000)), OTHERS[1:2])
    silent.tick(TimeMs(NOW_MS + ABSTAIN_MS))
    assert silent.state.own == OWN


def test_while_nobody_has_said_where_the_chain_is_it_says_nothing(node: Replica, blocks: tuple[CommittedBlock, ...]) -> None:
    tell(node, blocks[0], OTHERS[:1])
    for times in range(1, 4):
        node.tick(TimeMs(NOW_MS + times * ABSTAIN_MS))
        assert node.state.own is None


def test_it_speaks_in_the_end_whoever_is_away(silent: Replica) -> None:
    silent.tick(TimeMs(NOW_MS + ABSTAIN_MS - 1))
    assert silent.state.own is None
    silent.tick(TimeMs(NOW_MS + ABSTAIN_MS))
    assert silent.state.own == OWN


def test_the_end_of_a_repetition_follows_its_votes(node: Replica, wires: Connected) -> None:
    """So whoever has the end has the votes, also where a connection breaks in between and is made again."""
    vote = sign_vote(CHAIN_ID, make_key("0 authority"), VoteType.PREVOTE, Height(1), Round(0), None, NO_ROUND)
    tell(node, VoteMessage(vote), OTHERS[:1])
    wires.sent.clear()
    node.tick(NOW_MS)
    told = [decode_message(data) for peer, data in wires.sent if peer == OTHERS[1]]
    assert told == [VoteMessage(vote), Status(Height(0), has_repeated=True)]


def test_it_says_nothing_at_a_height_where_somebody_has_a_vote_of_its_own(
    silent: Replica, blocks: tuple[CommittedBlock, ...]
) -> None:
    """And it listens again at the next, since it may have gone on to that."""
    key = make_key(f"{OWN} authority")
    vote = sign_vote(CHAIN_ID, key, VoteType.PREVOTE, Height(2), Round(0), None, NO_ROUND)
    tell(silent, VoteMessage(vote), OTHERS[:1])
    for _ in range(2):
        tell(silent, Status(Height(1), has_repeated=True))
    silent.tick(TimeMs(NOW_MS + 2 * ABSTAIN_MS))
    assert silent.state.own is None
    tell(silent, blocks[1], OTHERS[:1])
    assert (silent.height, silent.state.own) == (3, None)
    for _ in range(2):
        tell(silent, Status(Height(2), has_repeated=True))
    assert silent.state.own == OWN
