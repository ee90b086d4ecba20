"""The node as its operators run it: a process, started and stopped with signals."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.office.builders import build_transaction, sign_all
from cli.office.client import NodeClient
from cli.session import compute_now_ms
from contracts.identity.organisations import RegisterOrganisation
from ledger.crypto import SigningKey
from ledger.transactions import SignedTransaction
from ledger.types import Identifier
from node.home import Home, load_genesis, make_development_key
from tests.forking import ForkedProcess, make_forked_command

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
STOP_SECONDS = 30
VALIDITY_MS = 600_000
LOWEST_PORT, HIGHEST_PORT = 20_000, 32_000
"""Below the ports that systems hand out by themselves."""


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    errors: str
    output: str = ""

    @property
    def sentence(self) -> str:
        """What was said to the operator: the lines that are no log."""
        return "\n".join(line for line in self.errors.splitlines() if not line.startswith("{"))


def find_ports(count: int) -> int:
    """Return the first of `count` ports in a row that nobody has, another one in each process that runs tests."""
    places = list(range(LOWEST_PORT, HIGHEST_PORT - count, count))
    first = os.getpid() % len(places)
    return next(port for port in places[first:] + places[:first] if all(map(_is_free, range(port, port + count))))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return bool(probe.connect_ex(("127.0.0.1", port)))


def make_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli", *arguments]


def make_environment(extra: Mapping[str, str]) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if not name.startswith("HOURLEDGER")}, **extra}


def run_to_end(*arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run the program to its end, without a terminal."""
    done = subprocess.run(
        make_forked_command(*arguments),
        cwd=ROOT,
        env=make_environment(environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stderr, done.stdout)


def run(*arguments: object, code: int = 0) -> str:
    """Run the program; return what it printed, or its one sentence where it is to end with another code."""
    done = subprocess.run(
        make_forked_command(*map(str, arguments)),
        cwd=ROOT,
        env=make_environment({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * START_SECONDS,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code == 0:
        return done.stdout
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def fail_to_run(home: Path, *arguments: str) -> Ended:
    """Run a node that cannot start."""
    ended = run_to_end("node", "run", "--home", str(home), "--port", "0", *arguments)
    assert "Traceback" not in ended.errors
    return ended


@dataclass
class NodeProcess:
    """A node of a home folder. Started when entered; killed at the end unless it was stopped before.

    `is_forked` is false where the program is to be started as its operators start it, imports and end included.
    """

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    is_forked: bool = True
    process: "subprocess.Popen[str] | ForkedProcess" = field(init=False)

    def __enter__(self) -> Self:
        arguments = ("node", "run", "--home", str(self.home), "--port", "0")
        environment = make_environment(self.environment)
        with (self.home / "node.log").open("w") as log:
            if self.is_forked:
                self.process = ForkedProcess(arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log)
            else:
                self.process = subprocess.Popen(
                    make_command(*arguments),
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        assert self.process.stdout is not None
        found = re.search(r"http://\S+", self.process.stdout.readline())
        assert found, self.read_log()
        self.url = found.group()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> None:
        if self.process.poll() is None:
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def read_log(self) -> str:
        return (self.home / "node.log").read_text()

    def connect(self) -> NodeClient:
        return NodeClient(self.url)

    def get_status(self) -> dict[str, Any]:
        with self.connect() as client:
            return client.get_status().document

    def read_events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read_log().splitlines()]


def make_registration(home: Path, number: int) -> SignedTransaction:
    """A transaction of the development chain that is accepted once."""
    officer = SigningKey(number.to_bytes(32, "big"))
    body = RegisterOrganisation(Identifier(number.to_bytes(16, "big")), "Test", (officer.public_key,), 1)
    unsigned = build_transaction(load_chain_id(home), "identity.register_organisation", body, compute_now_ms() + VALIDITY_MS)
    return sign_all(unsigned, [make_development_key("authority")])


@cache
def load_chain_id(home: Path) -> str:
    """The chain of a home: read once for all of its transactions."""
    return load_genesis(Home(home)).chain_id
