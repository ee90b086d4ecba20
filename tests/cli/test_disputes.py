"""Disputes, missing records, confirmations and codes: by the commands of the volunteer and of the office, on a real node."""

import csv
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.office.book_records import Records, RecordStatus
from cli.office.record_book import RecordBook
from ledger.types import TimeMs
from node.keystore import save_key
from tests.cli import people
from tests.cli.command_line import CommandLine
from tests.cli.town import Town, certify, find_account, found_organisation
from tests.node import story
from tests.node.running import RunningNode

pytestmark = pytest.mark.functional


def find_organisation(town: Town) -> str:
    with RecordBook(town.folder / "office") as book:
        organisation = book.load_organisation()
    assert organisation is not None
    return organisation.hex()


def find_statuses(town: Town, office: str = "office") -> dict[str, RecordStatus]:
    with RecordBook(town.folder / office) as book:
        records = Records(book.database)
        return {item.reference: item.status for status in RecordStatus for item in records.list_with(status)}


def test_record_is_disputed_and_the_book_learns_that_it_counts_no_more(town: Town) -> None:
    account = certify(town)
    organisation = find_organisation(town)
    listed = town("hours", "records", account, key="holder").document
    assert (listed["minutes"], [item["day"] for item in listed["records"]]) == (300, ["2026-05-01", "2026-05-02"])
    first, second = (item["record"] for item in listed["records"])

    about = ("--volunteer", account)
    grounds = ("--grounds", "wrong_time")
    assert town("hours", "dispute", first, *about, *grounds, "--dry-run", key="holder").document["dry_run"]
    nothing = {"open": 0, "overdue": 0, "is_complete": True}
    assert town("hours", "overdue", organisation).document["disputes"] == nothing
    town("hours", "dispute", first, *about, *grounds, key="holder")
    again = town("hours", "dispute", first, *about, *grounds, key="holder", good=False)
    assert again.document["error"]["reason"] == "already_disputed"
    unknown = town("hours", "dispute", "00" * 16, *about, *grounds, key="holder", good=False)
    assert unknown.document["error"]["reason"] == "unknown_record"

    # Officers see what there is to answer; the volunteer sees the own dispute, everybody how many there are.
    for key in ("first", "holder"):
        (dispute,) = town("hours", "disputes", organisation, key=key).document["disputes"]
        assert (dispute["record"], dispute["grounds"], dispute["is_overdue"]) == (first, "wrong_time", False)
    assert town("hours", "disputes", organisation, key="authority").document["disputes"] == []
    assert town("hours", "overdue", organisation).document["disputes"]["open"] == 1
    shown = town.hourledger("hours", "disputes", organisation, "--key", town.folder / "first.pem", "--node", town.url)
    assert "answer due by" in shown.out
    assert shown.out.endswith("1 disputes are open, 0 of them overdue.\n")

    asked = ("--organisation", organisation)
    town("hours", "resolve", first, *asked, "--resolution", "upheld", key="first second")
    gone = town("hours", "resolve", first, *asked, "--resolution", "rejected", key="first second", good=False)
    assert gone.document["error"]["reason"] == "unknown_dispute"
    assert town("hours", "records", account, key="holder").document["minutes"] == 240

    assert find_statuses(town)["R-1"] is RecordStatus.CERTIFIED
    # A dry run asks the node, so it knows better than the book, which is left as it is.
    which = ("--volunteer", "V-1", "--date", "2026-05-01", "--record", "R-1", "--correction", "wrong_time")
    (outcome,) = town.at_office("hours", "void", *which, "--dry-run", good=False).document["outcomes"]
    assert (outcome["reason"], outcome["value"]) == ("record_void", first)
    assert town.at_office("hours", "refresh", "--dry-run").document["changed"] == [first]
    assert find_statuses(town)["R-1"] is RecordStatus.CERTIFIED
    assert town.at_office("hours", "refresh").document["changed"] == [first]
    assert find_statuses(town) == {"R-1": RecordStatus.VOID, "R-2": RecordStatus.CERTIFIED, "R-3": RecordStatus.CERTIFIED}
    assert town.at_office("hours", "refresh").document["changed"] == []

    town("hours", "cosign", second, *about, key="holder")
    twice = town("hours", "cosign", second, *about, key="holder", good=False)
    assert twice.document["error"]["reason"] == "no_change"
    assert [item["is_cosigned"] for item in town("hours", "records", account, key="holder").document["records"]] == [
        False,
        True,
    ]


