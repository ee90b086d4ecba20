"""What becomes of accounts, with a real node and the files of an office."""

import pytest

from tests.cli import people
from tests.cli.town import ROWS, Town, found_organisation

pytestmark = pytest.mark.functional


def test_an_erased_person_is_gone_from_the_office_too(town: Town) -> None:
    found_organisation(town)
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    office = town.folder / "office"
    account = town.hourledger("volunteer", "find", "V-1", "--office", office).out.strip()
    erase = ("volunteer", "erase-account", account, "--yes")
    assert town(*erase, "--dry-run", key="first", good=False).document["error"]["reason"] == "insufficient_signatures"
    town(*erase, "--dry-run", key="holder")
    assert town("volunteer", "erase-departed", "--office", office).document["people"] == 0
    town(*erase, key="holder")
    assert town("volunteer", "show", account, key="first", good=False).document["error"]["reason"] == "volunteer_erased"

    asked = town("volunteer", "erase-departed", "--office", office, "--dry-run").document
    assert asked == {"dry_run": True, "people": 1, "records": 0}
    assert b"V-1" in read_office(town)
    done = town("volunteer", "erase-departed", "--office", office).document
    assert done == {"dry_run": False, "people": 1, "records": 2}
    content = read_office(town)
    assert b"V-2" in content
    assert b"V-1" not in content
    assert bytes.fromhex(account) not in content


def read_office(town: Town) -> bytes:
    """Every byte of the record book's files, free pages included."""
    return b"".join(path.read_bytes() for path in (town.folder / "office").glob("record-book.sqlite*"))


def test_two_accounts_become_one(town: Town) -> None:
    found_organisation(town)
    named = ("--id", "V-1b", "--public-key", town.make_key("phone"))
    second = town.at_office("volunteer", "enrol", *named, key="first").document["volunteers"]["V-1b"]
    rows = (ROWS[0], ROWS[1].replace("V-1", "V-1b"))
    roster = people.write_roster(town.folder / "roster.csv", rows)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    first = town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()
    town("volunteer", "merge", second, first, key="first holder phone")
    assert town("points", "show", first, key="holder").document["balance"] == 5
    gone = town("volunteer", "show", second, key="holder", good=False).document["error"]
    assert (gone["reason"], gone["value"]) == ("volunteer_merged", first)
    town("volunteer", "carry-month", second, "--date", "2026-05-20", key="holder")
    records = town("hours", "records", first, key="holder").document["records"]
    assert {item["minutes"] for item in records} == {60, 240}
    again = town("volunteer", "carry-month", second, "--date", "2026-05-20", key="holder", good=False)
    assert again.document["error"]["reason"] == "unknown_record"
    unnamed = town("volunteer", "carry-places", second, key="holder", good=False)
    assert unnamed.document["error"]["reason"] == "no_change"
