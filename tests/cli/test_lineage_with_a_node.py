"""Organisations that act for others, with a real node."""

import pytest

from tests.cli import people
from tests.cli.town import ROWS, Town, found_organisation

pytestmark = pytest.mark.functional


def test_a_group_and_a_successor(town: Town) -> None:
    guide = found_organisation(town)
    group = ("org", "register-group", "--guide", guide, "--name", "Lane", "--officer", town.make_key("lane"))
    assert town(*group, key="first", good=False).document["error"]["reason"] == "insufficient_signatures"
    made = town(*group, key="first second").document["organisation"]
    assert town("org", "show", made).document["guide"] == guide
    policy = ("org", "add-officer", made, town.make_key("lane-two"))
    assert town(*policy, key="lane", good=False).document["error"]["reason"] == "insufficient_signatures"
    town(*policy, key="lane second")

    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    heir = town("org", "register", "--name", "Heir", "--officer", town.make_key("heir"), "--approvals", 1, key="authority")
    successor = heir.document["organisation"]
    town("org", "succeed", guide, successor, key="authority heir")
    assert town("org", "show", guide).document["successor"] == successor
    refused = town("org", "set-policy", guide, "--approvals", 1, key="first second", good=False).document["error"]
    assert (refused["reason"], refused["value"]) == ("organisation_succeeded", successor)
    account = town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()
    records = town("hours", "records", account, key="heir").document["records"]
    assert [item["minutes"] for item in records] == [60, 240]
