"""`hourledger node init`: the region's numbers from a file and from the command line."""

import json
from pathlib import Path

import pytest

from cli.nodes.regions import load_region
from tests.cli.command_line import CommandLine


@pytest.fixture
def hourledger(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def init(home: Path, file: Path) -> tuple[object, ...]:
    return ("node", "init", "--home", home, "--chain-id", "town.example/log", "--no-passphrase", "--parameters", file)


def test_numbers_of_a_file_and_of_the_command_line(tmp_path: Path, hourledger: CommandLine) -> None:
    file, home = tmp_path / "region.json", tmp_path / "node"
    file.write_text('{"points_per_hour": 3, "max_hold_days": 60}')
    assert hourledger(*init(home, file), "--parameter", "max_hold_days=90", "--dry-run").code == 0
    assert not home.exists()
    assert hourledger(*init(home, file), "--parameter", "max_hold_days=90").code == 0
    genesis = json.loads((home / "genesis.json").read_text())
    assert genesis["parameters"] == {"max_hold_days": 90, "points_per_hour": 3}


def test_a_region_that_ships_is_named_in_place_of_a_file(
    tmp_path: Path, hourledger: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hourledger(*init(Path("node"), Path("beijing")), "--parameter", "time_home_hours=9000").code == 0
    parameters = json.loads(Path("node/genesis.json").read_text())["parameters"]
    assert parameters == {**load_region("beijing"), "time_home_hours": 9_000}
    unknown = hourledger(*init(Path("other"), Path("atlantis")))
    assert (unknown.code, "the regions that ship are beijing, guangzhou, nanjing" in unknown.err) == (2, True)
    # A file of that name is what was meant.
    Path("beijing").write_text('{"points_per_hour": 3}')
    assert hourledger(*init(Path("third"), Path("beijing"))).code == 0
    assert json.loads(Path("third/genesis.json").read_text())["parameters"] == {"points_per_hour": 3}


@pytest.mark.parametrize("content", ["", "[]", "3", '{"points_per_hour": "3"}', '{"points_per_hour": 1.5}', '{"a": true}'])
def test_a_file_of_something_else_is_refused_in_a_sentence(tmp_path: Path, hourledger: CommandLine, content: str) -> None:
    file = tmp_path / "region.json"
    file.write_text(content)
    result = hourledger(*init(tmp_path / "node", file))
    assert result.code == 2
    assert "region.json is not" in result.err
    assert not (tmp_path / "node").exists()


def test_a_number_out_of_its_bounds_makes_no_node(tmp_path: Path, hourledger: CommandLine) -> None:
    file = tmp_path / "region.json"
    file.write_text('{"points_per_hour": 1001}')
    result = hourledger(*init(tmp_path / "node", file))
    assert result.code != 0
    assert "points_per_hour=1001" in result.err
    assert not (tmp_path / "node" / "genesis.json").exists()
