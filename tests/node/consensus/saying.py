"""What a liar may say who holds the key of one authority, and how the honest ones are seen to go on."""

from typing import Final

from ledger.crypto import SigningKey, sha256
from ledger.types import Hash, Height, Round, Signature, TimeMs
from ledger.votes import NO_ROUND, VoteType, sign_proposal, sign_vote
from node.chain import Candidate
from node.consensus.assembly import compute_part_hashes, split_block
from node.consensus.messages import (
    BlockPart,
    Message,
    ProposalMessage,
    VoteMessage,
)
from tests.node import toy
from tests.node.consensus.town import LIAR, Town

KEY: Final = toy.AUTHORITY_KEYS[LIAR]
FIRST: Final = Height(1)
SOME: Final = sha256(b"some block")
FAR_HEIGHT: Final = Height(2**63 - 1)
FAR_ROUND: Final = Round(2**31 - 1)


def require_going_on(town: Town) -> None:
    """The honest ones decide, blame nobody among them, and find no fault in each other."""
    before = list(town.blamed)
    for nonce in (101, 102):
        town.make_final(nonce)
    assert town.blamed == before
    assert all(sender == f"n{LIAR}" for _receiver, sender, _reason in before)
    honest = {member.key.public_key for member in town.members.values()}
    for member in town.members.values():
        assert member.replica.failure is None
        assert not {offence.key for offence in member.replica._evidence.items.values()} & honest


def sign(
    type_: VoteType = VoteType.PREVOTE,
    height: Height = FIRST,
    round_: Round = Round(0),  # noqa: B008 - a number
    value: Hash | None = SOME,
    basis: int = NO_ROUND,
    key: SigningKey = KEY,
    chain_id: str = toy.CHAIN_ID,
) -> VoteMessage:
    return VoteMessage(sign_vote(chain_id, key, type_, height, round_, value, basis))


def propose(
    data: bytes,
    block_hash: Hash,
    *,
    height: Height = FIRST,
    round_: Round = Round(0),  # noqa: B008 - a number
    valid_round: int = NO_ROUND,
    key: SigningKey = KEY,
) -> list[Message]:
    """A proposal with its parts."""
    signed = sign_proposal(toy.CHAIN_ID, key, height, round_, block_hash, valid_round, compute_part_hashes(data))
    parts = [BlockPart(height, block_hash, index, part) for index, part in enumerate(split_block(data))]
    return [ProposalMessage(signed), *parts]


def build(town: Town, *, time_ms: int | None = None) -> Candidate:
    """A block that the liar may propose."""
    transactions = [toy.transact(1, (b"a", b"1"))]
    return town.open_chain().build(transactions, TimeMs(time_ms or town.now_ms), KEY.public_key)


def break_signature(signature: Signature) -> Signature:
    return Signature(signature[:-1] + bytes([signature[-1] ^ 1]))
