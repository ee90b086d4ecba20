"""Cards and status lists as a node gives them: verified here with its own trust file, and refused to everybody else."""

from typing import Any

import pytest

from certificates.artefacts import verify_artefact
from certificates.card import Showing, compute_open_audience, parse_card, present_card
from certificates.certificate import issue_certificate
from certificates.checks import Times
from certificates.evidence import Evidence
from certificates.reports import Question
from contracts.card_table import AboutCard
from contracts.cards.registered import RegisterCard
from contracts.certificates.registry import Revocation, RevokeCertificate
from contracts.exchange.holds import EndHold
from contracts.statuses import LIST_POSITIONS, compute_chunk_key
from ledger.trust import TrustPolicy, parse_trust
from ledger.types import EntryIndex, TimeMs
from ledger.verification import Verdict
from tests.node import story as people
from tests.node.api.test_proofs import fetch_bundle
from tests.node.running import AUTHORITY, RunningNode

VOLUNTEER = people.VOLUNTEER.hex()
REQUEST = {"volunteer": VOLUNTEER}
HOLD = f"/v1/holds/{people.HOLD.hex()}/card"


def get_trust(node: RunningNode) -> TrustPolicy:
    return parse_trust(node.get("/v1/trust").body)


def ask(node: RunningNode, status: bytes | None = None, **asked: Any) -> Question:
    return Question((get_trust(node),), Times(TimeMs(node.now_ms)), status, **asked)


def get_list(node: RunningNode) -> bytes:
    return node.get("/v1/status-lists/0").body


def show(node: RunningNode, *names: str, audience: str = "https://desk.example") -> bytes:
    card = node.post("/v1/cards", REQUEST, people.PHONE)
    assert card.headers["Content-Type"] == "application/dc+sd-jwt"
    showing = Showing(audience, "nonce", TimeMs(node.now_ms))
    return present_card(card.body.decode(), names, people.PHONE, showing).encode()


def test_card_of_a_node_is_valid_and_says_what_the_ledger_says(node: RunningNode) -> None:
    shown = show(node, "hours", "minutes", "records", "since", "organisation_name", "account")
    report = verify_artefact(shown, ask(node, get_list(node), nonce="nonce", audience="https://desk.example"))
    assert report.verdict is Verdict.VALID, report
    statement: Any = report.statement
    assert statement["claims"] == {
        "account": VOLUNTEER,
        "organisation_name": "Town library",
        "since": "2026-10-26",
        "hours": 2,
        "minutes": 120,
        "records": 1,
    }
    assert (statement["position"], statement["standing"]) == (people.CARD_POSITION, "valid")


def test_each_card_has_new_salts_and_the_same_place(node: RunningNode) -> None:
    first, second = (parse_card(node.post("/v1/cards", REQUEST, people.VOLUNTEER_KEY).body) for _ in range(2))
    assert not first.digests & second.digests
    assert (first.position, first.key) == (second.position, second.key)


@pytest.mark.parametrize("path", ["/v1/cards", "/v1/cards/counter"])
def test_card_is_written_for_its_volunteer_alone(node: RunningNode, path: str) -> None:
    assert node.post(path, REQUEST).reason == "not_authenticated"
    assert node.post(path, REQUEST, people.STRANGER).reason == "not_authenticated"
    for key in (people.OFFICER, people.OTHER_VOLUNTEER_KEY, people.MERCHANT_KEY, AUTHORITY):
        assert node.post(path, REQUEST, key).reason == "not_permitted"
    other = {"volunteer": people.OTHER_VOLUNTEER.hex()}
    assert node.post(path, other, people.OTHER_VOLUNTEER_KEY).reason == "unknown_card"
    assert node.post(path, other, people.PHONE).reason == "not_authenticated"
    award = {**REQUEST, "star_award": people.STAR.hex()}
    assert node.post(path, award, people.PHONE).reason == "unknown_award"
    for wrong in ({}, {"volunteer": 1}, {"volunteer": "xyz"}, {**REQUEST, "hours": 9}, [VOLUNTEER]):
        assert node.post(path, wrong, people.PHONE).status == 400


