"""Proposals, their blocks, and blocks with commits: what is wrong with one gets no vote and does not become final."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from ledger.blocks import Block, Commit, Vote, compute_block_hash, encode_block
from ledger.crypto import sha256
from ledger.merkle import compute_leaf_hash, compute_tree_root
from ledger.reasons import Reason
from ledger.transactions import encode_signed
from ledger.types import Height, Round, TimeMs
from ledger.votes import MAX_PARTS, NO_ROUND, SignedProposal, sign_proposal
from node.chain import Candidate
from node.consensus.height import MAX_ASSEMBLIES
from node.consensus.messages import (
    CommittedBlock,
    ProposalMessage,
    encode_message,
)
from node.consensus.replica import MAX_AHEAD_MS, MAX_BEHIND_MS
from tests.node import toy
from tests.node.consensus.saying import (
    FAR_HEIGHT,
    FAR_ROUND,
    FIRST,
    KEY,
    SOME,
    break_signature,
    build,
    propose,
    require_going_on,
)
from tests.node.consensus.town import LIAR, Town


@pytest.fixture
def town() -> Town:
    return Town(played=[LIAR])


# Proposals and parts.


def test_proposals_of_whose_turn_it_is_not(town: Town) -> None:
    data, block_hash = b"data", SOME
    for key, round_ in ((KEY, Round(1)), (toy.STRANGER, Round(0)), (toy.AUTHORITY_KEYS[3], Round(0))):
        town.tell(0, *propose(data, block_hash, round_=round_, key=key))
    assert (town[0].replica._book.proposals, town[0].replica._book.assemblies, town.blamed) == ({}, {}, [])
    require_going_on(town)


@pytest.mark.parametrize("valid_round", [0, 1, FAR_ROUND])
def test_a_proposal_that_rests_on_a_later_round(town: Town, valid_round: int) -> None:
    town.tell(0, propose(b"data", SOME, valid_round=valid_round)[0])
    assert town.blamed == [("n0", f"n{LIAR}", Reason.INVALID_PROOF)]
    require_going_on(town)


def test_a_proposal_with_a_bad_signature(town: Town) -> None:
    message = propose(b"data", SOME)[0]
    assert isinstance(message, ProposalMessage)
    proposal = message.proposal
    for changed in (
        replace(proposal, signature=break_signature(proposal.signature)),
        replace(proposal, parts=(*proposal.parts, SOME)),
        replace(proposal, block_hash=sha256(b"other")),
    ):
        town.tell(0, ProposalMessage(changed))
    assert town.blamed == [("n0", f"n{LIAR}", Reason.INVALID_SIGNATURE)] * 3
    assert town[0].replica._book.proposals == {}
    require_going_on(town)


def test_proposals_without_end_take_a_bounded_place(town: Town) -> None:
    """One for each round that is the liar's, and of rounds to come one."""
    book = town[0].replica._book
    for number in range(200):
        parts = tuple(sha256(b"%d/%d" % (number, index)) for index in range(MAX_PARTS))
        signed = sign_proposal(toy.CHAIN_ID, KEY, FIRST, Round(4 * number), sha256(b"%d" % number), NO_ROUND, parts)
        town.tell(0, ProposalMessage(signed), ProposalMessage(replace_parts(signed)))
    assert len(book.proposals) == 2
    assert len(book.assemblies) <= MAX_ASSEMBLIES
    assert town.blamed == []
    require_going_on(town)


def replace_parts(signed: SignedProposal) -> SignedProposal:
    """The same block, in other parts: no offence, and not kept."""
    return sign_proposal(toy.CHAIN_ID, KEY, signed.height, signed.round, signed.block_hash, signed.valid_round, (SOME,))


def test_a_block_of_too_many_bytes(town: Town) -> None:
    """As many parts as a proposal can name, of which each is as large as may be."""
    town.tell(0, *propose(bytes(MAX_PARTS * 65_536), SOME))
    assert [event[1]["reason"] for event in town[0].events if event[0] == "invalid block"] == [Reason.TOO_LARGE]
    assert (town[0].replica._book.blocks, town[0].replica._book.assemblies) == ({}, {})
    require_going_on(town)


