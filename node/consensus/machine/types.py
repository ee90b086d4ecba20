"""What the machine is told, what it asks for, and what it remembers.

Values are known by their id alone, authorities by their number from 0. A round is -1 where the paper writes -1 for "none".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from ledger.types import Hash, Height
from ledger.votes import NO_ROUND, VoteType


class Step(IntEnum):
    """Where in a round a node is. `IDLE` is before round 0: there is nothing to decide yet."""

    IDLE = 0
    PROPOSE = 1
    PREVOTE = 2
    PRECOMMIT = 3


class Timer(IntEnum):
    """What a timeout is for."""

    HEARTBEAT = 0
    PROPOSE = 1
    PREVOTE = 2
    PRECOMMIT = 3


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Durations in milliseconds: `base + round * delta`, at most `cap`, so that a long outage does not make long waits."""

    heartbeat_ms: int = 60_000
    propose_ms: int = 1_000
    vote_ms: int = 500
    delta_ms: int = 250
    cap_ms: int = 3_000

    def compute(self, timer: Timer, round_: int) -> int:
        """Return how long a timer of this round runs."""
        if timer is Timer.HEARTBEAT:
            return self.heartbeat_ms
        base = self.propose_ms if timer is Timer.PROPOSE else self.vote_ms
        return min(base + round_ * self.delta_ms, self.cap_ms)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposer's value for a round. `valid_round` is the round of the polka that it rests on, or -1."""

    height: Height
    round: int
    value: Hash
    valid_round: int
    proposer: int


@dataclass(frozen=True, slots=True)
class Vote:
    """An authority's vote; a value of None is nil.

    `basis` is for prevotes: the latest round in which the voter knows of a polka for the value, or -1. Whoever has precommitted
    one value and later prevotes another on an earlier basis has broken its own lock, and two signed votes show it.
    """

    type: VoteType
    height: Height
    round: int
    value: Hash | None
    basis: int
    voter: int


@dataclass(frozen=True, slots=True)
class WorkAvailable:
    """There is something to decide."""


@dataclass(frozen=True, slots=True)
class ValueBuilt:
    """The value that `BuildValue` asked for."""

    height: Height
    round: int
    value: Hash


@dataclass(frozen=True, slots=True)
class ProposalReceived:
    """A proposal whose value is at hand; `is_valid` is what the application says of it."""

    proposal: Proposal
    is_valid: bool


@dataclass(frozen=True, slots=True)
class VoteReceived:
    """A vote whose signature is good."""

    vote: Vote


@dataclass(frozen=True, slots=True)
class TimeoutElapsed:
    """A timer that `StartTimer` asked for has run out."""

    timer: Timer
    height: Height
    round: int


Event: TypeAlias = WorkAvailable | ValueBuilt | ProposalReceived | VoteReceived | TimeoutElapsed


@dataclass(frozen=True, slots=True)
class BuildValue:
    """Make a new value and answer with `ValueBuilt`."""

    height: Height
    round: int


@dataclass(frozen=True, slots=True)
class Propose:
    """Make the proposal durable, sign and send it."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class CastVote:
    """Make the vote and the lock that goes with it durable, sign and send it."""

    vote: Vote


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Answer with `TimeoutElapsed` after so many milliseconds."""

    timer: Timer
    height: Height
    round: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Decide:
    """The value is final: a quorum has precommitted it in `round`."""

    height: Height
    round: int
    value: Hash


@dataclass(frozen=True, slots=True)
class Accuse:
    """Two messages of one authority that no honest one sends."""

    first: Vote | Proposal
    second: Vote | Proposal


Effect: TypeAlias = BuildValue | Propose | CastVote | StartTimer | Decide | Accuse


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposal and whether its value is valid."""

    proposal: Proposal
    is_valid: bool


Ballots: TypeAlias = Mapping[int, tuple[Vote, ...]]
"""Votes of one type and round, by voter; an honest one has one. A liar's count for each value, as in the paper: else a node
was told the other lie could not see the quorum that others have seen."""


@dataclass(frozen=True, slots=True)
class State:
    """All that a node remembers of one height. `own` is None for an observer.

    `locked_*` and `valid_*` are the paper's variables. `proposals` is by round, `votes` by round and type. `fired` are the
    rules that act once a round and have acted.
    """

    height: Height
    count: int
    own: int | None
    timeouts: Timeouts = Timeouts()
    round: int = 0
    step: Step = Step.IDLE
    locked_value: Hash | None = None
    locked_round: int = NO_ROUND
    valid_value: Hash | None = None
    valid_round: int = NO_ROUND
    decision: Hash | None = None
    proposals: Mapping[int, Judged] = field(default_factory=dict)
    votes: Mapping[tuple[int, VoteType], Ballots] = field(default_factory=dict)
    fired: frozenset[tuple[Timer, int]] = frozenset()

    def is_proposer(self, round_: int) -> bool:
        """Whether it is this node's turn in a round."""
        return self.own is not None and self.own == self.compute_proposer(round_)

    def compute_proposer(self, round_: int) -> int:
        """Whose turn it is (`ledger.authorities.compute_proposer`)."""
        return (self.height + round_) % self.count
