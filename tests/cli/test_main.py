import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import COMMANDS, cli, run
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from tests.cli.command_line import CommandLine

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hourledger(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_help_is_there(name: str, hourledger: CommandLine) -> None:
    result = hourledger(name, "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: hourledger {name}")


def test_help_lists_all_commands(hourledger: CommandLine) -> None:
    out = hourledger("--help").out
    assert [line.split()[0] for line in out.split("Commands:")[1].splitlines() if line.strip()] == list(COMMANDS)


def test_unknown_command_is_a_usage_error(hourledger: CommandLine) -> None:
    result = hourledger("no-such-command")
    assert (result.code, result.out) == (2, "")
    assert "No such command" in result.err


def test_surprise_is_a_sentence_and_exit_code_4(monkeypatch: pytest.MonkeyPatch, hourledger: CommandLine) -> None:
    def fail(**_options: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr(cli, "main", fail)
    result = hourledger("verify")
    assert result.code == 4
    assert result.err.count("\n") == 1
    assert "KeyError" in result.err


def test_traceback_is_shown_to_those_who_ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(**_options: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr(cli, "main", fail)
    monkeypatch.setenv("HOURLEDGER_DEBUG", "1")
    assert run(["verify"]) == 4
    assert "Traceback" in capsys.readouterr().err


def test_typed_error_ends_with_the_code_of_its_reason(monkeypatch: pytest.MonkeyPatch, hourledger: CommandLine) -> None:
    def fail(**_options: object) -> None:
        raise HourledgerError(Reason.BUSY, "too\nmuch")

    monkeypatch.setattr(cli, "main", fail)
    result = hourledger("verify", "--json")
    assert result.code == 3
    assert result.err.startswith("hourledger: too much: ")
    assert result.document["error"]["reason"] == "busy"


def test_reader_that_goes_away_is_no_error(monkeypatch: pytest.MonkeyPatch, hourledger: CommandLine) -> None:
    def fail(**_options: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(cli, "main", fail)
    assert hourledger("verify").err == ""


def test_verification_needs_neither_node_nor_network() -> None:
    script = (
        "import sys; from cli.main import run; run(['verify', '--help']);"
        "wrong = [name for name in sys.modules if name.split('.')[0] in"
        " {'node', 'aiohttp', 'asyncio', 'sqlite3', 'openpyxl', 'plyvel', 'http'}]; sys.exit(','.join(wrong) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_certifying_loads_nothing_that_it_does_not_need() -> None:
    """An officer waits for it at every command."""
    script = (
        "import sys; from cli.main import run; run(['hours', 'import', '--help']);"
        "wrong = [name for name in ('openpyxl', 'importlib.metadata', 'aiohttp', 'plyvel') if name in sys.modules];"
        "sys.exit(','.join(wrong) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
