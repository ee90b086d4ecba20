"""Certificates: what they state, and that every statement of theirs is checked."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates import checkpoints
from certificates.certificate import issue_certificate
from certificates.checkpoints import MAX_REMEMBERED_CHARACTERS, forget, read_note, verify_note
from certificates.data_integrity import add_proof, without
from certificates.details import Opening, compute_record_commitment
from certificates.dids import Method, format_method
from certificates.evidence import PREFIX, Evidence, format_evidence, parse_evidence
from certificates.jcs import encode_jcs
from certificates.multibase import format_verification_method
from certificates.verification import CertificateReport, format_report, verify_certificate
from contracts.identity.parties import ORGANISATIONS
from ledger.checkpoint import format_signed_checkpoint
from ledger.crypto import SigningKey, sha256
from ledger.errors import CodecError, ProofError, SignatureError
from ledger.notes import NoteSignature, format_base64, parse_base64
from ledger.reasons import Reason
from ledger.trust import verify_signed_checkpoint
from ledger.types import EntryIndex, TimeMs
from ledger.verification import Verdict
from tests.certificates.conftest import ORGANISATION

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


@pytest.mark.parametrize("number", ["", "x", None, 7, "urn:uuid:"])
def test_certificate_without_a_number_is_answered(region: Any, trust: Any, number: Any) -> None:
    """An officer who is up to no good can sign it."""
    document = {**without(region.certificate(), "proof"), "id": number}
    signed = add_proof(document, key("officer 1"), format_verification_method(key("officer 1").public_key), NOW)
    result = verify_certificate(encode_jcs(signed), [trust], LATER, look_up=lambda _listed: ())
    assert failed(result) == {"claims": Reason.CLAIM_MISMATCH}


def test_volunteer_does_not_sign_in_the_name_of_a_site(region: Any, trust: Any) -> None:
    evidence = region.evidence(with_account=True)
    assert not failed(verify_certificate(encode_jcs(issue_certificate(evidence, key("volunteer"), NOW)), [trust], LATER))
    document = issue_certificate(evidence, key("volunteer"), NOW, host="city.example")
    assert failed(verify_certificate(encode_jcs(document), [trust], LATER)) == {"licence": Reason.NOT_PERMITTED}


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


def test_checkpoint_that_was_verified_counts_for_the_same_note_and_trust_file_alone(
    region: Any, trust: Any, foreign_trust: Any, trust_of_two: Any
) -> None:
    forget()
    data, note = region.certificate_bytes(), region.checkpoint_note()
    signed = read_note(note)
    for _ in range(2):
        assert not failed(verify_certificate(data, [trust], LATER))
        assert failed(verify_certificate(data, [foreign_trust], LATER)) == {"checkpoint": Reason.UNTRUSTED_LOG}
        assert failed(verify_certificate(data, [trust_of_two], LATER)) == {"checkpoint": Reason.QUORUM_MISSING}
        assert verify_note(signed, [trust]) == verify_signed_checkpoint(trust, signed)
    for line in signed.signatures:
        changed = replace(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
        others = tuple(changed if item == line else item for item in signed.signatures)
        with pytest.raises(SignatureError):
            verify_note(replace(signed, signatures=others), [trust])


def test_long_notes_are_not_remembered(region: Any, trust: Any) -> None:
    signed = read_note(region.checkpoint_note())
    line = NoteSignature("other.example", bytes(4), bytes(MAX_REMEMBERED_CHARACTERS))
    forget()
    long = replace(signed, signatures=(*signed.signatures, line))
    text = format_signed_checkpoint(long).decode()
    assert read_note(text) == long
    assert verify_note(long, [trust]).checkpoint == signed.checkpoint
    assert checkpoints._parse_remembered.cache_info().currsize == checkpoints._verify_remembered.cache_info().currsize == 0


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
        kept = region_with_amendment.evidence(left_out=unwanted)
        document = issue_certificate(kept, key("officer 1"), NOW)
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


def sign_again(document: Any, name: str = "officer 1") -> Any:
    signer = key(name)
    return add_proof(without(document, "proof"), signer, format_verification_method(signer.public_key), NOW)


def _reissue(region: Any, change: Callable[[Evidence], Evidence]) -> bytes:
    return encode_jcs(issue_certificate(change(region.evidence()), key("officer 1"), NOW))


def test_details_must_be_those_certified(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        index, opening = next(iter(evidence.openings.items()))
        other = Opening(opening.salt, {**opening.details, "place": "上海"})
        return Evidence(evidence.bundle, {**evidence.openings, index: other})

    assert failed(verify_certificate(_reissue(region, change), [trust], LATER)) == {"details": Reason.COMMITMENT_MISMATCH}


def find_detail(result: CertificateReport, name: str) -> str:
    return next(check.detail for check in result.report.checks if check.name == name)


@pytest.mark.parametrize("opened", [0, 2, 5])
def test_the_holder_chooses_which_records_are_opened_and_all_of_them_count(region: Any, trust: Any, opened: int) -> None:
    def change(evidence: Evidence) -> Evidence:
        return Evidence(evidence.bundle, dict(list(evidence.openings.items())[:opened]))

    result = verify_certificate(_reissue(region, change), [trust], LATER)
    assert result.report.verdict is Verdict.VALID
    assert find_detail(result, "details") == f"opened {opened} of 5 records: their details are those certified"
    assert result.statement is not None
    assert (result.statement.records, result.statement.minutes) == (5, 450)


def test_a_year_with_200_records_is_one_certificate_with_one_proof(builder: Any, trust: Any) -> None:
    for number in range(0, 200, 4):
        builder.certify([builder.attend(day) for day in range(number, number + 4)])
    region = builder.finish()
    whole = region.evidence()
    chosen = dict(list(whole.openings.items())[::40])
    document = issue_certificate(Evidence(whole.bundle, chosen), key("officer 1"), NOW)
    data = encode_jcs(document)
    result = verify_certificate(data, [trust], LATER)
    assert result.report.verdict is Verdict.VALID, failed(result)
    assert find_detail(result, "details") == "opened 5 of 200 records: their details are those certified"
    assert result.statement is not None
    assert (result.statement.records, result.statement.minutes) == (200, 200 * 90)
    # One proof for all: less than two hashes a record, where a proof for each would have eight and more for the entry alone.
    assert len(whole.bundle.log_hashes) + len(whole.bundle.state_hashes) < 400
    assert len(data) < 150_000

    # No record can be left out, and none can be put in for another, without the proof failing.
    for position in (0, 77, 199):
        entries = list(whole.bundle.entries)
        del entries[position]
        fewer = Evidence(replace(whole.bundle, entries=tuple(entries)), {})
        shorter = encode_jcs(issue_certificate(fewer, key("officer 1"), NOW))
        assert failed(verify_certificate(shorter, [trust], LATER)) == {"records": Reason.INVALID_PROOF}


def test_what_is_not_opened_is_not_in_the_file(region: Any) -> None:
    closed = Evidence(region.evidence().bundle, {})
    document: Any = issue_certificate(closed, key("officer 1"), NOW)
    inside = parse_base64(document["evidence"][0]["id"].removeprefix(PREFIX))
    for opening in region.evidence().openings.values():
        assert format_base64(opening.salt).encode() not in inside
        assert opening.details["place"].encode() not in inside


def test_what_is_no_record_of_it_is_not_opened(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        opening = next(iter(evidence.openings.values()))
        return Evidence(evidence.bundle, {**evidence.openings, EntryIndex(0): opening})

    assert failed(verify_certificate(_reissue(region, change), [trust], LATER)) == {"details": Reason.COMMITMENT_MISMATCH}


def test_openings_are_ascending_and_each_is_there_once(region: Any) -> None:
    uri = format_evidence(region.evidence())
    document = json.loads(parse_base64(uri.removeprefix(PREFIX)))
    openings = document["openings"]
    wrongs: list[Any] = [openings[::-1], [openings[0], *openings], {}, None]
    for wrong in wrongs:
        with pytest.raises(CodecError):
            parse_evidence(PREFIX + format_base64(encode_jcs({**document, "openings": wrong})))


def test_a_volunteer_issues_what_the_records_prove(region: Any, trust: Any) -> None:
    document: Any = issue_certificate(region.evidence(with_account=True), key("volunteer"), NOW)
    assert document["issuer"]["name"] == "The volunteer · 志愿者本人"
    assert document["issuer"]["otherIdentifier"][0]["identifierType"] == "ext:hourledger-volunteer"
    assert document["credentialSubject"]["achievement"]["creator"]["name"] == "河畔志愿服务队"
    result = verify_certificate(encode_jcs(document), [trust], LATER)
    assert result.report.verdict is Verdict.VALID
    assert find_detail(result, "licence") == "河畔志愿服务队 is licensed to record; signed by the volunteer"


def test_an_officer_stays_an_officer_when_the_account_is_shown(region: Any, trust: Any) -> None:
    document: Any = issue_certificate(region.evidence(with_account=True), key("officer 1"), NOW)
    assert document["issuer"]["name"] == "河畔志愿服务队"
    assert verify_certificate(encode_jcs(document), [trust], LATER).report.verdict is Verdict.VALID


def test_a_volunteer_whose_account_is_not_shown_cannot_issue(region: Any, trust: Any) -> None:
    result = verify_certificate(encode_jcs(region.certificate(signer="volunteer")), [trust], LATER)
    assert failed(result) == {"licence": Reason.NOT_PERMITTED}


def test_nobody_else_issues_for_a_volunteer(region: Any, trust: Any) -> None:
    document = issue_certificate(region.evidence(with_account=True), key("stranger"), NOW)
    assert failed(verify_certificate(encode_jcs(document), [trust], LATER)) == {"licence": Reason.NOT_PERMITTED}


def test_a_volunteer_cannot_sign_in_the_name_of_the_organisation(region: Any, trust: Any) -> None:
    document: Any = issue_certificate(region.evidence(with_account=True), key("volunteer"), NOW)
    issuer = region.certificate()["issuer"]
    forged = sign_again({**document, "issuer": {**issuer, "id": document["issuer"]["id"]}}, "volunteer")
    assert failed(verify_certificate(encode_jcs(forged), [trust], LATER)) == {"claims": Reason.CLAIM_MISMATCH}


def test_an_organisation_signs_under_the_name_of_its_site(region: Any, trust: Any) -> None:
    document: Any = region.certificate(host="volunteers.example")
    assert document["issuer"]["id"] == "did:web:volunteers.example"
    assert document["proof"][0]["verificationMethod"].startswith("did:web:volunteers.example#z6Mk")
    result = verify_certificate(encode_jcs(document), [trust], LATER)
    assert result.report.verdict is Verdict.VALID
    assert find_detail(result, "signature") == (
        "signed by did:web:volunteers.example; whether the site is the organisation's was not asked"
    )


def test_a_site_lends_nobody_the_right_to_sign(region: Any, trust: Any) -> None:
    data = encode_jcs(region.certificate(signer="stranger", host="volunteers.example"))
    assert failed(verify_certificate(data, [trust], LATER)) == {"licence": Reason.NOT_PERMITTED}


def test_the_site_that_signs_is_the_issuer(region: Any, trust: Any) -> None:
    document: Any = region.certificate(host="volunteers.example")
    document["issuer"]["id"] = "did:web:other.example"
    method = format_method(Method(key("officer 1").public_key, "volunteers.example"))
    forged = add_proof(without(document, "proof"), key("officer 1"), method, NOW)
    assert failed(verify_certificate(encode_jcs(forged), [trust], LATER)) == {"claims": Reason.CLAIM_MISMATCH}


@pytest.mark.parametrize("position", [0, 131_071, 131_072, 2**31 - 1])
def test_a_position_in_the_status_lists_is_carried_and_told(region: Any, trust: Any, position: int) -> None:
    document: Any = region.certificate(position=position)
    purposes = [item["statusPurpose"] for item in document["credentialStatus"]]
    assert purposes == ["revocation", "suspension", "refresh"]
    result = verify_certificate(encode_jcs(document), [trust], LATER)
    assert (result.report.verdict, result.position) == (Verdict.VALID, position)
    report: Any = format_report(result)
    assert report["statement"]["position"] == position


def test_without_a_position_nothing_is_said_of_lists(region: Any, trust: Any) -> None:
    assert "credentialStatus" not in region.certificate()
    assert verify_certificate(region.certificate_bytes(), [trust], LATER).position is None


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (("credentialStatus",), [], Reason.MALFORMED),
        (("credentialStatus",), None, Reason.MALFORMED),
        (("credentialStatus", 0, "statusListIndex"), "131072", Reason.MALFORMED),
        (("credentialStatus", 0, "statusListIndex"), "07", Reason.MALFORMED),
        (("credentialStatus", 0, "statusListIndex"), 7, Reason.MALFORMED),
        (("credentialStatus", 0, "statusListCredential"), "https://x/v1/status-lists/16384/revocation", Reason.MALFORMED),
        (("credentialStatus", 0, "statusListCredential"), "https://x/v1/status-lists/0/revocation", Reason.CLAIM_MISMATCH),
        (("credentialStatus", 0, "statusListIndex"), "8", Reason.CLAIM_MISMATCH),
        (("credentialStatus", 1, "statusListIndex"), "8", Reason.CLAIM_MISMATCH),
        (("credentialStatus", 2, "statusPurpose"), "message", Reason.CLAIM_MISMATCH),
    ],
)
def test_a_position_of_another_form(region: Any, trust: Any, place: tuple[str | int, ...], value: Any, reason: Reason) -> None:
    document: Any = region.certificate(position=7)
    _set_path(document, place, value)
    result = verify_certificate(encode_jcs(sign_again(document)), [trust], LATER)
    assert failed(result) == {"format" if reason is Reason.MALFORMED else "claims": reason}


@pytest.mark.parametrize("options", [{"position": 7}, {"host": "volunteers.example"}, {"signer": "officer 2"}])
def test_every_document_has_its_own_number(region: Any, options: dict[str, Any]) -> None:
    assert region.certificate(**options)["id"] != region.certificate()["id"]


def test_both_signatures_are_checked(region: Any, trust: Any) -> None:
    document: Any = region.certificate()
    assert [proof["cryptosuite"] for proof in document["proof"]] == ["eddsa-jcs-2022", "eddsa-rdfc-2022"]
    for position in (0, 1):
        forged = json.loads(encode_jcs(document))
        forged["proof"][position]["created"] = "2025-10-09T08:53:21Z"
        assert failed(verify_certificate(encode_jcs(forged), [trust], LATER)) == {"signature": Reason.INVALID_SIGNATURE}


def test_one_signature_may_be_missing_and_the_report_says_so(region: Any, trust: Any) -> None:
    document: Any = region.certificate()
    jcs, rdfc = document["proof"]
    result = verify_certificate(encode_jcs({**document, "proof": [jcs]}), [trust], LATER)
    assert result.report.verdict is Verdict.VALID
    assert find_detail(result, "signature").endswith("no signature of eddsa-rdfc-2022")
    other = {**rdfc, "cryptosuite": "ecdsa-rdfc-2019"}
    for proofs in ([rdfc], [jcs, rdfc, other], [jcs, other]):
        result = verify_certificate(encode_jcs({**document, "proof": proofs}), [trust], LATER)
        assert failed(result) == {"signature": Reason.UNSUPPORTED_VERSION}
        assert result.report.verdict is Verdict.UNDETERMINED


def test_two_people_do_not_sign_one_certificate(region: Any, trust: Any) -> None:
    document: Any = region.certificate()
    second = sign_again(document, "officer 2")["proof"][0]
    result = verify_certificate(encode_jcs({**document, "proof": [*document["proof"], second]}), [trust], LATER)
    assert failed(result) == {"signature": Reason.INVALID_SIGNATURE}


@pytest.mark.parametrize("version", ["1", "3", ""])
def test_another_template_is_not_judged(region: Any, trust: Any, version: str) -> None:
    document: Any = region.certificate()
    document["credentialSubject"]["achievement"]["version"] = version
    result = verify_certificate(encode_jcs(sign_again(document)), [trust], LATER)
    assert failed(result) == {"format": Reason.UNSUPPORTED_VERSION}
    assert result.report.verdict is Verdict.UNDETERMINED


def test_an_entry_that_is_not_in_the_log(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        hashes = (sha256(b"other"), *evidence.bundle.log_hashes[1:])
        return Evidence(replace(evidence.bundle, log_hashes=hashes), evidence.openings)

    assert failed(verify_certificate(_reissue(region, change), [trust], LATER)) == {"records": Reason.INVALID_PROOF}


def test_a_status_that_is_left_out_is_never_shown_as_good(region: Any, trust: Any) -> None:
    def change(evidence: Evidence) -> Evidence:
        bundle = region.bundle(evidence.openings, {ORGANISATIONS.key(ORGANISATION)})
        return Evidence(bundle, evidence.openings)

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
