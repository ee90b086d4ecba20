"""Certificates: what they state, and that every statement of theirs is checked."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates.certificate import issue_certificate
from certificates.data_integrity import add_proof
from certificates.details import Opening, compute_record_commitment
from certificates.evidence import PREFIX, Evidence, format_evidence, parse_evidence
from certificates.jcs import encode_jcs
from certificates.multibase import format_verification_method
from certificates.verification import CertificateReport, format_report, verify_certificate
from ledger.crypto import SigningKey, sha256
from ledger.errors import CodecError, ProofError
from ledger.reasons import Reason
from ledger.types import TimeMs
from ledger.verification import Verdict

NOW = TimeMs(1_760_000_000_000)
LATER = TimeMs(NOW + 3_600_000)


def key(name: str) -> SigningKey:
    return SigningKey(sha256(b"test key", name.encode()))


def failed(result: CertificateReport) -> dict[str, Reason | None]:
    return {check.name: check.reason for check in result.report.checks if check.verdict is not Verdict.VALID}


def test_a_certificate_verifies_from_its_bytes_and_the_trust_file_alone(region: Any, trust: Any) -> None:
    result = verify_certificate(region.certificate_bytes(), [trust], LATER)
    assert result.report.verdict is Verdict.VALID
    assert [check.name for check in result.report.checks] == [
        "format", "signature", "checkpoint", "records", "state", "content", "licence", "status", "details", "claims", "time",
    ]  # fmt: skip
    assert result.statement is not None
    assert (result.statement.minutes, result.statement.records) == (450, 5)
    assert result.as_of_ms == NOW
    assert format_report(result)["verdict"] == "valid"


def test_what_a_certificate_says(region: Any) -> None:
    document = region.certificate()
    assert document["credentialSubject"]["narrative"].startswith("7 h 30 min in 5 records from 2024-10-04 to 2024-10-08")
    assert "共5条记录,7小时30分钟,记录单位:河畔志愿服务队" in document["credentialSubject"]["narrative"]
    assert document["credentialSubject"]["creditsEarned"] == 7
    assert document["issuer"]["name"] == "河畔志愿服务队"


def test_without_a_trust_file_for_the_log_the_answer_is_undetermined(region: Any, foreign_trust: Any) -> None:
    for trust in ([], [foreign_trust]):
        result = verify_certificate(region.certificate_bytes(), trust, LATER)
        assert result.report.verdict is Verdict.UNDETERMINED
        assert failed(result) == {"checkpoint": Reason.UNTRUSTED_LOG}


def test_the_right_trust_file_is_found_among_several(region: Any, foreign_trust: Any, trust: Any) -> None:
    assert verify_certificate(region.certificate_bytes(), [foreign_trust, trust], LATER).report.verdict is Verdict.VALID


def test_too_few_authorities(region: Any, trust_of_two: Any) -> None:
    result = verify_certificate(region.certificate_bytes(), [trust_of_two], LATER)
    assert failed(result) == {"checkpoint": Reason.QUORUM_MISSING}
    assert result.report.verdict is Verdict.INVALID


def test_a_void_record_makes_the_certificate_invalid(region_with_void: Any, trust: Any) -> None:
    result = verify_certificate(region_with_void.certificate_bytes(), [trust], LATER)
    assert failed(result) == {"status": Reason.NOT_CURRENT}
    assert result.report.verdict is Verdict.INVALID


def test_an_amended_record_counts_in_its_current_revision_only(region_with_amendment: Any, trust: Any) -> None:
    evidence = region_with_amendment.evidence()
    with pytest.raises(ProofError, match="one record twice"):
        issue_certificate(evidence, key("officer 1"), NOW)
    for old, verdict in ((True, Verdict.INVALID), (False, Verdict.VALID)):
        minutes = 60 if old else 90
        unwanted = {
            index
            for index, opening in evidence.openings.items()
            if opening.details["date"] == "2024-10-06" and opening.details["minutes"] == minutes
        }
        assert len(unwanted) == 1
        entries = tuple(item for item in evidence.bundle.entries if item.index not in unwanted)
        openings = {index: opening for index, opening in evidence.openings.items() if index not in unwanted}
        document = issue_certificate(Evidence(replace(evidence.bundle, entries=entries), openings), key("officer 1"), NOW)
        result = verify_certificate(encode_jcs(document), [trust], LATER)
        assert result.report.verdict is verdict, failed(result)
        assert result.statement is not None
        assert result.statement.minutes == (450 if old else 420)


def test_a_suspended_organisation(region_suspended: Any, trust: Any) -> None:
    result = verify_certificate(region_suspended.certificate_bytes(), [trust], LATER)
    assert failed(result) == {"licence": Reason.NOT_CURRENT}


def test_a_signer_who_is_no_officer(region: Any, trust: Any) -> None:
    result = verify_certificate(encode_jcs(region.certificate(signer="stranger")), [trust], LATER)
    assert failed(result) == {"licence": Reason.NOT_PERMITTED}


@pytest.mark.parametrize("max_age_ms", [3_600_000, 3_599_999])
def test_age_is_stated_and_can_be_limited(region: Any, trust: Any, max_age_ms: int) -> None:
    result = verify_certificate(region.certificate_bytes(), [trust], LATER, max_age_ms)
    is_fresh = max_age_ms == 3_600_000
    assert result.report.verdict is (Verdict.VALID if is_fresh else Verdict.UNDETERMINED)
    assert failed(result) == ({} if is_fresh else {"time": Reason.STALE})


def test_a_time_before_the_certificate_is_not_answered(region: Any, trust: Any) -> None:
    result = verify_certificate(region.certificate_bytes(), [trust], TimeMs(NOW - 300_001))
    assert failed(result) == {"time": Reason.STALE}
    assert result.report.verdict is Verdict.UNDETERMINED
    assert verify_certificate(region.certificate_bytes(), [trust], TimeMs(NOW - 300_000)).report.verdict is Verdict.VALID


def _set_path(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("issuer", "name"), "另一个组织"),
        (("credentialSubject", "creditsEarned"), 8),
        (("credentialSubject", "narrative"), "9 h"),
        (("credentialSubject", "result", 0, "value"), "451"),
        (("credentialSubject", "id"), "https://region.example/log/volunteers/00"),
        (("credentialSubject", "activityEndDate"), "2024-10-09T00:00:00Z"),
        (("id",), "urn:uuid:00000000-0000-8000-8000-000000000000"),
        (("name",), "Diploma"),
        (("extra",), "member"),
    ],
)
def test_an_officer_cannot_sign_what_the_ledger_does_not_show(
    region: Any, trust: Any, path: tuple[str | int, ...], value: Any
) -> None:
    document = region.certificate()
    del document["proof"]
    _set_path(document, path, value)
    officer = key("officer 1")
    forged = add_proof(document, officer, format_verification_method(officer.public_key), NOW)
    result = verify_certificate(encode_jcs(forged), [trust], LATER)
    assert failed(result) == {"claims": Reason.CLAIM_MISMATCH}


def _reissue(region: Any, change: Callable[[Evidence], Evidence]) -> bytes:
    return encode_jcs(issue_certificate(change(region.evidence()), key("officer 1"), NOW))


def test_details_must_be_those_certified(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        index, opening = next(iter(evidence.openings.items()))
        other = Opening(opening.salt, {**opening.details, "place": "上海"})
        return Evidence(evidence.bundle, {**evidence.openings, index: other})

    assert failed(verify_certificate(_reissue(region, change), [trust], LATER)) == {"details": Reason.COMMITMENT_MISMATCH}


def test_each_record_must_be_opened(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        return Evidence(evidence.bundle, dict(list(evidence.openings.items())[1:]))

    assert failed(verify_certificate(_reissue(region, change), [trust], LATER)) == {"details": Reason.COMMITMENT_MISMATCH}


def test_an_entry_that_is_not_in_the_log(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        first, *others = evidence.bundle.entries
        forged = replace(first, hashes=(sha256(b"other"), *first.hashes[1:]))
        return Evidence(replace(evidence.bundle, entries=(forged, *others)), evidence.openings)

    assert failed(verify_certificate(_reissue(region, change), [trust], LATER)) == {"records": Reason.INVALID_PROOF}


def test_a_status_that_is_left_out_is_never_shown_as_good(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        values = tuple(item for item in evidence.bundle.values if not item.key.startswith(b"batch/"))
        return Evidence(replace(evidence.bundle, values=values), evidence.openings)

    result = verify_certificate(_reissue(region, change), [trust], LATER)
    assert failed(result) == {"status": Reason.STALE}
    assert result.report.verdict is Verdict.UNDETERMINED


def test_a_checkpoint_of_another_log_key(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        note = region.checkpoint_note(log="somebody's log")
        return Evidence(replace(evidence.bundle, checkpoint_note=note), evidence.openings)

    assert failed(verify_certificate(_reissue(region, change), [trust], LATER)) == {"checkpoint": Reason.UNTRUSTED_LOG}


def test_every_flipped_bit_of_a_certificate_is_noticed(region: Any, trust: Any) -> None:
    data = region.certificate_bytes()
    for position in range(0, len(data), 7):
        flipped = bytearray(data)
        flipped[position] ^= 1 << position % 8
        result = verify_certificate(bytes(flipped), [trust], LATER)
        assert result.report.verdict is not Verdict.VALID, data[max(0, position - 20) : position + 20]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_get_a_report(trust: Any, data: bytes) -> None:
    assert verify_certificate(data, [trust], LATER).report.verdict is not Verdict.VALID


def test_evidence_reads_back_and_is_strict(region: Any) -> None:
    evidence = region.evidence()
    uri = format_evidence(evidence)
    assert parse_evidence(uri) == evidence
    for bad in ("", PREFIX, uri[:-4], uri.replace("data:", "DATA:"), PREFIX + "e30="):
        with pytest.raises(CodecError):
            parse_evidence(bad)


def test_details_are_those_of_a_service_record() -> None:
    good: Any = {"activity_name": "a", "date": "2024-10-04", "minutes": 90}
    assert len(compute_record_commitment(Opening(bytes(32), good))) == 32
    for bad in ({}, {**good, "phone": "1"}, {**good, "place": ["x"]}, {**good, "place": "x" * 9_000}):
        with pytest.raises(CodecError):
            compute_record_commitment(Opening(bytes(32), bad))
    other = compute_record_commitment(Opening(bytes(31) + b"\x01", good))
    assert other != compute_record_commitment(Opening(bytes(32), good))


def test_the_report_is_json(region: Any, trust: Any) -> None:
    report = format_report(verify_certificate(region.certificate_bytes(), [trust], LATER))
    assert json.loads(json.dumps(report)) == report
