"""What the register says of a certificate: proven by a newer bundle, or not said at all."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from certificates.certificate import read_content
from certificates.jcs import JsonObject, encode_jcs
from certificates.register import (
    compute_document_hash,
    format_number,
    parse_number,
)
from certificates.verification import CertificateReport, verify_certificate
from contracts.accounts.erasing import EraseVolunteer
from contracts.certificates.numbers import compute_number
from contracts.certificates.registry import (
    CERTIFICATES,
    RegisterCertificate,
    Revocation,
    RevokeCertificate,
    SupersedeCertificate,
)
from contracts.identity.organisations import RegisterOrganisation
from ledger.errors import CodecError, HourledgerError
from ledger.proofs import Bundle, format_bundle
from ledger.reasons import Reason
from ledger.types import Day, Hash, Identifier, Minutes, TimeMs
from ledger.verification import Verdict
from tests.certificates.conftest import FIRST_DAY, NOW, ORGANISATION, VOLUNTEER, make_identifier, make_key

LATER = TimeMs(NOW + 3_600_000)
SUCCESSOR_CONTENT = Hash(b"s" * 32)
SUCCESSOR = compute_number(ORGANISATION, SUCCESSOR_CONTENT)


def find_number(document: JsonObject) -> Identifier:
    return parse_number(str(document["id"]))


def make_entry(document: JsonObject, content: Hash, organisation: Identifier = ORGANISATION) -> RegisterCertificate:
    number, hashed = compute_number(organisation, content), compute_document_hash(document)
    days = Day(FIRST_DAY), Day(FIRST_DAY + 4)
    return RegisterCertificate(number, organisation, VOLUNTEER, *days, Minutes(450), hashed, content)


def make_bundle(region: Any, number: Identifier, **notes: str) -> Bundle:
    bundle: Bundle = region.bundle((), {CERTIFICATES.key(number)}, **notes)
    return bundle


def make_status(region: Any, number: Identifier, **notes: str) -> bytes:
    return encode_jcs(format_bundle(make_bundle(region, number, **notes)))


def check(
    document: JsonObject, trust: Any, status: bytes | HourledgerError, max_age_ms: int | None = None
) -> CertificateReport:
    return verify_certificate(encode_jcs(document), [trust], LATER, max_age_ms, status)


def find_check(report: CertificateReport) -> tuple[Verdict, Reason | None]:
    found = next(item for item in report.report.checks if item.name == "register")
    return found.verdict, found.reason


def register(builder: Any, document: JsonObject) -> Identifier:
    number = find_number(document)
    builder.sign("certificates.register", make_entry(document, read_content(document)), "officer 1", "officer 2")
    return number


def test_not_asked_says_nothing(region: Any, trust: Any) -> None:
    report = verify_certificate(region.certificate_bytes(), [trust], LATER)
    assert report.register is None
    assert "register" not in {item.name for item in report.report.checks}


def test_not_registered_is_proven_and_says_nothing_against_it(region: Any, trust: Any) -> None:
    document = region.certificate()
    report = check(document, trust, make_status(region, find_number(document)))
    assert (report.report.verdict, report.register) == (Verdict.VALID, "not_registered")


def test_registered_superseded_and_revoked(region: Any, builder: Any, trust: Any) -> None:
    document = region.certificate()
    number = register(builder, document)
    report = check(document, trust, make_status(builder.finish(), number))
    assert (report.report.verdict, report.register) == (Verdict.VALID, "valid")

    builder.sign("certificates.register", make_entry(document, SUCCESSOR_CONTENT), "officer 1", "officer 2")
    builder.sign("certificates.supersede", SupersedeCertificate(number, ORGANISATION, SUCCESSOR), "officer 1", "officer 2")
    report = check(document, trust, make_status(builder.finish(), number))
    assert (report.report.verdict, report.register) == (Verdict.VALID, "superseded")
    last = report.report.checks[-1]
    assert last.detail == f"superseded by {format_number(SUCCESSOR)}, as of block 1: it stays true as history"
    assert last.as_of_ms == NOW


def test_revoked_is_invalid(region: Any, builder: Any, trust: Any) -> None:
    document = region.certificate()
    number = register(builder, document)
    builder.sign(
        "certificates.revoke", RevokeCertificate(number, ORGANISATION, Revocation.FALSE_STATEMENT), "officer 1", "officer 2"
    )
    report = check(document, trust, make_status(builder.finish(), number))
    assert (report.report.verdict, report.register) == (Verdict.INVALID, "revoked")
    assert find_check(report) == (Verdict.INVALID, Reason.NOT_CURRENT)
    assert "as of block 1" in report.report.checks[-1].detail


def test_an_entry_with_the_hash_of_another_document_is_not_good(region: Any, builder: Any, trust: Any) -> None:
    document = region.certificate()
    number = find_number(document)
    entry = make_entry(region.certificate(signer="officer 2"), read_content(document))
    builder.sign("certificates.register", entry, "officer 1", "officer 2")
    assert find_check(check(document, trust, make_status(builder.finish(), number))) == (Verdict.UNDETERMINED, Reason.STALE)


def test_erased_is_not_relied_on_because_it_may_have_been_revoked_before(region: Any, builder: Any, trust: Any) -> None:
    document = region.certificate()
    number = register(builder, document)
    body = RevokeCertificate(number, ORGANISATION, Revocation.FALSE_STATEMENT)
    builder.sign("certificates.revoke", body, "officer 1", "officer 2")
    erase = EraseVolunteer(VOLUNTEER, (), (number,))
    builder.sign("identity.erase_volunteer", erase, "officer 1", "officer 2", "a1")
    report = check(document, trust, make_status(builder.finish(), number))
    assert (report.report.verdict, report.register) == (Verdict.INVALID, "erased")


def test_another_organisation_cannot_revoke_it(region: Any, builder: Any, trust: Any) -> None:
    document = region.certificate()
    number, other = find_number(document), make_identifier("other")
    body = RegisterOrganisation(other, "Another", (make_key("stranger").public_key,), 1)
    builder.sign("identity.register_organisation", body, "a1")
    entry = make_entry(document, read_content(document), other)
    assert entry.number != number
    builder.sign("certificates.register", entry, "stranger")
    builder.sign("certificates.revoke", RevokeCertificate(entry.number, other, Revocation.FALSE_STATEMENT), "stranger")
    report = check(document, trust, make_status(builder.finish(), number))
    assert (report.report.verdict, report.register) == (Verdict.VALID, "not_registered")


@pytest.fixture
def registered(region: Any, builder: Any) -> tuple[JsonObject, Any, Identifier]:
    """A certificate that is registered, the region afterwards, and the number."""
    document = region.certificate()
    number = register(builder, document)
    return document, builder.finish(), number


def test_status_that_could_not_be_had_is_not_good(registered: Any, trust: Any) -> None:
    document, _region, _number = registered
    report = check(document, trust, HourledgerError(Reason.NODE_UNREACHABLE, "gone"))
    assert (report.report.verdict, report.register) == (Verdict.UNDETERMINED, None)
    assert find_check(report) == (Verdict.UNDETERMINED, Reason.NODE_UNREACHABLE)


def test_status_older_than_the_certificate_is_not_good(region: Any, builder: Any, trust: Any) -> None:
    early = make_status(region, find_number(region.certificate()))
    builder.certify([builder.attend(number) for number in range(5, 7)])
    document = builder.finish().certificate()
    assert find_check(check(document, trust, early)) == (Verdict.UNDETERMINED, Reason.STALE)
    same = make_status(region, find_number(document))
    assert find_check(check(document, trust, same)) == (Verdict.UNDETERMINED, Reason.STALE)


def test_status_too_old_or_of_another_is_not_good(registered: Any, trust: Any) -> None:
    document, region, number = registered
    assert find_check(check(document, trust, make_status(region, number), 1_000)) == (Verdict.UNDETERMINED, Reason.STALE)
    other = make_status(region, SUCCESSOR)
    assert find_check(check(document, trust, other)) == (Verdict.UNDETERMINED, Reason.STALE)


def test_status_that_is_not_vouched_for_is_refused(registered: Any, trust: Any) -> None:
    document, region, number = registered
    unsigned = make_status(region, number, cosigner="stranger")
    assert find_check(check(document, trust, unsigned)) == (Verdict.INVALID, Reason.QUORUM_MISSING)
    report = check(document, trust, b"{}")
    assert report.report.verdict is Verdict.INVALID


def test_status_with_another_value_is_refused(registered: Any, trust: Any) -> None:
    document, region, number = registered
    bundle = make_bundle(region, number)
    (value,) = bundle.values
    assert value.value is not None
    for wrong in (None, value.value[:-2] + b"\x02" + value.value[-1:]):
        forged = replace(bundle, values=(msgspec.structs.replace(value, value=wrong),))
        report = check(document, trust, encode_jcs(format_bundle(forged)))
        assert find_check(report) == (Verdict.INVALID, Reason.INVALID_PROOF)


def test_numbers_as_people_write_them() -> None:
    number = Identifier(bytes(range(16)))
    text = format_number(number)
    assert text == "urn:uuid:00010203-0405-0607-0809-0a0b0c0d0e0f"
    for form in (text, text.removeprefix("urn:uuid:"), number.hex(), f" {text.upper()} "):
        assert parse_number(form) == number
    for wrong in ("", "urn:uuid:", "00" * 15, "zz" * 16):
        with pytest.raises(CodecError):
            parse_number(wrong)
