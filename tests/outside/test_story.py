"""The whole story on two devices: a volunteer's phone and a merchant's till, with the keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest

from certificates.artefacts import verify_artefact
from certificates.checks import Times
from certificates.reports import ArtefactReport, Question
from cli.office.client import NodeClient
from cli.session import compute_now_ms
from ledger.trust import parse_trust
from ledger.types import TimeMs
from ledger.verification import Verdict
from tests.cli import people
from tests.cli.town import Town
from tests.outside import shops
from tests.outside.test_card import found_office

pytestmark = [pytest.mark.outside, pytest.mark.functional, pytest.mark.slow]


def test_points_are_earned_spent_and_refunded(town: Town, in_browser: Callable[..., Any]) -> None:
    organisation = found_office(town)

    def enrol(key: str) -> None:
        town.at_office("volunteer", "enrol", "--id", "V-1", "--public-key", key, "--organisation", organisation)
        roster = people.write_roster(town.folder / "roster.csv", shops.ROWS)
        town.at_office("hours", "import", roster, "--enrol", "--publish", "--organisation", organisation)

    def admit(key: str) -> dict[str, None]:
        town("merchant", "register", "--name", "Tea", "--public-key", key, key="authority")
        return {"offer": None}

    lists: list[bytes] = []

    def keep_status() -> None:
        with NodeClient(town.url) as client:
            lists.append(client.get_bytes("/v1/status-lists/0"))

    texts = in_browser("story.mjs", {"enrol": enrol, "admit": admit, "keepStatus": keep_status})
    keep_status()
    status, afterwards = lists
    with NodeClient(town.url) as client:
        trust = [parse_trust(client.get_bytes("/v1/trust"))]
    at = Times(TimeMs(compute_now_ms()))

    def judge(name: str, **asked: Any) -> ArtefactReport:
        report = verify_artefact(texts[name].encode(), Question(trust, at, **asked))
        assert report.verdict is Verdict.VALID, [item for item in report.report.checks if item.reason is not None]
        return report

    hold, desk = judge("code").statement, judge("desk").statement
    assert hold is not None
    assert desk is not None
    assert (hold["profile"], hold["points"]) == ("merchant", 3)
    assert desk["profile"] == "organisation"
    shown = judge("shown", status=status, audience="https://town.example/log/verify").statement
    assert shown is not None
    assert shown["claims"] == {"organisation_name": "河畔", "hours": 20, "minutes": 1_200}
    for_desk = judge("forDesk", status=status, audience="https://desk.example", nonce="word-123").statement
    without_network = judge("withoutNetwork", status=status).statement
    assert for_desk is not None
    assert without_network is not None
    assert without_network["claims"] == {"organisation_name": "河畔", "hours": 20}
    wrong = verify_artefact(texts["forDesk"].encode(), Question(trust, at, status=status, nonce="another"))
    assert wrong.verdict is Verdict.INVALID
    of_the_old_phone = verify_artefact(texts["shown"].encode(), Question(trust, at, status=afterwards))
    assert of_the_old_phone.verdict is Verdict.INVALID


def test_key_of_a_lost_phone_is_replaced(town: Town, in_browser: Callable[..., Any]) -> None:
    height = town("governance", "show").document["height"]
    town("governance", "set", "key_waiting_days=0", "--at-height", height + 2, key="authority")
    account = shops.earn_points(town)

    def request(key: str) -> None:
        town("volunteer", "request-key", account, key, key="first second")

    in_browser("lost.mjs", {"tellAccount": lambda: account, "request": request})
