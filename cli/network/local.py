"""Nodes of a local network as processes, each with its own log file beside its home."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cli.office.client import NodeClient
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.home import Home
from node.settings import load_settings

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 30.0
_ROOT: Final = Path(__file__).parents[2]


def find_homes(folder: Path) -> tuple[Home, ...]:
    """Return the homes of the network in a folder, by number; raise `NOT_FOUND` where there is none."""
    found = [path for path in folder.glob("a*") if path.name[1:].isdigit() and Home(path).genesis.exists()]
    if not found:
        raise HourledgerError(Reason.NOT_FOUND, "there is no network there; hourledger net create makes one", str(folder))
    return tuple(Home(path) for path in sorted(found, key=lambda path: int(path.name[1:])))


def compute_url(home: Home) -> str:
    """Return where a home's node serves its clients."""
    settings = load_settings(home.settings)
    return f"http://{settings.host}:{settings.port}"


@dataclass(slots=True)
class LocalNode:
    """One node of the network, running or not. It stops when this process ends, however it ends."""

    home: Home
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def log(self) -> Path:
        """The file that the node logs to."""
        return self.home.path / "node.log"

    @property
    def url(self) -> str:
        """Where the node serves its clients."""
        return compute_url(self.home)

    def start(self, environment: dict[str, str] | None = None) -> None:
        """Start the node, without waiting for it."""
        command = [sys.executable, "-m", "cli", "node", "run", "--home", str(self.home.path.absolute()), "--stop-with-stdin"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                command, cwd=_ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
            )

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def wait_until_up(self) -> None:
        """Return once the node answers; raise `NODE_UNREACHABLE` with its last words when it does not."""
        end = time.monotonic() + START_SECONDS
        while True:
            status = read_status(self.home)
            if status is not None:
                return
            code = None if self.process is None else self.process.poll()
            if code is not None or time.monotonic() > end:
                ended = "" if code is None else f" (it ended with {code})"
                detail = f"a node did not start: {self.read_last_words()}{ended}"
                raise HourledgerError(Reason.NODE_UNREACHABLE, detail, str(self.log))
            time.sleep(0.05)

    def read_last_words(self) -> str:
        """Return the last line of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n") if self.log.exists() else []
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "it said nothing")

    def kill(self) -> None:
        """End the process at once, as a power failure would."""
        if self.process is not None:
            self.process.kill()
            self._let_go(self.process)

    def stop(self) -> None:
        """Ask the node to stop and wait for it; kill it only when it does not."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._let_go(self.process)

    def _let_go(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        self.process = None


def read_status(home: Home) -> dict[str, Any] | None:
    """Return what a node says of itself, None when it does not answer."""
    try:
        with NodeClient(compute_url(home), sleep=lambda _seconds: None) as client:
            return client.get_status().document
    except HourledgerError:
        return None


def wait_until_equal(homes: Sequence[Home], seconds: float, sleep: Callable[[float], None] = time.sleep) -> dict[str, Any]:
    """Return the status that all nodes agree on: same height, same block, and so the same roots of state and log.

    Raises `NOT_FINAL` when they do not within `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        answers = [read_status(home) for home in homes]
        first = answers[0]
        if first is not None and all(item is not None and item["block_hash"] == first["block_hash"] for item in answers):
            return first
        if time.monotonic() > end:
            heights = ", ".join("down" if item is None else str(item["height"]) for item in answers)
            raise HourledgerError(Reason.NOT_FINAL, "the authorities are not all at the same block", heights)
        sleep(0.1)
