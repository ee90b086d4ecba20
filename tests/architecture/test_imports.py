"""The import rules of pyproject.toml hold for this tree, and each of them refuses a house that breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ledger", "contracts", "certificates", "node", "cli")

ONE_WAY = "Imports point one way"
PURE = "ledger, contracts and node.consensus.machine are pure"
IN_NODE = "In node: app, then"
ROOT_ONLY = "Only the command line starts"


def lint_imports(folder: Path) -> tuple[int, str]:
    """Exit code and report of the rules in `folder`'s pyproject.toml."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def build_house(folder: Path, modules: dict[str, str]) -> None:
    """A small house under the same rules: the five packages, empty but for `modules` (dotted name -> source)."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
    for name, source in modules.items():
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        for parent in reversed(path.relative_to(folder).parents[:-1]):
            (folder / parent).mkdir(exist_ok=True)
            (folder / parent / "__init__.py").touch()
        path.write_text(source, encoding="utf-8")


def test_this_tree_keeps_the_rules() -> None:
    code, report = lint_imports(ROOT)
    assert code == 0, report


def test_sound_house_keeps_the_rules(tmp_path: Path) -> None:
    build_house(
        tmp_path,
        {
            "ledger.codec": "import msgpack\nimport hashlib",
            "contracts.hours": "import ledger.codec",
            "certificates.card": "import ledger.codec",
            "node.storage.leveldb": "import plyvel\nimport ledger.codec",
            "node.storage.fsck": "import node.chain",
            "node.chain": "import node.storage.leveldb\nimport contracts.hours",
            "node.consensus.machine": "import ledger.codec",
            "node.consensus.service": "import asyncio\nimport time\nimport node.consensus.machine\nimport node.chain",
            "node.app": "import node.consensus.service\nimport node.storage.leveldb",
            "cli.main": "import click\nimport node.app\nimport ledger.codec",
        },
    )
    code, report = lint_imports(tmp_path)
    assert code == 0, report


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (ONE_WAY, "ledger.state", "from contracts import hours"),
        (ONE_WAY, "contracts.hours", "import certificates"),
        (ONE_WAY, "certificates.card", "def show():\n    import node"),
        (ONE_WAY, "node.config", "import cli"),
        (PURE, "ledger.state", "import time"),
        (PURE, "ledger.state", "from os.path import join"),
        (PURE, "contracts.hours", "def f():\n    from random import choice"),
        (PURE, "contracts.hours", "import logging"),
        (PURE, "node.consensus.machine", "import asyncio"),
        (PURE, "node.consensus.machine", "import node.clock"),
        (IN_NODE, "node.chain", "import node.consensus"),
        (IN_NODE, "node.chain", "import node.api"),
        (IN_NODE, "node.chain", "import node.clock, node.p2p"),
        (IN_NODE, "node.storage", "import node.chain"),
        (ROOT_ONLY, "node.api", "import node.app"),
        (ROOT_ONLY, "node.config", "import node.app"),
    ],
)
def test_broken_rule_is_reported(tmp_path: Path, rule: str, module: str, source: str) -> None:
    neighbours = {f"node.{name}": "" for name in ("app", "api", "chain", "consensus.service", "p2p")}
    build_house(tmp_path, {"contracts.hours": "", "node.clock": "import time", **neighbours, module: source})
    code, report = lint_imports(tmp_path)
    assert code == 1, report
    broken = [line for line in report.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(rule) for line in broken), report
