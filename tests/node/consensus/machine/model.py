"""A network of machines alone: no blocks, no disk, no signatures; a seed decides what happens to every message.

In the first phase messages are lost, late, doubled and cut off, nodes restart from what they had made durable, and up to f of
them lie. Then the faults end, and everybody must decide within a bound of simulated time. Safety is checked at every decision.
"""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from ledger.authorities import compute_quorum
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
    Judged,
    Proposal,
    ProposalReceived,
    Propose,
    StartTimer,
    TimeoutElapsed,
    ValueBuilt,
    Vote,
    VoteReceived,
    WorkAvailable,
)

FAULTS_END_MS = 20_000
BOUND_MS = 60_000
REPEAT_MS = 1_000
HEIGHTS = 3
StepFunction = Callable[[State, Event], Turn]


class UnsafeError(AssertionError):
    """Something that must never happen has happened."""


class StuckError(AssertionError):
    """The faults have ended long ago and somebody has not decided."""


def make_value(height: int, round_: int, proposer: int, number: int = 0, *, is_valid: bool = True) -> Hash:
    digest = sha256(b"%d %d %d %d" % (height, round_, proposer, number))
    return Hash((b"\x01" if is_valid else b"\x00") + digest[1:])


def is_valid_value(value: Hash) -> bool:
    return value[0] == 1


@dataclass
class Node:
    state: State
    is_byzantine: bool
    sent: list[Proposal | Vote] = field(default_factory=list)
    durable: State | None = None


