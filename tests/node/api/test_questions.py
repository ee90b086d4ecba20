"""What organisations have to answer, as the interface tells it: to whom, page by page, and when it is overdue."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.activities import ActivityClass, PublishActivity
from contracts.hours import CertifyHours, Mode
from contracts.hours.missing import ClaimMissing
from ledger.crypto import SigningKey
from ledger.genesis import to_day
from ledger.types import Identifier, TimeMs
from node.api import own_records, questions
from tests.node import story as people
from tests.node.running import AUTHORITY, RunningNode

ORGANISATION = f"/v1/organisations/{people.ORGANISATION.hex()}"
ACCOUNT = f"/v1/volunteers/{people.OTHER_VOLUNTEER.hex()}"
PAST_ACTIVITY = Identifier(b"activity-0000009")
MS_PER_DAY = 86_400_000


def test_dispute_and_claim_are_told_to_their_parties(node: RunningNode) -> None:
    for key in (people.OFFICER, people.OTHER_VOLUNTEER_KEY):
        (dispute,) = node.get(f"{ORGANISATION}/disputes", key).json()["disputes"]
        (claim,) = node.get(f"{ORGANISATION}/claims", key).json()["claims"]
        assert dispute == {
            "record": people.make_attendance(2).record.hex(),
            "volunteer": people.OTHER_VOLUNTEER.hex(),
            "recorded_day": "2026-10-03",
            "grounds": "wrong_time",
            "disputed_day": "2026-10-26",
            "deadline_day": dispute["deadline_day"],
            "is_overdue": False,
        }
        assert (claim["claim"], claim["day"], claim["is_overdue"]) == (people.CLAIM.hex(), "2026-10-04", False)


@pytest.mark.parametrize("key", [people.OTHER_OFFICER, people.VOLUNTEER_KEY, people.MERCHANT_KEY, AUTHORITY])
def test_others_learn_counts_only(node: RunningNode, key: SigningKey) -> None:
    for name in ("disputes", "claims"):
        assert node.get(f"{ORGANISATION}/{name}", key).json() == {name: [], "next": None}
    count = {"open": 1, "overdue": 0, "is_complete": True}
    counts = node.get(f"{ORGANISATION}/overdue").json()
    assert (counts["disputes"], counts["claims"]) == (count, count)
    other = node.get(f"/v1/organisations/{people.OTHER_ORGANISATION.hex()}/overdue").json()
    assert other["disputes"]["open"] == other["claims"]["open"] == 0
    assert node.get(f"/v1/organisations/{people.NOBODY.hex()}/overdue").status == 404


def test_overdue_from_the_day_after_the_deadline_on(new_node: RunningNode) -> None:
    people.tell(new_node)
    (dispute,) = new_node.get(f"{ORGANISATION}/disputes", people.OFFICER).json()["disputes"]
    days = (date.fromisoformat(dispute["deadline_day"]) - date(2026, 10, 26)).days
    start = new_node.now_ms
    for passed, is_overdue in ((days, False), (days + 1, True)):
        new_node.now_ms = TimeMs(start + passed * MS_PER_DAY)
        for name in ("disputes", "claims"):
            (item,) = new_node.get(f"{ORGANISATION}/{name}", people.OFFICER).json()[name]
            assert item["is_overdue"] is is_overdue
            assert new_node.get(f"{ORGANISATION}/overdue").json()[name]["overdue"] == int(is_overdue)
        (record,) = new_node.get(f"{ACCOUNT}/records", people.OTHER_VOLUNTEER_KEY).json()["records"]
        assert record["dispute"]["is_overdue"] is is_overdue


def test_pages_have_each_item_once(new_node: RunningNode) -> None:
    people.tell(new_node)
    for number in range(4):
        claim = Identifier(f"claim-1{number:09}".encode())
        day = to_day(date(2026, 10, 5) + timedelta(days=number))
        body = ClaimMissing(claim, people.ORGANISATION, people.OTHER_VOLUNTEER, people.ACTIVITY, day)
        new_node.carry_out("hours.claim_missing", body, people.OTHER_VOLUNTEER_KEY)
    found: list[str] = []
    target: str | None = f"{ORGANISATION}/claims?limit=2"
    while target is not None:
        page = new_node.get(target, people.OFFICER).json()
        assert len(page["claims"]) <= 2
        found += [item["claim"] for item in page["claims"]]
        target = page["next"] and f"{ORGANISATION}/claims?limit=2&from={page['next']}"
    assert len(found) == len(set(found)) == 5
    assert new_node.get(f"{ORGANISATION}/claims?from=xyz", people.OFFICER).status == 400


def test_count_that_is_cut_short_says_so(node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MAX_COUNTED", 0)
    count = {"open": 0, "overdue": 0, "is_complete": False}
    assert node.get(f"{ORGANISATION}/overdue").json()["disputes"] == count


def test_records_come_month_by_month(new_node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    people.tell(new_node)
    day = to_day(date(2026, 9, 30))
    activity = PublishActivity(PAST_ACTIVITY, people.ORGANISATION, ActivityClass.SERVICE, day, day, people.NO_DETAILS)
    new_node.carry_out("activities.publish", activity, people.OFFICER)
    row = replace(people.make_attendance(9, people.OTHER_VOLUNTEER), activity=PAST_ACTIVITY, day=day)
    new_node.carry_out("hours.certify", CertifyHours(people.ORGANISATION, Mode.ATOMIC, (row,)), people.OFFICER)
    whole = list_records(new_node, people.OTHER_VOLUNTEER_KEY)
    assert [item["day"] for item in whole] == ["2026-09-30", "2026-10-03"]
    monkeypatch.setattr(own_records, "PAGE_RECORDS", 1)
    for key, expected in ((people.OTHER_VOLUNTEER_KEY, whole), (people.OTHER_OFFICER, [])):
        first = new_node.get(f"{ACCOUNT}/records", key).json()
        second = new_node.get(f"{ACCOUNT}/records?from={first['next']}", key).json()
        assert (first["records"] + second["records"], second["next"]) == (expected, None)


def list_records(node: RunningNode, key: SigningKey) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = node.get(f"{ACCOUNT}/records", key).json()["records"]
    return answer


def test_records_are_shown_to_the_volunteer_and_to_who_recorded_them(node: RunningNode) -> None:
    (record,) = list_records(node, people.OTHER_VOLUNTEER_KEY)
    assert list_records(node, people.OFFICER) == [record]
    assert (record["day"], record["minutes"], record["status"], record["is_cosigned"]) == ("2026-10-03", 120, "counted", False)
    for key in (people.OTHER_OFFICER, people.VOLUNTEER_KEY, people.MERCHANT_KEY, AUTHORITY):
        assert list_records(node, key) == []
    assert node.get(f"{ACCOUNT}/records?from=00007e00", people.OTHER_VOLUNTEER_KEY).json()["records"] == []


def test_merits_are_shown_to_the_volunteer(node: RunningNode) -> None:
    merits = node.get(f"{ACCOUNT}/merits", people.OTHER_VOLUNTEER_KEY).json()
    assert [item["minutes"] for item in merits["totals"]] == [6_000]
    assert [item["training"] for item in merits["trainings"]] == ["first-aid"]
    assert [item["award"] for item in merits["awards"]] == [people.AWARD.hex()]