def test_dispute_that_is_corrected_or_rejected(town: Town) -> None:
    account = certify(town)
    asked = ("--organisation", find_organisation(town))
    first, second = (item["record"] for item in town("hours", "records", account, key="holder").document["records"])
    for record in (first, second):
        town("hours", "dispute", record, "--volunteer", account, "--grounds", "wrong_time", key="holder")
    early = town("hours", "resolve", first, *asked, "--resolution", "corrected", key="first second", good=False)
    assert early.document["error"]["reason"] == "no_change"

    # The corrected day is in another month, and the record is found there.
    rows = ("R-1,A,Care,Service,2026-06-01,Town,V-1,90",)
    later = ("--first-day", "2026-06-01", "--last-day", "2026-06-01")
    town.at_office("activity", "publish", "A", "--name", "Care", *later, key="first")
    roster = people.write_roster(town.folder / "corrected.csv", rows)
    why = ("--correction", "wrong_time", "--recorded-date", "2026-05-01", "--record", "R-1")
    (tried,) = town.at_office("hours", "amend", roster, *why, "--dry-run").document["outcomes"]
    assert tried["accepted"]
    town.at_office("hours", "amend", roster, *why)
    town("hours", "resolve", first, *asked, "--resolution", "corrected", key="first second")
    town("hours", "resolve", second, *asked, "--resolution", "rejected", key="first second")
    records = town("hours", "records", account, key="holder").document["records"]
    standing = {(item["day"], item["status"]): item["dispute"] for item in records}
    assert standing["2026-06-01", "counted"] is None
    assert standing["2026-05-02", "counted"]["resolution"] == "rejected"


def test_import_knows_what_became_of_records_elsewhere(town: Town) -> None:
    account = certify(town)
    record = town("hours", "records", account, key="holder").document["records"][0]["record"]
    town("hours", "dispute", record, "--volunteer", account, "--grounds", "not_service", key="holder")
    asked = ("--organisation", find_organisation(town))
    town("hours", "resolve", record, *asked, "--resolution", "upheld", key="first second")
    again = town.at_office("hours", "import", town.folder / "roster.csv", good=False)
    assert again.document["new_records"] == 0
    assert find_statuses(town)["R-1"] is RecordStatus.VOID


def test_missing_record_is_claimed_and_answered(town: Town) -> None:
    account = certify(town)
    organisation = find_organisation(town)
    today = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}"
    days = ("--first-day", today, "--last-day", today)
    activity = town.at_office("activity", "publish", "B", "--name", "Shore", *days, key="first").document["activity"]
    asked = ("--organisation", organisation)
    service = ("--volunteer", account, *asked, "--activity", activity, "--date", today)
    claim = town("hours", "claim-missing", *service, key="holder").document["claim"]
    other = town("hours", "claim-missing", *service, key="holder").document["claim"]
    listed = town("hours", "claims", organisation, key="second").document["claims"]
    assert {item["claim"] for item in listed} == {claim, other}
    assert town("hours", "overdue", organisation).document["claims"] == {"open": 2, "overdue": 0, "is_complete": True}

    assert town("hours", "answer-claim", claim, *asked, key="first second", good=False).code == 2
    record = town("hours", "records", account, key="holder").document["records"][0]["record"]
    wrong = town("hours", "answer-claim", claim, *asked, "--record", record, key="first second", good=False)
    assert wrong.document["error"]["reason"] == "unknown_record", "that record is of another month"
    town("hours", "answer-claim", other, *asked, "--no-service", key="first second")
    town("hours", "answer-claim", claim, *asked, "--no-service", key="first second")
    assert town("hours", "claims", organisation, key="first").document["claims"] == []


HELPERS = ("H-1,A,Care,Service,2026-05-01,Town,Helper 1,90", "H-2,A,Care,Service,2026-05-02,Town,Helper 2,60")


def read_codes(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["record"]: row["code"] for row in csv.DictReader(file)}


