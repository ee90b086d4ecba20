"""Bugs that engines like this one have had, each as a patch; the network of machines must catch every one.

Seeds are tried in order from `first` on, `seeds` of them at most. A seed draws the number of authorities and what goes wrong;
a bug that one kind of liar shows best is tried on four authorities of which one is that liar. `first` is not 0 where a bug is
rare: locks of two values, and what was forgotten, show once in some hundred seeds. A mistake that lets something happen ends as
`UnsafeError`, one that keeps it from happening as `StuckError`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from ledger.types import Hash
from ledger.votes import NO_ROUND, VoteType
from node.consensus.machine import machine, votes
from node.consensus.machine.machine import Turn
from node.consensus.machine.types import Judged, ProposalReceived, State, Step, TimeoutElapsed, Timeouts, Timer, Vote
from tests.node.consensus.machine import model
from tests.node.consensus.machine.checks import UnsafeError
from tests.node.consensus.machine.model import Network, StuckError

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class KnownBug:
    name: str
    patch: Patch
    error: type[AssertionError]
    seeds: int
    first: int = 0
    liar: str | None = None

    def make_network(self, seed: int) -> Network:
        return Network(seed) if self.liar is None else Network(seed, 4, (self.liar,))


def _without(rule: Callable[[State], Turn | None]) -> Patch:
    """The machine without one of its rules."""
    return lambda patch: patch.setattr(machine, "_RULES", tuple(item for item in machine._RULES if item is not rule))


def _instead(name: str, function: Callable[..., Any]) -> Patch:
    """The machine with another function in the place of one of its own."""
    return lambda patch: patch.setattr(machine, name, function)


def _with_state(name: str, change: Callable[[State, State], State]) -> Patch:
    """The machine where the state that a function returns is changed; `change` is given the state before, too."""
    original = getattr(machine, name)

    def changed(state: State, *arguments: Any) -> Any:
        turn = original(state, *arguments)
        return None if turn is None else (change(state, turn[0]), turn[1])

    def apply(patch: pytest.MonkeyPatch) -> None:
        rules = tuple(changed if rule is original else rule for rule in machine._RULES)
        patch.setattr(machine, name, changed)
        patch.setattr(machine, "_RULES", rules)

    return apply


def quorum_off_by_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(votes, "compute_quorum", lambda count: max(1, 2 * count // 3))


def unlock_on_any_polka(state: State, judged: Judged, since: int) -> bool:
    """Line 29 without `lockedRound <= vr`."""
    return judged.is_valid and (
        since != NO_ROUND or state.locked_round == NO_ROUND or state.locked_value == judged.proposal.value
    )


def value_not_validated(state: State, judged: Judged, since: int) -> bool:
    """Lines 23 and 29 without `valid(v)`."""
    return state.locked_round <= since or state.locked_value == judged.proposal.value


def proposal_out_of_turn(patch: pytest.MonkeyPatch) -> None:
    """Lines 22 and 28 without "from proposer"."""
    original = machine._take_proposal

    def take(state: State, event: ProposalReceived) -> Turn:
        proposer = state.compute_proposer(event.proposal.round)
        return original(state, replace(event, proposal=replace(event.proposal, proposer=proposer)))

    patch.setattr(machine, "_take_proposal", take)


def proposer_never_changes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(State, "compute_proposer", lambda state, _round: state.height % state.count)


def polka_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    """Line 28 takes the proposer's word for the polka."""
    plain = votes.has_votes_for

    def has(state: State, round_: int, type_: VoteType, value: Hash | None) -> bool:
        is_claimed = state.step is Step.PROPOSE and type_ is VoteType.PREVOTE and round_ < state.round
        return is_claimed or plain(state, round_, type_, value)

    patch.setattr(machine, "has_votes_for", has)


def polka_of_f_plus_one(patch: pytest.MonkeyPatch) -> None:
    def has(state: State, round_: int, type_: VoteType, value: Hash | None) -> bool:
        ballots = votes.get_ballots(state, round_, type_)
        return votes.has_honest(state, sum(1 for cast in ballots.values() if any(vote.value == value for vote in cast)))

    patch.setattr(machine, "has_votes_for", has)


