"""What a replica holds of the height that is being decided: messages with their signatures, and blocks by hash."""

from dataclasses import dataclass, field
from typing import Final

from ledger.authorities import Authority
from ledger.types import Hash, Height, PublicKey
from ledger.votes import SignedProposal, SignedVote, VoteType
from node.chain import Candidate
from node.consensus.assembly import Assembly
from node.consensus.machine.types import State, Vote

MAX_ASSEMBLIES: Final = 8

VoteKey = tuple[VoteType, int, int, Hash | None]


@dataclass(slots=True)
class HeightBook:
    """Messages and blocks of one height. What the machine forgets is forgotten here, too."""

    height: Height
    authorities: tuple[Authority, ...]
    votes: dict[VoteKey, SignedVote] = field(default_factory=dict)
    proposals: dict[int, SignedProposal] = field(default_factory=dict)
    own_votes: list[SignedVote] = field(default_factory=list)
    own_proposals: list[SignedProposal] = field(default_factory=list)
    assemblies: dict[Hash, Assembly] = field(default_factory=dict)
    blocks: dict[Hash, bytes] = field(default_factory=dict)
    candidates: dict[Hash, Candidate] = field(default_factory=dict)
    invalid: set[Hash] = field(default_factory=set)

    def find_voter(self, key: PublicKey) -> int | None:
        """Number of the authority with this key."""
        return next((number for number, item in enumerate(self.authorities) if item.key == key), None)

    def get_vote(self, vote: Vote) -> SignedVote | None:
        """The signed message of a vote that the machine knows."""
        return self.votes.get((vote.type, vote.round, vote.voter, vote.value))

    def add_vote(self, voter: int, signed: SignedVote) -> Vote:
        """Keep a signed vote, and return it as the machine takes it."""
        self.votes[signed.type, signed.round, voter, signed.block_hash] = signed
        return Vote(signed.type, signed.height, signed.round, signed.block_hash, signed.basis, voter)

    def begin_assembly(self, proposal: SignedProposal) -> None:
        """Expect the parts of a proposal's block; of too many, the oldest is given up."""
        if proposal.block_hash not in self.assemblies:
            while len(self.assemblies) >= MAX_ASSEMBLIES:
                del self.assemblies[next(iter(self.assemblies))]
            self.assemblies[proposal.block_hash] = Assembly(proposal.parts)

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
