"""Four authorities as processes under load: killed, held still, parted, slowed and started again. What their clients were told
is such that one ledger may have said it, and in the end all stores are sound and equal.
"""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from random import Random

import pytest

from cli.network.local import LocalNode, wait_until_equal
from cli.office.builders import build_transaction, sign_all
from cli.session import compute_now_ms
from contracts.identity.organisations import RegisterOrganisation
from ledger.crypto import SigningKey
from ledger.transactions import SignedTransaction, decode_signed
from ledger.types import Hash, Height, Identifier, TimeMs
from node.chain import ChainReader
from node.home import Home, init_network, load_node_keys
from node.settings import load_settings
from node.storage.leveldb import open_leveldb
from tests.functional.clients import Client, Load, Recorder, wait_for_progress, wait_until
from tests.functional.history import Final, History, Standing, Unknown, find_problems
from tests.functional.node_process import find_ports, run_to_end
from tests.functional.wires import Condition, Wires, list_ways

pytestmark = [pytest.mark.functional, pytest.mark.slow]

CHAIN_ID = "faults.example/log"
SECONDS = 90.0
"""How long anything may take on a machine that does much else. Nothing is asserted of times."""
PAUSE_SECONDS = 6.0
"""Longer than all timeouts of a round together."""
BLOCKS_BEHIND = 12
BLOCKS_NOT_COSIGNED = 2
"""How many blocks a node may have that its checkpoint lacks: what it tells its peers is a little more than what it shows."""


class Town:
    """The network, its wires and its clients."""

    def __init__(self, folder: Path, wires: Wires) -> None:
        homes = init_network(
            folder,
            4,
            chain_id=CHAIN_ID,
            region="Test",
            time_ms=TimeMs(compute_now_ms()),
            passphrase=None,
            first_port=find_ports(8),
        )
        for home in homes:
            lay_wires(home, wires)
        self.folder = folder
        self.wires = wires
        self.nodes = tuple(LocalNode(home) for home in homes)
        self.recorder = Recorder()
        self.spans: list[tuple[int, int]] = []
        self._key = load_node_keys(homes[0], None).authority
        self._numbers = count(1)
        known: list[Hash] = []
        self.loads = tuple(
            Load(Client(f"c{number}", node, self.recorder), self.make, known, Random(number))
            for number, node in enumerate(self.nodes, start=1)
        )

    def make(self) -> SignedTransaction:
        """A transaction that is accepted once."""
        number = next(self._numbers)
        officer = SigningKey(number.to_bytes(32, "big")).public_key
        body = RegisterOrganisation(Identifier(number.to_bytes(16, "big")), "Test", (officer,), 1)
        unsigned = build_transaction(CHAIN_ID, "identity.register_organisation", body, compute_now_ms() + 3_600_000)
        return sign_all(unsigned, [self._key])

    def start(self, *nodes: LocalNode) -> None:
        for node in nodes:
            node.start()
        for node in nodes:
            node.wait_until_up()

    def go_on(self, *loads: Load, times: int = 3) -> None:
        wait_for_progress(loads or self.loads, times, SECONDS)

    def try_in_vain(self, *numbers: int) -> list[SignedTransaction]:
        """Send a transaction to each of these nodes while there is no quorum; none becomes final."""
        began, sent = self.recorder.stamp(), [self.make() for _ in numbers]
        for number, signed in zip(numbers, sent, strict=True):
            answer = Client("probe", self.nodes[number], self.recorder).submit(signed, 3)
            assert answer is Unknown.NOT_FINAL
        self.spans.append((began, self.recorder.stamp()))
        return sent

    def require_final(self, sent: list[SignedTransaction]) -> None:
        """Send each again until it is final."""
        probe = Client("probe", self.nodes[0], self.recorder)
        wait_until(lambda: all(isinstance(probe.submit(item), Final) for item in sent), SECONDS, lambda: "not all are final")

    def look(self, node: LocalNode) -> Standing:
        standing = Client("watch", node, self.recorder).look()
        assert isinstance(standing, Standing)
        return standing


def lay_wires(home: Home, wires: Wires) -> None:
    """Let a node reach its peers through wires alone."""
    document = json.loads(home.settings.read_text())
    for name, (_host, port) in load_settings(home.settings).peers.items():
        laid = wires.lay((home.path.name, name.rpartition("/")[2]), port)
        document["peers"][name] = f"127.0.0.1:{laid}"
    home.settings.write_text(json.dumps(document))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as stack:
        made = Town(tmp_path, stack.enter_context(Wires()))
        for node in made.nodes:
            stack.callback(node.stop)
        made.start(*made.nodes)
        for load in made.loads:
            load.start()
            stack.callback(load.abandon)
        yield made


