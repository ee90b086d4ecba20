"""The demo as a user runs it: the real program, the real node, the real check."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from cli.demo.home import DemoHome
from cli.demo.story import choose_holder
from cli.office.roster import read_roster
from tests.cli import people
from tests.effort import choose
from tests.forking import ForkedProcess, make_forked_command

pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]
SAMPLE = {"records": 68, "minutes": 11_880, "volunteers": 14, "activities": 8, "points_minted": 175, "refused": 4}


MARKERS = ("node/genesis.json", "steps/1-organisation.draft", "holder.txt", "steps/4-hold.draft")
"""Files that are there once the story has come so far."""


def start(*arguments: object, folder: Path = ROOT) -> subprocess.Popen[str]:
    command = make_forked_command("demo", *map(str, arguments))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_once_there_is(file: Path, *arguments: object) -> None:
    """Tell the story until it has made a file, and kill it then."""
    process = ForkedProcess(("demo", *map(str, arguments)), cwd=ROOT)
    end = time.monotonic() + 60
    while not file.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    process.kill()
    process.wait()


def tell(*arguments: object) -> dict[str, Any]:
    process = start(*arguments, "--json")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, ""), out
    document: dict[str, Any] = json.loads(out)
    return document


def select(document: dict[str, Any], like: dict[str, int]) -> dict[str, int]:
    return {name: document[name] for name in like}


def test_sample_is_told_and_told_again(tmp_path: Path) -> None:
    first = tell("--home", tmp_path)
    assert select(first, SAMPLE) == SAMPLE
    assert (first["new_records"], first["redemptions"]) == (68, 1)
    assert {row["reason"] for row in first["refused_rows"]} == {"class_counts_no_hours"}
    assert first["verification"]["verdict"] == "valid"
    assert {check["verdict"] for check in first["verification"]["checks"]} == {"valid"}
    certificate, page = Path(first["certificate"]).read_bytes(), Path(first["page"])
    assert verify(page, Path(first["trust"])) == 0
    again = tell("--home", tmp_path)
    assert select(again, SAMPLE) == SAMPLE
    assert Path(again["certificate"]).read_bytes() == certificate
    assert verify(page, Path(again["trust"])) == 0
    assert (again["new_records"], again["redemptions"], again["points_redeemed"]) == (0, 1, first["points_redeemed"])


def test_certificate_of_the_demo_verifies_by_command_and_a_forged_one_does_not(tmp_path: Path) -> None:
    told = tell("--home", tmp_path)
    certificate, trust = Path(told["certificate"]), Path(told["trust"])
    assert verify(certificate, trust) == 0
    forged = tmp_path / "forged.json"
    forged.write_bytes(certificate.read_bytes().replace(b'"value":"5"', b'"value":"6"'))
    assert forged.read_bytes() != certificate.read_bytes()
    assert verify(forged, trust) == 1
    stranger = tell("--home", tmp_path / "other")
    assert verify(certificate, Path(stranger["trust"])) in {1, 3}
    fsck = subprocess.run(make_forked_command("fsck", str(tmp_path / "node")), cwd=ROOT, check=False)
    assert fsck.returncode == 0


def verify(certificate: Path, trust: Path) -> int:
    command = make_forked_command("verify", str(certificate), "--trust", str(trust))
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode


@pytest.mark.parametrize("marker", choose(MARKERS[1::2], MARKERS))
def test_killed_demo_run_again_has_the_right_totals(tmp_path: Path, marker: str) -> None:
    kill_once_there_is(tmp_path / marker, "--home", tmp_path)
    told = tell("--home", tmp_path)
    assert select(told, SAMPLE) == SAMPLE
    assert told["redemptions"] == 1
    assert told["verification"]["verdict"] == "valid"


def test_roster_of_ones_own(tmp_path: Path) -> None:
    roster = people.write_roster(tmp_path / "roster.csv", people.make_rows(40, volunteers=5, activities=2))
    told = tell("--home", tmp_path / "home", "--hours", roster, "--batch-size", 7)
    expected = {"records": 40, "new_records": 40, "volunteers": 5, "activities": 2, "refused": 0}
    assert select(told, expected) == expected
    assert told["minutes"] == sum(60 + number for number in range(40))


def test_summary_for_people_names_the_files(tmp_path: Path) -> None:
    process = start("--home", ".", folder=tmp_path)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "68 certified by two officers" in out
    assert "VALID" in out
    assert str(tmp_path / "certificate.json") in out


def test_unusable_roster_is_said_before_anything_is_made(tmp_path: Path) -> None:
    roster = people.write_roster(tmp_path / "roster.csv", ["R-1,A,Care,Service,01/02/2026,Town,V-1,60"])
    process = start("--home", tmp_path / "home", "--hours", roster)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_holder_is_the_one_with_the_most_minutes_of_service(tmp_path: Path) -> None:
    rows = [
        "R-1,A,Care,Service,2026-05-01,Town,V-2,60",
        "R-2,A,Care,Service,2026-05-01,Town,V-1,60",
        "R-3,B,Talk,Meeting,2026-05-02,Town,V-3,900",
    ]
    roster = read_roster(people.write_roster(tmp_path / "roster.csv", rows))
    assert choose_holder(roster.rows, ("meeting",)) == "V-1"
    assert choose_holder(roster.rows, ()) == "V-3"


def test_keys_of_the_story_are_made_once(tmp_path: Path) -> None:
    home = DemoHome(tmp_path)
    home.prepare()
    assert home.load_officers() == home.load_officers()
    assert len({key.public_key for key in (*home.load_officers(), home.load_person("merchant"))}) == 3


def test_a_volunteer_moves_to_another_region_once(tmp_path: Path) -> None:
    """Also when the story was cut off between leaving and arriving, and when it is told again."""
    kill_once_there_is(tmp_path / "transfer.json", "--regions", 2, "--home", tmp_path)
    told = tell("--regions", 2, "--home", tmp_path)
    for ending in (told, tell("--regions", 2, "--home", tmp_path)):
        assert ending["verification"]["verdict"] == "valid"
        assert (ending["minutes_sent"], ending["minutes_arrived"]) == (1_215, 1_215)
        assert ending["second_arrival"] == "already_exists"
        assert ending["stars_publicised"] == 1
        assert (ending["card_verdict"], ending["minutes_shown_by_card"]) == ("valid", 1_215)
    # The trust files of both regions lie side by side; the other region's alone says nothing about the certificate.
    assert verify(Path(told["certificate"]), Path(told["trust"])) == 0
    assert verify(Path(told["certificate"]), Path(told["trust"]) / "lake.txt") == 3


def test_two_regions_have_one_authority_each(tmp_path: Path) -> None:
    process = start("--regions", 2, "--authorities", 4, "--home", tmp_path / "home")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "one authority" in err
    assert not (tmp_path / "home").exists()
