"""The paper's rules, one example each. Authority 1 proposes in round 0 of height 1 among four; this node is number 0."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from ledger.crypto import sha256
from ledger.types import Hash, Height
from ledger.votes import NO_ROUND, VoteType
from node.consensus.machine import State, Timeouts, resume, start_height, step
from node.consensus.machine.machine import Turn
from node.consensus.machine.types import (
    Accuse,
    BuildValue,
    CastVote,
    Decide,
    Effect,
    Event,
    Proposal,
    ProposalReceived,
    Propose,
    StartTimer,
    Step,
    TimeoutElapsed,
    Timer,
    ValueBuilt,
    Vote,
    VoteReceived,
    WorkAvailable,
)
from node.consensus.machine.votes import MAX_FUTURE_ROUNDS, MAX_PAST_ROUNDS, MAX_VOTES_OF_LIAR

HEIGHT = Height(1)
A, B = Hash(sha256(b"a")), Hash(sha256(b"b"))
PREVOTE, PRECOMMIT = VoteType.PREVOTE, VoteType.PRECOMMIT


def begin(own: int | None = 0, count: int = 4) -> State:
    state, _effects = start_height(HEIGHT, count, own, Timeouts())
    return step(state, WorkAvailable())[0]


def propose(value: Hash, round_: int = 0, valid_round: int = NO_ROUND, *, is_valid: bool = True) -> ProposalReceived:
    return ProposalReceived(Proposal(HEIGHT, round_, value, valid_round, (1 + round_) % 4), is_valid)


def cast(type_: VoteType, value: Hash | None, voter: int, round_: int = 0, basis: int = NO_ROUND) -> VoteReceived:
    return VoteReceived(Vote(type_, HEIGHT, round_, value, basis, voter))


def play(state: State, *events: Event) -> Turn:
    effects: tuple[Effect, ...] = ()
    for event in events:
        state, more = step(state, event)
        effects += more
    return state, effects


def votes(effects: Iterable[Effect]) -> list[tuple[VoteType, int, Hash | None, int]]:
    return [
        (item.vote.type, item.vote.round, item.vote.value, item.vote.basis) for item in effects if isinstance(item, CastVote)
    ]


def lock(value: Hash = A) -> State:
    """The state after round 0 made this node lock `value`, at the beginning of round 1 (whose proposer is 2)."""
    state, effects = play(begin(), propose(value), cast(PREVOTE, value, 1), cast(PREVOTE, value, 2))
    assert votes(effects) == [(PREVOTE, 0, value, NO_ROUND), (PRECOMMIT, 0, value, NO_ROUND)]
    state, _ = play(state, cast(PRECOMMIT, None, 1), cast(PRECOMMIT, None, 2), TimeoutElapsed(Timer.PRECOMMIT, HEIGHT, 0))
    assert (state.round, state.locked_round) == (1, 0)
    return state


def test_a_height_is_idle_until_there_is_work() -> None:
    state, effects = start_height(HEIGHT, 4, 0, Timeouts())
    assert (state.step, effects) == (Step.IDLE, (StartTimer(Timer.HEARTBEAT, HEIGHT, 0, 60_000),))
    for event in (WorkAvailable(), TimeoutElapsed(Timer.HEARTBEAT, HEIGHT, 0), cast(PREVOTE, None, 3), propose(A)):
        assert step(state, event)[0].step > Step.IDLE


def test_lines_14_to_19_a_proposer_asks_for_a_value_and_proposes_it() -> None:
    state, effects = step(start_height(HEIGHT, 4, 1, Timeouts())[0], WorkAvailable())
    assert effects == (BuildValue(HEIGHT, 0), StartTimer(Timer.PROPOSE, HEIGHT, 0, 1_000))
    _state, effects = step(state, ValueBuilt(HEIGHT, 0, A))
    assert effects == (
        Propose(Proposal(HEIGHT, 0, A, NO_ROUND, 1)),
        CastVote(Vote(PREVOTE, HEIGHT, 0, A, NO_ROUND, 1)),
    )


def test_a_value_that_comes_too_late_is_not_proposed() -> None:
    state, _ = play(begin(own=1), TimeoutElapsed(Timer.PROPOSE, HEIGHT, 0))
    assert step(state, ValueBuilt(HEIGHT, 0, A))[1] == ()


@pytest.mark.parametrize(("is_valid", "value"), [(True, A), (False, None)])
def test_lines_22_to_27_a_new_proposal(is_valid: bool, value: Hash | None) -> None:
    assert votes(play(begin(), propose(A, is_valid=is_valid))[1]) == [(PREVOTE, 0, value, NO_ROUND)]


def test_lines_23_a_lock_holds_against_a_new_proposal() -> None:
    assert votes(play(lock(A), propose(B, 1))[1]) == [(PREVOTE, 1, None, NO_ROUND)]
    assert votes(play(lock(A), propose(A, 1))[1]) == [(PREVOTE, 1, A, 0)]


def test_lines_28_to_33_a_later_polka_opens_the_lock() -> None:
    state = lock(A)
    state, _ = play(state, *(cast(PREVOTE, None, voter, 1) for voter in (1, 2, 3)))
    state, _ = play(state, TimeoutElapsed(Timer.PROPOSE, HEIGHT, 1))
    polka = [cast(PREVOTE, B, voter, 1) for voter in (1, 2, 3)]
    state, _ = play(state, cast(PRECOMMIT, None, 1, 1), cast(PRECOMMIT, None, 2, 1), cast(PRECOMMIT, None, 3, 1))
    state, _ = play(state, TimeoutElapsed(Timer.PRECOMMIT, HEIGHT, 1))
    repeated = propose(B, 2, 1)
    waiting, effects = play(state, repeated)
    assert (waiting.step, votes(effects)) == (Step.PROPOSE, [])
    assert votes(play(waiting, *polka)[1]) == [(PREVOTE, 2, B, 1)]


def test_line_29_an_earlier_polka_does_not_open_it() -> None:
    state = replace(lock(A), locked_round=1, round=2, step=Step.PROPOSE)
    state, _ = play(state, *(cast(PREVOTE, B, voter, 0) for voter in (1, 2, 3)))
    assert votes(play(state, propose(B, 2, 0))[1]) == [(PREVOTE, 2, None, NO_ROUND)]


def test_lines_34_35_any_quorum_of_prevotes_starts_the_timer_once() -> None:
    state, effects = play(begin(), propose(A), cast(PREVOTE, None, 1), cast(PREVOTE, B, 2))
    assert StartTimer(Timer.PREVOTE, HEIGHT, 0, 500) in effects
    assert step(state, cast(PREVOTE, None, 3))[1] == ()


def test_lines_36_to_43_a_polka_locks() -> None:
    state = lock(A)
    assert (state.locked_value, state.locked_round, state.valid_value, state.valid_round) == (A, 0, A, 0)


def test_line_42_a_polka_after_the_precommit_is_remembered_without_a_lock() -> None:
    state, _ = play(begin(), propose(A), TimeoutElapsed(Timer.PREVOTE, HEIGHT, 0))
    state, effects = play(state, cast(PREVOTE, A, 1), cast(PREVOTE, A, 2))
    assert (state.locked_round, state.valid_value, state.valid_round) == (NO_ROUND, A, 0)
    assert votes(effects) == []


def test_line_36_no_lock_on_an_invalid_value() -> None:
    state, effects = play(begin(), propose(A, is_valid=False), *(cast(PREVOTE, A, voter) for voter in (1, 2, 3)))
    assert state.locked_value is None
    assert (PRECOMMIT, 0, A, NO_ROUND) not in votes(effects)


def test_lines_44_to_46_a_quorum_for_nil() -> None:
    _state, effects = play(begin(), propose(A, is_valid=False), cast(PREVOTE, None, 1), cast(PREVOTE, None, 2))
    assert votes(effects)[-1] == (PRECOMMIT, 0, None, NO_ROUND)


def test_lines_47_48_any_quorum_of_precommits_starts_the_timer_once() -> None:
    state, effects = play(begin(), cast(PRECOMMIT, None, 1), cast(PRECOMMIT, A, 2), cast(PRECOMMIT, B, 3))
    assert [item for item in effects if isinstance(item, StartTimer)] == [StartTimer(Timer.PRECOMMIT, HEIGHT, 0, 500)]
    assert state.decision is None


@pytest.mark.parametrize("round_", [0, 3])
def test_lines_49_to_54_a_quorum_of_precommits_decides_in_any_round(round_: int) -> None:
    precommits = [cast(PRECOMMIT, A, voter, round_) for voter in (1, 2, 3)]
    state, effects = play(begin(), propose(A, round_), *precommits)
    assert Decide(HEIGHT, round_, A) in effects
    assert step(state, WorkAvailable()) == (state, ())


def test_two_of_four_are_no_quorum() -> None:
    state, _ = play(begin(), propose(A), cast(PRECOMMIT, A, 1), cast(PRECOMMIT, A, 2))
    assert state.decision is None


def test_lines_55_56_a_round_is_joined_when_an_honest_one_is_there() -> None:
    state, _ = play(begin(), cast(PREVOTE, None, 1, 5))
    assert state.round == 0
    assert play(state, cast(PRECOMMIT, A, 2, 5))[0].round == 5


def test_lines_57_to_60_no_proposal_in_time() -> None:
    assert votes(play(begin(), TimeoutElapsed(Timer.PROPOSE, HEIGHT, 0))[1]) == [(PREVOTE, 0, None, NO_ROUND)]


def test_lines_61_to_64_no_polka_in_time() -> None:
    state, _ = play(begin(), propose(A))
    assert votes(step(state, TimeoutElapsed(Timer.PREVOTE, HEIGHT, 0))[1]) == [(PRECOMMIT, 0, None, NO_ROUND)]


def test_a_timer_of_another_round_or_height_does_nothing() -> None:
    state = begin()
    for event in (TimeoutElapsed(Timer.PROPOSE, HEIGHT, 1), TimeoutElapsed(Timer.PROPOSE, Height(2), 0)):
        assert step(state, event) == (state, ())


def test_timeouts_grow_and_are_capped() -> None:
    waits = [Timeouts().compute(Timer.PROPOSE, round_) for round_ in (0, 1, 8, 10**9)]
    assert waits == [1_000, 1_250, 3_000, 3_000]


def test_an_observer_decides_and_never_votes() -> None:
    state, effects = play(begin(own=None), propose(A), *(cast(PREVOTE, A, voter) for voter in (0, 1, 2)))
    state, more = play(state, *(cast(PRECOMMIT, A, voter) for voter in (0, 1, 2)))
    assert votes((*effects, *more)) == []
    assert state.decision == A


def test_one_authority_alone_decides_at_once() -> None:
    state, effects = play(begin(own=0, count=1), ValueBuilt(HEIGHT, 0, A))
    assert state.decision == A
    assert Decide(HEIGHT, 0, A) in effects


@pytest.mark.parametrize(
    ("first", "second", "is_guilty"),
    [
        (cast(PREVOTE, A, 3), cast(PREVOTE, B, 3), True),
        (cast(PREVOTE, A, 3), cast(PREVOTE, None, 3), True),
        (cast(PREVOTE, A, 3), cast(PREVOTE, A, 3), False),
        (cast(PREVOTE, A, 3), cast(PRECOMMIT, B, 3), False),
        (cast(PRECOMMIT, A, 3), cast(PREVOTE, B, 3, 1), True),
        (cast(PREVOTE, B, 3, 1), cast(PRECOMMIT, A, 3), True),
        (cast(PRECOMMIT, A, 3), cast(PREVOTE, B, 3, 2, basis=0), False),
        (cast(PRECOMMIT, A, 3), cast(PREVOTE, A, 3, 1), False),
        (cast(PRECOMMIT, A, 3), cast(PREVOTE, None, 3, 1), False),
        (cast(PRECOMMIT, None, 3), cast(PREVOTE, B, 3, 1), False),
        (cast(PRECOMMIT, A, 3, 1), cast(PREVOTE, B, 3, 0), False),
    ],
)
def test_what_two_votes_show(first: VoteReceived, second: VoteReceived, is_guilty: bool) -> None:
    _state, effects = play(begin(), first, second)
    accusations = [item for item in effects if isinstance(item, Accuse)]
    assert accusations == ([Accuse(first.vote, second.vote)] if is_guilty else [])


def test_two_proposals_of_one_round_are_accused_and_the_first_counts() -> None:
    state, effects = play(begin(), propose(A), propose(B))
    assert [item for item in effects if isinstance(item, Accuse)] == [Accuse(propose(A).proposal, propose(B).proposal)]
    assert state.proposals[0].proposal.value == A


def test_a_proposal_out_of_turn_is_passed_over() -> None:
    stranger = ProposalReceived(Proposal(HEIGHT, 0, A, NO_ROUND, 3), is_valid=True)
    assert step(begin(), stranger)[1] == ()


def test_a_flood_of_votes_for_rounds_to_come_takes_bounded_room() -> None:
    state = begin()
    for round_ in range(1, 400):
        state, _ = step(state, cast(PREVOTE, Hash(sha256(b"%d" % round_)), 3, round_))
    assert len(state.votes) <= MAX_FUTURE_ROUNDS
    for number in range(100):
        state, _ = step(state, cast(PREVOTE, Hash(sha256(b"v%d" % number)), 3, 0))
    assert len(state.votes[0, PREVOTE][3]) == MAX_VOTES_OF_LIAR
    state, _ = play(state, propose(A), cast(PREVOTE, A, 3, 0))
    assert any(vote.value == A for vote in state.votes[0, PREVOTE][3])


def test_rounds_gone_by_are_forgotten_but_for_the_lock() -> None:
    state = lock(A)
    for round_ in range(1, 30):
        state, _ = play(state, TimeoutElapsed(Timer.PRECOMMIT, HEIGHT, round_))
    assert state.round == 30
    assert {round_ for round_, _type in state.votes if round_ < 30 - MAX_PAST_ROUNDS} == {0}
    assert has_polka(state)


def has_polka(state: State) -> bool:
    return len(state.votes[0, PREVOTE]) == 3


def test_going_on_after_a_restart() -> None:
    state, _ = play(begin(), propose(A))
    assert resume(replace(state, fired=frozenset()))[0].step is Step.PREVOTE
    assert resume(begin())[1] == (StartTimer(Timer.PROPOSE, HEIGHT, 0, 1_000),)
    assert resume(start_height(HEIGHT, 4, 0, Timeouts())[0])[1] == (StartTimer(Timer.HEARTBEAT, HEIGHT, 0, 60_000),)
