"""What the commands print that work on the store of a stopped node."""

from contextlib import closing
from pathlib import Path

import pytest

from certificates.handover import build_chain_trust
from ledger.trust import format_trust
from node.app import open_service
from node.home import Home, init_development_home, load_genesis
from node.kept_checkpoint import keep_checkpoint
from node.storage.leveldb import open_leveldb
from tests.cli.command_line import CommandLine
from tests.node.running import KEYS, NOW_MS

BLOCKS = 7


@pytest.fixture
def hourledger(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a node that has made some blocks and was stopped; its trust file is beside it."""
    folder = tmp_path / "node"
    init_development_home(folder)
    home = Home(folder)
    genesis = load_genesis(home)
    with closing(open_leveldb(home.store)) as store:
        service = open_service(home, genesis, KEYS, store, lambda: NOW_MS)
        for _ in range(BLOCKS):
            service.publish(service.make_block((), KEYS.authority, is_due=True))
        keep_checkpoint(home.checkpoint, genesis.chain_id, service.pinned)
        service.pinned.replace()
    (tmp_path / "trust").write_bytes(format_trust(build_chain_trust(genesis.chain_id, genesis.authorities)))
    return folder


def join(hourledger: CommandLine, home: Path) -> Path:
    folder = home.parent / "fresh"
    peer = ("--peer", "hourledger.example/dev/a1=127.0.0.1:1", "--no-passphrase")
    assert hourledger("node", "join", home / "genesis.json", "--home", folder, "--name", "b", *peer).code == 0
    return folder


def test_a_snapshot_is_taken_and_restored(hourledger: CommandLine, home: Path) -> None:
    out, trust, fresh = home.parent / "out", home.parent / "trust", join(hourledger, home)
    would = hourledger("node", "snapshot", "--home", home, "--out", out, "--dry-run")
    assert "block 7 would be in" in would.out
    assert not out.exists()
    taken = hourledger("node", "snapshot", "--home", home, "--out", out, "--json").document
    assert (taken["height"], taken["entries"], taken["bytes"], taken["dry_run"]) == (7, 8, out.stat().st_size, False)
    would = hourledger("node", "restore", out, "--home", fresh, "--trust", trust, "--dry-run")
    assert "would begin at block 7: 8 entries" in would.out
    assert not (fresh / "store").exists()
    restored = hourledger("node", "restore", out, "--home", fresh, "--trust", trust, "--json").document
    assert (restored["height"], restored["entries"], restored["handovers"], restored["dry_run"]) == (7, 8, 0, False)
    assert "from 7 on" in hourledger("fsck", fresh).out
    assert hourledger("fsck", fresh, "--json").document["lowest_block"] == 7
    assert hourledger("fsck", home, "--json").document["lowest_block"] == 0


def test_old_blocks_are_given_up(hourledger: CommandLine, home: Path) -> None:
    would = hourledger("node", "prune", "--home", home, "--keep", 3, "--dry-run")
    assert would.out == "5 blocks would go; those from 5 on would stay.\n"
    done = hourledger("node", "prune", "--home", home, "--keep", 3)
    assert done.out.startswith("5 blocks are gone, those from 5 on are held. The store took ")
    again = hourledger("node", "prune", "--home", home, "--keep", 3, "--json").document
    assert (again["blocks"], again["lowest_block"], again["dry_run"]) == (0, 5, False)


@pytest.mark.parametrize(
    "arguments",
    [("snapshot", "--out", "x"), ("prune", "--keep", 1), ("restore", "x", "--trust", "trust")],
    ids=lambda item: item[0],
)
def test_a_folder_without_a_node_is_named(hourledger: CommandLine, tmp_path: Path, arguments: tuple[object, ...]) -> None:
    result = hourledger("node", *arguments, "--home", tmp_path)
    assert (result.code, result.out) == (1, "")
    assert "there is no node there" in result.err


@pytest.mark.parametrize("keep", ["0", "-1", "some"])
def test_at_least_one_block_is_kept(hourledger: CommandLine, home: Path, keep: str) -> None:
    assert hourledger("node", "prune", "--home", home, "--keep", keep).code == 2
