"""The volunteer's page, in a browser."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.office.client import NodeClient
from tests.cli import people
from tests.cli.town import ROWS, Town
from tests.outside.shops import film

pytestmark = [pytest.mark.outside, pytest.mark.functional, pytest.mark.slow]


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


def test_phone_keeps_key_hours_points_and_certificates(town: Town, in_browser: Callable[..., Any]) -> None:
    organisation = found_office(town)
    offer = open_shop(town)
    certificate, video = town.folder / "certificate.json", town.folder / "camera.y4m"

    def enrol(key: str) -> dict[str, str]:
        town.at_office("volunteer", "enrol", "--id", "V-1", "--public-key", key, "--organisation", organisation)
        roster = people.write_roster(town.folder / "roster.csv", ROWS)
        town.at_office("hours", "import", roster, "--enrol", "--publish", "--organisation", organisation)
        film(f"{town.url}/card#offer={offer}", video)
        return {"offer": offer}

    def certify() -> dict[str, str]:
        town.at_office("cert", "issue", "V-1", "--out", certificate, "--register", "--organisation", organisation)
        return {"file": str(certificate), "number": json.loads(certificate.read_text())["id"]}

    def compare(path: str) -> None:
        assert Path(path).read_bytes() == certificate.read_bytes()

    def verify(path: str, records: int, opened: int) -> None:
        trust = town.folder / "trust.txt"
        with NodeClient(town.url) as client:
            trust.write_bytes(client.get_bytes("/v1/trust"))
        checked = town.hourledger("verify", path, "--trust", trust, "--json")
        assert checked.code == 0, checked
        (report,) = checked.document if isinstance(checked.document, list) else [checked.document]
        assert report["statement"]["records"] == records
        details = next(check["detail"] for check in report["checks"] if check["name"] == "details")
        assert details.startswith(f"opened {opened} of {records} records")
        document = json.loads(Path(path).read_text())
        assert [proof["cryptosuite"] for proof in document["proof"]] == ["eddsa-jcs-2022", "eddsa-rdfc-2022"]

    in_browser("card.mjs", {"enrol": enrol, "certify": certify, "compare": compare, "verify": verify}, str(video))
