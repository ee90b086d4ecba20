"""Who may read what, as a table: each row a thing, each column somebody who asks for it."""

import pytest

from contracts.blocks import BLOCKS
from contracts.exchange import HOLDS
from contracts.identity.departed import ERASED, VOLUNTEERS
from contracts.identity.organisations import ChangeOfficer
from contracts.identity.parties import AUTHORITIES, KEYS, ORGANISATIONS, TAGS
from contracts.orders.placed import ORDERS
from contracts.sanctions import SANCTIONS
from contracts.trainings import TRAININGS
from ledger.crypto import SigningKey
from node.api.signatures import RequestParts, sign_request
from tests.node import story as people
from tests.node.running import AUTHORITY, NOW_MS, RunningNode
from tests.node.story import Story, make_organisation

NAMES = ("nobody", "officer", "second", "other", "volunteer", "v-other", "merchant", "authority", "stranger")
ASKERS: tuple[SigningKey | None, ...] = (
    None,
    people.OFFICER,
    people.SECOND_OFFICER,
    people.OTHER_OFFICER,
    people.VOLUNTEER_KEY,
    people.OTHER_VOLUNTEER_KEY,
    people.MERCHANT_KEY,
    AUTHORITY,
    people.STRANGER,
)
OPEN = "200 200 200 200 200 200 200 200 401"
#                                          nobody officer second other volunteer v-other merchant authority stranger
RIGHTS = {
    "/v1/volunteers/VOLUNTEER":           "401 403 403 403 200 403 403 403 401",
    "/v1/merchants/MERCHANT/account":     "401 403 403 403 403 403 200 403 401",
    "/v1/holds/HOLD":                     "401 403 403 403 200 403 200 403 401",
    "/v1/holds/NOBODY":                   "401 403 403 403 403 403 403 403 401",
    "/v1/erasures/ERASED":                "200 200 200 200 200 200 200 200 200",
    "/v1/erasures/VOLUNTEER":             "404 404 404 404 404 404 404 404 404",
    "/v1/volunteers/ERASED":              "410 410 410 410 410 410 410 410 410",
    "/v1/state/TOMBSTONE":                OPEN,
    "/v1/volunteers/NOBODY":              "401 403 403 403 403 403 403 403 401",
    "/v1/entries/HOURS_ENTRY":            "401 200 200 403 200 403 403 403 401",
    "/v1/entries/HOLD_ENTRY":             "401 403 403 403 200 403 200 403 401",
    "/v1/entries/REGISTRATION_ENTRY":     OPEN,
    "/v1/entries/OUTCOME_ENTRY":          "403 403 403 403 403 403 403 403 401",
    "/v1/entries/0":                      OPEN,
    "/v1/volunteers/VOLUNTEER/entries":   "401 200 200 200 200 200 200 200 401",
    "/v1/activities/ACTIVITY/sign-ups/OTHER_VOLUNTEER": "401 200 200 403 403 200 403 403 401",
    "/v1/organisations/ORGANISATION/entries":   "401 200 200 200 200 200 200 200 401",
    "/v1/organisations/ORGANISATION/overdue":   "200 200 200 200 200 200 200 200 200",
    "/v1/organisations/ORGANISATION/disputes":  "401 200 200 200 200 200 200 200 401",
    "/v1/organisations/ORGANISATION/claims":    "401 200 200 200 200 200 200 200 401",
    "/v1/volunteers/VOLUNTEER/records":   "401 200 200 200 200 200 200 200 401",
    "/v1/volunteers/VOLUNTEER/merits":    "401 403 403 403 200 403 403 403 401",
    "/v1/volunteers/VOLUNTEER/score":     "401 403 403 403 200 403 403 403 401",
    "/v1/volunteers/VOLUNTEER/time":      "401 403 403 403 200 403 403 403 401",
    "/v1/volunteers/NOBODY/time":         "401 403 403 403 403 403 403 403 401",
    "/v1/party":                          "401 200 200 200 200 200 200 200 401",
    "/v1/volunteers/VOLUNTEER/card":      "401 403 403 403 200 403 403 403 401",
    "/v1/volunteers/NOBODY/card":         "401 403 403 403 403 403 403 403 401",
    "/v1/status-lists/0":                 "200 200 200 200 200 200 200 200 200",
    "/v1/status-lists/1":                 "404 404 404 404 404 404 404 404 404",
    "/v1/status-lists/0/refresh":         "200 200 200 200 200 200 200 200 200",
    "/v1/aggregates":                     "200 200 200 200 200 200 200 200 200",
    "/v1/activities/ACTIVITY/aggregates": "200 200 200 200 200 200 200 200 200",
    "/v1/timebank":                       "200 200 200 200 200 200 200 200 200",
    "/v1/certificates/CERTIFICATE":     "200 200 200 200 200 200 200 200 200",
    "/v1/certificates/NOBODY":          "404 404 404 404 404 404 404 404 404",
    "/v1/reports/REPORT":               "200 200 200 200 200 200 200 200 200",
    "/v1/stars/STAR":                   "401 200 200 403 403 200 403 403 401",
    "/v1/stars/NOBODY":                 "401 403 403 403 403 403 403 403 401",
    "/v1/sanctions/SANCTION":           "401 200 200 403 403 200 403 403 401",
    "/v1/sanctions/NOBODY":             "401 403 403 403 403 403 403 403 401",
    "/v1/orders/ORDER":                 "401 200 200 403 403 200 403 403 401",
    "/v1/orders/NOBODY":                "401 403 403 403 403 403 403 403 401",
    "/v1/state/ORDER_KEY":              "401 403 403 403 403 403 403 403 401",
    "/v1/state/SANCTION_KEY":           "401 403 403 403 403 403 403 403 401",
    "/v1/state/BLOCK_KEY":              "401 403 403 403 403 403 403 403 401",
    "/v1/state/TRAINING_KEY":             "401 403 403 403 403 200 403 403 401",
    "/v1/state/ORGANISATION_KEY":         OPEN,
    "/v1/state/AUTHORITIES_KEY":          OPEN,
    "/v1/state/VOLUNTEER_KEY":            "401 403 403 403 200 403 403 403 401",
    "/v1/state/HOLD_KEY":                 "401 403 403 403 200 403 200 403 401",
    "/v1/state/TAG_KEY":                  "401 403 403 403 403 403 403 403 401",
    "/v1/state/KEY_KEY":                  "401 403 403 403 403 403 403 403 401",
}  # fmt: skip


