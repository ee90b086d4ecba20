"""A run of the program that is forked is as one that is started: the same words, the same end."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger.reasons import ExitCode
from tests.forking import CLIENT, ForkedProcess, make_forked_command
from tests.functional.node_process import ROOT, START_SECONDS, make_command, make_environment

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


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_is_killed_is_the_run_itself(tmp_path: Path) -> None:
    """It waits for what is to be verified, which never comes."""
    run = ForkedProcess(("verify", "-", "--trust", TRUST), cwd=tmp_path, stdin=subprocess.PIPE)
    assert run.stdin is not None
    with run.stdin:
        assert run.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(0.01)
        run.kill()
        assert run.wait(START_SECONDS) == run.poll() == -signal.SIGKILL
    assert not is_there(run.pid)


def test_a_run_ends_with_whoever_asked_for_it(tmp_path: Path) -> None:
    run = ForkedProcess(("verify", "-", "--trust", TRUST), cwd=tmp_path, stdin=subprocess.PIPE)
    assert run.stdin is not None
    with run.stdin:
        assert is_there(run.pid)
        run._connection.close()
        end = time.monotonic() + START_SECONDS
        while is_there(run.pid):
            assert time.monotonic() < end
            time.sleep(0.01)


def test_what_a_run_says_and_ends_with(tmp_path: Path) -> None:
    run = ForkedProcess(("trust", "show", TRUST), cwd=tmp_path, stdout=subprocess.PIPE)
    assert run.stdout is not None
    with run.stdout:
        assert "quorum" in run.stdout.read()
    assert run.wait(START_SECONDS) == 0
    assert ForkedProcess(("no-such-command",), cwd=tmp_path).wait(START_SECONDS) == ExitCode.USAGE
