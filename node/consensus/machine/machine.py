"""Tendermint consensus (arXiv:1807.04938, algorithm 1) for one height, as a pure function.

`step(state, event)` first takes the event in, then lets the paper's rules act until none applies; each rule carries its lines.
Two rules hold throughout: what is sent is decided by the state alone, and nothing that an authority was told makes it send two
different votes for one step or vote against its lock. Beyond the paper: a height begins idle, until there is work, a heartbeat
is due or somebody else has begun; prevotes say on which polka they rest.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from ledger.types import Hash, Height
from ledger.votes import NO_ROUND, VoteType
from node.consensus.machine.types import (
    Accuse,
    BuildValue,
    CastVote,
    Decide,
    Effect,
    Event,
    Judged,
    Proposal,
    ProposalReceived,
    Propose,
    StartTimer,
    State,
    Step,
    TimeoutElapsed,
    Timeouts,
    Timer,
    ValueBuilt,
    Vote,
    VoteReceived,
    WorkAvailable,
)
from node.consensus.machine.votes import (
    add_vote,
    drop_past,
    find_contradiction,
    find_round_to_join,
    has_votes,
    has_votes_for,
    is_double_proposal,
)

Turn: TypeAlias = tuple[State, tuple[Effect, ...]]


def start_height(height: Height, count: int, own: int | None, timeouts: Timeouts) -> Turn:
    """Begin a height with `count` authorities, of which this node is number `own`; wait for work."""
    state = State(height, count, own, timeouts)
    return state, (_timer(state, Timer.HEARTBEAT),)


def resume(state: State) -> Turn:
    """Go on with what was durable before a restart: start the timer that the step waits for."""
    if state.step is Step.IDLE:
        return state, (_timer(state, Timer.HEARTBEAT),)
    if state.step is Step.PROPOSE:
        return state, (_timer(state, Timer.PROPOSE),)
    return _settle(state, ())


def step(state: State, event: Event) -> Turn:
    """Return the state after an event, and what is to be done. After a decision nothing more happens at this height."""
    if state.decision is not None:
        return state, ()
    return _settle(*_take_in(state, event))


def _take_in(state: State, event: Event) -> Turn:
    match event:
        case WorkAvailable():
            return _begin(state)
        case ValueBuilt():
            return _take_value(state, event)
        case ProposalReceived():
            return _take_proposal(state, event)
        case VoteReceived(vote):
            return _take_vote(state, vote)
        case TimeoutElapsed():
            return _take_timeout(state, event)


def _settle(state: State, effects: tuple[Effect, ...]) -> Turn:
    """Let the rules act in order, again from the first after each that acted, until none applies."""
    while True:
        turn = next((turn for rule in _RULES if (turn := rule(state)) is not None), None)
        if turn is None or state.decision is not None:
            return state, effects
        state, more = turn
        effects += more


def _timer(state: State, timer: Timer) -> StartTimer:
    return StartTimer(timer, state.height, state.round, state.timeouts.compute(timer, state.round))


def _begin(state: State) -> Turn:
    return _start_round(state, 0) if state.step is Step.IDLE else (state, ())


def _start_round(state: State, round_: int) -> Turn:
    """Lines 11 to 21. A proposer waits no longer than others: its own value may not come, or rest on votes it has lost."""
    state = drop_past(replace(state, round=round_, step=Step.PROPOSE))
    timer = (_timer(state, Timer.PROPOSE),)
    if not state.is_proposer(round_):
        return state, timer
    if state.valid_value is None:
        return state, (BuildValue(state.height, round_), *timer)
    state, proposed = _propose(state, state.valid_value)
    return state, proposed + timer


def _propose(state: State, value: Hash) -> Turn:
    """Line 19. A proposer takes its own proposal in like anybody's."""
    if state.own is None:
        return state, ()
    proposal = Proposal(state.height, state.round, value, state.valid_round, state.own)
    proposals = {**state.proposals, state.round: Judged(proposal, is_valid=True)}
    return replace(state, proposals=proposals), (Propose(proposal),)


def _take_value(state: State, event: ValueBuilt) -> Turn:
    is_wanted = (event.height, event.round) == (state.height, state.round) and state.step is Step.PROPOSE
    if not is_wanted or not state.is_proposer(state.round) or state.round in state.proposals:
        return state, ()
    return _propose(state, event.value)


def _take_proposal(state: State, event: ProposalReceived) -> Turn:
    proposal = event.proposal
    is_from_proposer = proposal.height == state.height and proposal.proposer == state.compute_proposer(proposal.round)
    if not is_from_proposer or not NO_ROUND <= proposal.valid_round < proposal.round:
        return state, ()
    known = state.proposals.get(proposal.round)
    if known is not None:
        is_double = is_double_proposal(known.proposal, proposal)
        return state, (Accuse(known.proposal, proposal),) if is_double else ()
    if proposal.round > state.round and _has_proposed_ahead(state, proposal.proposer):
        return state, ()
    state = replace(state, proposals={**state.proposals, proposal.round: Judged(proposal, event.is_valid)})
    return _begin(state)


def _has_proposed_ahead(state: State, proposer: int) -> bool:
    """Whether a proposal for a round to come is kept of this proposer; one is enough to see where the others are."""
    return any(round_ > state.round and judged.proposal.proposer == proposer for round_, judged in state.proposals.items())


