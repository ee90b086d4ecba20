"""Cosignatures from others: what is false is refused wherever it comes in, and a liar's take no room from honest ones."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ledger.checkpoint import parse_signed_checkpoint
from ledger.crypto import SigningKey, sha256
from ledger.errors import SignatureError
from ledger.types import Height, TimeMs
from node.chain import Candidate, Chain
from node.checkpoints import MAX_EARLY, MAX_RECENT, Checkpoints
from node.consensus.messages import CosignatureMessage, Message, WantCosignatures
from node.cosigner import Cosigner
from node.files import RecordOnDisk
from node.handovers import Handovers
from node.home import NodeKeys
from node.pinned import Pinned
from node.storage.memory import MemoryStore
from tests.node import toy

TIME_MS = TimeMs(2_000_500)
QUORUM = toy.AUTHORITY_KEYS[:3]


@dataclass
class Node:
    """The checkpoints of one authority of four, over a chain of its own."""

    number: int
    folder: Path
    told: list[Message] = field(default_factory=list)
    answered: list[tuple[str, Message]] = field(default_factory=list)
    shown: list[Pinned] = field(default_factory=list)

    def __post_init__(self) -> None:
        others = (SigningKey(bytes([self.number, kind]) * 16) for kind in (1, 2))
        keys = NodeKeys(toy.AUTHORITY_KEYS[self.number], *others)
        cosigner = Cosigner(toy.CHAIN_ID, keys, RecordOnDisk(self.folder / f"cosigned{self.number}"))
        self.chain: Chain = toy.open_chain(MemoryStore(), toy.make_genesis(4))
        self.checkpoints = Checkpoints(
            self.chain, cosigner, Handovers(self.chain), self.told.append, self.answer, self.shown.append
        )
        self.checkpoints.add_block(TIME_MS)

    def answer(self, peer: str, message: Message) -> None:
        self.answered.append((peer, message))

    def add(self, candidate: Candidate) -> CosignatureMessage:
        """Make a block final, and return what this node tells of it."""
        header = candidate.block.header
        self.chain.commit(self.chain.validate(candidate.block), toy.make_commit(header, QUORUM))
        self.checkpoints.add_block(TIME_MS)
        said = self.told[-1]
        assert isinstance(said, CosignatureMessage)
        return said


@pytest.fixture
def nodes(tmp_path: Path) -> tuple[Node, ...]:
    return tuple(Node(number, tmp_path) for number in range(4))


def forge(message: CosignatureMessage) -> CosignatureMessage:
    return replace(message, signature=message.signature[:-1] + bytes([message.signature[-1] ^ 1]))


def test_a_false_cosignature_that_came_before_its_block_keeps_nobody_from_going_on(nodes: tuple[Node, ...]) -> None:
    victim, *others = nodes
    candidate = toy.build(victim.chain, [toy.transact(1, (b"a", b"1"))])
    honest = [node.add(candidate) for node in others]
    victim.checkpoints.receive("liar", forge(honest[0]))
    victim.add(candidate)
    for number, message in enumerate(honest):
        victim.checkpoints.receive(f"peer {number}", message)
    assert [len(parse_signed_checkpoint(pinned.note).signatures) for pinned in victim.shown] == [4]
    victim.add(toy.build(victim.chain, []))
    assert victim.chain.tip.height == Height(2)


def test_a_false_cosignature_of_a_known_block_is_the_senders_fault_and_counts_for_nothing(nodes: tuple[Node, ...]) -> None:
    victim, *others = nodes
    candidate = toy.build(victim.chain, [])
    victim.add(candidate)
    honest = [node.add(candidate) for node in others]
    for message in honest:
        with pytest.raises(SignatureError):
            victim.checkpoints.receive("liar", forge(message))
    assert victim.shown == []
    for message in honest:
        victim.checkpoints.receive("liar", message)
    assert len(victim.shown) == 1


def test_cosignatures_of_far_checkpoints_take_a_bounded_place_and_no_honest_ones(nodes: tuple[Node, ...]) -> None:
    victim, *others = nodes
    candidate = toy.build(victim.chain, [])
    honest = [node.add(candidate) for node in others]
    far = replace(honest[0], root=sha256(b"far"))
    for size in range(10 * MAX_EARLY):
        victim.checkpoints.receive("liar", replace(far, size=2**62 + size, name=f"name {size}"))
        victim.checkpoints.receive("other liar", replace(far, size=victim.chain.tip.size + 1 + size))
    for number, message in enumerate(honest):
        victim.checkpoints.receive(f"peer {number}", message)
    assert sum(map(len, victim.checkpoints._early.values())) == 2 * MAX_EARLY + len(honest)
    victim.add(candidate)
    assert len(victim.shown) == 1


@pytest.mark.parametrize(
    "change", [{"name": "toy.example/9"}, {"root": sha256(b"other")}, {"size": 1}, {"name": "toy.example/0"}]
)
def test_a_cosignature_of_something_else_is_passed_over(nodes: tuple[Node, ...], change: dict[str, object]) -> None:
    victim, other = nodes[:2]
    candidate = toy.build(victim.chain, [])
    victim.add(candidate)
    ask = WantCosignatures(victim.chain.tip.size)
    victim.checkpoints.receive("friend", ask)
    victim.checkpoints.receive("liar", replace(other.add(candidate), **change))  # type: ignore[arg-type]
    victim.checkpoints.receive("friend", ask)
    assert victim.answered[:1] == victim.answered[1:] != []


def test_who_asks_some_blocks_later_gets_all_that_there_is_of_a_checkpoint(nodes: tuple[Node, ...]) -> None:
    victim, *others = nodes
    candidate = toy.build(victim.chain, [])
    own = victim.add(candidate)
    size = victim.chain.tip.size
    honest = [node.add(candidate) for node in others[:2]]
    for message in honest:
        victim.checkpoints.receive("peer", message)
    for _ in range(3):
        victim.add(toy.build(victim.chain, []))
    victim.checkpoints.receive("late", WantCosignatures(size))
    assert victim.answered == [("late", message) for message in (own, *honest)]
    victim.answered.clear()
    for _ in range(MAX_RECENT):
        victim.add(toy.build(victim.chain, []))
    victim.checkpoints.receive("later still", WantCosignatures(size))
    assert victim.answered == []
