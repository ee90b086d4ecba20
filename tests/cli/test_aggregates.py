"""Sums for everybody: withheld where they are about too few people, and never about one where the region says so."""

from typing import Any

import pytest

from tests.cli import people
from tests.cli.test_ratings import attend
from tests.cli.town import ROWS, Town

pytestmark = pytest.mark.functional


def read_region(town: Town) -> dict[str, Any]:
    """The region's sums, which say of when they are."""
    document = dict(town("report", "region").document)
    assert document.pop("time_ms") > 0
    return document


def test_sums_are_withheld_until_they_are_about_enough_people(town: Town) -> None:
    _organisation, _account, activity = attend(town)
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    nothing = {"floor": 10, "is_withheld": True, "people": None, "records": None, "minutes": None}
    assert read_region(town) == nothing
    assert town("report", "activity", activity).document["people"] is None

    height = town("governance", "show").document["height"]
    town("governance", "set", "aggregate_floor=2", "--at-height", height + 2, key="authority")
    town("org", "register", "--name", "x", "--officer", town.make_key("x"), "--approvals", 1, key="authority")
    assert town("governance", "show").document["parameters"]["aggregate_floor"] == 2
    shown = {"floor": 2, "is_withheld": False, "people": 2, "records": 3, "minutes": 420}
    assert read_region(town) == shown
    withheld = {"floor": 2, "is_withheld": True, "people": None, "days": None, "is_complete": None}
    assert town("report", "activity", activity).document == withheld

    town("governance", "set", "aggregate_floor=1", "--at-height", height + 5, key="authority")
    for name in ("y", "z"):
        town("org", "register", "--name", name, "--officer", town.make_key(name), "--approvals", 1, key="authority")
    told = {"floor": 1, "is_withheld": False, "people": 1, "days": 1, "is_complete": True}
    assert town("report", "activity", activity).document == told
    nobody = town("report", "activity", "00" * 16, good=False)
    assert nobody.document["error"]["reason"] == "not_found"