def one_liar_draws_everybody_on(patch: pytest.MonkeyPatch) -> None:
    """Line 55 with one message in the place of f + 1."""
    patch.setattr(votes, "has_honest", lambda _state, count: count >= 1)


def decision_on_prevotes(patch: pytest.MonkeyPatch) -> None:
    """Line 49 counts the wrong votes."""
    plain = votes.has_votes_for
    patch.setattr(machine, "has_votes_for", lambda state, round_, _type, value: plain(state, round_, VoteType.PREVOTE, value))


def votes_of_all_rounds_counted_together(patch: pytest.MonkeyPatch) -> None:
    def has(state: State, _round: int, type_: VoteType, value: Hash | None) -> bool:
        voters = {
            voter
            for (_key, kind), ballots in state.votes.items()
            for voter, cast in ballots.items()
            if kind is type_ and any(vote.value == value for vote in cast)
        }
        return votes.has_quorum(state, len(voters))

    patch.setattr(machine, "has_votes_for", has)


def repeated_votes_counted(patch: pytest.MonkeyPatch) -> None:
    """Messages are counted in the place of voters."""

    def add(state: State, vote: Vote) -> State:
        ballots = votes.get_ballots(state, vote.round, vote.type)
        cast = (*ballots.get(vote.voter, ()), vote)[-votes.MAX_VOTES_OF_LIAR :]
        return replace(state, votes={**state.votes, (vote.round, vote.type): {**ballots, vote.voter: cast}})

    def has(state: State, round_: int, type_: VoteType, value: Hash | None) -> bool:
        ballots = votes.get_ballots(state, round_, type_)
        return votes.has_quorum(state, sum(vote.value == value for cast in ballots.values() for vote in cast))

    patch.setattr(machine, "add_vote", add)
    patch.setattr(machine, "has_votes_for", has)


def timeout_in_any_step(patch: pytest.MonkeyPatch) -> None:
    """Line 62 without `step = prevote`: who has precommitted a value precommits nil as well."""
    plain = machine._take_timeout

    def take(state: State, event: TimeoutElapsed) -> Turn:
        if event.timer is Timer.PREVOTE and event.round == state.round:
            return machine._precommit(state, None)
        return plain(state, event)

    patch.setattr(machine, "_take_timeout", take)


def timeouts_without_a_cap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Timeouts, "compute", lambda self, timer, round_: self.propose_ms * 6 ** (round_ + (timer is Timer.HEARTBEAT)))


def timer_not_started(timer: Timer) -> Patch:
    plain = machine._timer
    return _instead("_timer", lambda state, kind: replace(plain(state, kind), duration_ms=10**9 if kind is timer else 500))


def round_left_without_a_word(patch: pytest.MonkeyPatch) -> None:
    """As in the paper; there, messages once heard are never forgotten."""
    patch.setattr(machine, "_leave_round_before", lambda state, _round: (state, ()))


def basis_left_out(patch: pytest.MonkeyPatch) -> None:
    """Prevotes do not say on which polka they rest, so that they look like broken locks."""
    plain = machine._cast
    patch.setattr(machine, "_cast", lambda state, kind, value, _basis: plain(state, kind, value, NO_ROUND))