def list_bad_blocks(candidate: Candidate) -> Iterator[tuple[str, Block, Reason]]:
    block = candidate.block
    header = block.header
    for name in (
        "parent_hash",
        "transactions_root",
        "events_root",
        "state_root",
        "log_root",
        "authorities_hash",
        "next_authorities_hash",
        "evidence_root",
    ):
        changes: dict[str, Any] = {name: SOME}
        yield name, replace(block, header=replace(header, **changes)), Reason.INVALID_PROOF
    plain: list[tuple[str, Any]] = [
        ("chain_id", "other.example/chain"),
        ("height", Height(2)),
        ("height", Height(0)),
        ("time_ms", toy.START_MS),
        ("time_ms", TimeMs(0)),
        ("log_size", 99),
        ("rule_book_version", 2),
        ("proposer", toy.STRANGER.public_key),
    ]
    for name, value in plain:
        yield name, replace(block, header=replace(header, **{name: value})), Reason.INVALID_PROOF
    yield "no transactions", replace(block, transactions=()), Reason.INVALID_PROOF


BAD_BLOCKS: Final = tuple(list_bad_blocks(build(Town(played=[LIAR]))))


@pytest.mark.parametrize(("name", "block", "reason"), BAD_BLOCKS)
def test_blocks_that_are_not_what_they_should_be(town: Town, name: str, block: Block, reason: Reason) -> None:
    """Proposed, they get no vote; with a commit that is none, they are refused."""
    block_hash = compute_block_hash(block.header)
    for number in (0, 2, 3):
        town.tell(number, *propose(encode_block(block), block_hash))
    town.deliver_all()
    for number in (0, 2, 3):
        assert [event[1]["reason"] for event in town[number].events if event[0] == "invalid block"] == [reason], name
        assert town[number].replica._book.own_votes[0].block_hash is None
    assert town.blamed == []
    commit = replace(toy.make_commit(block.header, [KEY]), height=FIRST)
    town.tell(0, CommittedBlock(encode_block(block), commit))
    assert len(town.blamed) == 1
    require_going_on(town)
    assert all(member.chain.tip.height >= 2 for member in town.members.values())


@pytest.mark.parametrize(
    ("transactions", "reason"),
    [
        ((b"garbage",), Reason.MALFORMED),
        ((encode_signed(toy.transact(1, (b"a", b"1"))),) * 2, Reason.ALREADY_EXISTS),
        ((encode_signed(toy.transact(1, (b"a", b"1"), key=toy.STRANGER)),), Reason.UNKNOWN_KEY),
        ((encode_signed(toy.transact(1, (b"a", b"1"), chain_id="other.example/chain")),), Reason.WRONG_CHAIN),
        ((encode_signed(toy.transact(1, (b"a", b"1"), valid_until_ms=toy.START_MS)),), Reason.EXPIRED),
        ((encode_signed(toy.transact(1, (b"a", b"1"), kind="break")),), Reason.INTERNAL),
    ],
)
def test_blocks_of_transactions_that_may_not_be_in_one(town: Town, transactions: tuple[bytes, ...], reason: Reason) -> None:
    block = build(town).block
    header = replace(block.header, transactions_root=compute_tree_root(list(map(compute_leaf_hash, transactions))))
    block = Block(header, transactions)
    for number in (0, 2, 3):
        town.tell(number, *propose(encode_block(block), compute_block_hash(header)))
    assert [event[1]["reason"] for event in town[0].events if event[0] == "invalid block"] == [reason]
    for keys in (toy.AUTHORITY_KEYS[1:2], toy.AUTHORITY_KEYS):
        town.tell(0, CommittedBlock(encode_block(block), toy.make_commit(header, keys)))
    assert [blame[1] for blame in town.blamed] == [f"n{LIAR}"] * 2
    require_going_on(town)


