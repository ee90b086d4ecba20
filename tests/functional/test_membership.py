"""A set of authorities that changes while it works, nodes that follow it, and the drill after a quorum is lost for ever."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cli.network.local import LocalNode, read_status, wait_until_equal
from cli.office.builders import build_transaction, sign_all
from cli.office.client import NodeClient
from cli.session import compute_now_ms
from contracts.identity.organisations import RegisterOrganisation
from ledger.crypto import SigningKey
from ledger.errors import ProofError
from ledger.transactions import SignedTransaction, encode_signed
from ledger.trust import parse_trust, verify_checkpoint
from ledger.types import Identifier, TimeMs
from node.home import Home, init_network, load_node_keys
from node.keystore import save_key
from node.settings import load_settings
from tests.functional.node_process import find_ports, run

pytestmark = [pytest.mark.functional, pytest.mark.slow]

CHAIN_ID = "members.example/log"
SECONDS = 60.0
RECOVERY_KEYS = [SigningKey(bytes([number]) * 32) for number in (71, 72, 73)]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(stack: ExitStack, homes: Sequence[Home]) -> list[LocalNode]:
    nodes = [LocalNode(home) for home in homes]
    for node in nodes:
        stack.callback(node.stop)
        node.start()
    for node in nodes:
        node.wait_until_up()
    return nodes


def make_network(folder: Path, first_port: int) -> tuple[Home, ...]:
    return init_network(
        folder,
        4,
        chain_id=CHAIN_ID,
        region="Test",
        time_ms=TimeMs(compute_now_ms()),
        passphrase=None,
        first_port=first_port,
        recovery_keys=[key.public_key for key in RECOVERY_KEYS],
    )


def name_of(number: int) -> str:
    return f"{CHAIN_ID}/a{number}"


def join(folder: Path, name: str, others: Sequence[Home], port: int) -> Home:
    """The home of a node that joins, with the addresses of some that are there."""
    peers = []
    for number, home in enumerate(others, start=1):
        address = load_settings(home.settings).peer_address
        assert address is not None
        peers += ["--peer", f"a{number}={address[0]}:{address[1]}"]
    own = ("--port", port, "--peer-address", f"127.0.0.1:{port + 1}")
    run("node", "join", others[0].genesis, "--home", folder, "--name", name, *peers, *own, "--no-passphrase")
    return Home(folder)


def make_transaction(home: Home, number: int) -> SignedTransaction:
    officer = SigningKey(number.to_bytes(32, "big")).public_key
    body = RegisterOrganisation(Identifier(number.to_bytes(16, "big")), "Test", (officer,), 1)
    unsigned = build_transaction(CHAIN_ID, "identity.register_organisation", body, compute_now_ms() + 600_000)
    return sign_all(unsigned, [load_node_keys(home, None).authority])


def send(node: LocalNode, signed: SignedTransaction) -> int:
    """Send a transaction and return the height of its block."""
    with NodeClient(node.url) as client:
        outcome = client.submit(encode_signed(signed), 10).outcome or client.wait_for(signed.transaction_id)
    assert outcome.is_accepted
    return int(outcome.document["height"])


def reach(node: LocalNode, signer: Home, height: int, first_number: int) -> int:
    """Let the chain come to a height, by a transaction a block; return the number of the next transaction."""
    number = first_number
    while send(node, make_transaction(signer, number)) < height:
        number += 1
    return number + 1


def approve(nodes: Sequence[LocalNode], *arguments: object) -> None:
    for node in nodes:
        run("authority", *arguments, "--node", node.url, "--key", node.home.key("authority"))


def list_names(node: LocalNode) -> list[str]:
    document = json.loads(run("authority", "show", "--node", node.url, "--json"))
    return [item["name"].rpartition("/")[2] for item in document["authorities"]]


def wait_until(node: LocalNode, is_so: Callable[[dict[str, Any]], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so(read_status(node.home) or {"height": 0}):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_authorities_come_go_and_renew_their_keys_and_an_old_trust_file_follows(tmp_path: Path, stack: ExitStack) -> None:
    port = find_ports(12)
    homes = make_network(tmp_path, port)
    nodes = start(stack, homes)
    trust = tmp_path / "region.trust"
    send(nodes[0], make_transaction(homes[0], 1))
    run("trust", "add", trust, "--node", nodes[0].url)
    fifth = join(tmp_path / "a5", name_of(5), homes, port + 8)

    approve(nodes[:3], "add", fifth.path / "authority.json", "--at-height", 8)
    nodes += start(stack, [fifth])
    following = reach(nodes[0], homes[0], 9, 2)
    assert list_names(nodes[0]) == ["a1", "a2", "a3", "a4", "a5"]
    wait_until_equal([node.home for node in nodes], SECONDS)
    nodes[3].kill()
    height = send(nodes[4], make_transaction(fifth, following))  # four of five: the fifth's vote is needed
    nodes[3].start()

    approve([*nodes[:3], nodes[4]], "remove", name_of(1), "--at-height", height + 8)
    following = reach(nodes[1], homes[1], height + 9, following + 1)
    assert list_names(nodes[1]) == ["a2", "a3", "a4", "a5"]
    nodes[0].stop()
    height = send(nodes[1], make_transaction(homes[1], following))

    renewed = join(tmp_path / "a2-renewed", f"{name_of(2)}-renewed", homes, port + 10)
    approve(nodes[1:4], "rotate", name_of(2), renewed.path / "authority.json", "--at-height", height + 6)
    nodes += start(stack, [renewed])
    following = reach(nodes[2], homes[2], height + 7, following + 1)
    nodes[1].stop()
    nodes[3].stop()
    nodes[3].start()
    wait_until(nodes[5], lambda status: status["height"] >= height + 6)
    send(nodes[5], make_transaction(renewed, following))
    wait_until_equal([node.home for node in nodes[2:]], SECONDS)

    with NodeClient(nodes[2].url) as client:
        note = client.get_bytes("/checkpoint")
    with pytest.raises(ProofError, match="too few authorities"):
        verify_checkpoint(parse_trust(trust.read_bytes()), note)
    assert "would be renewed, following 3 changes" in run("trust", "update", trust, "--node", nodes[4].url, "--dry-run")
    assert "is renewed, following 3 changes" in run("trust", "update", trust, "--node", nodes[4].url)
    assert len(verify_checkpoint(parse_trust(trust.read_bytes()), note).cosigners) >= 3
    assert "is current" in run("trust", "update", trust, "--node", nodes[5].url)
    for node in nodes:
        node.stop()
        run("fsck", node.home.path)


def test_an_observer_follows_and_serves_but_does_not_vote(tmp_path: Path, stack: ExitStack) -> None:
    port = find_ports(12)
    homes = make_network(tmp_path, port)
    name = "observer.example"
    watcher = join(tmp_path / "watcher", name, homes, port + 8)
    key = json.loads((watcher.path / "authority.json").read_text())["log_key"]
    for home in homes[:2]:
        document = json.loads(home.settings.read_text())
        home.settings.write_text(json.dumps({**document, "observers": {name: key}}))
    nodes = start(stack, [*homes, watcher])
    height = send(nodes[4], make_transaction(homes[0], 1))
    status = wait_until_equal([node.home for node in nodes], SECONDS)
    assert status["height"] >= height
    with NodeClient(nodes[4].url) as client:
        trust, note = client.get_bytes("/v1/trust"), client.get_bytes("/checkpoint")
        peers = client.get_status().document["peers"]
    assert len(verify_checkpoint(parse_trust(trust), note).cosigners) >= 3
    assert sorted(peers) == [name_of(1), name_of(2)], "the others do not know it"
    for node in nodes[2:4]:
        node.kill()
    with NodeClient(nodes[4].url) as client:
        assert client.submit(encode_signed(make_transaction(homes[0], 2)), 3).outcome is None, "two of four, and one watching"


def test_the_drill_after_a_quorum_is_lost_for_ever(tmp_path: Path, stack: ExitStack) -> None:
    """Two of four machines burn. The survivors go on under new keys that three recovery keys vouch for."""
    port = find_ports(12)
    homes = make_network(tmp_path, port)
    nodes = start(stack, homes)
    trust = tmp_path / "region.trust"
    first = make_transaction(homes[0], 1)
    send(nodes[0], first)
    run("trust", "add", trust, "--node", nodes[0].url)
    wait_until_equal(homes, SECONDS)
    for node in nodes:
        node.kill()
    for home in homes[2:]:
        shutil.rmtree(home.path)

    saved = [join(tmp_path / f"new{number}", f"{CHAIN_ID}/b{number}", homes[:2], port + 6 + 2 * number) for number in (1, 2)]
    for old, new in zip(homes, saved, strict=False):
        shutil.copytree(old.store, new.store)
    _introduce(saved)
    draft = tmp_path / "recovery.draft"
    files = [home.path / "authority.json" for home in saved]
    run("node", "recover", *files, "--home", saved[0].path, "--out", draft)
    for number, key in enumerate(RECOVERY_KEYS):
        file = tmp_path / f"recovery{number}.pem"
        save_key(file, key, None)
        run("tx", "sign", draft, "--key", file, "--yes")
        if number == 1:
            assert "more recovery keys must sign (2/3)" in _accept(saved[0], draft, code=1)
    for home in saved:
        _accept(home, draft)

    again = start(stack, saved)
    wait_until(again[0], lambda status: status["height"] >= 2)
    send(again[0], make_transaction(saved[1], 2))
    with NodeClient(again[1].url) as client:
        found = client.find_transaction(first.transaction_id)
        assert found is not None
        assert found.outcome is not None, "what was final before is final still"
    wait_until_equal(saved, SECONDS)
    assert [node.rpartition("/")[2] for node in list_names(again[0])] == ["b1", "b2"]
    run("trust", "update", trust, "--node", again[0].url, code=3)
    run("trust", "add", tmp_path / "new.trust", "--node", again[0].url)
    for node in again:
        node.stop()
        run("fsck", node.home.path)
        node.start()
    for node in again:
        node.wait_until_up()
    send(again[1], make_transaction(saved[0], 3))


def _introduce(homes: Sequence[Home]) -> None:
    """Tell each where the others are, as their operators do in node.json."""
    addresses = {load_settings(home.settings).name: json.loads(home.settings.read_text())["peer_address"] for home in homes}
    for home in homes:
        document = json.loads(home.settings.read_text())
        document["peers"] = {name: address for name, address in addresses.items() if name != document["name"]}
        home.settings.write_text(json.dumps(document))


def _accept(home: Home, draft: Path, code: int = 0) -> str:
    return run("node", "recover", "--home", home.path, "--accept", draft, "--yes", code=code)
