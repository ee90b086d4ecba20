"""Four authorities, one with a full disk or another genesis: it stops or stands apart and says why, and the others go on."""

import json
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from cli.network.local import LocalNode, read_status, wait_until_equal
from cli.office.client import NodeClient
from cli.session import compute_now_ms
from ledger.reasons import ExitCode, Reason
from ledger.transactions import encode_signed
from ledger.types import TimeMs
from node.home import init_network
from tests.functional.node_process import find_ports, run_to_end
from tests.functional.test_network import make_transaction, send

pytestmark = [pytest.mark.functional, pytest.mark.slow]

SECONDS: Final = 60.0
ROOM_BYTES: Final = 30_000
"""What the disk still takes of each file before it is full."""
MAX_BLOCKS: Final = 40


def make_nodes(folder: Path) -> tuple[LocalNode, ...]:
    homes = init_network(
        folder,
        4,
        chain_id="functional.example/log",
        region="Test",
        time_ms=TimeMs(compute_now_ms()),
        passphrase=None,
        first_port=find_ports(8),
    )
    return tuple(LocalNode(home) for home in homes)


@contextmanager
def running(nodes: Sequence[LocalNode]) -> Iterator[None]:
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            node.wait_until_up()
        yield
    finally:
        for node in nodes:
            node.stop()


def read_events(node: LocalNode) -> list[dict[str, Any]]:
    lines = node.log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def fill_disk(node: LocalNode) -> None:
    """Let no file of a running node grow much more, which is how a full disk looks to it."""
    assert node.process is not None
    largest = max(path.stat().st_size for path in node.home.path.rglob("*") if path.is_file())
    limit = largest + ROOM_BYTES
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (limit, limit))


def test_a_node_whose_disk_is_full_stops_and_says_why(tmp_path: Path) -> None:
    nodes = make_nodes(tmp_path)
    *others, victim = nodes
    with running(nodes):
        send(nodes[0], make_transaction(nodes[0], 1))
        fill_disk(victim)
        number = 1
        while victim.is_running():
            number += 1
            assert number < MAX_BLOCKS, "its disk was never full"
            send(others[number % 3], make_transaction(nodes[0], number))
        assert victim.process is not None
        assert victim.process.wait() == ExitCode.DAMAGED
        text = victim.log.read_text()
        assert "Traceback" not in text
        assert [event["reason"] for event in read_events(victim) if event["event"] == "failed"] == [Reason.WRITE_FAILED]
        (sentence,) = [line for line in text.splitlines() if not line.startswith("{")]
        assert "could not be written" in sentence
        assert sentence.endswith("free space or replace the disk, then start again.")
        send(others[0], make_transaction(nodes[0], number + 1))
        wait_until_equal([node.home for node in others], SECONDS)
        victim.stop()
        victim.start()
        victim.wait_until_up()
        wait_until_equal([node.home for node in nodes], SECONDS)
        send(victim, make_transaction(nodes[0], number + 2))
    assert run_to_end("fsck", str(victim.home.path)).code == ExitCode.OK


def test_nodes_of_one_chain_name_with_another_genesis_do_not_talk(tmp_path: Path) -> None:
    nodes = make_nodes(tmp_path)
    *others, odd = nodes
    genesis = json.loads(odd.home.genesis.read_text())
    odd.home.genesis.write_text(json.dumps({**genesis, "region": "Elsewhere"}))
    with running(nodes):
        send(nodes[0], make_transaction(nodes[0], 1))
        wait_until_equal([node.home for node in others], SECONDS)
        with NodeClient(odd.url) as client:
            assert client.submit(encode_signed(make_transaction(nodes[0], 2)), 2).outcome is None
        status = read_status(odd.home)
        assert status is not None
        assert (status["height"], status["peers"]) == (0, [])
        refused = [event["reason"] for node in nodes for event in read_events(node) if event["event"] == "stranger refused"]
        assert Reason.WRONG_CHAIN in refused