def test_counter_cards_are_valid_with_the_network_off(node: RunningNode) -> None:
    for_merchant = node.ask("POST", HOLD, b"", people.VOLUNTEER_KEY).json()
    report = verify_artefact(for_merchant["card"].encode(), ask(node, merchant=people.MERCHANT))
    assert report.verdict is Verdict.VALID, report
    assert report.statement is not None
    stated = {name: report.statement[name] for name in ("hold", "merchant", "offer", "quantity", "points", "until")}
    assert stated == {name: value for name, value in for_merchant.items() if name != "card"}
    for_desk = node.post("/v1/cards/counter", REQUEST, people.PHONE).json()
    report = verify_artefact(for_desk["card"].encode(), ask(node))
    assert report.verdict is Verdict.VALID, report
    assert report.statement is not None
    assert report.statement["account"] == VOLUNTEER
    late = Question((get_trust(node),), Times(TimeMs(node.now_ms + 900_000)))
    assert verify_artefact(for_desk["card"].encode(), late).verdict is Verdict.INVALID


def test_hold_is_shown_by_its_volunteer_and_while_it_is_open(new_node: RunningNode) -> None:
    people.tell(new_node)
    assert new_node.ask("POST", HOLD, b"").reason == "not_authenticated"
    for key in (people.MERCHANT_KEY, people.OTHER_VOLUNTEER_KEY, people.OFFICER):
        assert new_node.ask("POST", HOLD, b"", key).reason == "not_permitted"
    nobody = f"/v1/holds/{people.NOBODY.hex()}/card"
    assert new_node.ask("POST", nobody, b"", people.VOLUNTEER_KEY).reason == "not_permitted"
    before = new_node.now_ms
    new_node.now_ms = TimeMs(before + 3_600_000)
    assert new_node.ask("POST", HOLD, b"", people.VOLUNTEER_KEY).reason == "hold_expired"
    new_node.now_ms = before
    new_node.carry_out("exchange.release", EndHold(people.HOLD), people.MERCHANT_KEY)
    assert new_node.ask("POST", HOLD, b"", people.VOLUNTEER_KEY).reason == "hold_closed"


def test_suspended_card_is_written_no_more_and_shows_in_the_list(new_node: RunningNode) -> None:
    people.tell(new_node)
    shown, before = show(new_node, "hours"), get_list(new_node)
    assert get_list(new_node) == before
    new_node.carry_out("cards.suspend", AboutCard(people.VOLUNTEER, people.CARD_POSITION), AUTHORITY)
    assert new_node.post("/v1/cards", REQUEST, people.PHONE).reason == "card_closed"
    report = verify_artefact(shown, ask(new_node, get_list(new_node), nonce="nonce"))
    assert report.verdict is Verdict.INVALID
    assert report.statement is not None
    assert report.statement["standing"] == "suspended"
    known = new_node.get(f"/v1/volunteers/{VOLUNTEER}/card", people.VOLUNTEER_KEY).json()
    assert (known["status"], known["suspended_by_authority"]) == ("suspended", True)


def test_bundle_shows_the_same_under_the_quorum(node: RunningNode) -> None:
    shown = show(node, "hours")
    request = {"entries": [], "keys": [compute_chunk_key(people.CARD_POSITION).hex()]}
    bundle = node.post("/v1/bundles", request).body
    assert verify_artefact(shown, ask(node, bundle, nonce="nonce")).verdict is Verdict.VALID
    elsewhere = {"entries": [], "keys": [compute_chunk_key(LIST_POSITIONS).hex()]}
    other = node.post("/v1/bundles", elsewhere).body
    assert verify_artefact(shown, ask(node, other, nonce="nonce")).verdict is Verdict.UNDETERMINED


def test_lists_are_good_in_both_formats(node: RunningNode) -> None:
    for path in ("", "/revocation", "/suspension", "/refresh"):
        answer = node.get(f"/v1/status-lists/0{path}")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert verify_artefact(answer.body, ask(node)).verdict is Verdict.VALID
    assert node.get("/v1/status-lists/0/message").status == 404
    assert node.get("/v1/status-lists/16384").status == 400
    assert node.get("/v1/status-lists/7").reason == "not_found"


