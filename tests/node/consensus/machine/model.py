"""A network of machines alone: no blocks, no disk, no signatures; a seed decides what happens to every message.

In the first phase messages are lost, late, doubled and cut off, nodes restart from what they had made durable, and up to f of
them lie throughout. Then the faults end, and everybody must decide a height that nobody had begun, within a bound of simulated
time. `checks.py` looks at every event.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from random import Random
from typing import NoReturn

from ledger.types import Hash, Height
from ledger.votes import VoteType
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
    TimeoutElapsed,
    ValueBuilt,
    Vote,
    VoteReceived,
    WorkAvailable,
)
from tests.node.consensus.machine.checks import Checker, UnsafeError, is_valid_value, make_value
from tests.node.consensus.machine.liars import WAYS, Liar

BOUND_MS = 30_000
MAX_EVENTS_OF_NODE = 10_000
REPEAT_MS = 1_000
SIZES = (4, 1, 4, 2, 4, 3, 4, 5, 4, 7, 4, 5, 4, 7, 4, 10)
TIMEOUTS = Timeouts()


class StuckError(AssertionError):
    """The faults have ended long ago and somebody has not decided."""


@dataclass(frozen=True)
class Weather:
    """How bad the first phase is.

    `loss` is what part of the messages is lost, `delay_ms` how long the others travel at most. `missed` is for how much of the
    voices of a step a receiver is deaf for some seconds, however often they are repeated: so that a few see a polka in time
    and others do not, which is what locks are for. `isolated` is a node that hears
    nothing and is not heard; the others then have no restarts and partitions besides, so that they get far ahead.
    """

    end_ms: int
    loss: float
    delay_ms: int
    missed: float
    isolated: int | None


@dataclass
class Node:
    """One authority. `durable` is its state when it last spoke; `life` counts its restarts: timers do not outlive one."""

    number: int
    state: State
    liar: Liar | None = None
    durable: State | None = None
    life: int = 0


class Network:
    """Authorities, and what happens between them. Everything is drawn from the seed; `trace` takes it down."""

    def __init__(self, seed: int, size: int | None = None, ways: tuple[str, ...] | None = None) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.size = size = SIZES[seed % len(SIZES)] if size is None else size
        if ways is None:
            ways = tuple(self.random.choice(WAYS) for _ in range(self.random.randint(0, (size - 1) // 3)))
        liars = self.random.sample(range(size), len(ways))
        self.checker = Checker(size, frozenset(liars))
        self.nodes = [Node(number, self._start(1, number)[0]) for number in range(size)]
        for number, way in zip(liars, ways, strict=True):
            self.nodes[number].liar = Liar(way, self.random, self._get_known, lambda: self.has_faults)
        self.weather = Weather(
            end_ms=self.random.choice([10_000, 20_000, 40_000]),
            loss=self.random.choice([0, 0.05, 0.2]),
            delay_ms=self.random.choice([50, 300, 1_500]),
            missed=self.random.choice([0, 0.2, 0.3, 0.4]),
            isolated=self.random.choice([None, None, None, self.random.randrange(size)]),
        )
        self.now_ms = 0
        self.queue: list[tuple[int, int, Callable[[], None]]] = []
        self.ids = count()
        self.events = 0
        self.cut: set[tuple[int, int]] = set()
        self.unheard: dict[tuple[int, int, int, int, VoteType | None], int] = {}
        self.trace: list[str] = []

    @property
    def honest(self) -> list[Node]:
        return [node for node in self.nodes if node.liar is None]

    @property
    def has_faults(self) -> bool:
        return self.now_ms < self.weather.end_ms

    def run(self) -> None:
        """Let everything happen; raise `UnsafeError`, or `StuckError` when the faults end and not everybody goes on."""
        for node in self.nodes:
            self._perform(node, self._start(1, node.number))
            self._report_work(node, 1_000)
        self._repeat()
        if self.weather.isolated is None:
            self._strike()
        while self.has_faults:
            self._do_next()
        goal = max(node.state.height for node in self.honest) + 1
        while any(node.state.height <= goal for node in self.honest):
            if self.now_ms > self.weather.end_ms + BOUND_MS:
                self._give_up(f"not all are beyond height {goal}")
            self._do_next()

    def _give_up(self, problem: str) -> NoReturn:
        places = [(node.state.height, node.state.round, node.state.step.name) for node in self.honest]
        raise StuckError(f"seed {self.seed} at {self.now_ms} ms: {problem}: {places}")

    def _do_next(self) -> None:
        self.events += 1
        if self.events > MAX_EVENTS_OF_NODE * self.size:
            self._give_up("there is no end of messages")
        self.now_ms, _id, action = heapq.heappop(self.queue)
        try:
            action()
        except UnsafeError as error:
            raise UnsafeError(f"seed {self.seed} at {self.now_ms} ms: {error}") from error

    def _after(self, delay_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self.queue, (self.now_ms + delay_ms, next(self.ids), action))

    def _start(self, height: int, number: int) -> Turn:
        return start_height(Height(height), self.size, number, TIMEOUTS)

    def _get_known(self, height: int, round_: int) -> list[Hash]:
        return self.checker.proposed.get((height, round_), [])

    # What a node does

    def _happen(self, node: Node, life: int, event: Event) -> None:
        """Something happens to a node, unless it has restarted since and knows nothing of it."""
        if life != node.life:
            return
        self.trace.append(f"{self.now_ms} {node.number} {event}")
        self._perform(node, step(node.state, event))

    def _happen_later(self, node: Node, delay_ms: int, event: Event) -> None:
        self._after(delay_ms, partial(self._happen, node, node.life, event))

    def _report_work(self, node: Node, within_ms: int) -> None:
        self._happen_later(node, self.random.randint(0, within_ms), WorkAvailable())

    def _perform(self, node: Node, turn: Turn) -> None:
        before, (node.state, effects) = node.state, turn
        if node.liar is None:
            self.checker.check_step(before, node.state)
        for effect in effects:
            self._perform_one(node, effect)

    def _perform_one(self, node: Node, effect: Effect) -> None:
        match effect:
            case BuildValue(height, round_):
                value = make_value(b"%d/%d/%d" % (height, round_, node.number))
                self._happen_later(node, self.random.randint(0, 50), ValueBuilt(height, round_, value))
            case StartTimer(timer, height, round_, duration_ms):
                self._happen_later(node, duration_ms, TimeoutElapsed(timer, height, round_))
            case Propose(message) | CastVote(message):
                self._say(node, message)
            case Decide(height, round_, value):
                if node.liar is None:
                    self.checker.check_decision(height, round_, value)
                self._move_on(node)
            case Accuse(first, second):
                self.checker.check_accusation(first, second)

    def _say(self, node: Node, message: Proposal | Vote) -> None:
        node.durable = node.state
        if node.liar is None:
            self.checker.check_sent(node.number, message)
        for other in self.nodes:
            for said in [message] if node.liar is None else node.liar.twist(message):
                self.checker.note(said)
                self._transmit(node, other, said)

    def _move_on(self, node: Node) -> None:
        node.durable = None
        self._perform(node, self._start(node.state.height + 1, node.number))
        self._report_work(node, 1_000)

    # What happens between nodes

    def _is_cut(self, sender: Node, receiver: Node) -> bool:
        pair = (sender.number, receiver.number)
        return self.has_faults and (pair in self.cut or self.weather.isolated in pair)

    def _is_unheard(self, receiver: Node, message: Proposal | Vote) -> bool:
        """Whether the receiver is still deaf for this voice in this step."""
        author, kind = (message.voter, message.type) if isinstance(message, Vote) else (message.proposer, None)
        place = (receiver.number, author, message.height, message.round, kind)
        if place not in self.unheard:
            is_missed = self.random.random() < self.weather.missed
            self.unheard[place] = self.now_ms + (self.random.randint(1_000, 4_000) if is_missed else 0)
        return self.now_ms < self.unheard[place]

    def _transmit(self, sender: Node, receiver: Node, message: Proposal | Vote) -> None:
        if sender is receiver or self._is_cut(sender, receiver):
            return
        copies, delay_ms = 1, 100
        if self.has_faults:
            if self.random.random() < self.weather.loss or self._is_unheard(receiver, message):
                return
            copies, delay_ms = self.random.choice([1, 1, 1, 2]), self.weather.delay_ms
        for _ in range(copies):
            self._after(self.random.randint(1, delay_ms), partial(self._arrive, receiver, message))

    def _arrive(self, receiver: Node, message: Proposal | Vote) -> None:
        if isinstance(message, Proposal):
            self._happen(receiver, receiver.life, ProposalReceived(message, is_valid_value(message.value)))
        else:
            self._happen(receiver, receiver.life, VoteReceived(message))

    def _repeat(self) -> None:
        """Each tells each other what that one lacks, as the replica does every second: messages, and what was decided."""
        for sender in self.honest:
            self.checker.check_room(sender.state)
            known = list(get_messages(sender.state))
            for receiver in self.nodes:
                if sender.state.height > receiver.state.height and not self._is_cut(sender, receiver):
                    self._move_on(receiver)
                elif sender.state.height == receiver.state.height:
                    had = set(get_messages(receiver.state))
                    for message in known:
                        if message not in had:
                            self._transmit(sender, receiver, message)
        self._after(REPEAT_MS, self._repeat)

    # What goes wrong

    def _strike(self) -> None:
        match self.random.choice(["split", "cut", "heal", "heal", "restart", "restart"]):
            case "split":
                sides = [self.random.random() < 0.5 for _ in self.nodes]
                self.cut = {(one, two) for one, two in self._pairs() if sides[one] != sides[two]}
            case "cut":  # in one direction
                self.cut = {pair for pair in self._pairs() if self.random.random() < 0.2}
            case "heal":
                self.cut = set()
            case "restart":
                self._restart(self.random.choice(self.nodes))
        if self.has_faults:
            self._after(self.random.randint(50, 2_000), self._strike)

    def _pairs(self) -> list[tuple[int, int]]:
        return [(one, two) for one in range(self.size) for two in range(self.size) if one != two]

    def _restart(self, node: Node) -> None:
        node.life += 1
        height = node.state.height
        node.state = self._start(height, node.number)[0] if node.durable is None else recall(node.durable)
        self.trace.append(f"{self.now_ms} {node.number} restarts")
        self._perform(node, resume(node.state))
        self._report_work(node, 0)


def get_messages(state: State) -> Iterator[Proposal | Vote]:
    """Yield the messages that a node keeps of its height."""
    for judged in state.proposals.values():
        yield judged.proposal
    for ballots in state.votes.values():
        for cast in ballots.values():
            yield from cast


def recall(durable: State) -> State:
    """Return what a restarted node knows: its variables, its own messages and the polka on which they rest."""
    own = durable.own
    polka = (durable.valid_round, VoteType.PREVOTE)
    votes = {
        key: {voter: cast for voter, cast in ballots.items() if voter == own or key == polka}
        for key, ballots in durable.votes.items()
    }
    proposals = {round_: judged for round_, judged in durable.proposals.items() if judged.proposal.proposer == own}
    return replace(
        durable, votes={key: ballots for key, ballots in votes.items() if ballots}, proposals=proposals, fired=frozenset()
    )
