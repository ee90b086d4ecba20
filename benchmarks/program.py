"""The program as its users run it: a process for each command."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PATIENCE_SECONDS: Final = 600


def run(*arguments: object) -> str:
    """Run a command of hourledger and return what it printed; raise `RuntimeError` with its words where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOURLEDGER")}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"hourledger {arguments[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def time_run(*arguments: object) -> float:
    """Run a command and return the seconds that it took, from its start to its end."""
    began = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - began
