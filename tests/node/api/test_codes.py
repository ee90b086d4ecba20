"""The code that a node makes of a registered certificate, checked under the trust file that it gives out."""

from dataclasses import replace

from certificates.artefacts import verify_artefact
from certificates.checks import Times
from certificates.register import format_number
from certificates.reports import ArtefactReport, Question
from contracts.certificates.numbers import compute_number
from contracts.certificates.registry import Revocation, RevokeCertificate
from ledger.trust import parse_trust
from ledger.types import Hash, TimeMs
from ledger.verification import Verdict
from tests.node import story as people
from tests.node.running import RunningNode

CODE = f"/v1/certificates/{people.CERTIFICATE.hex()}/code"


def verify(node: RunningNode, text: bytes) -> ArtefactReport:
    trust = parse_trust(node.get("/v1/trust").body)
    return verify_artefact(text, Question((trust,), Times(node.now_ms)))


def test_code_is_valid_under_the_trust_file(node: RunningNode) -> None:
    answer = node.get(CODE)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    report = verify(node, answer.body)
    assert report.verdict is Verdict.VALID
    assert report.statement is not None
    assert (report.statement["minutes"], report.statement["organisation"]) == (120, people.ORGANISATION.hex())


def test_code_is_found_after_more_was_registered_and_is_of_the_newest_checkpoint(new_node: RunningNode) -> None:
    people.tell(new_node)
    before = new_node.get(CODE).body
    new_node.now_ms = TimeMs(new_node.now_ms + 3 * 86_400_000)
    content = Hash(b"2" * 32)
    second = compute_number(people.ORGANISATION, content)
    body = replace(people.make_registration(), number=second, content=content, position=None)
    new_node.carry_out("certificates.register", body, people.OFFICER)
    after = new_node.get(CODE).body
    assert before != after
    assert verify(new_node, before).statement == verify(new_node, after).statement
    report = verify(new_node, new_node.get(f"/v1/certificates/{second.hex()}/code").body)
    assert report.statement is not None
    assert report.statement["number"] == format_number(second)


def test_revoked_and_unknown_certificates_get_none(new_node: RunningNode) -> None:
    assert new_node.get(CODE).reason == "not_found"
    people.tell(new_node)
    body = RevokeCertificate(people.CERTIFICATE, people.ORGANISATION, Revocation.ISSUED_IN_ERROR)
    new_node.carry_out("certificates.revoke", body, people.OFFICER)
    refused = new_node.get(CODE)
    assert (refused.status, refused.reason) == (422, "certificate_closed")
    assert "revoked" in refused.json()["detail"]