@dataclass
class Network:
    seed: int
    size: int
    step: StepFunction = step
    byzantine: int | None = None
    decisions: dict[int, dict[int, Hash]] = field(default_factory=dict)
    accused: set[int] = field(default_factory=set)
    now_ms: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        faulty = self.size - compute_quorum(self.size)
        count_byzantine = self.random.randint(0, faulty) if self.byzantine is None else self.byzantine
        liars = set(self.random.sample(range(self.size), count_byzantine))
        self.timeouts = Timeouts()
        self.queue: list[tuple[int, int, int, Event]] = []
        self.ids = count()
        self.nodes = [Node(self._fresh(1, number), number in liars) for number in range(self.size)]
        self.parts: list[int] = [0] * self.size
        for number in range(self.size):
            self._perform(number, start_height(Height(1), self.size, number, self.timeouts))
            self._push(self.random.randint(0, 3_000), number, WorkAvailable())

    @property
    def honest(self) -> list[int]:
        return [number for number, node in enumerate(self.nodes) if not node.is_byzantine]

    def run(self) -> None:
        """Let everything happen; raise `UnsafeError` or `StuckError`."""
        next_repeat, next_fault = REPEAT_MS, 0
        while not self._is_done():
            if self.now_ms > FAULTS_END_MS + BOUND_MS:
                raise StuckError(f"seed {self.seed}: {self.decisions}")
            if self.now_ms >= next_fault and self.now_ms < FAULTS_END_MS:
                self._draw_fault()
                next_fault = self.now_ms + self.random.randint(200, 3_000)
            if self.now_ms >= next_repeat:
                self._repeat_all()
                next_repeat = self.now_ms + REPEAT_MS
            if not self.queue or self.queue[0][0] > min(next_repeat, self.now_ms + 200):
                self.now_ms += 100
                continue
            due, _id, number, event = heapq.heappop(self.queue)
            self.now_ms = max(self.now_ms, due)
            self._deliver(number, event)

    def _is_done(self) -> bool:
        return all(self.nodes[number].state.height > HEIGHTS for number in self.honest)

    def _fresh(self, height: int, number: int) -> State:
        return start_height(Height(height), self.size, number, self.timeouts)[0]

    def _push(self, delay_ms: int, number: int, event: Event) -> None:
        heapq.heappush(self.queue, (self.now_ms + delay_ms, next(self.ids), number, event))

    def _has_faults(self) -> bool:
        return self.now_ms < FAULTS_END_MS

    def _is_cut(self, sender: int, receiver: int) -> bool:
        return self._has_faults() and self.parts[sender] != self.parts[receiver]

    def _draw_fault(self) -> None:
        kind = self.random.choice(["partition", "heal", "restart", "restart", "nothing"])
        if kind == "partition":
            self.parts = [self.random.randint(0, 1) for _ in range(self.size)]
        elif kind == "heal":
            self.parts = [0] * self.size
        elif kind == "restart":
            self._restart(self.random.randrange(self.size))

    def _restart(self, number: int) -> None:
        """Everything that was not durable is gone: votes of others, timers, proposals."""
        node = self.nodes[number]
        height = node.state.height
        if node.durable is None or node.durable.height != height:
            node.state = self._fresh(height, number)
            self._perform(number, resume(node.state))
        else:
            durable = node.durable
            polka = (durable.valid_round, VoteType.PREVOTE)
            own_votes = {
                key: ballots if key == polka else {number: ballots[number]}
                for key, ballots in durable.votes.items()
                if number in ballots or key == polka
            }
            own_proposals = {
                round_: judged for round_, judged in durable.proposals.items() if judged.proposal.proposer == number
            }
            node.state = replace(durable, votes=own_votes, proposals=own_proposals, fired=frozenset())
            self._perform(number, resume(node.state))
        self._push(0, number, WorkAvailable())

    def _deliver(self, number: int, event: Event) -> None:
        node = self.nodes[number]
        if isinstance(event, VoteReceived | ProposalReceived):
            height = event.vote.height if isinstance(event, VoteReceived) else event.proposal.height
            if height < node.state.height:
                return
        self._perform(number, self.step(node.state, event))

    def _perform(self, number: int, turn: Turn) -> None:
        node = self.nodes[number]
        node.state, effects = turn
        for effect in effects:
            self._perform_one(number, effect)

    def _perform_one(self, number: int, effect: Effect) -> None:
        match effect:
            case BuildValue(height, round_):
                self._push(self.random.randint(0, 50), number, ValueBuilt(height, round_, make_value(height, round_, number)))
            case StartTimer(timer, height, round_, duration_ms):
                self._push(duration_ms, number, TimeoutElapsed(timer, height, round_))
            case Propose(proposal):
                self._send(number, proposal)
            case CastVote(vote):
                self._send(number, vote)
            case Decide(height, _round, value):
                self._decide(number, height, value)
            case Accuse(first, second):
                self._accuse(first, second)

    def _send(self, number: int, message: Proposal | Vote) -> None:
        node = self.nodes[number]
        if node.is_byzantine:
            for other in range(self.size):
                for lie in self._lie(message):
                    self._transmit(number, other, lie)
            return
        node.durable = node.state
        node.sent.append(message)
        for other in range(self.size):
            self._transmit(number, other, message)

    def _lie(self, message: Proposal | Vote) -> Iterator[Proposal | Vote]:
        """What a liar sends to one receiver instead of the truth."""
        kind = self.random.choice(["silent", "truth", "other", "nil", "both", "lock"])
        if kind in {"truth", "both"}:
            yield message
        if isinstance(message, Proposal):
            if kind in {"other", "both"}:
                value = make_value(message.height, message.round, message.proposer, 1, is_valid=self.random.random() < 0.5)
                yield replace(message, value=value, valid_round=NO_ROUND)
        elif kind in {"other", "both", "lock"}:
            known = [judged.proposal.value for node in self.nodes for judged in node.state.proposals.values()]
            yield replace(message, value=self.random.choice(known) if known else None, basis=NO_ROUND)
        elif kind == "nil":
            yield replace(message, value=None, basis=NO_ROUND)

    def _transmit(self, sender: int, receiver: int, message: Proposal | Vote) -> None:
        if sender == receiver:
            return
        if self._is_cut(sender, receiver) or (self._has_faults() and self.random.random() < 0.2):
            return
        copies = 2 if self._has_faults() and self.random.random() < 0.1 else 1
        for _ in range(copies):
            delay_ms = self.random.randint(1, 2_500 if self._has_faults() else 100)
            event: Event
            if isinstance(message, Proposal):
                event = ProposalReceived(message, is_valid_value(message.value))
            else:
                event = VoteReceived(message)
            self._push(delay_ms, receiver, event)

    def _repeat_all(self) -> None:
        """Everybody sends again what it knows of the height, as the replica does when nothing moves."""
        for number, node in enumerate(self.nodes):
            messages: list[Proposal | Vote] = [judged.proposal for judged in node.state.proposals.values()]
            messages.extend(vote for ballots in node.state.votes.values() for cast in ballots.values() for vote in cast)
            for receiver in range(self.size):
                for message in messages:
                    self._transmit(number, receiver, message)
                self._sync(number, receiver)

    def _sync(self, number: int, receiver: int) -> None:
        """Tell a node that is behind what was decided, as block sync does."""
        node, other = self.nodes[number], self.nodes[receiver]
        if not node.is_byzantine and node.state.height > other.state.height and not self._is_cut(number, receiver):
            value = self.decisions[other.state.height][number]
            self._decide(receiver, other.state.height, value)

    def _decide(self, number: int, height: int, value: Hash) -> None:
        node = self.nodes[number]
        made = self.decisions.setdefault(height, {})
        made[number] = value
        if not node.is_byzantine:
            if not is_valid_value(value):
                raise UnsafeError(f"seed {self.seed}: node {number} decided an invalid value at height {height}")
            if len({made[other] for other in made if not self.nodes[other].is_byzantine}) > 1:
                raise UnsafeError(f"seed {self.seed}: two decisions at height {height}")
        node.durable = None
        self._perform(number, start_height(Height(height + 1), self.size, number, self.timeouts))
        self._push(self.random.randint(0, 500), number, WorkAvailable())

    def _accuse(self, first: Proposal | Vote, second: Proposal | Vote) -> None:
        offender = first.proposer if isinstance(first, Proposal) else first.voter
        if not self.nodes[offender].is_byzantine:
            raise UnsafeError(f"seed {self.seed}: honest node {offender} is accused: {first} {second}")
        self.accused.add(offender)


__all__ = ["Judged", "Network", "StuckError", "UnsafeError", "VoteType"]
