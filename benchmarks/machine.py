"""What a run was on: the machine, and the versions of everything that a figure depends on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.program import ROOT

PACKAGES = ("aiohttp", "cryptography", "msgpack", "msgspec", "plyvel", "psycopg", "PyNaCl")


def describe_machine(folder: Path) -> dict[str, str]:
    """Return processor, memory, system, and where the stores were."""
    return {
        "processor": f"{_find('/proc/cpuinfo', 'model name') or platform.machine()}, {os.cpu_count()} cores",
        "memory": f"{int((_find('/proc/meminfo', 'MemTotal') or '0 kB').split()[0]) // 1_048_576:,} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "disk": _describe_disk(folder),
    }


def describe_versions() -> dict[str, str]:
    """Return versions by name; what is not installed is left out."""
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions | {"hourledger": _describe_commit()}


def describe_time() -> str:
    """Return the day of the run."""
    return datetime.now(UTC).date().isoformat()


def _describe_commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - whatever git there is
    return done.stdout.strip() or "no commit known"


def _describe_disk(folder: Path) -> str:
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    path = str(folder.resolve())
    matching = [item for item in mounts if path.startswith(item[1])]
    best = max(matching, key=lambda item: len(item[1]), default=None)
    return "unknown" if best is None else f"{best[2]} on {best[0]}"


def _find(path: str, name: str) -> str | None:
    file = Path(path)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)
