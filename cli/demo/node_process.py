"""The demo's node: a process of its own, as in real life, on a port of this machine that is free."""

import fcntl
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cli.demo.home import DemoHome
from cli.office.client import NodeClient
from ledger.errors import HourledgerError
from ledger.reasons import Reason

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 30.0
_ADDRESS: Final = re.compile(rb"http://[0-9.]+:[0-9]+")
_ROOT: Final = Path(__file__).parents[2]


def initialise_node(home: DemoHome, chain_id: str, region: str, parameters: Sequence[str] = ()) -> None:
    """Make the node's genesis and keys, unless they are there; a parameter is written NAME=NUMBER."""
    if (home.node / "genesis.json").exists():
        return
    # Keys without a genesis are what a kill has left of an unfinished home: nothing was ever signed with them.
    shutil.rmtree(home.node, ignore_errors=True)
    arguments = ["node", "init", "--home", str(home.node), "--chain-id", chain_id, "--region", region, "--no-passphrase"]
    arguments += [item for parameter in parameters for item in ("--parameter", parameter)]
    done = subprocess.run(_command(arguments), cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise HourledgerError(Reason.INTERNAL, "the demo's node could not be made", done.stderr.strip()[-300:])


@contextmanager
def run_node(home: DemoHome) -> Iterator[NodeClient]:
    """Start the node, yield a client of it, and stop it in the end; raise NODE_UNREACHABLE when it does not come up.

    The node's standard input is a pipe from here: when this process is killed, the pipe ends, and the node stops too.
    """
    _wait_until_free(home)
    arguments = ("node", "run", "--home", str(home.node), "--host", "127.0.0.1", "--port", "0", "--stop-with-stdin")
    with (
        home.node_log.open("ab") as log,
        subprocess.Popen(  # noqa: S603 - our own program
            _command(arguments), cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        try:
            with NodeClient(_read_address(process, home.node_log)) as client:
                yield client
        finally:
            _stop(process)


def _wait_until_free(home: DemoHome) -> None:
    """Wait for a node that a killed demo has left, which is about to stop; raise STORE_IN_USE when it does not."""
    lock = home.node / "store" / "LOCK"
    end = time.monotonic() + STOP_SECONDS
    while lock.exists() and not _is_free(lock):
        if time.monotonic() > end:
            raise HourledgerError(Reason.STORE_IN_USE, "another demo is running in the folder", str(home.folder))
        time.sleep(0.05)


def _is_free(lock: Path) -> bool:
    """Whether nobody holds the lock that LevelDB takes on its store."""
    with lock.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def _read_address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return the address that the node prints once it answers."""
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    try:
        line = b"" if process.stdout is None else process.stdout.readline()
    finally:
        timer.cancel()
    found = _ADDRESS.search(line)
    if found is None:
        detail = f"the demo's node did not start: {_read_last_line(log)}"
        raise HourledgerError(Reason.NODE_UNREACHABLE, detail, str(log))
    return found.group().decode()


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "cli", *arguments]


def _read_last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "it said nothing")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the node to stop, wait for it, and kill it only when it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
