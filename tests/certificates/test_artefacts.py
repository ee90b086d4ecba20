"""Whatever is given is recognised or not, and answered with one form of report; presentations are looked into."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.artefacts import MAX_ARTEFACT_BYTES, find_number, recognise, verify_artefact
from certificates.checks import Times
from certificates.jcs import JsonObject, encode_jcs
from certificates.register import parse_number
from certificates.reports import ArtefactReport, Question, format_artefact_report
from certificates.words import KINDS
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.trust import TrustPolicy
from ledger.types import TimeMs
from ledger.verification import Verdict
from tests.certificates.code_towns import EVENT, make_town, make_trust
from tests.certificates.conftest import NOW

CODE = make_town(1_000, 7, (1, 2, 3)).text(make_trust(4))
SOON = Times(TimeMs(NOW + 1_000))


def verify(data: bytes, *trust: TrustPolicy) -> ArtefactReport:
    return verify_artefact(data, Question(trust, SOON))


def present(*credentials: Any, **more: Any) -> bytes:
    document = {"type": ["VerifiablePresentation"], "verifiableCredential": list(credentials), **more}
    return json.dumps(document, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (CODE.encode(), "one_code"),
        (f"\n{CODE}\r\n".encode(), "one_code"),
        (b"HLB9:", "one_code"),
        (b"HLC1:ABC", "counter_card"),
        (b"eyJh.eyJh.YQ", "token_status_list"),
        (b"eyJh.eyJh.YQ~", "card"),
        (b' {"a": 1}', "certificate"),
        (b'{"type": ["VerifiableCredential", "BitstringStatusListCredential"]}', "bitstring_status_list"),
        (b'{"type": "VerifiablePresentation"}', "presentation"),
        (b'{"type": [], "name": "VerifiablePresentation"}', "certificate"),  # a word in another place says nothing
        (b'{"type": ["VerifiablePresentation"', "certificate"),  # whose reader says what is wrong with it
        (b"", "unknown"),
        (b"hello", "unknown"),
        (b"[1]", "unknown"),
        (b"\xff\xfe{", "unknown"),
    ],
)
def test_what_bytes_claim_to_be(data: bytes, kind: str) -> None:
    assert recognise(data) == kind
    assert verify(data).kind == kind
    assert kind in KINDS


def test_what_is_nothing_is_invalid_and_says_so() -> None:
    for data, detail in (
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"hello", "nothing that can be verified"),
    ):
        report = verify(data)
        assert report.verdict is Verdict.INVALID
        assert detail in report.report.checks[0].detail


def test_too_large_a_file_is_not_read() -> None:
    report = verify(b"{" + b" " * MAX_ARTEFACT_BYTES)
    assert [check.reason for check in report.report.checks] == [Reason.TOO_LARGE]


def test_presentation_of_one_and_of_several(region: Any, trust: TrustPolicy) -> None:
    document = region.certificate()
    one = verify(present(document), trust)
    assert (one.kind, one.verdict, one.notes) == ("presentation", Verdict.VALID, ("holder_not_checked",))
    assert one.as_of_ms == one.parts[0].as_of_ms is not None
    forged = {**document, "name": "Another"}
    several = verify(present(document, forged), trust)
    assert several.verdict is Verdict.INVALID
    assert [part.verdict for part in several.parts] == [Verdict.VALID, Verdict.INVALID]
    assert several.as_of_ms is None
    assert verify(present(document)).verdict is Verdict.UNDETERMINED  # no trust file
    single: JsonObject = {"type": "VerifiablePresentation", "verifiableCredential": document}
    assert verify(encode_jcs(single), trust).verdict is Verdict.VALID


def test_presentation_in_the_report(region: Any, trust: TrustPolicy) -> None:
    document: Any = format_artefact_report(verify(present(region.certificate()), trust))
    assert document["statement"] is None
    assert document["parts"][0]["statement"]["minutes"] == 450
    assert document["notes"][0]["en"].startswith("Who presents it was not checked")


def test_text_in_an_envelope_is_taken_out() -> None:
    enveloped = {"type": "EnvelopedVerifiableCredential", "id": f"data:text/plain,{CODE}"}
    report = verify(present(enveloped), make_trust(4))
    assert report.parts[0].kind == "one_code"


@pytest.mark.parametrize(
    "data",
    [
        present(),
        present(*[{"a": 1}] * 17),
        present({"type": "VerifiablePresentation", "verifiableCredential": []}),
        present("text"),
        present(7),
        present({"type": "EnvelopedVerifiableCredential", "id": "data:,"}),
        b'{"type": "VerifiablePresentation"}',
    ],
)
def test_presentation_of_something_else(data: bytes) -> None:
    report = verify(data)
    assert (report.kind, report.verdict, report.parts) == ("presentation", Verdict.INVALID, ())


def test_number_for_the_register(region: Any) -> None:
    document = region.certificate()
    assert find_number(encode_jcs(document)) == parse_number(str(document["id"]))
    assert find_number(CODE.encode()) == EVENT.number
    for data in (b"", b"{}", b"HLB1:", b"\xff"):
        with pytest.raises(HourledgerError):
            find_number(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    for start in (b"", b"HLB1:", b"HLC1:", b"{", b'{"type":["VerifiablePresentation"],"verifiableCredential":', b"eyJ"):
        assert verify(start + data).verdict is not Verdict.VALID


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "verifiableCredential", "x"]), inner)
    ),
    max_leaves=12,
)


@given(VALUES, st.sampled_from(["VerifiablePresentation", "BitstringStatusListCredential", "VerifiableCredential"]))
def test_any_json_is_answered(value: Any, name: str) -> None:
    for document in (value, {"type": [name], "verifiableCredential": value}, {"type": name, "credentialSubject": value}):
        report = verify(json.dumps(document).encode())
        assert report.verdict is not Verdict.VALID
        json.dumps(format_artefact_report(report))
