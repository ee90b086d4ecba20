"""Orders by command, on a real node: what the office keeps to itself, and how help becomes a record."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cli.office.order_book import FILE_NAME
from tests.cli.command_line import Result
from tests.cli.town import Town, certify, find_account

pytestmark = pytest.mark.functional
NEED, CONTACT = "A wheelchair to the doctor", "0574-555-0199"
YESTERDAY = f"{datetime.now(UTC) + timedelta(hours=8, days=-1):%Y-%m-%d}"


def find_reason(result: Result) -> str:
    return str(result.document["error"]["reason"])


def publish(town: Town) -> str:
    days = ("--first-day", YESTERDAY, "--last-day", f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}")
    published = town.at_office("activity", "publish", "HELP", "--name", "My Help", *days, key="first")
    return str(published.document["activity"])


def place(town: Town, activity: str) -> dict[str, str]:
    placed: dict[str, str] = town.at_office(
        "order", "place", activity, "--need", NEED, "--contact", CONTACT, key="first"
    ).document
    return placed


def certify_help(town: Town, order: str, helper: str, *more: str) -> Callable[..., Result]:
    given = ("--helper", helper, "--date", YESTERDAY, "--start", "09:00", "--content", "Went along", *more)
    return lambda minutes, **options: town.at_office("order", "certify", order, *given, "--minutes", minutes, **options)


def test_order_of_a_volunteer_is_rated_and_recorded(town: Town) -> None:
    account = certify(town)
    activity = publish(town)
    tried = town.at_office("order", "place", activity, "--need", NEED, "--contact", CONTACT, "--dry-run", key="first").document
    assert find_reason(town("order", "show", tried["order"], key="first", good=False)) == "not_permitted"
    placed = place(town, activity)
    order = placed["order"]
    kept = town.hourledger("order", "need", order, "--office", town.folder / "office", "--json").document
    assert (kept["need"], kept["contact"], kept["token"], kept["code"]) == (NEED, CONTACT, placed["token"], placed["code"])
    shown = str(town("order", "show", order, key="first").document)
    assert NEED not in shown
    assert CONTACT not in shown
    assert placed["token"] not in shown

    town("order", "dispatch", order, "--volunteer", account, key="first")
    assert find_reason(town("order", "accept", order, key="first", good=False)) == "not_permitted"
    town("order", "accept", order, key="holder")
    rating = ("order", "rate", order, "--score", 5, "--token", placed["token"])
    assert find_reason(town(*rating, key="authority", good=False)) == "order_step"
    town("order", "complete", order, "--minutes", 90, key="holder")
    other = ("order", "rate", order, "--score", 5, "--token", "5" * 64)
    assert find_reason(town(*other, key="authority", good=False)) == "wrong_token"
    assert find_reason(town.at_office("order", "close", order, key="first", good=False)) == "rating_open"
    town(*rating, "--dry-run", key="authority")
    town(*rating, key="authority")
    assert find_reason(town(*rating, key="authority", good=False)) == "already_exists"

    record = certify_help(town, order, "V-1")
    assert find_reason(certify_help(town, order, "V-2")(60, good=False)) == "usage"
    assert record(91, good=False).code == 1
    assert record(90).code == 0
    document = town("order", "show", order, key="holder").document
    assert (document["status"], document["is_rated"], document["minutes"], document["record"]) == ("completed", True, 90, order)
    records = {item["record"]: item for item in town("hours", "records", account, key="holder").document["records"]}
    assert (records[order]["minutes"], records[order]["status"]) == (90, "counted")
    town.at_office("order", "close", order, key="first")
    gone = town.hourledger("order", "need", order, "--office", town.folder / "office", "--json")
    assert (gone.code, find_reason(gone)) == (1, "not_found")
    assert NEED.encode() not in (town.folder / "office" / FILE_NAME).read_bytes()


def test_helper_without_an_account_claims_with_the_code(town: Town) -> None:
    certify(town)
    activity = publish(town)
    placed = place(town, activity)
    order = placed["order"]
    town("order", "dispatch", order, key="first")
    town("order", "accept", order, key="first")
    town("order", "complete", order, "--minutes", 45, key="first")
    record = certify_help(town, order, "passer-by")
    alone = record(45, key="first").document
    assert len(alone["drafts"]) == 1
    assert town("order", "show", order, key="first").document["record"] is None
    signed = town.hourledger("tx", "sign", alone["drafts"][0], "--yes", "--key", town.folder / "second.pem")
    assert signed.code == 0
    town("tx", "submit", alone["drafts"][0])
    town.make_key("new")
    enrol = ("--id", "V-9", "--public-key", town.public_key("new"))
    town.at_office("volunteer", "enrol", *enrol, key="first")
    account = find_account(town, "V-9")
    town("hours", "claim", placed["code"], "--volunteer", account, key="new")
    records = town("hours", "records", account, key="new").document["records"]
    assert [(item["record"], item["minutes"]) for item in records] == [(order, 45)]


def test_cancelled_order_leaves_no_contact_behind(town: Town) -> None:
    certify(town)
    order = place(town, publish(town))["order"]
    town.at_office("order", "cancel", order, "--dry-run", key="first")
    assert town.hourledger("order", "need", order, "--office", town.folder / "office").code == 0
    town.at_office("order", "cancel", order, key="first")
    assert town.hourledger("order", "need", order, "--office", town.folder / "office").code == 1
    assert find_reason(town("order", "dispatch", order, key="first", good=False)) == "unknown_order"
