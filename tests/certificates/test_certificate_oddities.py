"""Certificates that only who makes up a log, or signs without the programs, can make: they get an answer like any other."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from certificates.data_integrity import add_proof, without
from certificates.details import Opening, compute_record_commitment
from certificates.dids import Method, format_method
from certificates.evidence import PREFIX, format_evidence, parse_evidence
from certificates.jcs import JsonObject, encode_jcs, parse_json_object
from certificates.verification import CertificateReport, verify_certificate
from contracts.hours import HOURS_RECORDED
from ledger.errors import CodecError
from ledger.events import split_entry
from ledger.notes import format_base64, parse_base64
from ledger.reasons import Reason
from ledger.types import Minutes
from ledger.verification import Verdict
from tests.certificates.conftest import NOW, Region, RegionBuilder, make_key


def sign(document: JsonObject) -> bytes:
    key = make_key("officer 1")
    return encode_jcs(add_proof(without(document, "proof"), key, format_method(Method(key.public_key)), NOW))


def find(result: CertificateReport, name: str) -> tuple[Verdict, Reason | None]:
    return next((check.verdict, check.reason) for check in result.report.checks if check.name == name)


def lengthen(region: Region, minutes: int) -> Region:
    """The same log, but that each record is so long, and its details say so."""
    openings, entries = dict(region.openings), []
    for entry in region.entries:
        if split_entry(entry)[0] != HOURS_RECORDED.name:
            entries.append(entry)
            continue
        event = HOURS_RECORDED.decode(entry)
        opening = Opening(openings[event.commitment].salt, {**openings[event.commitment].details, "minutes": minutes})
        commitment = compute_record_commitment(opening)
        openings[commitment] = opening
        entries.append(HOURS_RECORDED.encode(msgspec.structs.replace(event, minutes=Minutes(minutes), commitment=commitment)))
    return replace(region, entries=tuple(entries), openings=openings)


@pytest.mark.parametrize("minutes", [2_881, 10_000, 2**31 - 1, -600, -(2**31)])
def test_a_record_that_ends_on_no_clock(region: Any, trust: Any, minutes: int) -> None:
    result = verify_certificate(lengthen(region, minutes).certificate_bytes(), [trust], NOW)
    assert find(result, "details") == (Verdict.INVALID, Reason.CLAIM_MISMATCH)


def test_true_is_not_one_hour(builder: RegionBuilder, trust: Any) -> None:
    builder.certify([builder.attend(1)])
    document = builder.finish().certificate()
    subject: Any = document["credentialSubject"]
    assert subject["creditsEarned"] == 1
    assert verify_certificate(sign(document), [trust], NOW).report.verdict is Verdict.VALID
    forged = sign({**document, "credentialSubject": {**subject, "creditsEarned": True}})
    assert find(verify_certificate(forged, [trust], NOW), "claims") == (Verdict.INVALID, Reason.CLAIM_MISMATCH)


def test_a_member_that_is_null_is_a_member(region: Any, trust: Any) -> None:
    result = verify_certificate(sign({**region.certificate(), "termsOfUse": None}), [trust], NOW)
    assert find(result, "claims") == (Verdict.INVALID, Reason.CLAIM_MISMATCH)


def test_true_is_not_the_index_of_a_record(region: Any) -> None:
    uri = format_evidence(region.evidence())
    document = parse_json_object(parse_base64(uri.removeprefix(PREFIX)))
    openings: Any = document["openings"]
    changed: JsonObject = {**document, "openings": [{**openings[0], "index": True}]}
    with pytest.raises(CodecError, match="an opening is not an index"):
        parse_evidence(PREFIX + format_base64(encode_jcs(changed)))
