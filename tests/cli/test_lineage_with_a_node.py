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


def test_a_guardian_signs_for_a_child(town: Town) -> None:
    found_organisation(town)
    account = town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()
    key = town.make_key("parent")
    town("volunteer", "set-guardian", account, key, key="first second parent")
    assert town("volunteer", "show", account, key="parent").document["guardian"] == town.public_key("parent")
    rotate = ("volunteer", "rotate-key", account, town.make_key("phone"))
    assert town(*rotate, key="holder", good=False).document["error"]["reason"] == "not_permitted"
    town(*rotate, key="parent")
    town("volunteer", "end-guardianship", account, key="first second")
    refused = town("volunteer", "show", account, key="parent", good=False).document["error"]
    assert refused["reason"] == "not_authenticated"
    assert town("volunteer", "show", account, key="phone").document["guardian"] is None
