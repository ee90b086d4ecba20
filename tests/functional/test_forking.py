"""A run of the program that is forked is as one that is started: the same words, the same end."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.forking import CLIENT, make_forked_command
from tests.functional.node_process import ROOT, make_command, make_environment

pytestmark = pytest.mark.functional

TRUST = str(ROOT / "docs" / "formats" / "examples" / "trust.txt")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("trust", "show", "trust.txt"), ""),
        (("trust", "show", "trust.txt", "--json"), ""),
        (("verify", "-", "--trust", "trust.txt", "--lang", "zh"), "nothing that can be verified"),
        (("verify", "nowhere.json", "--trust", "trust.txt"), ""),
        (("no-such-command",), ""),
        (("keys", "new"), ""),
    ],
)
def test_the_same_words_and_the_same_end(tmp_path: Path, arguments: Sequence[str], text: str) -> None:
    (tmp_path / "trust.txt").write_bytes(Path(TRUST).read_bytes())
    ends = []
    for command in (make_command(*arguments), make_forked_command(*arguments)):
        environment = make_environment({"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"})
        done = subprocess.run(command, cwd=tmp_path, env=environment, input=text, capture_output=True, text=True, check=False)
        ends.append((done.returncode, done.stdout, done.stderr))
    assert ends[0] == ends[1]
    assert ends[0][1] + ends[0][2]


def test_where_nobody_forks_it_is_started(tmp_path: Path) -> None:
    command = make_forked_command("trust", "show", TRUST)
    place = command.index(str(CLIENT)) + 1
    command[place] = str(tmp_path / "no-socket")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "quorum" in done.stdout