@pytest.mark.parametrize(
    ("offset_ms", "is_timely"),
    [(MAX_AHEAD_MS, True), (MAX_AHEAD_MS + 1, False), (-MAX_BEHIND_MS, True), (-MAX_BEHIND_MS - 1, False)],
)
def test_a_block_of_another_time_gets_no_vote(offset_ms: int, *, is_timely: bool) -> None:
    """The block before is of long ago, so that neither time is before it."""
    town = Town(played=[LIAR])
    town.now_ms = TimeMs(town.now_ms + 10 * MAX_BEHIND_MS)
    candidate = build(town, time_ms=town.now_ms + offset_ms)
    for number in (0, 2, 3):
        town.tell(number, *propose(encode_block(candidate.block), candidate.block_hash))
    town.deliver_all()
    assert {member.chain.tip.height for member in town.members.values()} == {1 if is_timely else 0}
    assert all(member.replica._book.own_votes[0].block_hash is None for member in town.members.values() if not is_timely)
    require_going_on(town)


# Blocks with their commits.


def list_bad_commits(commit: Commit) -> Iterator[tuple[str, Commit, Reason]]:
    votes = commit.votes
    stranger = Vote(toy.STRANGER.public_key, votes[0].signature)
    yield "too few", replace(commit, votes=votes[:2]), Reason.QUORUM_MISSING
    yield "one twice", replace(commit, votes=(votes[0], votes[0], votes[1])), Reason.INVALID_PROOF
    yield "a stranger's", replace(commit, votes=(*votes[:2], stranger)), Reason.INVALID_PROOF
    yield "another's", replace(commit, votes=(*votes[:2], Vote(votes[2].key, votes[0].signature))), Reason.INVALID_SIGNATURE
    yield "of another round", replace(commit, round=Round(1)), Reason.INVALID_SIGNATURE
    yield "of another block", replace(commit, block_hash=SOME), Reason.MALFORMED


def make_bad_commits() -> list[tuple[str, Commit, Reason]]:
    header = build(Town(played=[LIAR])).block.header
    return list(list_bad_commits(toy.make_commit(header, toy.AUTHORITY_KEYS[:3])))


@pytest.mark.parametrize(("name", "commit", "reason"), make_bad_commits())
@pytest.mark.parametrize("is_known", [False, True])
def test_a_block_with_a_bad_commit_is_not_final(
    town: Town, name: str, commit: Commit, reason: Reason, *, is_known: bool
) -> None:
    candidate = build(town)
    if is_known:
        town.tell(0, *propose(encode_block(candidate.block), candidate.block_hash))
    executed = dict(town[0].chain._executed)
    town.tell(0, CommittedBlock(encode_block(candidate.block), commit))
    assert town.blamed == [("n0", f"n{LIAR}", reason)], name
    assert town[0].chain.tip.height == 0
    assert town[0].chain._executed == executed, "it was carried out before its commit was looked at"
    assert not town[0].replica._silence.is_due
    require_going_on(town)


def test_committed_blocks_of_other_heights_are_passed_over(town: Town) -> None:
    town.make_final(1)
    with town[0].chain.reader() as reader:
        block, commit = reader.read_block(FIRST), reader.read_commit(FIRST)
    state, tip = town[0].replica.state, town[0].chain.tip
    far = replace(block, header=replace(block.header, height=FAR_HEIGHT))
    town.tell(
        0,
        CommittedBlock(encode_block(block), commit),
        CommittedBlock(encode_block(far), replace(commit, height=FAR_HEIGHT)),
        CommittedBlock(b"garbage", replace(commit, height=FAR_HEIGHT)),
    )
    assert (town.blamed, town[0].replica.state, town[0].chain.tip) == ([], state, tip)
    town.tell(0, CommittedBlock(b"garbage", replace(commit, height=Height(2))))
    assert town.blamed == [("n0", f"n{LIAR}", Reason.MALFORMED)]
    require_going_on(town)


def test_a_message_is_as_large_as_its_sender_makes_it(town: Town) -> None:
    """The largest that pass the door are decoded once, and nothing of them is kept."""
    block = Block(build(town).block.header, (b"t" * 60_000,) * 70)
    data = encode_message(CommittedBlock(encode_block(block), toy.make_commit(block.header, [KEY])))
    town._deliver(f"n{LIAR}", "n0", data)
    assert town.blamed == [("n0", f"n{LIAR}", Reason.QUORUM_MISSING)]
    assert town[0].chain._executed == {}
    require_going_on(town)
