"""A disk that refuses a write: the node says nothing that rests on it, nothing more at all, and the others go on."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.chain import Candidate
from node.consensus.guard import Guard
from node.consensus.messages import Message, ProposalMessage, Status, VoteMessage, encode_message
from node.storage.memory import MemoryStore
from tests.node import toy
from tests.node.consensus.town import Member, Stores, Town
from tests.node.faulty_store import FaultyStore

VICTIM = 0
NEVER = 10**9


@dataclass
class Disks:
    """The victim's two stores, of which one will fail."""

    chain: FaultyStore = field(default_factory=lambda: FaultyStore(MemoryStore(), NEVER, is_applied=False))
    guard: FaultyStore = field(default_factory=lambda: FaultyStore(MemoryStore(), NEVER, is_applied=False))
    said_after: list[Message] = field(default_factory=list)
    said: int = 0

    def watch(self, member: Member, message: Message) -> None:
        """What the victim says of itself must be on its disks."""
        if member.key != toy.AUTHORITY_KEYS[VICTIM]:
            return
        self.said += 1
        if -1 in {self.chain.writes_left, self.guard.writes_left}:
            self.said_after.append(message)
        match message:
            case VoteMessage(vote) if vote.key == member.key.public_key:
                record = Guard(self.guard.inner, vote.key).record
                assert record is not None
                assert vote in record.votes
            case ProposalMessage(proposal) if proposal.key == member.key.public_key:
                record = Guard(self.guard.inner, proposal.key).record
                assert record is not None
                assert proposal in record.proposals
            case Status(height):
                assert height <= member.town.open_chain(self.chain.inner).tip.height


@pytest.mark.parametrize("is_applied", [False, True])
@pytest.mark.parametrize("failing_write", range(5))
@pytest.mark.parametrize("store", ["chain", "guard"])
def test_nothing_is_said_once_a_write_has_failed(store: str, failing_write: int, *, is_applied: bool) -> None:
    disks = Disks()
    town = Town(stores={VICTIM: Stores(disks.chain, disks.guard)})
    failing: FaultyStore = getattr(disks, store)
    failing.writes_left, failing.is_applied = failing_write, is_applied
    town.watch = disks.watch
    for nonce in range(6):
        town.make_final(nonce)
    failure = town[VICTIM].replica.failure
    assert failure is not None
    assert failure.reason is Reason.WRITE_FAILED
    assert (failing.writes_left, disks.said_after, town.blamed) == (-1, [], [])
    assert (disks.said > 0) is (store == "chain" or failing_write > 0)
    height = town[VICTIM].chain.tip.height
    assert all(town[number].chain.tip.height > height for number in (1, 2, 3))


def test_a_checkpoint_that_cannot_be_kept_stops_a_node_between_two_heights() -> None:
    """Cosigning has a file of its own, written once a block is final."""

    def fail(_candidate: Candidate) -> None:
        raise HourledgerError(Reason.WRITE_FAILED, "the disk is full")

    town = Town()
    replica = town[VICTIM].replica
    replica._listener = replace(replica._listener, on_final=fail)
    for nonce in range(3):
        town.make_final(nonce)
    assert replica.failure is not None
    assert (replica.failure.reason, town[VICTIM].chain.tip.height, town.blamed) == (Reason.WRITE_FAILED, 1, [])


def test_a_node_that_has_failed_refuses_whatever_comes() -> None:
    disks = Disks()
    town = Town(stores={VICTIM: Stores(disks.chain, disks.guard)})
    disks.guard.writes_left = 0
    town.make_final(1)
    replica = town[VICTIM].replica
    state = replica.state
    status = encode_message(Status(town[1].chain.tip.height))
    calls: list[Callable[[], None]] = [
        lambda: replica.tick(town.now_ms),
        lambda: replica.announce(town.now_ms),
        lambda: replica.receive("n1", status, town.now_ms),
        lambda: replica.start(town.now_ms),
    ]
    for call in calls:
        with pytest.raises(HourledgerError) as caught:
            call()
        assert caught.value.reason is Reason.WRITE_FAILED
    assert replica.state == state


def test_a_node_whose_disk_works_again_goes_on_after_a_restart() -> None:
    """What it has said before is still in its guard: it says nothing else."""
    disks = Disks()
    town = Town(stores={VICTIM: Stores(disks.chain, disks.guard)})
    disks.guard.writes_left = 2
    town.make_final(1)
    town.make_final(2)
    repaired = Stores(disks.chain.inner, disks.guard.inner)
    member = town._make_member(VICTIM, repaired)
    town.members[member.name] = member
    member.replica.start(town.now_ms)
    town.make_final(3)
    assert member.chain.tip == town[1].chain.tip
    assert (town.blamed, member.replica.is_key_elsewhere) == ([], False)
    assert all(item.replica.evidence == () for item in town.members.values())