def votes_of_a_liar_kept_without_bound(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(votes, "MAX_VOTES_OF_LIAR", 10**9)


def rounds_to_come_kept_without_bound(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(votes, "MAX_FUTURE_ROUNDS", 10**9)


def locks_that_look_broken_are_accused(patch: pytest.MonkeyPatch) -> None:
    """Any prevote for another value after a precommit is called a broken lock."""

    def breaks(precommit: Vote, prevote: Vote) -> bool:
        values = {precommit.value, prevote.value}
        return None not in values and len(values) == 2 and prevote.round > precommit.round

    patch.setattr(votes, "breaks_lock", breaks)


def _on_restart(change: Callable[[State], State]) -> Patch:
    plain = model.recall
    return lambda patch: patch.setattr(model, "recall", lambda durable: change(plain(durable)))


def _forget_lock(_before: State, after: State) -> State:
    return replace(after, locked_value=None, locked_round=NO_ROUND)


def _keep_old_lock(before: State, after: State) -> State:
    is_locked = before.locked_round != NO_ROUND
    return replace(after, locked_value=before.locked_value, locked_round=before.locked_round) if is_locked else after


def _keep_no_valid_value(_before: State, after: State) -> State:
    return replace(after, valid_value=None, valid_round=NO_ROUND)


KNOWN_BUGS: Final = (
    KnownBug("quorum off by one", quorum_off_by_one, UnsafeError, 20),
    KnownBug("polka of f + 1", polka_of_f_plus_one, UnsafeError, 20),
    KnownBug("decision on prevotes", decision_on_prevotes, UnsafeError, 20),
    KnownBug("votes of all rounds counted together", votes_of_all_rounds_counted_together, UnsafeError, 20),
    KnownBug("repeated votes counted", repeated_votes_counted, UnsafeError, 20),
    KnownBug("lock ignored", _instead("_is_free_for", lambda _state, judged, _since: judged.is_valid), UnsafeError, 20),
    KnownBug("lock never taken", _with_state("_on_polka", _forget_lock), UnsafeError, 20),
    KnownBug("lock forgotten in the next round", _with_state("_start_round", _forget_lock), UnsafeError, 20),
    KnownBug("lock not renewed", _with_state("_on_polka", _keep_old_lock), UnsafeError, 5, 72, liar="equivocate"),
    KnownBug(
        "unlocked by an older polka", _instead("_is_free_for", unlock_on_any_polka), UnsafeError, 5, 30, liar="equivocate"
    ),
    KnownBug("polka not asked for", polka_not_asked_for, UnsafeError, 5, 0, liar="claim polkas"),
    KnownBug("value not validated", _instead("_is_free_for", value_not_validated), UnsafeError, 20),
    KnownBug("proposal out of turn", proposal_out_of_turn, UnsafeError, 20),
    KnownBug("precommit after a precommit", timeout_in_any_step, UnsafeError, 20),
    KnownBug("basis left out", basis_left_out, UnsafeError, 20),
    KnownBug("locks that look broken are accused", locks_that_look_broken_are_accused, UnsafeError, 20),
    KnownBug("lock forgotten on restart", _on_restart(lambda state: _forget_lock(state, state)), UnsafeError, 20),
    KnownBug("step forgotten on restart", _on_restart(lambda state: replace(state, step=Step.PROPOSE)), UnsafeError, 20),
    KnownBug("votes of a liar kept without bound", votes_of_a_liar_kept_without_bound, UnsafeError, 20),
    KnownBug("rounds to come kept without bound", rounds_to_come_kept_without_bound, UnsafeError, 20),
    KnownBug("proposer never changes", proposer_never_changes, UnsafeError, 20),
    KnownBug("valid value forgotten", _with_state("_on_polka", _keep_no_valid_value), StuckError, 20),
    KnownBug("later rounds not joined", _without(machine._on_later_round), StuckError, 5, 0, liar="obstruct, then leave"),
    KnownBug("later rounds joined for a liar", one_liar_draws_everybody_on, StuckError, 20, liar="flood"),
    KnownBug("round left without a word", round_left_without_a_word, StuckError, 5, 142, liar="support everything"),
    KnownBug("repeated proposal passed over", _without(machine._on_repeated_proposal), StuckError, 20),
    KnownBug("no timeout of proposals", timer_not_started(Timer.PROPOSE), StuckError, 20),
    KnownBug("no timeout of prevotes", _without(machine._on_any_prevotes), StuckError, 20),
    KnownBug("no timeout of precommits", _without(machine._on_any_precommits), StuckError, 20),
    KnownBug("timeouts without a cap", timeouts_without_a_cap, StuckError, 20),
)
