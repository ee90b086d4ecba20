"""One endpoint verifies whatever leaves the ledger: text, JSON, pictures and PDF files."""

import json
from typing import Any

import pytest

from certificates.counter_card import CounterCard, DeskProfile, issue_counter_card
from ledger.crypto import SigningKey
from ledger.notes import SignatureType, VerifierKey, format_verifier_key
from ledger.types import Hash, TimeMs
from node.api import checking
from tests.node import story as people
from tests.node.api.test_openapi import validate_answer
from tests.node.running import RunningNode
from tests.node.scanning.samples import draw_code, make_pdf, put_on_paper, save

CODE = f"/v1/certificates/{people.CERTIFICATE.hex()}/code"


def ask(node: RunningNode, body: bytes) -> Any:
    answer = node.ask("POST", "/v1/verify", body)
    assert answer.status == 200, answer
    validate_answer("POST", "/v1/verify", answer)
    return answer.json()


def test_code_as_text_in_json_in_a_picture_and_in_a_pdf(node: RunningNode) -> None:
    text = node.get(CODE).body.decode()
    picture = save(put_on_paper(draw_code(text)), "JPEG", quality=80)
    reports = [ask(node, body) for body in (text.encode(), picture, make_pdf(code=text))]
    reports.append(node.ask_to_verify({"document": text}).json())
    assert [(item["kind"], item["verdict"]) for item in reports] == [("one_code", "valid")] * 4
    assert reports[0]["statement"]["minutes"] == 120
    assert [note["zh"][:3] for note in reports[0]["notes"]] == ["纸上的"]  # the register was looked at
    assert reports[0]["register"] == "valid"


def test_code_is_held_against_what_the_question_says(node: RunningNode) -> None:
    text = node.get(CODE).body.decode()
    report = node.ask_to_verify({"document": text, "trust": []}).json()
    assert report["verdict"] == "undetermined"


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_file_does_not_say_whom_to_trust_or_when(node: RunningNode, content_type: str | None) -> None:
    """A question in a file, or in a code, was written by whoever gave out the file."""
    key = SigningKey(bytes(range(32)))
    card = CounterCard(
        node.genesis.chain_id,
        TimeMs(node.now_ms),
        TimeMs(node.now_ms + 60_000),
        DeskProfile(people.VOLUNTEER, 5, 1, Hash(bytes(32))),
    )
    own_log = VerifierKey(node.genesis.chain_id, SignatureType.ED25519, key.public_key)
    trust = f"log {format_verifier_key(own_log)}\nquorum none\n"
    written = json.dumps({"document": issue_counter_card(card, key), "trust": [trust]}).encode()
    assert node.ask_to_verify(written).json()["verdict"] == "valid"
    headers = {} if content_type is None else {"Content-Type": content_type}
    for body in (written, save(draw_code(written.decode()))):
        report = node.ask("POST", "/v1/verify", body, headers=headers).json()
        assert (report["kind"], report["verdict"]) == ("certificate", "invalid")


@pytest.mark.parametrize(
    ("body", "verdict", "reason"),
    [
        pytest.param(save(draw_code("https://example.org/")), "undetermined", "no_code", id="picture of another code"),
        pytest.param(make_pdf(), "undetermined", "no_code", id="PDF without anything"),
        pytest.param(b"%PDF-1.7\nnothing", "invalid", "malformed", id="no PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "invalid", "malformed", id="no picture"),
        pytest.param(make_pdf(b"\xff\xfe"), "invalid", "malformed", id="PDF with noise attached"),
        pytest.param(make_pdf(b"{}"), "invalid", "malformed", id="PDF with something else attached"),
        pytest.param(b"HLB1:!", "invalid", "malformed", id="no code"),
        pytest.param(b"hello", "invalid", "malformed", id="text"),
    ],
)
def test_files_with_nothing_good_in_them(node: RunningNode, body: bytes, verdict: str, reason: str) -> None:
    report = ask(node, body)
    assert report["verdict"] == verdict
    assert reason in {check["reason"] for check in report["checks"]}


def test_pictures_wait_for_each_other_and_too_many_are_told_to_come_again(
    node: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MAX_SCANS", 0)
    answer = node.ask("POST", "/v1/verify", save(draw_code("x")))
    assert (answer.status, answer.reason) == (503, "busy")
    assert "Retry-After" in answer.headers
    assert node.ask("POST", "/v1/verify", b"HLB1:").status == 200
