"""The signatures of a commit: each is verified once, as a vote or with the commit."""

from collections import Counter

import pytest

from ledger import blocks
from ledger.crypto import Context, verify_signature
from ledger.types import Height, PublicKey, Signature
from ledger.votes import VoteType
from tests.node import toy
from tests.node.consensus.town import Stores, Town

Verified = Counter[Signature]


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> Verified:
    """How often each signature was verified as part of a commit."""
    counts: Verified = Counter()

    def verify(key: PublicKey, context: Context, message: bytes, signature: Signature) -> None:
        counts[signature] += 1
        verify_signature(key, context, message, signature)

    monkeypatch.setattr(blocks, "verify_signature", verify)
    return counts


def test_votes_that_were_verified_when_they_came_are_not_verified_with_the_commit(verified: Verified) -> None:
    town = Town()
    town.make_final(1)
    assert not verified


def test_a_block_that_comes_with_its_commit_has_that_verified_once(verified: Verified) -> None:
    town = Town(played=(3,))
    town.make_final(1)
    with town[0].chain.reader() as reader:
        block, commit = reader.read_block(Height(1)), reader.read_commit(Height(1))
    other = town.open_chain()
    candidate = other.validate_committed(block, commit)
    assert verified == Counter(vote.signature for vote in commit.votes)
    other.commit(candidate, commit, is_verified=True)
    assert verified == Counter(vote.signature for vote in commit.votes)
    assert other.tip == town[0].chain.tip


def test_what_a_guard_has_kept_is_verified_with_the_commit(verified: Verified) -> None:
    kept = Stores()
    town = Town(stores={0: kept})
    town[0].replica.submit(toy.transact(1, (b"key", b"value")), town.now_ms)
    while not any(vote.type is VoteType.PRECOMMIT for vote in town[0].replica._book.own_votes):
        town._deliver(*town.wires.popleft())
    town.members["n0"] = town._make_member(0, kept)
    town[0].replica.start(town.now_ms)
    assert not town[0].replica._book.are_votes_verified
    town.run_until(lambda: town[0].chain.tip.height == 1)
    with town[0].chain.reader() as reader:
        commit = reader.read_commit(Height(1))
    assert verified == Counter(vote.signature for vote in commit.votes)
    assert town[0].replica._book.are_votes_verified
