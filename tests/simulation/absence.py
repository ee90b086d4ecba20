"""A network whose quorum goes away for a long time of its own clocks, and how soon after its return it makes a block again.

There are no other faults: wires lose nothing and keep the order, as a connection does, and every authority is honest. The seed
decides when in the making of a block the others go away, and how long each message takes.
"""

import heapq
from collections.abc import Callable
from enum import Enum
from typing import Final

from tests.simulation.problems import StuckError
from tests.simulation.sets import Changer
from tests.simulation.world import Node, World

SIZE: Final = 4
LIMIT_MS: Final = 5_000
"""How long after the return of a quorum a transaction may take to be final everywhere."""
BUSY_MS: Final = 3_000
MAX_DELAY_MS: Final = 60


class Way(Enum):
    """How nodes go away: alive behind a cut, as processes that have ended, or as processes that are held still."""

    CUT = 0
    DOWN = 1
    PAUSED = 2


class QuietWorld(World):
    """A world in which nothing fails but what its user makes fail. Cuts hold whenever they are there."""

    def _make_nodes(self) -> None:
        self.faults = {}
        self.changer = Changer(self.seed, self.size, (), is_changing=False)
        self.last_due_ms: dict[tuple[str, str], int] = {}
        for number in range(self.size):
            self._add_node(f"n{number}", number)
        for node in self.nodes.values():
            self.start(node)

    def transmit(self, sender: Node, receiver: str, data: bytes) -> None:
        way = (sender.name, receiver)
        if way in self.cuts:
            return
        due_ms = max(self.now_ms + self.random.randint(1, MAX_DELAY_MS), self.last_due_ms.get(way, 0))
        self.last_due_ms[way] = due_ms
        self.at(due_ms - self.now_ms, lambda: self._deliver(sender.name, receiver, data))

    def pass_time(self, duration_ms: int, is_done: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass until all is done; return whether it is within the duration."""
        end_ms = self.now_ms + duration_ms
        while not is_done() and self.queue and self.queue[0][0] <= end_ms:
            due_ms, _id, action = heapq.heappop(self.queue)
            self.now_ms = max(self.now_ms, due_ms)
            action()
        if is_done():
            return True
        self.now_ms = end_ms
        return False

    def end(self, node: Node) -> None:
        """Let a node lose all that is not on its disks, and stay down."""
        node.replica = node.chain = node.checkpoints = None
        node.generation += 1

    def go_and_return(self, way: Way, away: tuple[Node, ...], absence_ms: int) -> None:
        """Take nodes away in one of the ways, let time pass, and have them back."""
        others = tuple(node for node in self.nodes.values() if node not in away)
        match way:
            case Way.CUT:
                self.cuts = {pair for a in away for b in others for pair in ((a.name, b.name), (b.name, a.name))}
            case Way.DOWN:
                for node in away:
                    self.end(node)
            case Way.PAUSED:
                for node in away:
                    node.paused_until_ms = self.now_ms + absence_ms
        self._submit(others[0], self._make_transaction())
        self.pass_time(absence_ms)
        self.cuts.clear()
        for node in away:
            if node.replica is None:
                self.start(node)

    def measure_return(self, limit_ms: int) -> int:
        """Return how many milliseconds pass until a fresh transaction is final at all that run; raise `StuckError`."""
        began_ms, fresh = self.now_ms, self._make_transaction()
        running = [node for node in self.nodes.values() if node.replica is not None]
        self._submit(self.nodes["n0"], fresh)
        if not self.pass_time(limit_ms, lambda: all(self._shows_all(node, [fresh]) for node in running)):
            states = [
                (node.name, node.replica.state.height, node.replica.state.round, node.replica.state.step.name)
                for node in self.nodes.values()
                if node.replica is not None
            ]
            raise StuckError(f"seed {self.seed}: nothing is final {limit_ms} ms after the return: {states}")
        return self.now_ms - began_ms


def run_absence(seed: int, way: Way, missing: int, absence_ms: int, limit_ms: int = LIMIT_MS) -> int:
    """Take some nodes away in the midst of work and have them back; return how long the network took to go on, in milliseconds.

    Raises `StuckError` where it took too long, `UnsafeError` where something happened that must not.
    """
    world = QuietWorld(seed, SIZE)
    for _ in range(6):
        world.at(world.random.randint(0, BUSY_MS), world._send_something)
    world.pass_time(world.random.randint(BUSY_MS // 2, BUSY_MS))
    away = tuple(world.random.sample(list(world.nodes.values()), missing))
    world.go_and_return(way, away, absence_ms)
    took_ms = world.measure_return(limit_ms)
    world._check_end()
    return took_ms
