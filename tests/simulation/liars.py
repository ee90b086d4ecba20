"""Authorities that do not keep to the rules: they run the same code, and what it sends is twisted on the way out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any, Final

from ledger.blocks import Block, compute_block_hash, encode_block
from ledger.crypto import SigningKey, sha256
from ledger.types import Hash, Height, Round, TimeMs
from ledger.votes import NO_ROUND, SignedProposal, SignedVote, VoteType, sign_proposal, sign_vote
from node.chain import Chain
from node.consensus.assembly import compute_part_hashes, split_block
from node.consensus.messages import BlockPart, Message, ProposalMessage, VoteMessage

Twist = Callable[[str, Message], Iterator[Message]]
WAYS: Final = ("silent", "slow", "equivocate", "ignore locks", "invalid blocks", "nil", "flood")


class Liar:
    """Twists the messages of one authority, each receiver's in its own way."""

    def __init__(self, way: str, key: SigningKey, chain: Chain, random: Random) -> None:
        self.way = way
        self._key = key
        self._chain = chain
        self._random = random
        self._seen: list[Hash] = []

    def twist(self, message: Message) -> Iterator[Message]:
        """What one receiver gets instead of `message`."""
        match message:
            case ProposalMessage(proposal) if proposal.key == self._key.public_key:
                self._seen.append(proposal.block_hash)
                yield from self._twist_proposal(proposal)
            case ProposalMessage(proposal):
                self._seen.append(proposal.block_hash)
                yield message
            case VoteMessage(vote) if vote.key == self._key.public_key:
                yield from self._twist_vote(vote)
            case _:
                if self.way != "silent":
                    yield message

    def _twist_vote(self, vote: SignedVote) -> Iterator[Message]:
        match self.way:
            case "silent":
                return
            case "equivocate" if self._random.random() < 0.7:
                value = self._random.choice([None, *self._seen[-3:], vote.block_hash])
                yield VoteMessage(self._sign(vote.type, vote, value, NO_ROUND))
                if self._random.random() < 0.3:
                    yield VoteMessage(vote)
            case "ignore locks" if vote.type is VoteType.PREVOTE and self._seen:
                yield VoteMessage(self._sign(vote.type, vote, self._random.choice(self._seen[-3:]), NO_ROUND))
            case "nil":
                yield VoteMessage(self._sign(vote.type, vote, None, NO_ROUND))
            case "flood":
                yield VoteMessage(vote)
                for _ in range(20):
                    far = replace(vote, round=Round(self._random.randint(0, 10**6)))
                    yield VoteMessage(self._sign(vote.type, far, sha256(self._random.randbytes(4)), NO_ROUND))
            case _:
                yield VoteMessage(vote)

    def _sign(self, type_: VoteType, vote: SignedVote, value: Hash | None, basis: int) -> SignedVote:
        return sign_vote(self._chain.chain_id, self._key, type_, vote.height, vote.round, value, basis)

    def _twist_proposal(self, proposal: SignedProposal) -> Iterator[Message]:
        match self.way:
            case "silent":
                return
            case "equivocate" if self._random.random() < 0.5:
                yield from self._propose(proposal, self._make_block(proposal.height, spoiled=False))
            case "invalid blocks":
                yield from self._propose(proposal, self._make_block(proposal.height, spoiled=True))
            case _:
                yield ProposalMessage(proposal)

    def _make_block(self, height: Height, *, spoiled: bool) -> Block | None:
        if self._chain.tip.height + 1 != height:
            return None
        later = self._random.randint(1, 50)
        time_ms = TimeMs(self._chain.tip.header.time_ms + later)
        block = self._chain.build((), time_ms, self._key.public_key).block
        field = self._random.choice(["state_root", "events_root", "log_root", "parent_hash", "authorities_hash"])
        changes: dict[str, Any] = {field: sha256(b"spoiled")}
        return Block(replace(block.header, **changes), ()) if spoiled else block

    def _propose(self, proposal: SignedProposal, block: Block | None) -> Iterator[Message]:
        if block is None:
            return
        data = encode_block(block)
        block_hash = compute_block_hash(block.header)
        self._seen.append(block_hash)
        signed = sign_proposal(
            self._chain.chain_id,
            self._key,
            proposal.height,
            proposal.round,
            block_hash,
            proposal.valid_round,
            compute_part_hashes(data),
        )
        yield ProposalMessage(signed)
        for index, part in enumerate(split_block(data)):
            yield BlockPart(proposal.height, block_hash, index, part)
