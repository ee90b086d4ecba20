"""What a replica does with evidence: keep it, tell the others, have a block made for it, and forget what is on the chain."""

from dataclasses import dataclass, field
from typing import Final

import pytest

from ledger.blocks import MAX_BLOCK_EVIDENCE
from ledger.crypto import SigningKey, sha256
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Height, PublicKey, Round, TimeMs
from ledger.votes import NO_ROUND, VoteType, make_evidence, sign_proposal, sign_vote
from node.chain import Chain
from node.consensus import evidence as pool
from node.consensus.evidence import MAX_EVIDENCE_OF_ONE, EvidencePool
from node.consensus.guard import Guard
from node.consensus.machine import Timeouts
from node.consensus.messages import EvidenceMessage, Message, ProposalMessage, VoteMessage, decode_message, encode_message
from node.consensus.ports import Listener
from node.consensus.replica import REPEAT_MS, Replica
from node.mempool import Mempool
from node.storage.memory import MemoryStore
from tests.node import toy

OFFENDER = toy.AUTHORITY_KEYS[1]
THIS, THAT = sha256(b"this"), sha256(b"that")
NOW: Final = TimeMs(toy.START_MS + 60_000)


def convict(height: int, key: SigningKey = OFFENDER, round_: int = 0) -> bytes:
    """Two precommits of one round, for two blocks."""
    votes = (
        sign_vote(toy.CHAIN_ID, key, VoteType.PRECOMMIT, Height(height), Round(round_), value, NO_ROUND)
        for value in (THIS, THAT)
    )
    return make_evidence(*votes)


@dataclass
class Wires:
    """Keeps what is said to two peers."""

    sent: list[Message] = field(default_factory=list)
    peers: tuple[str, ...] = ("a", "b")

    def get_log_key(self, _peer: str) -> PublicKey | None:
        return None

    def send(self, _peer: str, data: bytes) -> None:
        self.sent.append(decode_message(data))

    def take_evidence(self) -> list[bytes]:
        found = [message.evidence for message in self.sent if isinstance(message, EvidenceMessage)]
        self.sent.clear()
        return found


def make_chain(authorities: int, blocks: int) -> Chain:
    chain = toy.open_chain(MemoryStore(), toy.make_genesis(authorities))
    for _ in range(blocks):
        candidate = toy.build(chain, [])
        chain.commit(candidate, toy.make_commit(candidate.block.header, toy.AUTHORITY_KEYS[:authorities]))
    return chain


def make_replica(chain: Chain, wires: Wires) -> Replica:
    replica = Replica(
        chain,
        Mempool(),
        Guard(MemoryStore(), toy.AUTHORITY_KEYS[0].public_key),
        toy.AUTHORITY_KEYS[0],
        wires,
        Listener(),
        Timeouts(heartbeat_ms=10**9),
    )
    replica.start(NOW)
    wires.sent.clear()
    return replica


def give(replica: Replica, data: bytes) -> None:
    replica.receive("a", encode_message(EvidenceMessage(data)), NOW)


def test_evidence_is_told_to_all_at_once_and_again_until_it_is_on_the_chain() -> None:
    wires = Wires()
    replica = make_replica(make_chain(4, 2), wires)
    give(replica, convict(1))
    assert replica.evidence == (convict(1),)
    assert wires.take_evidence() == [convict(1)] * 2
    give(replica, convict(1))
    assert wires.take_evidence() == []
    for turn in (1, 2):
        replica.tick(TimeMs(NOW + turn * REPEAT_MS))
        assert wires.take_evidence() == [convict(1)] * 2


def test_a_block_is_made_for_evidence_alone_and_none_after_it() -> None:
    """One authority decides by itself, so that its blocks can be counted."""
    wires, chain = Wires(), make_chain(1, 2)
    replica = make_replica(chain, wires)
    give(replica, convict(1))
    give(replica, convict(2))
    assert chain.tip.height == 2
    replica.tick(TimeMs(NOW + REPEAT_MS))
    assert chain.tip.height == 3
    with chain.reader() as reader:
        assert reader.read_block(Height(3)).evidence == (convict(1), convict(2))
    assert replica.evidence == ()
    wires.sent.clear()
    replica.tick(TimeMs(NOW + 2 * REPEAT_MS))
    give(replica, convict(2, round_=1))
    assert (chain.tip.height, wires.take_evidence()) == (3, [])