def test_free_position_can_be_taken(new_node: RunningNode) -> None:
    people.tell(new_node)
    found = {new_node.get("/v1/status-positions/free").json()["position"] for _ in range(3)}
    assert found <= set(range(LIST_POSITIONS)) - {people.POSITION, people.CARD_POSITION}
    position = found.pop()
    body = RegisterCard(people.OTHER_VOLUNTEER, people.OTHER_VOLUNTEER_KEY.public_key, position)
    new_node.carry_out("cards.register", body, people.OTHER_VOLUNTEER_KEY)
    card = new_node.post("/v1/cards", {"volunteer": people.OTHER_VOLUNTEER.hex()}, people.OTHER_VOLUNTEER_KEY)
    assert parse_card(card.body).position == position


def test_node_verifies_cards_with_its_own_status_list(new_node: RunningNode) -> None:
    people.tell(new_node)
    shown = show(new_node, "hours").decode()
    assert new_node.ask_to_verify({"document": shown, "nonce": "nonce"}).json()["verdict"] == "valid"
    assert new_node.ask("POST", "/v1/verify", shown.encode()).json()["verdict"] == "invalid"  # it was shown to the desk
    to_anybody = show(new_node, "hours", audience=compute_open_audience(new_node.genesis.chain_id))
    assert new_node.ask("POST", "/v1/verify", to_anybody).json()["verdict"] == "valid"
    assert new_node.ask_to_verify({"document": shown, "nonce": "another"}).json()["verdict"] == "invalid"
    listed = {"document": shown, "nonce": "nonce", "status": get_list(new_node).decode()}
    assert new_node.ask_to_verify(listed).json()["verdict"] == "valid"
    new_node.carry_out("cards.revoke", AboutCard(people.VOLUNTEER, people.CARD_POSITION), people.VOLUNTEER_KEY)
    assert new_node.ask_to_verify({"document": shown, "nonce": "nonce"}).json()["verdict"] == "invalid"
    assert new_node.ask_to_verify(listed).json()["verdict"] == "valid"  # an older list, for who asks with it
    wrong = {"document": shown, "status": 7}
    assert new_node.ask_to_verify(wrong).status == 400


def test_node_holds_certificates_of_its_chain_against_its_own_register(new_node: RunningNode) -> None:
    story = people.tell(new_node)
    evidence = Evidence(fetch_bundle(new_node, story), {EntryIndex(story.hours_entry): people.make_opening(1)})
    listed = issue_certificate(evidence, people.OFFICER, new_node.now_ms, position=people.POSITION)
    elsewhere = issue_certificate(evidence, people.OFFICER, new_node.now_ms, position=7 * LIST_POSITIONS)
    plain = issue_certificate(evidence, people.OFFICER, new_node.now_ms)
    code = new_node.get(f"/v1/certificates/{people.CERTIFICATE.hex()}/code").body.decode()
    for artefact in (listed, elsewhere, plain):
        report = new_node.post("/v1/verify", artefact).json()
        assert (report["verdict"], report["register"], report["notes"]) == ("valid", "not_registered", [])
    assert new_node.ask_to_verify({"document": code}).json()["register"] == "valid"
    body = RevokeCertificate(people.CERTIFICATE, people.ORGANISATION, Revocation.ISSUED_IN_ERROR)
    new_node.carry_out("certificates.revoke", body, people.OFFICER, people.SECOND_OFFICER)
    now_ms = new_node.now_ms
    for document in (listed, code, {"type": "VerifiablePresentation", "verifiableCredential": [listed]}):
        report = new_node.ask_to_verify({"document": document}).json()
        failed = [check["reason"] for part in report.get("parts", [report]) for check in part["checks"] if check["reason"]]
        assert (report["verdict"], failed) == ("invalid", ["not_current"])
    # Asked about a time that is over, what the register says today is no answer.
    assert new_node.ask_to_verify({"document": code, "at_time_ms": now_ms}).json()["register"] == "revoked"
    assert new_node.ask_to_verify({"document": code, "at_time_ms": now_ms - 400_000}).json()["register"] is None
