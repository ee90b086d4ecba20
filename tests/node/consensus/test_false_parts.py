"""A proposer that names one block and sends another: nobody honest is blamed, and the block can still be decided on."""

import pytest

from ledger.blocks import Block, encode_block
from ledger.crypto import sha256
from ledger.types import Hash, Height, Round
from ledger.votes import NO_ROUND, PART_BYTES, SignedProposal, VoteType, sign_proposal, sign_vote
from node.chain import Candidate
from node.consensus.assembly import compute_part_hashes, split_block
from node.consensus.messages import BlockPart, Message, ProposalMessage, VoteMessage
from tests.node import toy
from tests.node.consensus.town import LIAR, Town

VICTIM, OTHERS = 2, (0, 3)
KEY = toy.AUTHORITY_KEYS[LIAR]
FIRST = Height(1)
LARGE = tuple(toy.transact(number, *((b"%d/%d" % (number, row), b"x" * 900) for row in range(60))) for number in range(3))
"""A block of several parts."""


def propose(candidate: Candidate, parts: tuple[Hash, ...]) -> SignedProposal:
    return sign_proposal(toy.CHAIN_ID, KEY, FIRST, Round(0), candidate.block_hash, NO_ROUND, parts)


def cut(candidate: Candidate, data: bytes) -> list[Message]:
    return [BlockPart(FIRST, candidate.block_hash, index, part) for index, part in enumerate(split_block(data))]


def make_false_data(kind: str, block: Block) -> bytes:
    if kind == "garbage":
        return b"garbage" * 20_000
    return encode_block(Block(block.header, ()))


@pytest.mark.parametrize("kind", ["garbage", "another content", "never sent"])
def test_a_block_with_false_parts_is_decided_on_with_those_who_had_the_true_ones(kind: str) -> None:
    """The others lock the block while the liar helps them; without the victim's vote they would never be done."""
    town = Town(played=[LIAR])
    candidate = town.open_chain().build(LARGE, town.now_ms, KEY.public_key)
    data = encode_block(candidate.block)
    assert len(data) > 2 * PART_BYTES
    false_data = make_false_data(kind, candidate.block)
    town.tell(VICTIM, ProposalMessage(propose(candidate, compute_part_hashes(false_data))))
    if kind != "never sent":
        town.tell(VICTIM, *cut(candidate, false_data))
    prevote = sign_vote(toy.CHAIN_ID, KEY, VoteType.PREVOTE, FIRST, Round(0), candidate.block_hash, NO_ROUND)
    for number in OTHERS:
        town.tell(number, ProposalMessage(propose(candidate, compute_part_hashes(data))), *cut(candidate, data))
        town.tell(number, VoteMessage(prevote))
    town.run_until(lambda: all(town[number].replica.state.locked_value == candidate.block_hash for number in OTHERS))
    town.run_until(lambda: all(member.chain.tip.height == 1 for member in town.members.values()))
    assert {member.chain.tip.block_hash for member in town.members.values()} == {candidate.block_hash}
    assert town.blamed == []
    assert all(member.replica.evidence == () for member in town.members.values())
    town.make_final(7)


def test_a_part_that_nobody_asked_for_is_passed_over() -> None:
    town = Town(played=[LIAR])
    state = town[0].replica.state
    town.tell(0, BlockPart(FIRST, sha256(b"unknown"), 0, b"part"), BlockPart(Height(9), sha256(b"unknown"), 127, b"part"))
    assert (town.blamed, town[0].replica.state) == ([], state)