def test_helper_registers_later_and_claims_by_code(town: Town) -> None:
    found_organisation(town)
    days = ("--first-day", "2026-05-01", "--last-day", "2026-05-31")
    town.at_office("activity", "publish", "A", "--name", "Care", *days, key="first")
    roster, codes = people.write_roster(town.folder / "helpers.csv", HELPERS), town.folder / "codes.csv"
    assert town.at_office("hours", "reserve", roster, "--codes", codes, "--dry-run").document["new"] == 2
    assert find_statuses(town) == {}
    assert not codes.exists()
    assert town.at_office("hours", "reserve", roster, "--codes", codes).document["waiting"] == 2
    given = read_codes(codes)
    again = town.at_office("hours", "reserve", roster, "--codes", codes).document
    assert (again["new"], again["waiting"], read_codes(codes)) == (0, 2, given)

    account = find_account(town, "V-1")
    town("hours", "claim", given["H-1"], "--volunteer", account, key="holder")
    second = town("hours", "claim", given["H-1"], "--volunteer", account, key="holder", good=False)
    assert second.document["error"]["reason"] == "unknown_claim"
    assert town("hours", "records", account, key="holder").document["minutes"] == 90

    which = ("--volunteer", "Helper 2", "--date", "2026-05-02", "--record", "H-2")
    assert town.at_office("hours", "drop-reserved", *which, "--dry-run").document["dry_run"]
    town.at_office("hours", "drop-reserved", *which)
    late = town("hours", "claim", given["H-2"], "--volunteer", account, key="holder", good=False)
    assert late.document["error"]["reason"] == "unknown_claim"

    # The book learns who claimed; a claimed row is not reserved again, and a certificate opens its details.
    town.at_office("hours", "refresh")
    assert find_statuses(town) == {"H-1": RecordStatus.CERTIFIED, "H-2": RecordStatus.VOID}
    assert town.at_office("hours", "reserve", roster, "--codes", codes).document["new"] == 0
    town.at_office("cert", "issue", "V-1", "--out", town.folder / "certificate.json", key="first")


def test_reservation_waits_for_the_second_officer(town: Town) -> None:
    organisation = found_organisation(town)
    days = ("--first-day", "2026-05-01", "--last-day", "2026-05-31")
    town.at_office("activity", "publish", "A", "--name", "Care", *days, key="first")
    roster, codes = people.write_roster(town.folder / "helpers.csv", HELPERS), town.folder / "codes.csv"
    (draft,) = town.at_office("hours", "reserve", roster, "--codes", codes, key="first").document["drafts"]
    town.hourledger("tx", "sign", draft, "--yes", "--key", town.folder / "second.pem")
    town("tx", "submit", draft)
    assert find_statuses(town)["H-1"] is RecordStatus.SENT
    assert town.at_office("hours", "reserve", roster, "--codes", codes, key="first").document["waiting"] == 2
    assert town("hours", "overdue", organisation).code == 0


def test_overdue_answers_are_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save_key(tmp_path / "officer.pem", story.OFFICER, None)
    save_key(tmp_path / "volunteer.pem", story.OTHER_VOLUNTEER_KEY, None)
    with RunningNode(tmp_path / "node") as node:
        story.tell(node)
        monkeypatch.setattr(time, "time_ns", lambda: node.now_ms * 1_000_000)
        hourledger = CommandLine(capsys, ("--node", f"http://127.0.0.1:{node.port}"))
        organisation = story.ORGANISATION.hex()
        officer = ("--key", tmp_path / "officer.pem")
        assert "OVERDUE" not in hourledger("hours", "disputes", organisation, *officer).out
        node.now_ms = TimeMs(node.now_ms + 60 * 86_400_000)
        for name in ("disputes", "claims"):
            first, last = hourledger("hours", name, organisation, *officer).out.splitlines()
            assert first.startswith("OVERDUE since 2026-")
            assert last == f"1 {name} are open, 1 of them overdue."
        assert hourledger("hours", "overdue", organisation).out == "disputes: 1 open, 1 overdue\nclaims: 1 open, 1 overdue\n"
        own = ("records", story.OTHER_VOLUNTEER.hex(), "--key", tmp_path / "volunteer.pem")
        assert "disputed, OVERDUE since 2026-" in hourledger("hours", *own).out
