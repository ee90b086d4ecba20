"""A town for tests of commands: a node as a process of its own, an office, and everybody's keys."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.office.client import NodeClient
from node.keystore import load_key
from tests.cli import people
from tests.cli.command_line import CommandLine, Result
from tests.forking import make_forked_command

ROOT = Path(__file__).parents[2]
ROWS = (
    "R-1,A,Care,Service,2026-05-01,Town,V-1,60",
    "R-2,A,Care,Service,2026-05-02,Town,V-1,240",
    "R-3,A,Care,Service,2026-05-02,Town,V-2,120",
)


@dataclass(frozen=True)
class Town:
    """A node, and everybody's keys."""

    folder: Path
    url: str
    hourledger: CommandLine

    def __call__(self, *arguments: object, key: str = "", good: bool = True) -> Result:
        keys = [item for name in key.split() for item in ("--key", self.folder / f"{name}.pem")]
        result = self.hourledger(*arguments, *keys, "--node", self.url, "--json")
        assert (result.code == 0) == good, result
        return result

    def at_office(self, *arguments: object, key: str = "first second", good: bool = True) -> Result:
        return self(*arguments, "--office", self.folder / "office", key=key, good=good)

    def make_key(self, name: str) -> str:
        made = self.hourledger("keys", "new", self.folder / f"{name}.pem", "--no-passphrase")
        return made.out.strip()

    def public_key(self, name: str) -> str:
        """Return the public key of a key that was made, in hexadecimal."""
        return load_key(self.folder / f"{name}.pem", None).public_key.hex()


def make_home(folder: Path, hourledger: CommandLine, chain_id: str) -> Path:
    """Make the folder of the town's node, with the authority's key beside it."""
    home = folder / "node"
    region = ("--region", "Town", "--parameter", "star_2_hours=0")
    init = ("node", "init", "--home", home, "--chain-id", chain_id, *region, "--no-passphrase")
    assert hourledger(*init).code == 0
    (folder / "authority.pem").write_bytes((home / "keys" / "authority.pem").read_bytes())
    return home


@contextmanager
def open_town(folder: Path, hourledger: CommandLine, chain_id: str = "town.example/log") -> Iterator[Town]:
    """Run a node in `folder`; `hourledger` runs commands."""
    home = make_home(folder, hourledger, chain_id)
    command = make_forked_command("node", "run", "--home", str(home), "--port", "0")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        try:
            yield Town(folder, url, hourledger)
        finally:
            process.terminate()
            assert process.wait(20) == 0


def found_organisation(town: Town) -> str:
    officers = [item for name in ("first", "second") for item in ("--officer", town.make_key(name))]
    organisation: str = town("org", "register", "--name", "河畔", *officers, key="authority").document["organisation"]
    town.hourledger("keys", "registrar", town.folder / "office" / "registrar.key")
    holder = ("--id", "V-1", "--public-key", town.make_key("holder"), "--organisation", organisation)
    town.at_office("volunteer", "enrol", *holder)
    return organisation


def certify(town: Town) -> str:
    """Found the organisation, certify `ROWS`, and return the account of V-1, whose key is `holder`."""
    found_organisation(town)
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    return find_account(town, "V-1")


def find_account(town: Town, reference: str) -> str:
    """Return the account of a volunteer of the office."""
    return town.hourledger("volunteer", "find", reference, "--office", town.folder / "office").out.strip()


def fetch_trust(town: Town) -> bytes:
    with NodeClient(town.url) as client:
        return client.get_bytes("/v1/trust")
