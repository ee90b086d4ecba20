"""A height that takes very many rounds: what is kept stays bounded, and it is decided once the trouble is over."""

import pytest

from node.consensus import height
from node.consensus.guard import Guard
from node.consensus.messages import Message, ProposalMessage, VoteMessage
from node.consensus.replica import MAX_BEHIND_MS, REPEAT_MS
from tests.effort import choose
from tests.node import toy
from tests.node.consensus.town import Town

OWN_VOTES, OWN_PROPOSALS = 16, 3
ROUNDS = choose(24, 40)
MAX_BLOCKS = 16
"""Blocks that are named by proposals of the latest rounds, and an authority's own."""


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Town:
    """The clocks of two are so wrong that neither pair takes the other's blocks."""
    monkeypatch.setattr(height, "MAX_OWN_VOTES", OWN_VOTES)
    monkeypatch.setattr(height, "MAX_OWN_PROPOSALS", OWN_PROPOSALS)
    town = Town()
    for number in (2, 3):
        town[number].skew_ms = 2 * MAX_BEHIND_MS
    town[0].replica.submit(toy.transact(1, (b"a", b"1")), town.now_ms)
    return town


def run_rounds(town: Town, rounds: int) -> None:
    town.run_until(lambda: all(member.replica.state.round >= rounds for member in town.members.values()), 10**6)
    assert all(member.chain.tip.height == 0 for member in town.members.values())


def require_decided(town: Town) -> None:
    for member in town.members.values():
        member.skew_ms = 0
    town.run_until(lambda: all(member.chain.tip.height >= 1 for member in town.members.values()))
    assert town.blamed == []
    assert all(not member.replica.is_key_elsewhere and member.replica.evidence == () for member in town.members.values())


def test_what_is_kept_of_a_long_height_is_bounded(town: Town) -> None:
    run_rounds(town, ROUNDS)
    for member in town.members.values():
        book = member.replica._book
        assert (len(book.own_votes), len(book.own_proposals)) == (OWN_VOTES, OWN_PROPOSALS)
        assert len(book.blocks) <= MAX_BLOCKS
        assert len(book.candidates) <= MAX_BLOCKS
        assert len(book.invalid) + len(book.assemblies) <= MAX_BLOCKS
        record = Guard(member.guard_store, member.key.public_key).record
        assert record is not None
        assert len(record.votes) == OWN_VOTES
        assert len(record.proposals) <= OWN_PROPOSALS + 2
    require_decided(town)


def test_old_votes_of_its_own_played_back_do_not_silence_a_node(town: Town) -> None:
    said: list[Message] = []
    town.watch = lambda member, message: said.append(message) if member is town[0] else None
    run_rounds(town, ROUNDS)
    key = town[0].key.public_key
    own = [item for item in said if isinstance(item, VoteMessage) and item.vote.key == key]
    own_proposals = [item for item in said if isinstance(item, ProposalMessage) and item.proposal.key == key]
    assert len({item.vote for item in own}) > OWN_VOTES
    town.tell(0, *own, *own_proposals, sender=2)
    assert town[0].replica.state.own == 0
    require_decided(town)


def test_a_node_goes_on_after_a_restart_at_a_long_height(town: Town) -> None:
    run_rounds(town, ROUNDS)
    old = town[1]
    member = type(old)(old.name, old.key, old.chain, old.guard_store, town)
    town.members[old.name] = member
    member.replica.start(member.now_ms)
    assert member.replica.state.round == old.replica.state.round
    require_decided(town)


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    """By a day: nothing that is due by the clock as it was may wait for it to be that late again."""
    town = Town()
    town.make_final(1)
    for member in town.members.values():
        member.skew_ms = 24 * 60 * MAX_BEHIND_MS
    town.run(100)
    town.members["n0"].replica.submit(toy.transact(2, (b"a", b"1")), town[0].now_ms)
    for member in town.members.values():
        member.skew_ms = 0
    town.run_until(lambda: all(member.chain.tip.height >= 2 for member in town.members.values()))
    assert town[0].replica.compute_next_due_ms() <= town.now_ms + REPEAT_MS
