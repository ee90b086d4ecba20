"""Snapshots and pruning with real processes: a lost home is made again from another's, and who lags is helped by who can."""

import json
import random
import shutil
import signal
import socket
import subprocess
import sys
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
from ledger.reasons import ExitCode
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Identifier, TimeMs
from node.home import Home, init_network, load_node_keys
from node.settings import load_settings
from tests.functional.node_process import ROOT, NodeProcess, make_environment, run

pytestmark = [pytest.mark.functional, pytest.mark.slow]

CHAIN_ID = "snapshots.example/log"
SECONDS = 60.0


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def find_ports(count: int) -> int:
    """The first of some free ports in a row, at a random place: other tests must not take them while nodes are stopped."""
    while True:
        first = random.randrange(24_000, 32_000)
        if all(is_free(port) for port in range(first, first + count)):
            return first


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def make_network(folder: Path) -> tuple[tuple[Home, ...], int]:
    """The homes of four authorities, and a port from which two more are free."""
    port = find_ports(10)
    homes = init_network(
        folder, 4, chain_id=CHAIN_ID, region="Test", time_ms=TimeMs(compute_now_ms()), passphrase=None, first_port=port
    )
    return homes, port + 8


def start(stack: ExitStack, homes: Sequence[Home]) -> list[LocalNode]:
    nodes = [LocalNode(home) for home in homes]
    for node in nodes:
        stack.callback(node.stop)
        node.start()
    for node in nodes:
        node.wait_until_up()
    return nodes


def make_transaction(home: Home, number: int) -> SignedTransaction:
    officer = SigningKey(number.to_bytes(32, "big")).public_key
    body = RegisterOrganisation(Identifier(number.to_bytes(16, "big")), "Test", (officer,), 1)
    unsigned = build_transaction(CHAIN_ID, "identity.register_organisation", body, compute_now_ms() + 600_000)
    return sign_all(unsigned, [load_node_keys(home, None).authority])


