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