def fill(target: str, story: Story) -> str:
    values = {
        "HOURS_ENTRY": str(story.hours_entry),
        "HOLD_ENTRY": str(story.hold_entry),
        "REGISTRATION_ENTRY": str(story.registration_entry),
        "OUTCOME_ENTRY": str(story.registration_entry + 1),
        "ORGANISATION_KEY": ORGANISATIONS.key(people.ORGANISATION).hex(),
        "AUTHORITIES_KEY": AUTHORITIES.key().hex(),
        "TOMBSTONE": ERASED.key(people.ERASED_VOLUNTEER).hex(),
        "ERASED": people.ERASED_VOLUNTEER.hex(),
        "VOLUNTEER_KEY": VOLUNTEERS.key(people.VOLUNTEER).hex(),
        "HOLD_KEY": HOLDS.key(people.HOLD).hex(),
        "TAG_KEY": TAGS.key(b"t" * 32).hex(),
        "KEY_KEY": KEYS.key(people.OFFICER.public_key).hex(),
        "TRAINING_KEY": TRAININGS.key(people.OTHER_VOLUNTEER, b"first-aid").hex(),
        "SANCTION_KEY": SANCTIONS.key(people.SANCTION).hex(),
        "BLOCK_KEY": BLOCKS.key(people.OTHER_VOLUNTEER).hex(),
        "CERTIFICATE": people.CERTIFICATE.hex(),
        "REPORT": people.NO_DETAILS.hex(),
        "STAR": people.STAR.hex(),
        "ORDER": people.ORDER.hex(),
        "ORDER_KEY": ORDERS.key(people.ORDER).hex(),
        "SANCTION": people.SANCTION.hex(),
        "ORGANISATION": people.ORGANISATION.hex(),
        "ACTIVITY": people.ACTIVITY.hex(),
        "OTHER_VOLUNTEER": people.OTHER_VOLUNTEER.hex(),
        "VOLUNTEER": people.VOLUNTEER.hex(),
        "MERCHANT": people.MERCHANT.hex(),
        "HOLD": people.HOLD.hex(),
        "NOBODY": people.NOBODY.hex(),
    }
    return "/".join(values.get(part, part) for part in target.split("/"))