def test_faults_under_load(town: Town) -> None:
    town.go_on()
    kill_one(town)
    hold_one_still(town)
    part_two_from_two(town)
    part_one_from_three(town)
    take_the_quorum_away(town)
    restart_all(town)
    end_and_check(town)


def kill_one(town: Town) -> None:
    killed, others = town.nodes[1], (town.loads[0], *town.loads[2:])
    killed.kill()
    town.go_on(*others)
    town.start(killed)
    town.go_on()


def hold_one_still(town: Town) -> None:
    held = town.nodes[2].process
    assert held is not None
    held.send_signal(signal.SIGSTOP)
    try:
        town.go_on(*town.loads[:2], town.loads[3])
        time.sleep(PAUSE_SECONDS)
    finally:
        held.send_signal(signal.SIGCONT)
    town.go_on()


def part_two_from_two(town: Town) -> None:
    """Their connections stay, and nothing passes."""
    town.wires.put(list_ways(("a1", "a2"), ("a3", "a4")), Condition.HELD)
    sent = town.try_in_vain(0, 3)
    town.wires.heal()
    town.require_final(sent)
    town.go_on()


def part_one_from_three(town: Town) -> None:
    """The three go on. The one is seen to be behind; and knows it itself, as soon as it hears from them over a slow wire."""
    alone, others = town.nodes[3], town.nodes[:3]
    ways = list_ways(("a1", "a2", "a3"), ("a4",))
    town.wires.put(ways, Condition.CUT)
    town.go_on(*town.loads[:3])
    left = town.look(alone).height

    def read_behind() -> int:
        rows = json.loads(run_to_end("net", "status", str(town.folder), "--json").output)["nodes"]
        assert [row["node"] for row in rows] == ["a1", "a2", "a3", "a4"]
        assert rows[3]["behind"] == max(row["height"] for row in rows) - rows[3]["height"]
        return int(rows[3]["behind"])

    wait_until(lambda: read_behind() >= BLOCKS_BEHIND, SECONDS, lambda: "the one is not behind")
    assert town.look(alone).height == left
    town.wires.put(ways, Condition.SLOW)
    said: list[int] = []

    def is_said() -> bool:
        said.append(town.look(alone).behind)
        return said[-1] > 0

    wait_until(is_said, SECONDS, lambda: "the one does not say that it is behind")
    assert said[-1] <= max(town.look(node).height for node in others) + BLOCKS_NOT_COSIGNED - left
    town.wires.heal()
    town.go_on()
    wait_until(lambda: town.look(alone).behind <= 1, SECONDS, lambda: "the one still says that it is behind")


def take_the_quorum_away(town: Town) -> None:
    """Two of four are away for a while. Those that stayed go on with them again, without a restart."""
    stayed, away = town.nodes[:2], town.nodes[2:]
    before = [node.process for node in stayed]
    for node in away:
        node.kill()
    sent = town.try_in_vain(0, 1)
    time.sleep(PAUSE_SECONDS)
    town.start(*away)
    town.require_final(sent)
    town.go_on()
    assert [node.process for node in stayed] == before
    assert all(node.is_running() for node in stayed)


def restart_all(town: Town) -> None:
    """Two end as asked to, two are killed."""
    for node in town.nodes[2:]:
        node.kill()
    for node in town.nodes[:2]:
        node.stop()
    town.start(*town.nodes)
    town.go_on()


def end_and_check(town: Town) -> None:
    for load in town.loads:
        load.end()
    wait_until(lambda: all(load.is_over() for load in town.loads), SECONDS, lambda: "a client still waits for an outcome")
    assert [load.failure for load in town.loads] == [None] * 4
    wait_until_equal([node.home for node in town.nodes], SECONDS)
    for node in town.nodes:
        node.stop()
        assert run_to_end("fsck", str(node.home.path)).code == 0
    operations = tuple(town.recorder.operations)
    blocks = {node.home.path.name: read_blocks(node.home) for node in town.nodes}
    assert find_problems(History(operations, blocks, tuple(town.spans))) == ()
    final = {operation.transaction for operation in operations if isinstance(operation.answer, Final)}
    assert final == {operation.transaction for operation in operations if operation.transaction}
    assert final == {key for block in blocks["a1"] for key in block}


def read_blocks(home: Home) -> tuple[tuple[str, ...], ...]:
    """Return the ids of the transactions that a store holds, block by block."""
    store = open_leveldb(home.store)
    try:
        with ChainReader(store.snapshot()) as reader:
            blocks = [reader.read_block(Height(height)) for height in range(reader.tip.height + 1)]
    finally:
        store.close()
    return tuple(tuple(decode_signed(envelope).transaction_id.hex() for envelope in block.transactions) for block in blocks)
