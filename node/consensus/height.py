"""What a replica holds of the height that is being decided: messages with their signatures, and blocks by hash."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ledger.authorities import Authority
from ledger.blocks import Commit
from ledger.blocks import Vote as CommitVote
from ledger.types import Hash, Height, PublicKey, Round
from ledger.votes import SignedProposal, SignedVote, VoteType
from node.chain import Candidate
from node.consensus.assembly import Assembly, split_block
from node.consensus.machine.types import State, Vote

MAX_ASSEMBLIES: Final = 8
MAX_OWN_VOTES: Final = 256
MAX_OWN_PROPOSALS: Final = 32
"""What an authority remembers of what it has said at one height, which may take thousands of rounds while clocks are wrong. In
rounds gone by it never speaks again, and a lock is remembered by itself."""

VoteKey = tuple[VoteType, int, int, Hash | None]
Claim: TypeAlias = tuple[Hash, tuple[Hash, ...]]
"""What a proposal says of its block: the block's hash, and those of its parts. A liar may name one block and the parts of
another, and tell others the truth: so bytes are judged by both, never by the block's hash alone."""


def get_claim(proposal: SignedProposal) -> Claim:
    """Return what a proposal says of its block."""
    return proposal.block_hash, proposal.parts


@dataclass(slots=True)
class HeightBook:
    """Messages and blocks of one height. What the machine forgets is forgotten here, too."""

    height: Height
    authorities: tuple[Authority, ...]
    votes: dict[VoteKey, SignedVote] = field(default_factory=dict)
    proposals: dict[int, SignedProposal] = field(default_factory=dict)
    own_votes: list[SignedVote] = field(default_factory=list)
    own_proposals: list[SignedProposal] = field(default_factory=list)
    assemblies: dict[Claim, Assembly] = field(default_factory=dict)
    blocks: dict[Hash, bytes] = field(default_factory=dict)
    candidates: dict[Hash, Candidate] = field(default_factory=dict)
    invalid: set[Claim] = field(default_factory=set)
    are_votes_verified: bool = True
    """Whether each vote was verified as it came, or signed here. What a guard has kept is taken from there as it is."""

    def find_voter(self, key: PublicKey) -> int | None:
        """Number of the authority with this key."""
        return next((number for number, item in enumerate(self.authorities) if item.key == key), None)

    def make_commit(self, round_: int, value: Hash) -> Commit:
        """Return the commit of a block that a quorum has precommitted."""
        precommits = [
            signed
            for (type_, cast_in, _voter, cast_for), signed in self.votes.items()
            if (type_, cast_in, cast_for) == (VoteType.PRECOMMIT, round_, value)
        ]
        votes = tuple(CommitVote(signed.key, signed.signature) for signed in sorted(precommits, key=lambda signed: signed.key))
        return Commit(self.height, Round(round_), value, votes)

    def get_vote(self, vote: Vote) -> SignedVote | None:
        """The signed message of a vote that the machine knows."""
        return self.votes.get((vote.type, vote.round, vote.voter, vote.value))

    def add_vote(self, voter: int, signed: SignedVote) -> Vote:
        """Keep a signed vote, and return it as the machine takes it."""
        self.votes[signed.type, signed.round, voter, signed.block_hash] = signed
        return Vote(signed.type, signed.height, signed.round, signed.block_hash, signed.basis, voter)

    def trim_own(self) -> None:
        """Remember the latest of the own messages."""
        del self.own_votes[:-MAX_OWN_VOTES]
        del self.own_proposals[:-MAX_OWN_PROPOSALS]

    def has_said(self, vote: SignedVote) -> bool:
        """Whether a vote is remembered as this authority's own, or is of a time before what it remembers begins."""
        is_full = len(self.own_votes) == MAX_OWN_VOTES
        is_older = is_full and vote.key == self.own_votes[0].key and vote.round <= self.own_votes[0].round
        return is_older or vote in self.own_votes

    def begin_assembly(self, proposal: SignedProposal) -> None:
        """Expect the parts of a proposal's block; of too many, the oldest is given up."""
        claim = get_claim(proposal)
        if claim not in self.assemblies:
            while len(self.assemblies) >= MAX_ASSEMBLIES:
                del self.assemblies[next(iter(self.assemblies))]
            self.assemblies[claim] = Assembly(proposal.parts)

    def take_part(self, block_hash: Hash, index: int, data: bytes) -> list[Claim]:
        """Put a part where it fits, and return what is complete now. One that fits nowhere is no fault of its sender."""
        fitting = [(claim, assembly) for claim, assembly in self.assemblies.items() if claim[0] == block_hash]
        return [claim for claim, assembly in fitting if assembly.add(index, data) and not assembly.missing]

    def iterate_parts(self, block_hash: Hash, indices: frozenset[int] | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield the parts of a block that is here with their numbers, by default all."""
        parts = split_block(self.blocks[block_hash]) if block_hash in self.blocks else ()
        return ((index, part) for index, part in enumerate(parts) if indices is None or index in indices)

    def is_ahead_again(self, proposal: SignedProposal, round_: int) -> bool:
        """Whether its proposer has proposed already in a round after `round_`, where this one is, too: one is enough."""
        ahead = (item for item in self.proposals.values() if item.round > round_)
        return proposal.round > round_ and any(item.key == proposal.key for item in ahead)

    def is_judged(self, proposal: SignedProposal) -> bool:
        """Whether it is known of a proposal's block if it is valid."""
        return proposal.block_hash in self.blocks or get_claim(proposal) in self.invalid

    def forget(self, state: State) -> None:
        """Drop the messages that the machine has dropped."""
        known = {
            (vote.type, vote.round, vote.voter, vote.value)
            for ballots in state.votes.values()
            for cast in ballots.values()
            for vote in cast
        }
        self.votes = {key: signed for key, signed in self.votes.items() if key in known}
        self.proposals = {
            round_: proposal
            for round_, proposal in self.proposals.items()
            if round_ in state.proposals or round_ >= state.round
        }

    def forget_blocks(self, state: State) -> None:
        """Drop the blocks that nothing names any more. Not while one has been built and is not proposed yet."""
        claims = {get_claim(proposal) for proposal in (*self.proposals.values(), *self.own_proposals)}
        named = {state.locked_value, state.valid_value, *(block_hash for block_hash, _parts in claims)}
        self.blocks = {key: data for key, data in self.blocks.items() if key in named}
        self.candidates = {key: candidate for key, candidate in self.candidates.items() if key in named}
        self.assemblies = {claim: assembly for claim, assembly in self.assemblies.items() if claim in claims}
        self.invalid &= claims
