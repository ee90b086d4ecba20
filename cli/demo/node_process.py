"""The demo's node: a process of its own, as in real life, on a free port of this machine."""

import signal
import socket
import subprocess
import sys
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
_ROOT: Final = Path(__file__).parents[2]


def initialise_node(home: DemoHome, chain_id: str, region: str) -> None:
    """Make the node's genesis and keys, unless they are there."""
    if (home.node / "genesis.json").exists():
        return
    arguments = ("node", "init", "--home", str(home.node), "--chain-id", chain_id, "--region", region)
    done = subprocess.run(_command(arguments), cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise HourledgerError(Reason.INTERNAL, "the demo's node could not be made", done.stderr.strip()[-300:])


@contextmanager
def run_node(home: DemoHome) -> Iterator[NodeClient]:
    """Start the node, yield a client of it, and stop it in the end; raise NODE_UNREACHABLE when it does not come up."""
    port = find_free_port()
    arguments = ("node", "run", "--home", str(home.node), "--bind", f"127.0.0.1:{port}")
    with (
        home.node_log.open("ab") as log,
        subprocess.Popen(  # noqa: S603 - our own program
            _command(arguments), cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process,
    ):
        try:
            with NodeClient(f"http://127.0.0.1:{port}") as client:
                _wait_until_up(process, client, home.node_log)
                yield client
        finally:
            _stop(process)


def find_free_port() -> int:
    """Return a port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "cli", *arguments]


def _wait_until_up(process: subprocess.Popen[bytes], client: NodeClient, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            client.get_status()
        except HourledgerError as error:
            if error.reason is not Reason.NODE_UNREACHABLE or time.monotonic() > end or process.poll() is not None:
                raise HourledgerError(
                    Reason.NODE_UNREACHABLE, f"the demo's node did not start: {_read_last_line(log)}", str(log)
                ) from error
        else:
            return


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
