"""What one authority says: signed, durable in its guard, and never two things where one is due."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Round
from ledger.votes import Signed, SignedProposal, SignedVote, VoteType, sign_proposal, sign_vote
from node.consensus.assembly import compute_part_hashes
from node.consensus.guard import Guard, Record
from node.consensus.height import HeightBook
from node.consensus.machine import State, Timeouts
from node.consensus.machine.types import CastVote, Judged, Proposal, Propose, Vote


@dataclass(frozen=True, slots=True)
class Speaker:
    """Signs for one authority."""

    chain_id: str
    key: SigningKey
    guard: Guard

    def sign(self, effects: Sequence[Propose | CastVote], state: State, book: HeightBook) -> list[Signed]:
        """Return the signed messages of a turn; they are durable, with the state and the blocks that go with them.

        Raises `HourledgerError`: `WRITE_FAILED` when they could not be made durable, `INTERNAL` when the machine asks for what
        this authority has said otherwise before.
        """
        signed: list[Signed] = [
            self._sign_proposal(effect.proposal, book) if isinstance(effect, Propose) else self._sign_vote(effect.vote, book)
            for effect in effects
        ]
        book.trim_own()
        record = make_record(state, book)
        needed = {item.block_hash for item in book.own_proposals}
        needed |= {value for value in (state.locked_value, state.valid_value) if value is not None}
        self.guard.save(record, {value: book.blocks[value] for value in needed & book.blocks.keys()})
        return signed

    def _sign_proposal(self, proposal: Proposal, book: HeightBook) -> SignedProposal:
        parts = compute_part_hashes(book.blocks[proposal.value])
        signed = sign_proposal(
            self.chain_id, self.key, proposal.height, Round(proposal.round), proposal.value, proposal.valid_round, parts
        )
        if any(item.round == signed.round and item != signed for item in book.own_proposals):
            raise HourledgerError(Reason.INTERNAL, "this authority was about to propose twice", str(signed.round))
        book.own_proposals.append(signed)
        book.proposals[proposal.round] = signed
        return signed

    def _sign_vote(self, vote: Vote, book: HeightBook) -> SignedVote:
        signed = sign_vote(self.chain_id, self.key, vote.type, vote.height, Round(vote.round), vote.value, vote.basis)
        for item in book.own_votes:
            if (item.type, item.round) == (signed.type, signed.round) and item.block_hash != signed.block_hash:
                raise HourledgerError(Reason.INTERNAL, "this authority was about to vote twice", str(signed.round))
        book.own_votes.append(signed)
        book.add_vote(vote.voter, signed)
        return signed


def make_record(state: State, book: HeightBook) -> Record:
    """Return what is to be durable: the machine's variables, the own messages, and what the lock rests on."""
    rounds = {state.locked_round, state.valid_round}
    proposals: dict[int, SignedProposal] = {int(item.round): item for item in book.own_proposals}
    proposals.update({round_: item for round_, item in book.proposals.items() if round_ in rounds})
    polka = tuple(
        signed
        for (type_, round_, _voter, value), signed in book.votes.items()
        if type_ is VoteType.PREVOTE and round_ == state.valid_round and value == state.valid_value
    )
    return Record(
        state.height,
        Round(state.round),
        state.step,
        state.locked_value,
        state.locked_round,
        state.valid_value,
        state.valid_round,
        tuple(proposals[round_] for round_ in sorted(proposals)),
        tuple(book.own_votes),
        polka if state.valid_value is not None else (),
    )


def restore_state(record: Record, book: HeightBook, own: int | None, timeouts: Timeouts) -> State:
    """Return the machine's state of a record, and put its messages into the book, whose blocks are those of the guard."""
    votes: dict[tuple[int, VoteType], dict[int, tuple[Vote, ...]]] = {}
    book.are_votes_verified = False
    for signed in (*record.votes, *record.polka):
        voter = book.find_voter(signed.key)
        if voter is not None:
            votes.setdefault((signed.round, signed.type), {})[voter] = (book.add_vote(voter, signed),)
    proposals: dict[int, Judged] = {}
    for proposal in record.proposals:
        proposer = book.find_voter(proposal.key)
        if proposer is not None:
            book.proposals[proposal.round] = proposal
            proposals[proposal.round] = Judged(to_proposal(proposal, proposer), proposal.block_hash in book.candidates)
            if proposer == own:
                book.own_proposals.append(proposal)
    book.own_votes = list(record.votes)
    return State(
        record.height,
        len(book.authorities),
        own,
        timeouts,
        record.round,
        record.step,
        record.locked_value,
        record.locked_round,
        record.valid_value,
        record.valid_round,
        proposals=proposals,
        votes=votes,
    )


def to_proposal(signed: SignedProposal, proposer: int) -> Proposal:
    """Return a signed proposal as the machine takes it."""
    return Proposal(signed.height, signed.round, signed.block_hash, signed.valid_round, proposer)
