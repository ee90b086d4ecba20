"""Totals, trainings, awards, stars, sanctions, reports and the register of certificates: by command, on a real node."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.office.record_book import RecordBook
from tests.cli.command_line import Result
from tests.cli.town import Town, certify, fetch_trust, find_account, found_organisation

pytestmark = pytest.mark.functional


def compute_day(days: int = 0) -> str:
    return f"{datetime.now(UTC) + timedelta(hours=8, days=days):%Y-%m-%d}"


def find_organisation(town: Town) -> str:
    with RecordBook(town.folder / "office") as book:
        organisation = book.load_organisation()
    assert organisation is not None
    return organisation.hex()


def find_reason(result: Result) -> str:
    return str(result.document["error"]["reason"])


def test_totals_trainings_and_awards(town: Town) -> None:
    by = ("--organisation", found_organisation(town))
    account = find_account(town, "V-1")
    paper = town.folder / "paper.pdf"
    paper.write_bytes(b"60 hours")
    source = ("--source", "National network")
    days = ("--first-day", "2020-01-01", "--last-day", "2020-12-31", "--minutes", 3600, "--evidence", paper)
    total = ("hours", "import-total", account, *by, *source, *days)
    assert town(*total, "--dry-run", key="first second").document["dry_run"]
    assert town("volunteer", "merits", account, key="holder").document["totals"] == []
    imported = town(*total, key="first second").document
    assert find_reason(town(*total, key="first second", good=False)) == "already_exists"
    training = ("training", "record", account, "first-aid", *by, "--completed", "2026-05-01", "--expires", "2028-04-30")
    assert town(*training, "--details", "Two days", key="first second").document["details"] == {"explanation": "Two days"}
    given = ("award", "record", account, *by, "--date", "2026-05-02", "--details", "For the flood")
    award = town(*given, key="first second").document["award"]

    merits = town("volunteer", "merits", account, key="holder").document
    assert [(item["source"], item["minutes"]) for item in merits["totals"]] == [(imported["source"], 3600)]
    assert [(item["training"], item["expires_day"]) for item in merits["trainings"]] == [("first-aid", "2028-04-30")]
    assert [item["award"] for item in merits["awards"]] == [award]
    town("volunteer", "merits", account, key="first", good=False)

    town("hours", "drop-total", account, *by, *source, key="first second")
    town("training", "drop", account, "first-aid", *by, key="first second")
    town("award", "drop", account, award, *by, key="first second")
    merits = town("volunteer", "merits", account, key="holder").document
    assert merits["totals"] == merits["trainings"] == merits["awards"] == []


def test_star_is_publicised_objected_to_and_withdrawn(town: Town) -> None:
    by = ("--organisation", found_organisation(town))
    account = find_account(town, "V-1")
    award = town("star", "publicize", account, *by, "--stars", 2, key="first second").document["award"]
    early = town("star", "award", award, *by, key="first second", good=False)
    assert find_reason(early) == "publicity_running"
    town("star", "object", award, *by, "--objector", account, "--grounds", "Not me", key="holder")
    assert town("star", "show", award, key="holder").document["objections"] == 1
    assert find_reason(town("star", "show", award, key="authority", good=False)) == "not_permitted"
    town("star", "withdraw", award, *by, key="first second")
    assert town("star", "show", award, key="first").document["status"] == "withdrawn"


def test_sanction_by_two_people_with_appeal(town: Town) -> None:
    by = ("--organisation", found_organisation(town))
    account = find_account(town, "V-1")
    why = ("--reason", "misconduct", "--last-day", compute_day(30), "--grounds", "Words")
    sanction = town("sanction", "propose", account, *by, *why, key="first").document["sanction"]
    about = (sanction, *by, "--volunteer", account, "--grounds", "Words")
    assert find_reason(town("sanction", "confirm", *about, key="first", good=False)) == "not_permitted"
    assert town("sanction", "confirm", *about, "--dry-run", key="second").document["dry_run"]
    assert town("volunteer", "show", account, key="holder").document["block"] is None
    town("sanction", "confirm", *about, key="second")
    assert town("volunteer", "show", account, key="holder").document["block"]["sanction"] == sanction
    town("sanction", "appeal", *about, key="holder")
    assert find_reason(town("sanction", "lift", *about, key="first", good=False)) == "not_permitted"
    town("sanction", "lift", *about, key="authority")
    assert town("sanction", "show", sanction, key="holder").document["status"] == "lifted"
    assert town("volunteer", "show", account, key="holder").document["block"] is None
    shop = ("merchant", "register", "--name", "Tea", "--public-key", town.make_key("shop"))
    town(*shop, key="authority")
    for key in ("shop", "authority"):
        assert find_reason(town("sanction", "show", sanction, key=key, good=False)) == "not_permitted"


def test_report_is_anchored_and_found_again(town: Town) -> None:
    organisation = found_organisation(town)
    report = town.folder / "report.csv"
    report.write_text("hours\n1\n")
    assert find_reason(town("report", "show", report, good=False)) == "not_found"
    anchor = ("report", "anchor", report, "--height", 1)
    assert find_reason(town("report", "anchor", report, "--height", 999, key="authority", good=False)) == "future_height"
    town(*anchor, "--organisation", organisation, key="first")
    shown = town("report", "show", report).document
    assert (shown["organisation"], shown["height"]) == (organisation, 1)
    assert find_reason(town(*anchor, key="authority", good=False)) == "already_exists"


def verify(town: Town, file: Path, *more: object) -> tuple[int, str | None]:
    result = town.hourledger("verify", file, "--trust", town.folder / "trust.txt", "--json", *more)
    return result.code, result.document["register"]


def test_certificate_is_registered_superseded_and_revoked(town: Town) -> None:
    certify(town)
    by = ("--organisation", find_organisation(town))
    (town.folder / "trust.txt").write_bytes(fetch_trust(town))
    first, second, plain = (town.folder / f"{name}.json" for name in ("first", "second", "plain"))
    tried = town.at_office("cert", "issue", "V-1", "--out", first, "--register", "--dry-run").document
    assert (tried["outcome"]["accepted"], first.exists()) == (True, False)
    old = town.at_office("cert", "issue", "V-1", "--out", first, "--register").document["id"]
    ask = ("--node", town.url)
    assert verify(town, first) == (0, None)
    assert verify(town, first, *ask) == (0, "valid")
    checked = town("cert", "check", old).document
    assert (checked["number"], checked["minutes"], checked["status"]) == (old, 300, "valid")
    assert sorted(checked) == ["minutes", "number", "period", "status"]

    page, code = town.folder / "first.pdf", town.folder / "first.png"
    assert "with a code" in town.hourledger("cert", "export", first, "--format", "pdf", "--out", page, *ask).out
    assert town.hourledger("cert", "export", first, "--format", "qr", "--out", code, *ask).code == 0
    assert verify(town, page, *ask) == verify(town, code, *ask) == (0, "valid")

    town.at_office("cert", "issue", "V-1", "--out", plain, key="first")
    assert verify(town, plain, *ask) == (0, "not_registered")
    assert "without a code" in town.hourledger("cert", "export", plain, "--format", "pdf", "--out", page, *ask).out
    town("cert", "register", plain, "--dry-run", key="first second")
    assert verify(town, plain, *ask) == (0, "not_registered")
    town("cert", "status", old, "--out", town.folder / "early.json")
    town("report", "anchor", plain, "--height", 1, key="authority")  # another block, so that the next evidence differs
    town.at_office("cert", "issue", "V-1", "--out", second, key="first")
    new = town("cert", "register", second, key="first second").document["id"]
    town("cert", "supersede", old, new, *by, key="first second")
    assert verify(town, first, *ask) == (0, "superseded")
    shown = town.hourledger("verify", first, "--trust", town.folder / "trust.txt", *ask)
    assert f"superseded by {new}, as of block" in shown.out

    town("cert", "revoke", new, *by, "--why", "issued_in_error", key="first second")
    assert verify(town, second, *ask) == (1, "revoked")
    shown = town.hourledger("verify", second, "--trust", town.folder / "trust.txt", *ask)
    assert "register: the certificate is revoked, as of block" in shown.out
    assert town("cert", "check", new).document["status"] == "revoked"
    refused = town.hourledger("cert", "export", second, "--format", "qr", "--out", town.folder / "second.svg", *ask)
    assert (refused.code, "the certificate is revoked, so no code is made for it" in refused.err) == (1, True)
    again = town("cert", "revoke", new, *by, "--why", "issued_in_error", key="first second", good=False)
    assert find_reason(again) == "certificate_closed"

    # Offline, with what was saved before: good for the certificate that it is about, and nothing for others.
    town("cert", "status", new, "--out", town.folder / "status.json")
    assert verify(town, second, "--status", town.folder / "status.json") == (1, "revoked")
    assert verify(town, plain, "--status", town.folder / "status.json") == (3, None)
    assert verify(town, second, "--status", town.folder / "early.json") == (3, None)
    assert verify(town, second, "--node", "http://127.0.0.1:9") == (3, None)
    assert "Not looked up" in town.hourledger("verify", second, "--trust", town.folder / "trust.txt").out


def test_what_is_no_certificate_is_not_registered(town: Town) -> None:
    file = town.folder / "file.json"
    file.write_text("{}")
    assert town("cert", "register", file, key="authority", good=False).code == 2
    assert town("cert", "check", "00" * 15, good=False).code == 2
    assert find_reason(town("cert", "check", "00" * 16, good=False)) == "not_found"