@pytest.mark.parametrize("target", RIGHTS)
def test_rights(node: RunningNode, story: Story, target: str) -> None:
    statuses = [node.get(fill(target, story), key).status for key in ASKERS]
    expected = dict(zip(NAMES, map(int, RIGHTS[target].split()), strict=True))
    assert dict(zip(NAMES, statuses, strict=True)) == expected


@pytest.mark.parametrize(
    ("key", "types"),
    [
        (people.VOLUNTEER_KEY, ["identity.volunteer_enrolled", "hours.recorded", "exchange.held", "cards.registered"]),
        (people.OFFICER, ["identity.volunteer_enrolled", "hours.recorded"]),
        (people.MERCHANT_KEY, ["exchange.held"]),
        (people.OTHER_OFFICER, []),
        (people.OTHER_VOLUNTEER_KEY, []),
        (AUTHORITY, []),
    ],
)
def test_list_of_entries_has_those_of_the_asker_only(node: RunningNode, key: SigningKey, types: list[str]) -> None:
    answer = node.get(f"/v1/volunteers/{people.VOLUNTEER.hex()}/entries", key).json()
    assert [entry["type"] for entry in answer["entries"]] == types


def test_bundle_has_no_outcome(node: RunningNode, story: Story) -> None:
    outcome = story.registration_entry + 1
    for key in (None, people.OFFICER, AUTHORITY):
        assert node.post("/v1/bundles", {"entries": [outcome], "keys": []}, key).status == 403


def test_bundle_is_refused_for_one_part_that_is_not_the_askers(node: RunningNode, story: Story) -> None:
    request = {"entries": [story.hours_entry, story.hold_entry], "keys": []}
    assert node.post("/v1/bundles", request, people.OFFICER).status == 403
    assert node.post("/v1/bundles", request, people.VOLUNTEER_KEY).status == 200
    keys = {"entries": [], "keys": [ORGANISATIONS.key(people.ORGANISATION).hex(), VOLUNTEERS.key(people.VOLUNTEER).hex()]}
    assert node.post("/v1/bundles", keys, people.OFFICER).status == 403
    assert node.post("/v1/bundles", keys).status == 401
    assert node.post("/v1/bundles", keys, people.VOLUNTEER_KEY).status == 200


def test_officer_who_left_reads_no_more(new_node: RunningNode) -> None:

    new_node.carry_out("identity.register_organisation", make_organisation(), AUTHORITY)
    target = f"/v1/volunteers/{people.VOLUNTEER.hex()}/entries"
    assert new_node.get(target, people.SECOND_OFFICER).status == 200
    body = ChangeOfficer(people.ORGANISATION, people.SECOND_OFFICER.public_key)
    new_node.carry_out("identity.remove_officer", body, people.OFFICER)
    assert new_node.get(target, people.SECOND_OFFICER).status == 401
    assert new_node.get(target, people.OFFICER).status == 200


def test_overheard_request_is_soon_worthless(new_node: RunningNode) -> None:

    new_node.carry_out("identity.register_organisation", make_organisation(), AUTHORITY)
    path = f"/v1/volunteers/{people.VOLUNTEER.hex()}/entries"
    headers = sign_request(RequestParts("GET", path, "", b""), people.OFFICER, NOW_MS)
    assert new_node.ask("GET", path, headers=headers).status == 200
    assert new_node.ask("GET", f"{path}?limit=1", headers=headers).status == 401
    new_node.now_ms = type(NOW_MS)(NOW_MS + 301_000)
    assert new_node.ask("GET", path, headers=headers).status == 401


def test_query_is_signed_as_it_was_sent(node: RunningNode) -> None:
    target = f"/v1/volunteers/{people.VOLUNTEER.hex()}/entries?from=%30&limit=0100"
    assert node.get(target, people.VOLUNTEER_KEY).status == 200
