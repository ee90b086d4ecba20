"""Counting votes, and how many of them are kept.

Whatever is sent, a voter takes a bounded place: rounds to come are kept for the latest few only, rounds gone by for as long as
the algorithm can still need them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ledger.authorities import compute_quorum
from ledger.types import Hash
from ledger.votes import VoteType, is_broken_lock
from node.consensus.machine.types import Ballots, Proposal, State, Vote

MAX_FUTURE_ROUNDS: Final = 3
"""Rounds ahead of the current one for which one voter's messages are kept."""
MAX_VOTES_OF_LIAR: Final = 4
"""Different votes of one voter for one step that are kept. One is what an honest voter casts."""
MAX_PAST_ROUNDS: Final = 8
"""Rounds gone by that are kept whole; older ones only with a polka, or where this node is locked."""


def get_ballots(state: State, round_: int, type_: VoteType) -> Ballots:
    """Votes of a round and type, by voter."""
    return state.votes.get((round_, type_), {})


def has_quorum(state: State, count: int) -> bool:
    """Whether so many authorities are a quorum, the paper's 2f + 1."""
    return count >= compute_quorum(state.count)


def has_honest(state: State, count: int) -> bool:
    """Whether among so many authorities one is honest, the paper's f + 1: with them missing, no quorum is left."""
    return count > state.count - compute_quorum(state.count)


def has_votes_for(state: State, round_: int, type_: VoteType, value: Hash | None) -> bool:
    """Whether a quorum voted for `value`; for prevotes this is a polka."""
    ballots = get_ballots(state, round_, type_)
    return has_quorum(state, sum(1 for cast in ballots.values() if any(vote.value == value for vote in cast)))


def has_votes(state: State, round_: int, type_: VoteType) -> bool:
    """Whether a quorum voted for anything."""
    return has_quorum(state, len(get_ballots(state, round_, type_)))


def find_round_to_join(state: State) -> int | None:
    """Return the latest round after the current one from which an honest authority's message has come (line 55)."""
    best: int | None = None
    for round_ in {round_ for round_, _type in state.votes} | set(state.proposals):
        if round_ > max(state.round, -1 if best is None else best) and has_honest(state, _count_senders(state, round_)):
            best = round_
    return best


def _count_senders(state: State, round_: int) -> int:
    senders = set(get_ballots(state, round_, VoteType.PREVOTE)) | set(get_ballots(state, round_, VoteType.PRECOMMIT))
    judged = state.proposals.get(round_)
    return len(senders | ({judged.proposal.proposer} if judged is not None else set()))


def add_vote(state: State, vote: Vote) -> State:
    """Keep a vote; one for a value that its voter has voted for there already changes nothing."""
    ballots = get_ballots(state, vote.round, vote.type)
    cast = ballots.get(vote.voter, ())
    if any(other.value == vote.value for other in cast):
        return state
    votes = dict(state.votes)
    votes[vote.round, vote.type] = {**ballots, vote.voter: _make_room(state, cast, vote)}
    if vote.round > state.round:
        _drop_far_future(votes, state.round, vote.voter)
    return replace(state, votes=votes)


def _make_room(state: State, cast: tuple[Vote, ...], vote: Vote) -> tuple[Vote, ...]:
    """Add a vote to those of its voter; of too many, the ones for values that nobody has proposed go first."""
    proposed = {None, *(judged.proposal.value for judged in state.proposals.values())}
    ranked = sorted((*cast, vote), key=lambda item: item.value not in proposed)
    return tuple(ranked[:MAX_VOTES_OF_LIAR])


def _drop_far_future(votes: dict[tuple[int, VoteType], Ballots], current: int, voter: int) -> None:
    """Keep a voter's latest rounds: an honest one only moves on."""
    rounds = sorted({round_ for (round_, _type), ballots in votes.items() if round_ > current and voter in ballots})
    for round_ in rounds[:-MAX_FUTURE_ROUNDS]:
        for type_ in VoteType:
            ballots = votes.get((round_, type_), {})
            if voter in ballots:
                votes[round_, type_] = {key: vote for key, vote in ballots.items() if key != voter}
            if not votes.get((round_, type_), True):
                del votes[round_, type_]


def drop_past(state: State) -> State:
    """Forget rounds long gone by without which the algorithm can go on."""
    oldest = state.round - MAX_PAST_ROUNDS
    kept = {state.locked_round, state.valid_round}

    def is_needed(round_: int, type_: VoteType) -> bool:
        return round_ >= oldest or (type_ is VoteType.PREVOTE and round_ in kept)

    votes: Mapping[tuple[int, VoteType], Ballots] = {key: ballots for key, ballots in state.votes.items() if is_needed(*key)}
    proposals = {round_: judged for round_, judged in state.proposals.items() if round_ >= oldest or round_ in kept}
    return replace(state, votes=votes, proposals=proposals)


def find_contradiction(state: State, vote: Vote) -> Vote | None:
    """Return a vote of the same voter that an honest one would not have cast beside this one."""
    others = get_ballots(state, vote.round, vote.type).get(vote.voter, ())
    if others:
        return next((other for other in others if other.value != vote.value), None)
    for (_round, type_), ballots in state.votes.items():
        for cast in ballots.get(vote.voter, ()) if type_ is not vote.type else ():
            precommit, prevote = (cast, vote) if type_ is VoteType.PRECOMMIT else (vote, cast)
            if breaks_lock(precommit, prevote):
                return cast
    return None


def breaks_lock(precommit: Vote, prevote: Vote) -> bool:
    """Whether the prevote goes against the lock that the precommit shows."""
    return is_broken_lock(precommit.round, precommit.value, prevote.round, prevote.value, prevote.basis)


def is_double_proposal(first: Proposal, second: Proposal) -> bool:
    """Whether two proposals of one round are different."""
    return first.round == second.round and (first.value, first.valid_round) != (second.value, second.valid_round)
