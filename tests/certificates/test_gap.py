"""Certificates without their evidence, beside whole ones: the same hashes, the same linked data, the same reports."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates import certificate_rdf, details, statement, verification
from certificates.certificate import Issue, build_document
from certificates.certificate_rdf import canonicalise_certificate, list_forms
from certificates.data_integrity import JCS, RDFC, add_proof, without
from certificates.details import Opening, compute_record_commitment, compute_record_commitments
from certificates.dids import Method, format_method
from certificates.evidence import PREFIX
from certificates.gap import Gap, cut
from certificates.jcs import encode_jcs, encode_validated
from certificates.rdfc import canonicalise
from certificates.statement import Statement
from certificates.terms import CERTIFICATE
from certificates.verification import verify_certificate
from ledger.crypto import SigningKey, sha256
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.types import Day, Identifier, PublicKey, TimeMs
from tests.certificates.test_certificate import failed
from tests.certificates.test_two_ways import change, iterate_places, tell
from tests.effort import choose

NOW = TimeMs(1_760_000_000_000)
LATER = TimeMs(NOW + 3_600_000)
MARK = PREFIX.encode()
KEY = SigningKey(sha256(b"test key", b"officer 1"))
PARTS: Any = [
    "", "a b", "urn:a", "urn:a b", "did:key:z6Mk", "Result", "是", '"\\\n', "\x7f", "\u2028", "\U00010000", 1, -1, 0, True,
    None, [], {}, {"id": "urn:a"}, {"name": ["a"] * 2}, PREFIX, f"{PREFIX}AAAA", f'"{PREFIX}AAAA', "data:a",
]  # fmt: skip


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5), st.binary(max_size=200))
def test_a_gap_is_filled_wherever_its_mark_is(pieces: list[bytes], text: bytes) -> None:
    gap = Gap(b"<mark>", text)
    written = gap.mark.join(pieces)
    assert gap.hash(written) == sha256(written.replace(gap.mark, gap.mark + text))
    assert len(written) + gap.count_missing(written) == len(written.replace(gap.mark, gap.mark + text))


@pytest.mark.parametrize("data", [b"", MARK, b'"' + MARK, b'{"a":"x' + MARK + b'AA"}', b'["%b","%b"]' % (MARK, MARK)])
def test_nothing_is_cut_out_of_what_has_no_one_text_that_begins_so(data: bytes) -> None:
    assert cut(data, MARK) is None


def test_what_is_cut_out_belongs_into_the_gap() -> None:
    assert cut(b'{"a":"%bAAAA","b":1}' % MARK, MARK) == (b'{"a":"%b","b":1}' % MARK, Gap(MARK, b"AAAA"))


def change_somewhere(document: Any, data: st.DataObject, parts: Any) -> Any:
    path = data.draw(st.sampled_from([path for path in iterate_places(document) if path]))
    part = data.draw(st.sampled_from(parts))
    kind = data.draw(st.sampled_from(["replaced", "replaced", "joined", "added", "removed"]))
    makers: dict[str, Callable[[Any], Any]] = {
        "replaced": lambda _: part,
        "joined": lambda item: [item, part],
        "added": lambda item: {**item, "name": part} if isinstance(item, dict) else part,
        "removed": lambda item: dict(list(item.items())[1:]) if isinstance(item, dict) else item[:-1] if item else item,
    }
    try:
        return change(document, path, makers[kind])
    except TypeError:  # what has no parts to remove
        return document


@settings(max_examples=choose(200, 5_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_certificates_are_verified_alike_with_a_gap_and_without(region: Any, trust: Any, data: st.DataObject) -> None:
    document: Any = region.certificate(position=data.draw(st.sampled_from([None, 7])))
    is_signed = data.draw(st.booleans())
    for _ in range(data.draw(st.integers(0, 2))):
        document = change_somewhere(without(document, "proof") if is_signed else document, data, PARTS)
    if is_signed and isinstance(document, dict):
        document = without(document, "proof")
        try:
            for suite in data.draw(st.sampled_from([(JCS,), (JCS, RDFC)])):
                document = add_proof(document, KEY, format_method(Method(KEY.public_key)), NOW, cryptosuite=suite)
        except HourledgerError:  # It has no canonical form.
            return
    form: Any = data.draw(st.sampled_from([{"separators": (",", ":")}] * 3 + [{"indent": 1}]))
    written = json.dumps(document, ensure_ascii=False, sort_keys=True, **form).encode()
    if data.draw(st.integers(0, 3)) == 0:
        at = data.draw(st.integers(0, len(written)))
        written = written[:at] + data.draw(st.binary(max_size=2)) + written[at + data.draw(st.integers(0, 2)) :]
    report = repr(verify_certificate(written, [trust], LATER))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "_read_canonical", lambda _: None)
        assert report == repr(verify_certificate(written, [trust], LATER))


@pytest.mark.parametrize(
    "evidence", [[{"id": "urn:a"}], [{"id": "urn:a", "name": PREFIX + "AAAA"}], [], [{}], {}, None, "urn:a"]
)
def test_evidence_is_taken_from_its_place_alone(region: Any, trust: Any, evidence: Any) -> None:
    whole = region.certificate()
    for document in ({**whole, "name": whole["evidence"][0]["id"], "evidence": evidence}, {**whole, "evidence": evidence}):
        assert verification._read_canonical(encode_jcs(document)) is None
        assert failed(verify_certificate(encode_jcs(document), [trust], LATER)) == {"format": Reason.MALFORMED}


def test_our_own_certificates_are_verified_the_fast_way(region: Any, trust: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (verification, "parse_json_object"),
        (verification, "is_alike"),
        (certificate_rdf, "canonicalise"),
        (details, "compute_record_commitment"),
        (statement, "_read_record_plainly"),
    ):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("the plain way"))
    for document in (region.certificate(), region.certificate(position=7), region.certificate(host="city.example")):
        report = verify_certificate(encode_jcs(document), [trust], LATER).report
        assert report.verdict == "valid", report


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8) | st.sampled_from(
    ['"', "\\", "\x1f", "\x7f"]
)
STATEMENTS = st.builds(
    Statement,
    chain_id=st.sampled_from(["a", "region.example/log", "b c", "是"]),
    organisation=st.binary(min_size=16, max_size=16).map(Identifier),
    organisation_name=TEXTS,
    volunteer=st.binary(min_size=16, max_size=16).map(Identifier),
    records=st.integers(1, 99),
    minutes=st.integers(-99, 9_999),
    first_day=st.integers(0, 99_999).map(Day),
    last_day=st.integers(0, 99_999).map(Day),
)
STATEMENT = Statement("a", Identifier(bytes(16)), "A", Identifier(bytes(16)), 1, 60, Day(1), Day(2))
ISSUES = st.builds(
    Issue,
    method=st.builds(
        Method, st.binary(min_size=32, max_size=32).map(PublicKey), st.sampled_from([None, "city.example", "a.b-c.example"])
    ),
    issued_ms=st.integers(0, 253_402_300_799_999).map(TimeMs),
    by_volunteer=st.booleans(),
    position=st.none() | st.integers(0, 2**31 - 1),
)


@settings(max_examples=choose(200, 5_000))
@given(STATEMENTS, ISSUES, st.binary(max_size=40), st.data())
def test_the_form_is_filled_in_as_linked_data_is_written(
    item: Statement, issue: Issue, text: bytes, data: st.DataObject
) -> None:
    gap = Gap(MARK, text.hex().encode())
    document: Any = build_document(item, PREFIX, issue, gap)
    if data.draw(st.booleans()):
        document = change_somewhere(document, data, [part for part in PARTS if PREFIX not in str(part)])
    if not isinstance(document, dict) or encode_validated(document).count(MARK) != 1:
        return
    whole = json.loads(json.dumps(document).replace(PREFIX, PREFIX + gap.text.decode()))
    plain = tell(partial(canonicalise, whole))
    filled = tell(lambda: canonicalise_certificate(document, CERTIFICATE, gap).replace(MARK, MARK + gap.text))
    assert filled == plain
    assert filled == tell(lambda: canonicalise(document, CERTIFICATE, gap).replace(MARK, MARK + gap.text))


def test_what_a_form_says_twice_is_written_once() -> None:
    document: Any = build_document(STATEMENT, PREFIX, Issue(Method(KEY.public_key), NOW), Gap(MARK, b"AAAA"))
    first, second = document["credentialSubject"]["achievement"]["resultDescription"]
    first["id"] = second["id"]
    filled = list_forms(has_position=False)[0].write(encode_validated(document), sha256)
    assert filled == canonicalise(document)


def test_what_is_missing_at_a_gap_counts_as_if_it_were_there() -> None:
    gap = Gap(MARK, b"A" * (1 << 20))
    short: Any = {"type": "Evidence", "id": PREFIX}
    assert canonicalise({**short, "name": ["a"] * 60}, CERTIFICATE, gap)
    with pytest.raises(CodecError, match="too large"):
        canonicalise({**short, "name": ["a"] * 70}, CERTIFICATE, gap)


@given(STATEMENTS.filter(lambda item: item.chain_id != "b c" and not set(item.organisation_name) & set('"\\\x1f\x7f')), ISSUES)
def test_every_certificate_is_of_a_form(item: Statement, issue: Issue) -> None:
    written = encode_validated(build_document(item, PREFIX, issue, Gap(MARK, b"AAAA")))
    forms = list_forms(has_position=issue.position is not None)
    assert [form.write(written, sha256) is not None for form in forms] == [not issue.by_volunteer, issue.by_volunteer]


VALUES: Any = st.text(max_size=3) | st.integers(-(2**53), 2**53) | st.sampled_from(["\ud800", True, None, 1.5, "a" * 8_192, []])
DETAILS = st.dictionaries(
    st.sampled_from([*sorted(details.RECORD_FIELDS), "other"]), VALUES, max_size=4
) | st.fixed_dictionaries(
    dict.fromkeys(sorted(details.REQUIRED_RECORD_FIELDS), VALUES),
    optional=dict.fromkeys(sorted(details.RECORD_FIELDS - details.REQUIRED_RECORD_FIELDS), VALUES),
)


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), DETAILS).map(lambda item: Opening(*item)), max_size=3))
def test_commitments_are_computed_alike_together_and_one_by_one(openings: list[Opening]) -> None:
    one_by_one = tell(lambda: [compute_record_commitment(opening) for opening in openings])
    assert tell(lambda: compute_record_commitments(openings)) == one_by_one


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_of_another_length_opens_nothing(length: int) -> None:
    good: Any = {"activity_name": "a", "date": "2026-03-01", "minutes": 60}
    with pytest.raises(ValueError, match="32 bytes"):
        compute_record_commitments([Opening(bytes(length), good)])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_entries_are_read_alike(region: Any, data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(region.entries))
    assert tell(lambda: statement._read_record(entry)) == tell(lambda: statement._read_record_plainly(entry))
    at = data.draw(st.integers(0, min(len(entry), data.draw(st.sampled_from([3, 20, 2_000])))))
    changed = entry[:at] + data.draw(st.binary(max_size=2)) + entry[at + data.draw(st.integers(0, 2)) :]
    assert tell(lambda: statement._read_record(changed)) == tell(lambda: statement._read_record_plainly(changed))
