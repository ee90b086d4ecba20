"""The volunteer's page, in a browser."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli import people
from tests.cli.town import ROWS, Town

pytestmark = [pytest.mark.outside, pytest.mark.functional]


def open_shop(town: Town) -> str:
    """Register the tea house, whose key is `shop`, and return its offer of a pot of tea for 2 points."""
    told = town("merchant", "register", "--name", "Tea", "--public-key", town.make_key("shop"), key="authority")
    merchant = told.document["merchant"]
    offer = ("--title", "A pot of tea", "--points", 2, "--last-day", "2099-12-31")
    document = town("exchange", "offer", "--merchant", merchant, *offer, key="shop").document
    return str(document["offer"])


def found_office(town: Town) -> str:
    officers = [item for name in ("first", "second") for item in ("--officer", town.make_key(name))]
    organisation = town("org", "register", "--name", "河畔", *officers, key="authority").document["organisation"]
    town.hourledger("keys", "registrar", town.folder / "office" / "registrar.key")
    return str(organisation)


def test_phone_makes_a_key_and_holds_points(town: Town, in_browser: Callable[..., Any]) -> None:
    organisation = found_office(town)
    offer = open_shop(town)

    def enrol(key: str) -> dict[str, str]:
        town.at_office("volunteer", "enrol", "--id", "V-1", "--public-key", key, "--organisation", organisation)
        roster = people.write_roster(town.folder / "roster.csv", ROWS)
        town.at_office("hours", "import", roster, "--enrol", "--publish", "--organisation", organisation)
        return {"offer": offer}

    in_browser("card.mjs", {"enrol": enrol})
