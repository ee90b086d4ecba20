"""Cards with a real node: registered, written, shown in parts, verified, suspended; and codes for counters."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli import people
from tests.cli.town import ROWS, Town, found_organisation

pytestmark = pytest.mark.functional


@pytest.fixture
def account(town: Town) -> str:
    """The account of a volunteer who has served five hours, whose key is `holder`."""
    found_organisation(town)
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    town("trust", "add", town.folder / "trust.txt")
    return town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()


def verify(town: Town, file: Path, *options: object, code: int = 0) -> Any:
    result = town.hourledger("verify", file, "--trust", town.folder / "trust.txt", "--json", *options)
    assert result.code == code, result
    return result.document


def show(town: Town, *options: object) -> Path:
    file = town.folder / "shown.txt"
    present = ("card", "present", town.folder / "card.txt", "--key", town.folder / "phone.pem", "--out", file)
    assert town.hourledger(*present, *options).code == 0
    return file


def test_a_card_is_shown_in_parts_and_verified(town: Town, account: str) -> None:
    town.make_key("phone")
    card = town.folder / "card.txt"
    missing = town("card", "issue", account, "--out", card, key="holder", good=False).document["error"]
    assert missing["reason"] == "unknown_card"
    tried = town("card", "register", account, "--card-key", town.public_key("phone"), "--dry-run", key="holder").document
    assert tried["dry_run"]
    done = town("card", "register", account, "--card-key", town.public_key("phone"), key="holder").document
    taken = ("card", "register", account, "--position", done["position"])
    assert town(*taken, key="holder", good=False).document["error"]["reason"] == "position_taken"

    assert town("card", "issue", account, "--out", card, "--dry-run", key="phone").document["dry_run"]
    assert not card.exists()
    issued = town("card", "issue", account, "--out", card, key="phone").document
    assert {"account", "hours", "minutes", "records", "since", "organisation_name"} <= set(issued["claims"])
    assert town.hourledger("card", "show", card, "--json").document["hours"] == 5

    shown = show(town, "--claim", "hours", "--nonce", "n-1", "--audience", "desk")
    report = verify(town, shown, "--node", town.url, "--nonce", "n-1", "--audience", "desk")
    assert (report["kind"], report["verdict"], report["statement"]["claims"]) == ("card", "valid", {"hours": 5})
    assert verify(town, shown, "--node", town.url, "--nonce", "n-2", code=1)["verdict"] == "invalid"
    assert verify(town, shown, "--nonce", "n-1", code=3)["checks"][-1]["reason"] == "status_unknown"
    assert verify(town, card, "--node", town.url, code=3)["verdict"] == "undetermined"

    status = town.folder / "status.json"
    town("card", "save-status", done["position"], "--out", status)
    assert verify(town, shown, "--nonce", "n-1", "--status", status)["verdict"] == "valid"
    by_node = town.hourledger("verify", "--help")
    assert "--nonce" in by_node.out

    town("card", "suspend", account, key="holder")
    assert town("card", "status", account, key="phone").document["status"] == "suspended"
    report = verify(town, shown, "--nonce", "n-1", "--node", town.url, code=1)
    assert report["statement"]["standing"] == "suspended"
    assert town("card", "issue", account, "--out", card, key="phone", good=False).document["error"]["reason"] == "card_closed"
    town("card", "reinstate", account, key="holder")
    town("card", "suspend", account, "--position", done["position"], key="authority")
    again = town("card", "reinstate", account, key="holder", good=False).document["error"]
    assert again["reason"] == "not_permitted"
    town("card", "revoke", account, key="holder")
    assert verify(town, shown, "--nonce", "n-1", "--node", town.url, code=1)["statement"]["standing"] == "revoked"


def test_the_holder_is_told_what_cannot_be_shown(town: Town, account: str) -> None:
    town.make_key("phone")
    town("card", "register", account, key="holder")
    card = town.folder / "card.txt"
    town("card", "issue", account, "--out", card, key="holder")
    wrong = town.hourledger("card", "present", card, "--claim", "hours", "--key", town.folder / "phone.pem", "--json")
    assert (wrong.code, wrong.document["error"]["reason"]) == (2, "usage")
    unknown = town.hourledger("card", "present", card, "--claim", "shoes", "--key", town.folder / "holder.pem")
    assert "organisation_name" in unknown.err
    printed = town.hourledger("card", "present", card, "--claim", "hours", "--key", town.folder / "holder.pem", "--json")
    assert printed.document["presentation"].count("~") == 2
    assert town.hourledger("card", "show", town.folder / "trust.txt").code == 2


def test_codes_for_counters(town: Town, account: str) -> None:
    shop = town.make_key("shop")
    merchant = town("merchant", "register", "--name", "Bakery", "--public-key", shop, key="authority").document["merchant"]
    terms = ("--title", "bread", "--points", 2, "--last-day", "2099-12-31")
    offer = town("exchange", "offer", "--merchant", merchant, *terms, key="shop").document["offer"]
    hold = town("exchange", "hold", "--volunteer", account, "--offer", offer, key="holder").document["hold"]
    code = town.folder / "code.txt"
    town("card", "register", account, key="holder")
    answer = town("card", "counter", "--volunteer", account, "--out", code, key="holder").document
    assert code.read_text() == answer["card"]
    report = verify(town, code)
    assert (report["kind"], report["statement"]["account"], report["statement"]["stars"]) == ("counter_card", account, 0)
    assert town.hourledger("card", "show", code, "--json").document["profile"] == "organisation"
    assert verify(town, code, "--merchant", merchant, code=1)["checks"][-1]["reason"] == "claim_mismatch"
    picture = town.folder / "code.png"
    town("card", "counter", "--hold", hold, "--out", picture, key="holder")
    assert verify(town, picture, "--merchant", merchant)["statement"]["points"] == 2
    for_shop = town("card", "counter", "--hold", hold, "--out", code, key="holder").document
    report = verify(town, code, "--merchant", merchant)
    assert (report["statement"]["points"], report["statement"]["hold"], for_shop["points"]) == (2, hold, 2)
    town("exchange", "capture", hold, "--points", 2, key="shop")
    assert town("card", "counter", "--hold", hold, key="holder", good=False).document["error"]["reason"] == "hold_closed"
    assert town.hourledger("card", "counter", "--key", town.folder / "holder.pem", "--node", town.url).code == 2


def test_a_registered_certificate_has_a_position_and_can_be_suspended(town: Town, account: str) -> None:
    assert account
    file = town.folder / "certificate.json"
    issued = town.at_office("cert", "issue", "V-1", "--out", file, "--register").document
    assert issued["position"] < 131_072
    organisation = verify(town, file)["statement"]["organisation"]
    about = (issued["id"], "--organisation", organisation)
    town("cert", "suspend", *about, key="first second")
    assert town("cert", "check", issued["id"]).document["status"] == "suspended"
    assert verify(town, file, "--node", town.url, code=1)["register"] == "suspended"
    town("cert", "reinstate", *about, key="first second")
    assert verify(town, file, "--node", town.url)["register"] == "valid"


def test_cards_of_an_erased_account_say_so(town: Town, account: str) -> None:
    town.make_key("phone")
    town("card", "register", account, "--card-key", town.public_key("phone"), key="holder")
    town("card", "issue", account, "--out", town.folder / "card.txt", key="phone")
    shown = show(town, "--claim", "hours", "--claim", "records", "--nonce", "n-1")
    asked = ("verify", shown, "--trust", town.folder / "trust.txt", "--nonce", "n-1", "--node", town.url, "--lang", "en")
    told = town.hourledger(*asked)
    assert told.out.splitlines()[1] == "  hours 5, records 2 (valid; +14)"
    town("volunteer", "erase-account", account, "--yes", key="holder")
    report = verify(town, shown, "--nonce", "n-1", "--node", town.url, code=1)
    assert report["statement"]["standing"] == "erased"
    assert (
        town("card", "issue", account, "--out", shown, key="phone", good=False).document["error"]["reason"]
        == "not_authenticated"
    )