def _take_vote(state: State, vote: Vote) -> Turn:
    if vote.height != state.height or not 0 <= vote.voter < state.count or vote.round < 0 or vote.basis >= vote.round:
        return state, ()
    contradiction = find_contradiction(state, vote)
    accusation: tuple[Effect, ...] = () if contradiction is None else (Accuse(contradiction, vote),)
    state, effects = _begin(add_vote(state, vote))
    return state, accusation + effects


def _take_timeout(state: State, event: TimeoutElapsed) -> Turn:
    if (event.height, event.round) != (state.height, state.round):
        return state, ()
    match event.timer, state.step:
        case Timer.HEARTBEAT, Step.IDLE:
            return _begin(state)
        case Timer.PROPOSE, Step.PROPOSE:  # lines 57 to 60
            return _prevote(state, None, NO_ROUND)
        case Timer.PREVOTE, Step.PREVOTE:  # lines 61 to 64
            return _precommit(state, None)
        case Timer.PRECOMMIT, _:  # lines 65 to 67
            return _start_round(state, state.round + 1)
        case _:
            return state, ()


def _cast(state: State, vote_type: VoteType, value: Hash | None, basis: int) -> Turn:
    if state.own is None:
        return state, ()
    vote = Vote(vote_type, state.height, state.round, value, basis, state.own)
    return add_vote(state, vote), (CastVote(vote),)


def _prevote(state: State, value: Hash | None, polka_round: int) -> Turn:
    lock = state.locked_round if value is not None and state.locked_value == value else NO_ROUND
    basis = NO_ROUND if value is None else max(polka_round, lock)
    return _cast(replace(state, step=Step.PREVOTE), VoteType.PREVOTE, value, basis)


def _precommit(state: State, value: Hash | None) -> Turn:
    return _cast(replace(state, step=Step.PRECOMMIT), VoteType.PRECOMMIT, value, NO_ROUND)


def _is_free_for(state: State, judged: Judged, since: int) -> bool:
    """Whether the lock lets this node prevote the proposal's value, given a polka for it in round `since` or -1 for none."""
    value = judged.proposal.value
    return judged.is_valid and (state.locked_round <= since or state.locked_value == value)


def _on_new_proposal(state: State) -> Turn | None:
    """Lines 22 to 27."""
    judged = state.proposals.get(state.round)
    if state.step is not Step.PROPOSE or judged is None or judged.proposal.valid_round != NO_ROUND:
        return None
    return _prevote(state, judged.proposal.value if _is_free_for(state, judged, NO_ROUND) else None, NO_ROUND)


def _on_repeated_proposal(state: State) -> Turn | None:
    """Lines 28 to 33."""
    judged = state.proposals.get(state.round)
    if state.step is not Step.PROPOSE or judged is None or judged.proposal.valid_round == NO_ROUND:
        return None
    polka_round = judged.proposal.valid_round
    if not has_votes_for(state, polka_round, VoteType.PREVOTE, judged.proposal.value):
        return None
    return _prevote(state, judged.proposal.value if _is_free_for(state, judged, polka_round) else None, polka_round)


def _on_any_prevotes(state: State) -> Turn | None:
    """Lines 34 and 35, once a round."""
    mark = (Timer.PREVOTE, state.round)
    if state.step is not Step.PREVOTE or mark in state.fired or not has_votes(state, state.round, VoteType.PREVOTE):
        return None
    return replace(state, fired=state.fired | {mark}), (_timer(state, Timer.PREVOTE),)


def _on_polka(state: State) -> Turn | None:
    """Lines 36 to 43, once a round."""
    judged = state.proposals.get(state.round)
    mark = (Timer.PROPOSE, state.round)
    if state.step < Step.PREVOTE or judged is None or not judged.is_valid or mark in state.fired:
        return None
    value = judged.proposal.value
    if not has_votes_for(state, state.round, VoteType.PREVOTE, value):
        return None
    state = replace(state, valid_value=value, valid_round=state.round, fired=state.fired | {mark})
    if state.step is not Step.PREVOTE:
        return state, ()
    return _precommit(replace(state, locked_value=value, locked_round=state.round), value)


def _on_nil_polka(state: State) -> Turn | None:
    """Lines 44 to 46."""
    if state.step is not Step.PREVOTE or not has_votes_for(state, state.round, VoteType.PREVOTE, None):
        return None
    return _precommit(state, None)


def _on_any_precommits(state: State) -> Turn | None:
    """Lines 47 and 48, once a round."""
    mark = (Timer.PRECOMMIT, state.round)
    if mark in state.fired or not has_votes(state, state.round, VoteType.PRECOMMIT):
        return None
    return replace(state, fired=state.fired | {mark}), (_timer(state, Timer.PRECOMMIT),)


def _on_decision(state: State) -> Turn | None:
    """Lines 49 to 54, for any round. The driver begins the next height once the decision is durable."""
    for round_, judged in state.proposals.items():
        value = judged.proposal.value
        if judged.is_valid and has_votes_for(state, round_, VoteType.PRECOMMIT, value):
            return replace(state, decision=value), (Decide(state.height, round_, value),)
    return None


def _on_later_round(state: State) -> Turn | None:
    """Lines 55 and 56."""
    round_ = find_round_to_join(state)
    return None if round_ is None else _start_round(state, round_)


_RULES: Final[tuple[Callable[[State], Turn | None], ...]] = (
    _on_decision,
    _on_later_round,
    _on_new_proposal,
    _on_repeated_proposal,
    _on_polka,
    _on_nil_polka,
    _on_any_prevotes,
    _on_any_precommits,
)