def test_evidence_of_the_height_being_decided_waits_and_makes_no_block() -> None:
    wires, chain = Wires(), make_chain(1, 2)
    replica = make_replica(chain, wires)
    give(replica, convict(3))
    give(replica, convict(4))
    replica.tick(TimeMs(NOW + REPEAT_MS))
    assert (chain.tip.height, replica.evidence) == (2, (convict(3),))
    replica.submit(toy.transact(1, (b"a", b"1")), TimeMs(NOW + REPEAT_MS))
    assert (chain.tip.height, replica.evidence) == (3, (convict(3),))
    replica.tick(TimeMs(NOW + 2 * REPEAT_MS))
    assert (chain.tip.height, replica.evidence) == (4, ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xc1", Reason.MALFORMED),
        (
            make_evidence(*[sign_vote(toy.CHAIN_ID, OFFENDER, VoteType.PREVOTE, Height(1), Round(0), THIS, -1)] * 2),
            Reason.INVALID_PROOF,
        ),
        (convict(1)[:-1] + bytes([convict(1)[-1] ^ 1]), Reason.INVALID_SIGNATURE),
    ],
)
def test_whoever_sends_what_shows_no_offence_is_at_fault(data: bytes, reason: Reason) -> None:
    wires = Wires()
    replica = make_replica(make_chain(4, 2), wires)
    with pytest.raises(HourledgerError) as caught:
        give(replica, data)
    assert caught.value.reason is reason
    assert (replica.evidence, wires.take_evidence()) == ((), [])


def test_what_cannot_be_recorded_is_not_carried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.chain.evidence.MAX_EVIDENCE_BLOCKS", 2)
    wires = Wires()
    replica = make_replica(make_chain(4, 3), wires)
    for data in (convict(2, toy.STRANGER), convict(1), convict(9)):
        give(replica, data)
    assert (replica.evidence, wires.take_evidence()) == ((), [])


def test_two_proposals_and_two_votes_that_come_in_are_evidence() -> None:
    wires = Wires()
    replica = make_replica(make_chain(4, 2), wires)
    height = replica.height
    proposer = toy.AUTHORITY_KEYS[replica.state.compute_proposer(1)]
    proposals = [sign_proposal(toy.CHAIN_ID, proposer, height, Round(1), value, NO_ROUND, (THIS,)) for value in (THIS, THAT)]
    voter = next(key for key in toy.AUTHORITY_KEYS[1:] if key.public_key != proposer.public_key)
    votes = [sign_vote(toy.CHAIN_ID, voter, VoteType.PREVOTE, height, Round(0), value, NO_ROUND) for value in (THIS, THAT)]
    messages: list[Message] = [*map(ProposalMessage, proposals), *map(VoteMessage, votes)]
    for message in messages:
        replica.receive("a", encode_message(message), NOW)
    assert set(replica.evidence) == {make_evidence(*proposals), make_evidence(*votes)}


def test_a_liar_at_every_height_leaves_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = EvidencePool(make_chain(4, MAX_BLOCK_EVIDENCE))
    taken = [waiting.add(convict(height), NOW) for height in range(1, MAX_EVIDENCE_OF_ONE + 2)]
    assert taken == [True] * MAX_EVIDENCE_OF_ONE + [False]
    assert waiting.add(convict(1, toy.AUTHORITY_KEYS[2]), NOW)
    assert not waiting.add(convict(1, toy.AUTHORITY_KEYS[2], round_=1), NOW)
    monkeypatch.setattr(pool, "MAX_EVIDENCE", MAX_EVIDENCE_OF_ONE + 1)
    assert not waiting.add(convict(1, toy.AUTHORITY_KEYS[3]), NOW)
