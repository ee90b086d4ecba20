"""Four authorities as four processes: they agree, one fails and comes back, and all end at the same block."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cli.network.local import LocalNode, find_homes, wait_until_equal
from cli.office.builders import build_transaction, sign_all
from cli.office.client import NodeClient
from cli.session import compute_now_ms
from contracts.identity.organisations import RegisterOrganisation
from ledger.checkpoint import parse_signed_checkpoint
from ledger.crypto import SigningKey
from ledger.transactions import SignedTransaction, encode_signed
from ledger.trust import parse_trust, verify_checkpoint
from ledger.types import Identifier, TimeMs
from node.home import init_network, load_node_keys
from tests.functional.node_process import ROOT, find_ports, make_command, make_environment, run_to_end

pytestmark = [pytest.mark.functional, pytest.mark.slow]

CHAIN_ID = "functional.example/log"
SECONDS = 60.0


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[LocalNode, ...]]:
    homes = init_network(
        tmp_path,
        4,
        chain_id=CHAIN_ID,
        region="Test",
        time_ms=TimeMs(compute_now_ms()),
        passphrase=None,
        first_port=find_ports(8),
    )
    started = tuple(LocalNode(home) for home in homes)
    with ExitStack() as stack:
        for node in started:
            stack.callback(node.stop)
            node.start()
        for node in started:
            node.wait_until_up()
        yield started


def make_transaction(node: LocalNode, number: int) -> SignedTransaction:
    officer = SigningKey(number.to_bytes(32, "big")).public_key
    body = RegisterOrganisation(Identifier(number.to_bytes(16, "big")), "Test", (officer,), 1)
    unsigned = build_transaction(CHAIN_ID, "identity.register_organisation", body, compute_now_ms() + 600_000)
    return sign_all(unsigned, [load_node_keys(node.home, None).authority])


def send(node: LocalNode, signed: SignedTransaction) -> None:
    with NodeClient(node.url) as client:
        outcome = client.submit(encode_signed(signed), 10).outcome or client.wait_for(signed.transaction_id)
    assert outcome.is_accepted


def require_final(nodes: tuple[LocalNode, ...], transactions: list[SignedTransaction]) -> None:
    """Raise unless each transaction is final at each node, with one outcome at one place."""
    answers = []
    for node in nodes:
        with NodeClient(node.url) as client:
            found = [client.find_transaction(signed.transaction_id) for signed in transactions]
        answers.append([item.outcome.document for item in found if item is not None and item.outcome is not None])
    assert all(len(item) == len(transactions) for item in answers)
    assert all(item == answers[0] for item in answers)
    assert all(document["accepted"] for document in answers[0])


def test_four_authorities_through_failures(nodes: tuple[LocalNode, ...]) -> None:
    sent = [make_transaction(nodes[0], number) for number in range(1, 13)]
    for number, signed in enumerate(sent[:4]):
        send(nodes[number], signed)
    nodes[3].kill()
    for number, signed in enumerate(sent[4:8]):
        send(nodes[number % 3], signed)
    nodes[3].start()
    nodes[3].wait_until_up()
    wait_until_equal([node.home for node in nodes], SECONDS)
    for node in nodes:
        node.kill()
    for node in nodes:
        node.start()
    for node in nodes:
        node.wait_until_up()
    for number, signed in enumerate(sent[8:]):
        send(nodes[number], signed)
    wait_until_equal([node.home for node in nodes], SECONDS)
    require_final(nodes, sent)
    with NodeClient(nodes[1].url) as client:
        trust, note = client.get_bytes("/v1/trust"), client.get_bytes("/checkpoint")
    assert len(verify_checkpoint(parse_trust(trust), note).cosigners) >= 3
    assert parse_signed_checkpoint(note).checkpoint.origin == CHAIN_ID
    for node in nodes:
        node.stop()
        assert run_to_end("fsck", str(node.home.path)).code == 0


def test_without_a_quorum_nothing_is_final_and_with_it_again_it_goes_on(nodes: tuple[LocalNode, ...]) -> None:
    first, second = make_transaction(nodes[0], 1), make_transaction(nodes[0], 2)
    send(nodes[0], first)
    for node in nodes[2:]:
        node.kill()
    with NodeClient(nodes[0].url) as client:
        assert client.submit(encode_signed(second), 3).outcome is None
    for node in nodes[2:]:
        node.start()
    with NodeClient(nodes[0].url) as client:
        assert client.wait_for(second.transaction_id).is_accepted
    require_final(nodes[:1], [first, second])


def test_network_commands(tmp_path: Path) -> None:
    folder, port = tmp_path / "town", str(find_ports(8))
    made = run_to_end("net", "create", str(folder), "--first-port", port, "--no-passphrase")
    assert made.code == 0, made.errors
    again = run_to_end("net", "create", str(folder), "--first-port", port, "--no-passphrase")
    assert (again.code, "in the folder already" in again.errors) == (1, True)
    assert run_to_end("net", "status", str(tmp_path)).code == 1
    command = make_command("net", "run", str(folder))
    with subprocess.Popen(command, cwd=ROOT, env=make_environment({}), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        assert [line.split()[0] for line in lines] == ["a1", "a2", "a3", "a4"]
        done = subprocess.run(
            make_command("net", "status", str(folder), "--json"), cwd=ROOT, capture_output=True, text=True, check=False
        )
        rows = json.loads(done.stdout)["nodes"]
        assert (done.returncode, [row["is_up"] for row in rows]) == (0, [True] * 4)
        process.terminate()
        assert process.wait(SECONDS) == 0
    assert run_to_end("net", "status", str(folder)).code == 3
    assert [home.path.name for home in find_homes(folder)] == ["a1", "a2", "a3", "a4"]
