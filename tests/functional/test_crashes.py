"""An import through a node that is killed again and again: the store is sound each time, and nothing acknowledged is lost."""

import json
import random
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from cli.office.client import NodeClient
from contracts.hours import HOURS_RECORDED
from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
from ledger.errors import HourledgerError
from ledger.events import split_entry
from ledger.reasons import Reason
from ledger.transactions import encode_signed
from ledger.types import EntryIndex, Hash, Identifier
from node.chain import Chain
from node.home import Home, init_development_home, load_genesis
from node.storage.leveldb import open_leveldb
from tests.cli.people import make_rows, write_roster
from tests.effort import choose
from tests.forking import ForkedProcess, make_forked_command
from tests.functional.node_process import ROOT, NodeProcess, make_environment, make_registration, run_to_end

pytestmark = [pytest.mark.functional, pytest.mark.slow]

KILLS = choose(8, 20)
SEED = 2_026
ROWS = choose(480, 1_200)
PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.02


@dataclass
class Witness:
    """Sends transactions of its own while the import runs, and remembers every outcome that it was told."""

    home: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    acknowledged: dict[Hash, dict[str, object]] = field(default_factory=dict)

    def work(self, client: NodeClient) -> None:
        """Send until the node is gone."""
        try:
            while True:
                signed = make_registration(self.home, next(self.numbers))
                submitted = client.submit(encode_signed(signed), 10)
                if submitted.outcome is not None:
                    self.acknowledged[signed.transaction_id] = submitted.outcome.document
                time.sleep(PAUSE_SECONDS)
        except HourledgerError as error:
            assert error.reason is Reason.NODE_UNREACHABLE

    def check(self, client: NodeClient) -> None:
        """Raise unless each outcome is still what it was."""
        for transaction_id, outcome in self.acknowledged.items():
            found = client.find_transaction(transaction_id)
            assert found is not None, transaction_id.hex()
            assert found.outcome is not None
            assert found.outcome.document == outcome


def carry_out(*arguments: object) -> str:
    command = make_forked_command(*(str(item) for item in arguments))
    done = subprocess.run(command, cwd=ROOT, env=make_environment({}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_office(folder: Path, home: Path) -> list[object]:
    """Register an organisation with two officers; return the arguments of its import."""
    officers = [folder / f"officer-{number}.pem" for number in (1, 2)]
    keys = [json.loads(carry_out("keys", "new", path, "--no-passphrase", "--json"))["public_key"] for path in officers]
    carry_out("keys", "registrar", folder / "registrar.key")
    with NodeProcess(home) as node:
        register: list[object] = ["org", "register", "--name", "Test", "--node", node.url, "--key", home / "keys/authority.pem"]
        answer = carry_out(*register, "--officer", keys[0], "--officer", keys[1], "--json")
        assert node.stop() == 0
    options: list[object] = ["--organisation", json.loads(answer)["organisation"], "--office", folder / "office"]
    options += ["--registrar-key", folder / "registrar.key", "--enrol", "--publish", "--batch-size", 20, "--json"]
    return [*options, "--key", officers[0], "--key", officers[1]]


def make_import(roster: Path, options: Sequence[object], url: str) -> list[str]:
    return ["hours", "import", str(roster), *(str(item) for item in options), "--node", url]


def test_kills_of_the_node_during_an_import(tmp_path: Path) -> None:
    home = tmp_path / "home"
    init_development_home(home)
    options = make_office(tmp_path, home)
    roster = write_roster(tmp_path / "roster.csv", make_rows(ROWS, volunteers=40))
    moments = random.Random(SEED)
    witness = Witness(home)
    heights = [0]
    for kill in range(KILLS):
        with NodeProcess(home) as node, NodeClient(node.url, sleep=lambda _seconds: None) as client:
            witness.check(client)
            heights.append(node.get_status()["height"])
            thread = threading.Thread(target=witness.work, args=(client,))
            thread.start()
            process = ForkedProcess(make_import(roster, options, node.url), cwd=ROOT, env=make_environment({}))
            time.sleep(moments.uniform(0.05, 1.2))
            node.kill()
            process.kill()
            process.wait(PATIENCE_SECONDS)
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()
        checked = run_to_end("fsck", str(home))
        assert checked.code == 0, f"kill {kill} of seed {SEED}: {checked.errors}"
    assert heights == sorted(heights)
    assert len(witness.acknowledged) > KILLS
    with NodeProcess(home) as node, node.connect() as client:
        witness.check(client)
        for is_first in (True, False):
            answer = carry_out(*make_import(roster, options, node.url))
            assert is_first or json.loads(answer)["new_records"] == 0
        assert node.stop() == 0
    assert run_to_end("fsck", str(home)).code == 0
    records = read_records(home)
    assert (len(records), len(set(records))) == (ROWS, ROWS)


def read_records(home: Path) -> list[Identifier]:
    """The identifiers of all records that the node's log has."""
    genesis = load_genesis(Home(home))
    store = open_leveldb(home / "store", create=False)
    try:
        chain = Chain.open(store, genesis, RULE_BOOKS, compute_genesis_state(genesis), get_parties)
        with chain.reader() as reader:
            entries = list(reader.iterate_entries(EntryIndex(0), reader.tip.size))
    finally:
        store.close()
    return [HOURS_RECORDED.decode(entry).record for entry in entries if split_entry(entry)[0] == HOURS_RECORDED.name]
