"""The commands against a real node: what the doubles of the other tests cannot show."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.cli import people
from tests.cli.town import ROWS, Town, fetch_trust, found_organisation

pytestmark = pytest.mark.functional


def test_from_registration_to_certificate(town: Town) -> None:
    found_organisation(town)
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    result = town.at_office("hours", "import", roster, "--enrol", "--publish").document
    assert (result["new_records"], result["minutes"], result["points"]) == (3, 420, 7)
    account = town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()
    shown = town("points", "show", account, key="holder").document
    assert shown["balance"] == 5

    certificate, trust = town.folder / "certificate.json", town.folder / "trust.txt"
    town.at_office("cert", "issue", "V-1", "--out", certificate, key="first")
    trust.write_bytes(fetch_trust(town))
    report = town.hourledger("verify", certificate, "--trust", trust, "--json")
    assert (report.code, report.document["statement"]["minutes"]) == (0, 300)

    # After a correction the old certificate verifies as history, and a new one tells the new truth.
    people.write_roster(roster, (ROWS[0].replace(",60", ",30"), *ROWS[1:]))
    town.at_office("hours", "amend", roster, "--correction", "wrong_time")
    which = ("--volunteer", "V-1", "--date", "2026-05-02", "--record", "R-2", "--correction", "not_service")
    town.at_office("hours", "void", *which)
    town.at_office("cert", "issue", "V-1", "--out", certificate, key="first")
    report = town.hourledger("verify", certificate, "--trust", trust, "--json")
    assert (report.code, report.document["statement"]["minutes"]) == (0, 30)


def test_points_from_hold_to_settlement(town: Town) -> None:
    found_organisation(town)
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    account = town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()
    named = ("--name", "茶馆", "--public-key", town.make_key("shop"))
    merchant = town("merchant", "register", *named, key="authority").document["merchant"]
    terms = ("--merchant", merchant, "--title", "Tea", "--points", 2, "--last-day", "2099-12-31")
    offer = town("exchange", "offer", *terms, key="shop").document["offer"]
    hold = town("exchange", "hold", "--volunteer", account, "--offer", offer, key="holder").document["hold"]
    assert town("exchange", "show", hold, key="shop").document["status"] == "open"
    assert town("exchange", "show", hold, key="first", good=False).document["error"]["reason"] == "not_permitted"
    town("exchange", "capture", hold, "--points", 2, key="shop")
    assert town("merchant", "account", merchant, key="shop").document["balance"] == 2
    assert town("points", "show", account, key="holder").document["balance"] == 3
    town("exchange", "deliver", hold, key="shop")
    assert town("exchange", "show", hold, key="shop").document["is_delivered"] is True
    days = ("--merchant", merchant, "--last-day", "2099-12-31", "--stock", 1)
    town("exchange", "change", offer, *days, key="shop")
    more = ("--volunteer", account, "--offer", offer)
    assert town("exchange", "hold", *more, key="holder", good=False).document["error"]["reason"] == "out_of_stock"
    month = ("--month", f"{datetime.now(timezone(timedelta(hours=8))):%Y-%m}")
    shown = town("merchant", "settlement", merchant, *month, key="shop").document
    assert (shown["captured"], shown["refunded"], shown["is_closed"]) == (2, 0, False)
    assert (
        town("merchant", "settlement", merchant, *month, key="first", good=False).document["error"]["reason"] == "not_permitted"
    )
    early = town("merchant", "settle", merchant, *month, key="authority", good=False)
    assert early.document["error"]["reason"] == "invalid_period"
    agreed = (*month, "--captured", 2, "--refunded", 0)
    unknown = town("merchant", "acknowledge", merchant, *agreed, key="shop", good=False)
    assert unknown.document["error"]["reason"] == "unknown_settlement"


def publish_today(town: Town, reference: str) -> str:
    day = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}"
    activity: str = town.at_office(
        "activity", "publish", reference, "--name", "Dunes", "--first-day", day, key="first"
    ).document["activity"]
    town.at_office("activity", "change", reference, "--name", "Dunes and shore", key="first")
    return activity


def test_from_a_project_to_attendance(town: Town) -> None:
    organisation = found_organisation(town)
    today = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}"
    account = town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()
    activity = publish_today(town, "D-1")
    named = ("--organisation", organisation, "--name", "Coast")
    project = town("activity", "project", "open", *named, key="first").document["project"]
    town("activity", "project", "place", project, activity, key="first")
    town("activity", "terms", activity, "--places", 1, "--until", today, "--hazardous", key="first")

    person = ("--volunteer", account)
    refused = town("activity", "sign-up", activity, *person, key="holder", good=False)
    assert refused.document["error"]["reason"] == "cover_missing"
    policy = ("--organisation", organisation, "--activity", activity, "--policy", "P-1")
    cover = town("cover", "attach", *policy, "--first-day", today, "--last-day", "2030-12-31", key="first").document["cover"]
    tried = town("activity", "sign-up", activity, *person, "--dry-run", key="holder").document
    assert tried["dry_run"]
    assert town("activity", "show", activity).document["sign_up"]["taken"] == 0
    town("activity", "sign-up", activity, *person, key="holder")
    assert town("activity", "standing", activity, *person, key="holder").document["standing"] == "confirmed"
    assert town("activity", "standing", activity, *person, key="first").document["place_in_line"] is None
    town("cover", "withdraw", cover, "--organisation", organisation, "--activity", activity, key="first")

    town("activity", "notice", activity, "--subject", "risk", "--text", "Storm", key="second")
    nobody = town("activity", "attendance", activity, "--day", today, "--absent", "00" * 16, key="first", good=False)
    assert nobody.document["error"]["reason"] == "unknown_volunteer"
    town("activity", "attendance", activity, "--day", today, "--absent", account, key="first")
    town("activity", "excuse", activity, "--day", today, *person, key="first")
    town("activity", "withdraw", activity, *person, key="holder")
    town.at_office("activity", "cancel", "D-1", "--why", "weather", key="first")
    shown = town("activity", "show", activity).document
    assert (shown["status"], shown["project"], shown["sign_up"]["taken"]) == ("cancelled", project, 0)
    assert [item["subject"] for item in shown["notices"]] == ["risk"]
    town("activity", "project", "close", project, key="first")
    town("activity", "project", "evaluate", project, "--grade", 4, "--report", "Good", key="first second")
    assert town("activity", "project", "show", project).document["status"] == "evaluated"


def test_one_signature_is_not_enough_and_the_draft_lives_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(town.folder)
    organisation = found_organisation(town)
    refused = town("org", "set-policy", organisation, "--approvals", 1, key="first", good=False)
    assert refused.document["error"]["reason"] == "insufficient_signatures"
    (draft,) = town.folder.glob("hourledger-*.draft")
    town.hourledger("tx", "sign", draft, "--yes", "--key", town.folder / "second.pem")
    town("tx", "submit", draft)
    assert town("org", "show", organisation).document["approvals"] == 1


def test_keys_are_changed_lost_and_replaced(town: Town) -> None:
    organisation = found_organisation(town)
    account = town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()
    town("volunteer", "rotate-key", account, town.make_key("phone"), "--dry-run", key="holder")
    assert town("volunteer", "show", account, key="holder").document["replacement"] is None
    town("volunteer", "rotate-key", account, town.public_key("phone"), key="holder")
    town("volunteer", "show", account, key="holder", good=False)

    # The phone is lost: two officers ask for another key, and whoever has the phone may object.
    town("volunteer", "request-key", account, town.make_key("tablet"), key="first second")
    shown = town("volunteer", "show", account, key="phone").document
    assert shown["replacement"]["key"] == town.public_key("tablet")
    town("volunteer", "show", account, key="tablet", good=False)
    refused = town("volunteer", "take-up-key", account, key="tablet", good=False)
    assert "may still object" in refused.err
    town("volunteer", "refuse-key", account, key="phone")

    # An account without a key gets its first one at once.
    town.at_office("volunteer", "enrol", "--id", "V-9", "--organisation", organisation)
    other = town.hourledger("volunteer", "find", "V-9", "--office", town.folder / "office").out.strip()
    town("volunteer", "request-key", other, town.make_key("handy"), key="first second")
    town("volunteer", "take-up-key", other, key="handy")
    assert town("volunteer", "show", other, key="handy").document["key"] == town.public_key("handy")

    lost = town.public_key("second")
    town("org", "replace-officer", organisation, lost, town.make_key("third"), key="authority first")
    officers = town("org", "show", organisation).document["officers"]
    assert officers == [town.public_key("first"), town.public_key("third")]


def test_who_prepares_does_not_approve(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(town.folder)
    organisation = found_organisation(town)
    town("org", "add-officer", organisation, town.make_key("third"), key="first second")
    preparer = town.public_key("first")
    town("org", "set-preparers", organisation, preparer, key="first second")
    assert town("org", "show", organisation).document["preparers"] == [preparer]

    # Two of those who approve are not enough without the one who prepares, nor the one with another.
    for signers in ("second third", "first second"):
        assert "nothing was sent" in town("org", "set-policy", organisation, "--approvals", "1", key=signers, good=False).err
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish", key="first second third")
    account = town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()
    assert town("points", "show", account, key="holder").document["balance"] == 5


def test_status_and_what_is_not_there(town: Town) -> None:
    assert town("node", "status").document["chain_id"] == "town.example/log"
    missing = town("org", "show", "00" * 16, good=False)
    assert (missing.code, missing.document["error"]["reason"]) == (1, "not_found")


def test_numbers_and_calendar_by_vote(town: Town) -> None:
    values = ("governance", "set", "points_per_hour=2", "max_hold_days=60", "--at-height")
    assert town(*values, 9, "--dry-run", key="authority").document["dry_run"]
    assert town("governance", "show").document["next_parameters"] is None
    assert town(*values, 1, key="authority", good=False).document["error"]["reason"] == "invalid_proposal"
    town(*values, 5, key="authority")
    expected = {"effective_height": 5, "parameters": {"max_hold_days": 60, "points_per_hour": 2}}
    shown = town("governance", "show").document
    assert (shown["next_parameters"], shown["parameters"]["points_per_hour"]) == (expected, 1)
    file = town.folder / "calendar.json"
    file.write_text('{"holidays": ["2030-10-01"], "working_weekends": ["2030-10-12"]}')
    town("governance", "calendar", file, "--at-height", 40, key="authority")
    found_organisation(town)
    shown = town("governance", "show").document
    assert (shown["height"], shown["parameters"]["points_per_hour"], shown["next_parameters"]) == (5, 2, None)
    assert shown["next_calendar"]["holidays"] == ["2030-10-01"]
    file.write_text("[]")
    assert town("governance", "calendar", file, "--at-height", 60, key="authority", good=False).code == 2


def test_a_version_of_the_rules_that_the_node_does_not_have_is_not_voted_for(town: Town) -> None:
    refused = town("governance", "rule-book", 2, "--at-height", 9, key="authority", good=False)
    assert (refused.code, refused.document["error"]["reason"]) == (2, "unsupported_version")
    refused = town("governance", "rule-book", 1, "--at-height", 9, key="authority", good=False)
    assert (refused.code, refused.document["error"]["reason"]) == (1, "no_change")
    shown = town("governance", "show").document
    assert (shown["rule_book"], shown["known_rule_books"], shown["next_rule_book"]) == (1, [1], None)


def test_changes_of_the_authorities_that_cannot_be(town: Town) -> None:
    def refuse(*arguments: object) -> str:
        error = town("authority", *arguments, "--at-height", 99, key="authority", good=False).document["error"]
        return str(error["reason"])

    assert refuse("remove", "nobody") == "not_found"
    assert refuse("remove", "town.example/log/a1") == "invalid_authorities", "the only one"
    assert refuse("add", town.folder / "authority.pem") == "unreadable_file"
    assert refuse("rotate", "nobody", town.folder / "authority.pem") == "not_found"
    shown = town("authority", "show").document
    assert [item["name"] for item in shown["authorities"]] == ["town.example/log/a1"]
    assert (shown["next"], shown["approvals"]) == (None, [])
