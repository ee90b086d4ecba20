"""A node restored from a backup that is older than its last vote, while the only one who has that vote connects late.

The wires lose nothing and keep the order, and a cut ends a connection. Whatever the restored node signs, in both its lives, is
looked at: two different votes of one step convict it.
"""

from typing import Final

from ledger.types import Hash
from ledger.votes import VoteType
from node.consensus.messages import VoteMessage, decode_message
from tests.simulation.absence import SIZE, QuietWorld
from tests.simulation.problems import StuckError, UnsafeError
from tests.simulation.world import Node

SPEAKS_MS: Final = 3_000
END_MS: Final = 40_000


class BackupWorld(QuietWorld):
    """The last node will be restored from a backup; the first is the only one that has its last vote."""

    def __init__(self, seed: int) -> None:
        self.cast: dict[tuple[int, VoteType, int], Hash | None] = {}
        super().__init__(seed, SIZE)

    @property
    def holder(self) -> Node:
        return self.nodes["n0"]

    @property
    def restored(self) -> Node:
        return self.nodes[f"n{SIZE - 1}"]

    def list_peers(self, node: Node) -> tuple[str, ...]:
        return tuple(name for name in super().list_peers(node) if (node.name, name) not in self.cuts)

    def transmit(self, sender: Node, receiver: str, data: bytes) -> None:
        message = decode_message(data)
        if isinstance(message, VoteMessage) and message.vote.key == self.genesis.authorities[self.restored.number].key:
            vote = message.vote
            if self.cast.setdefault((vote.height, vote.type, vote.round), vote.block_hash) != vote.block_hash:
                raise UnsafeError(f"seed {self.seed}: the restored node votes twice: {vote}")
        super().transmit(sender, receiver, data)

    def _deliver(self, sender: str, receiver: str, data: bytes) -> None:
        if (sender, receiver) not in self.cuts:
            super()._deliver(sender, receiver, data)

    def part(self, *inside: Node) -> None:
        """Cut some nodes off from all others."""
        names = {node.name for node in inside}
        self.cuts = {(a, b) for a in self.nodes for b in self.nodes if (a in names) != (b in names)}

    def lose_last_vote(self) -> None:
        """Let the last node vote before the holder alone, and put it back to where it was before the newest block."""
        self._take_backup(self.restored)
        first = self._make_transaction()
        self._submit(self.holder, first)
        if not self.pass_time(SPEAKS_MS, lambda: all(self._shows_all(node, [first]) for node in self.nodes.values())):
            raise StuckError(f"seed {self.seed}: no first block")
        self.part(self.holder, self.restored)
        known = len(self.cast)
        self._submit(self.restored, self._make_transaction())
        self.pass_time(SPEAKS_MS)
        assert len(self.cast) > known
        self.end(self.restored)
        self._put_back(self.restored, self.restored.backup)


def run_old_backup(seed: int, late_ms: int) -> int:
    """Restore the node, and let the holder connect so late; return when the work of that time is final everywhere.

    Raises `UnsafeError` where the restored node votes twice, `StuckError` where the others do not go on.
    """
    world = BackupWorld(seed)
    world.pass_time(world.random.randint(500, 1_500))
    world.lose_last_vote()
    began_ms, fresh = world.now_ms, world._make_transaction()
    world.part(world.holder)
    world._submit(world.nodes["n1"], fresh)
    world.start(world.restored)
    world.pass_time(late_ms)
    world.cuts.clear()
    if not world.pass_time(END_MS, lambda: all(world._shows_all(node, [fresh]) for node in world.nodes.values())):
        raise StuckError(f"seed {seed}: nothing is final {END_MS} ms after the holder has connected")
    return world.now_ms - began_ms