def send(node: LocalNode, number: int) -> SignedTransaction:
    signed = make_transaction(node.home, number)
    with NodeClient(node.url) as client:
        outcome = client.submit(encode_signed(signed), 10).outcome or client.wait_for(signed.transaction_id)
    assert outcome.is_accepted
    return signed


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def read_events(home: Home) -> list[dict[str, Any]]:
    lines = (home.path / "node.log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def change_settings(home: Home, **members: object) -> None:
    document = json.loads(home.settings.read_text())
    home.settings.write_text(json.dumps({**document, **members}))


def join(folder: Path, name: str, others: Sequence[Home], port: int) -> Home:
    """The home of a node with fresh keys that follows; the others are told that it may."""
    peers = []
    for number, home in enumerate(others, start=1):
        address = load_settings(home.settings).peer_address
        assert address is not None
        peers += ["--peer", f"{CHAIN_ID}/a{number}={address[0]}:{address[1]}"]
    own = ("--port", port, "--peer-address", f"127.0.0.1:{port + 1}")
    run("node", "join", others[0].genesis, "--home", folder, "--name", name, *peers, *own, "--no-passphrase")
    log_key = json.loads((folder / "authority.json").read_text())["log_key"]
    for home in others:
        change_settings(home, observers={name: log_key})
    return Home(folder)


def test_a_lost_home_is_made_again_from_anothers_snapshot_with_fresh_keys(tmp_path: Path, stack: ExitStack) -> None:
    homes, port = make_network(tmp_path)
    nodes = start(stack, homes)
    trust, file = tmp_path / "region.trust", tmp_path / "chain.snapshot"
    sent = [send(nodes[number % 4], number) for number in range(1, 7)]
    run("trust", "add", trust, "--node", nodes[0].url)
    wait_until_equal(homes, SECONDS)
    assert "open in another process" in run("node", "snapshot", "--home", homes[0].path, "--out", file, code=2)
    nodes[3].kill()
    shutil.rmtree(homes[3].path)
    nodes[0].stop()
    taken = json.loads(run("node", "snapshot", "--home", homes[0].path, "--out", file, "--json"))
    assert taken["bytes"] == file.stat().st_size
    name = f"{CHAIN_ID}/b4"
    for node in nodes[1:3]:
        node.stop()
    fresh = join(tmp_path / "b4", name, homes[:3], port)
    restored = json.loads(run("node", "restore", file, "--home", fresh.path, "--trust", trust, "--json"))
    assert (restored["height"], restored["entries"]) == (taken["height"], taken["entries"])
    assert "has a store already" in run("node", "restore", file, "--home", fresh.path, "--trust", trust, code=1)

    again = start(stack, [*homes[:3], fresh])
    sent.append(send(again[1], 7))
    height = wait_until_equal([node.home for node in again], SECONDS)["height"]
    assert height > taken["height"], "it follows"
    with NodeClient(again[3].url) as client:
        for signed in sent:
            found = client.find_transaction(signed.transaction_id)
            assert found is not None
            assert found.outcome is not None, "what was final before the snapshot is known here, too"
        client.get_bytes("/tile/0/000.p/1")
    change = ("authority", "rotate", f"{CHAIN_ID}/a4", fresh.path / "authority.json", "--at-height", height + 8)
    for node in again[:3]:
        run(*change, "--node", node.url, "--key", node.home.key("authority"))
    number = 8
    while (read_status(homes[0]) or {"height": 0})["height"] < height + 9:
        send(again[0], number)
        number += 1
    again[0].kill()
    send(again[3], number)  # three of four are left: its vote is needed
    for node in again[1:]:
        node.stop()
    assert "blocks before are not held" in run("fsck", fresh.path)


def test_who_lags_gets_from_another_what_one_has_given_up_and_is_told_when_nobody_has_it(
    tmp_path: Path, stack: ExitStack
) -> None:
    homes, _port = make_network(tmp_path)
    nodes = start(stack, homes)
    send(nodes[0], 1)
    wait_until_equal(homes, SECONDS)
    nodes[3].kill()
    for number in range(2, 8):
        send(nodes[0], number)
    wait_until_equal(homes[:3], SECONDS)
    for node in nodes[:3]:
        node.stop()
    for home in homes[:2]:
        pruned = json.loads(run("node", "prune", "--home", home.path, "--keep", 2, "--json"))
        assert pruned["blocks"] > 0
        assert pruned["bytes_after"] < pruned["bytes_before"]
    again = start(stack, homes)
    assert wait_until_equal(homes, SECONDS)["height"] >= 7, "a3 holds all"

    again[3].kill()
    for number in range(8, 12):
        send(again[0], number)
    wait_until_equal(homes[:3], SECONDS)
    for node in again[:3]:
        node.stop()
    for home in homes[:3]:
        run("node", "prune", "--home", home.path, "--keep", 1)
    again = start(stack, homes)
    wait_until(lambda: any(item["event"] == "a snapshot is needed" for item in read_events(homes[3])))
    needed = [item for item in read_events(homes[3]) if item["event"] == "a snapshot is needed"]
    assert len(needed) == 1
    assert needed[0]["held_from"] > needed[0]["height"]
    send(again[0], 12)


def test_a_running_node_gives_old_blocks_up_by_itself(tmp_path: Path, stack: ExitStack) -> None:
    homes, _port = make_network(tmp_path)
    change_settings(homes[0], keep_blocks=5, heartbeat_ms=10)
    for home in homes[1:]:
        change_settings(home, heartbeat_ms=10)
    nodes = start(stack, homes)
    wait_until(lambda: any(item["event"] == "pruned" for item in read_events(homes[0])))
    for node in nodes:
        node.stop()
    report = json.loads(run("fsck", homes[0].path, "--json"))
    assert report["lowest_block"] >= 100
    assert json.loads(run("fsck", homes[1].path, "--json"))["lowest_block"] == 0


KILLED = """
import os
from cli.main import main
from node.snapshot import homes
from node.storage.leveldb import LevelDbStore

def die(*_arguments, **_more):
    os.kill(os.getpid(), 9)

{moment} = die
main()
"""
MOMENTS = {
    "at the first write": "LevelDbStore.write",
    "when all is written": "homes.open_chain",
    "before it is put in place": "homes._put_in_place",
    "when it is in place": "homes.sync_folder",
}


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A genesis file, a snapshot of its chain, and the trust file for it."""
    folder = tmp_path_factory.mktemp("taken")
    home = folder / "node"
    run("node", "init", "--home", home, "--chain-id", CHAIN_ID, "--no-passphrase")
    return (home / "genesis.json", *make_snapshot(Home(home), folder))


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_restore_that_is_killed_leaves_no_store(tmp_path: Path, taken: tuple[Path, Path, Path], moment: str) -> None:
    """Killed at any moment of its work there is no store, or the whole one; and it can be done again."""
    genesis, file, trust = taken
    fresh = tmp_path / "fresh"
    peer = ("--peer", f"{CHAIN_ID}/a1=127.0.0.1:1")
    run("node", "join", genesis, "--home", fresh, "--name", "b", *peer, "--no-passphrase")
    options = ("node", "restore", str(file), "--home", str(fresh), "--trust", str(trust))
    program = [sys.executable, "-c", KILLED.format(moment=MOMENTS[moment]), *options]
    killed = subprocess.run(program, cwd=ROOT, env=make_environment({}), capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (fresh / "store").exists() == (moment == "when it is in place")
    if not (fresh / "store").exists():
        assert (fresh / "store.new").exists()
        run(*options)
    assert not (fresh / "store.new").exists()
    assert "as far as can be seen" in run("fsck", fresh)


def make_snapshot(home: Home, folder: Path) -> tuple[Path, Path]:
    """A snapshot of a node that has run, and the trust file for it."""
    with NodeProcess(home.path) as node:
        with node.connect() as client:
            for number in range(1, 4):
                client.submit(encode_signed(make_transaction(home, number)), 10)
        run("trust", "add", folder / "trust", "--node", node.url)
        assert node.stop() == 0
    run("node", "snapshot", "--home", home.path, "--out", folder / "snapshot")
    return folder / "snapshot", folder / "trust"


def test_commands_say_in_one_sentence_why_they_cannot(tmp_path: Path) -> None:
    home = tmp_path / "node"
    nowhere = run("node", "snapshot", "--home", tmp_path / "x", "--out", tmp_path / "s", code=ExitCode.REFUSED)
    assert "there is no node there" in nowhere
    run("node", "init", "--home", home, "--chain-id", CHAIN_ID, "--no-passphrase")
    assert "has no store" in run("node", "snapshot", "--home", home, "--out", tmp_path / "s", code=1)
    assert "has no store" in run("node", "prune", "--home", home, "--keep", 1, code=1)
    file, trust = make_snapshot(Home(home), tmp_path)
    assert "already" in run("node", "snapshot", "--home", home, "--out", file, code=1)
    dry = json.loads(run("node", "prune", "--home", home, "--keep", 1, "--dry-run", "--json"))
    assert (dry["blocks"] > 0, dry["bytes_after"], dry["dry_run"]) == (True, dry["bytes_before"], True)
    stranger = tmp_path / "stranger"
    run("node", "init", "--home", stranger, "--chain-id", CHAIN_ID, "--no-passphrase")
    assert "another genesis" in run("node", "restore", file, "--home", stranger, "--trust", trust, code=1)
    assert not (stranger / "store").exists()
    assert "not a trust file" in run("node", "restore", file, "--home", stranger, "--trust", file, code=2)
    home.joinpath("checkpoint").unlink()
    assert "kept no checkpoint" in run("node", "snapshot", "--home", home, "--out", tmp_path / "t", code=3)
