"""The browser's verification and the house's: the same report on every good file, and on hundreds of broken ones."""

import json
import random
import subprocess
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

from certificates.artefacts import verify_artefact
from certificates.base64url import format_base64url
from certificates.bitstring_list import Purpose, make_bitstring_list
from certificates.card import Showing, present_card
from certificates.certificate import issue_certificate
from certificates.checks import Times
from certificates.data_integrity import JCS, RDFC, add_proof, without
from certificates.dids import Method, format_method
from certificates.evidence import PREFIX
from certificates.jcs import JsonObject, encode_jcs, parse_json_object
from certificates.one_code import format_one_code
from certificates.rdfc import canonicalise
from certificates.register import parse_number
from certificates.reports import Question, format_artefact_report
from certificates.status_list import LIST_BYTES, Moment
from certificates.status_uris import name_list
from certificates.terms import CERTIFICATE, COMMON
from contracts.certificates.registry import CERTIFICATES
from contracts.statuses import PositionStatus, compute_chunk_key
from ledger.errors import HourledgerError
from ledger.notes import format_base64, parse_base64
from ledger.proofs import format_bundle
from ledger.reasons import EXPLANATIONS, ExitCode, Reason
from ledger.trust import TrustPolicy, format_trust
from ledger.types import EntryIndex, Hash, Height, Identifier, TimeMs
from tests.certificates.cards import CLAIMS, NONCE, PHONE, POSITION, make_card, make_list, show_card
from tests.certificates.code_towns import TIME_S, make_town, make_trust
from tests.certificates.conftest import CHAIN_ID, NOW, make_key
from tests.outside.test_library import mutate as mutate_once

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]
EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "formats" / "examples"
SOON: Final = TimeMs(NOW + 60_000)
OTHER_VALUES: Final[list[Any]] = [None, 7, True, "", "AAAA", -1, {}, [1]]


@dataclass(frozen=True)
class Case:
    """What is verified, and what is asked."""

    data: bytes
    question: Question


def ask(*trust: TrustPolicy, status: bytes | HourledgerError | None = None, at_ms: int = SOON, **asked: Any) -> Question:
    max_age_ms = asked.pop("max_age_ms", None)
    return Question(trust, Times(TimeMs(at_ms), max_age_ms), status, **asked)


def mutate(data: bytes, random_: random.Random) -> bytes:
    """Change bytes so that something is changed."""
    changed = mutate_once(data, random_)
    while changed.strip() == data:
        changed = mutate_once(data, random_)
    return changed


def _write(case: Case) -> dict[str, Any]:
    question = case.question
    status = question.status
    return {
        "data": case.data.hex(),
        "trust": [format_trust(policy).hex() for policy in question.trust],
        "atTimeMs": question.times.at_time_ms,
        "maxAgeMs": question.times.max_age_ms,
        "status": status.hex() if isinstance(status, bytes) else None,
        "refused": status.reason.value if isinstance(status, HourledgerError) else None,
        "audience": question.audience,
        "nonce": question.nonce,
        "merchant": None if question.merchant is None else question.merchant.hex(),
    }


def _shorten(report: Mapping[str, Any]) -> dict[str, Any]:
    """What both must say alike. Titles come from one table, and what is said of a failure may be worded otherwise."""
    members = ("kind", "verdict", "as_of", "statement", "register")
    checks = [
        [item[name] for name in ("name", "verdict", "against", "as_of", "reason")]
        + [item["detail"] if item["verdict"] == "valid" and item["name"] != "format" else None]
        for item in report["checks"]
    ]
    parts = [_shorten(part) for part in report.get("parts", ())]
    return {**{name: report[name] for name in members}, "checks": checks, "parts": parts}


def compare(run_node: Run, cases: list[Case]) -> list[dict[str, Any]]:
    """Have both verify, and return the reports."""
    done = run_node("verify.mjs", input=json.dumps([_write(case) for case in cases]), timeout=300)
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    for number, (case, found) in enumerate(zip(cases, theirs, strict=True)):
        ours = verify_artefact(case.data, case.question)
        assert _shorten(found) == _shorten(format_artefact_report(ours)), (number, case.data[:400])
        assert found["notes"] == list(ours.notes)
    return list(theirs)


def count(reports: list[dict[str, Any]]) -> dict[str, int]:
    verdicts = [report["verdict"] for report in reports]
    return {verdict: verdicts.count(verdict) for verdict in ("valid", "invalid", "undetermined")}


# --- certificates -------------------------------------------------------------------------------------------------------


def test_the_example(run_node: Run, trust: TrustPolicy) -> None:
    from ledger.trust import parse_trust  # noqa: PLC0415 - for this file alone

    data, example = (EXAMPLES / "certificate.json").read_bytes(), parse_trust((EXAMPLES / "trust.txt").read_bytes())
    at_ms = 1_791_000_000_000
    questions = [
        ask(example, at_ms=at_ms),
        ask(trust, example, at_ms=at_ms),
        ask(trust, at_ms=at_ms),
        ask(at_ms=at_ms),
        ask(example, at_ms=1_700_000_000_000),
        ask(example, at_ms=at_ms, max_age_ms=1000),
        ask(replace(example, quorum=None), at_ms=at_ms),
    ]
    reports = compare(run_node, [Case(data, question) for question in questions])
    assert [report["verdict"] for report in reports[:2]] == ["valid", "valid"]
    assert all(report["verdict"] == "undetermined" for report in reports[2:6])


def _sign(document: JsonObject, name: str, host: str | None = None, suites: tuple[str, ...] = (JCS, RDFC)) -> JsonObject:
    key = make_key(name)
    for suite in suites:
        method = format_method(Method(key.public_key, host))
        document = add_proof(document, key, method, NOW, cryptosuite=suite)
    return document


def test_whoever_signs(run_node: Run, region: Any, trust: TrustPolicy) -> None:
    own = issue_certificate(region.evidence(with_account=True), make_key("volunteer"), NOW)
    strange = issue_certificate(region.evidence(with_account=True), make_key("stranger"), NOW)
    sited = issue_certificate(region.evidence(with_account=True), make_key("volunteer"), NOW, host="city.example")
    plain = region.certificate()
    documents = [
        plain,
        own,
        strange,
        region.certificate(host="volunteers.example"),
        region.certificate(position=131_077),
        region.certificate(host="volunteers.example", position=0),
        _sign(without(plain, "proof"), "officer 1", suites=(JCS,)),
        _sign(without(plain, "proof"), "officer 1", suites=(RDFC,)),
        _sign(without(plain, "proof"), "officer 1", suites=(RDFC, JCS)),
        _sign(without(plain, "proof"), "officer 2"),
        _sign(_sign(without(plain, "proof"), "officer 1"), "officer 2"),
        without(plain, "proof"),
        sited,
    ]
    reports = compare(run_node, [Case(encode_jcs(document), ask(trust)) for document in documents])
    assert [reports[place]["verdict"] for place in (0, 1, 3, 4, 5, 6)] == ["valid"] * 6
    assert all(report["verdict"] != "valid" for report in [reports[2], *reports[7:]])


@pytest.mark.parametrize("fixture", ["region_with_void", "region_with_amendment", "region_suspended"])
def test_what_became_of_records_and_organisations(
    fixture: str, run_node: Run, trust: TrustPolicy, request: pytest.FixtureRequest
) -> None:
    changed = request.getfixturevalue(fixture)
    newest = max(changed.evidence().openings)
    left_out = {newest} if fixture == "region_with_amendment" else set()
    document = issue_certificate(changed.evidence(left_out=left_out), make_key("officer 1"), NOW)
    assert compare(run_node, [Case(encode_jcs(document), ask(trust))])[0]["verdict"] == "invalid"


def test_broken_certificates(run_node: Run, region: Any, trust: TrustPolicy) -> None:
    """Bytes anywhere in the file changed, which the signature notices, if not the form."""
    random_ = random.Random(21)
    data = encode_jcs(region.certificate(position=77))
    cases = [Case(mutate(data, random_), ask(trust)) for _ in range(150)]
    assert count(compare(run_node, cases))["valid"] == 0


def _with_evidence(document: JsonObject, changed: bytes, name: str = "officer 1") -> JsonObject:
    """The same certificate over other evidence, signed by an officer who is up to no good."""
    evidence: Any = document["evidence"]
    uri = PREFIX + format_base64(changed)
    # Whatever the number: that it does not fit is noticed last.
    return _sign({**without(document, "proof"), "evidence": [{**evidence[0], "id": uri}]}, name, suites=(JCS,))


def test_evidence_that_was_changed_and_signed(run_node: Run, region: Any, trust: TrustPolicy) -> None:
    random_ = random.Random(22)
    document = region.certificate()
    evidence: Any = document["evidence"]
    data = parse_base64(evidence[0]["id"].removeprefix(PREFIX))
    inside = parse_json_object(data)
    changed = [mutate(data, random_) for _ in range(120)]
    for name in ("entries", "values", "openings"):
        items: Any = inside[name]
        for place in range(len(items)):
            changed.append(encode_jcs({**inside, name: items[:place] + items[place + 1 :]}))
            for member in items[place]:
                others = [{**items[place], member: value} for value in OTHER_VALUES]
                changed += [encode_jcs({**inside, name: [*items[:place], other, *items[place + 1 :]]}) for other in others]
            spoilt = _spoil(items[place], random_)
            changed.append(encode_jcs({**inside, name: [*items[:place], spoilt, *items[place + 1 :]]}))
    cases = [Case(encode_jcs(_with_evidence(document, item)), ask(trust)) for item in changed if item != data]
    found = count(compare(run_node, cases))
    assert found["valid"] == 0
    assert found["invalid"] > 200


def _spoil(item: Any, random_: random.Random) -> Any:
    """One of its byte strings with one byte changed."""
    name = next(name for name in ("entry", "value", "salt") if name in item)
    data = bytearray(parse_base64(item[name]))
    data[random_.randrange(len(data))] ^= 1
    return {**item, name: format_base64(bytes(data))}


def test_holders_open_what_they_choose(run_node: Run, region: Any, trust: TrustPolicy) -> None:
    evidence = region.evidence()
    cases = []
    for shown in (0, 1, 3, 5):
        openings = dict(list(evidence.openings.items())[:shown])
        document = issue_certificate(replace(evidence, openings=openings), make_key("officer 1"), NOW)
        cases.append(Case(encode_jcs(document), ask(trust)))
    assert count(compare(run_node, cases)) == {"valid": 4, "invalid": 0, "undetermined": 0}


def test_claims_that_the_ledger_does_not_show(run_node: Run, region: Any, trust: TrustPolicy) -> None:
    """An officer can sign whatever an officer likes; every member changed, taken away or added."""
    document = without(region.certificate(position=5), "proof")
    changed = []
    for name, value in document.items():
        changed.append(without(document, name))
        changed += [{**document, name: other} for other in ("x", 1, True, None, [value], {"x": value})]
    subject: Any = document["credentialSubject"]
    for name in subject:
        changed.append({**document, "credentialSubject": without(subject, name)})
        changed.append({**document, "credentialSubject": {**subject, name: "8"}})
    changed += [{**document, "termsOfUse": []}, {**document, "termsOfUse": None}]
    cases = [Case(encode_jcs(_sign(item, "officer 1", suites=(JCS,))), ask(trust)) for item in changed]
    assert count(compare(run_node, cases))["valid"] == 0


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString"])
def test_members_that_every_object_has_in_javascript(name: str, run_node: Run, region: Any, trust: TrustPolicy) -> None:
    document = without(region.certificate(), "proof")
    values: list[Any] = [{}, None, "x"]
    signed = [_sign({**document, name: value}, "officer 1", suites=(JCS,)) for value in values]
    reports = compare(run_node, [Case(encode_jcs(item), ask(trust)) for item in signed])
    assert {report["verdict"] for report in reports} == {"invalid"}
    assert {report["checks"][-2]["reason"] for report in reports} == {"claim_mismatch"}


def test_registers(run_node: Run, region: Any, trust: TrustPolicy, foreign_trust: TrustPolicy) -> None:
    random_ = random.Random(23)
    document = region.certificate()
    number = parse_number(str(document["id"]))
    status = encode_jcs(format_bundle(region.bundle((), {CERTIFICATES.key(number)})))
    other = encode_jcs(format_bundle(region.bundle((), {CERTIFICATES.key(Identifier(bytes(16)))})))
    refused = HourledgerError(Reason.NODE_UNREACHABLE, "the node does not answer")
    statuses: list[bytes | HourledgerError] = [status, other, refused, b"", b"{}", make_list()]
    statuses += [mutate(status, random_) for _ in range(60)]
    data = encode_jcs(document)
    cases = [Case(data, ask(trust, status=item)) for item in statuses]
    cases += [Case(data, ask(foreign_trust, status=status)), Case(data, ask(trust, status=status, max_age_ms=1))]
    reports = compare(run_node, cases)
    assert (reports[0]["verdict"], reports[0]["register"]) == ("valid", "not_registered")
    assert all(report["verdict"] != "valid" for report in reports[1:6])


def test_presentations(run_node: Run, region: Any, trust: TrustPolicy) -> None:
    certificate = region.certificate()
    enveloped = {"type": "EnvelopedVerifiableCredential", "id": f"data:application/dc+sd-jwt,{show_card('stars')}"}
    contents: list[Any] = [
        certificate,
        [certificate],
        [certificate, enveloped],
        [],
        "x",
        [enveloped, {}],
        [certificate] * 17,
        None,
    ]
    presentations = [{"type": ["VerifiablePresentation"], "verifiableCredential": item} for item in contents]
    presentations.append({"type": "VerifiablePresentation", "verifiableCredential": presentations[0]})
    cases = [Case(encode_jcs(item), ask(trust, status=make_list())) for item in presentations]
    assert compare(run_node, cases)[0]["parts"][0]["kind"] == "certificate"


# --- cards and lists ----------------------------------------------------------------------------------------------------


def test_cards(run_node: Run, region: Any, trust: TrustPolicy, foreign_trust: TrustPolicy) -> None:
    random_ = random.Random(24)
    chunk = encode_jcs(format_bundle(region.bundle((), {compute_chunk_key(POSITION)})))
    refused = HourledgerError(Reason.NODE_UNREACHABLE, "the node does not answer")
    statuses = [make_list(status) for status in (*PositionStatus, 9)] + [
        make_list(position=5),
        make_list(log="stranger"),
        chunk,
    ]
    questions = [ask(trust, status=status, nonce=NONCE) for status in [*statuses, None, refused, b"", b"{}"]]
    questions += [
        ask(trust, status=make_list(), nonce="another"),
        ask(trust, status=make_list(), audience="https://elsewhere.example"),
        ask(trust, status=make_list()),
        ask(trust, status=make_list(), at_ms=NOW + 3_600_000),
        ask(trust, status=make_list(time_ms=NOW + 40 * 86_400_000), at_ms=NOW + 40 * 86_400_000, nonce=NONCE),
        ask(trust, status=make_list(), at_ms=NOW - 86_400_000 * 2),
        ask(foreign_trust, status=make_list(), nonce=NONCE),
        ask(trust, status=make_list(), nonce=NONCE, max_age_ms=1),
    ]
    cards = [
        show_card("stars", "hours"),
        show_card(),
        show_card(*CLAIMS),
        make_card(),
        show_card(card=make_card(log="stranger")),
    ]
    cases = [Case(card.encode(), question) for card in cards for question in questions]
    elsewhere = present_card(make_card(), ["hours"], PHONE, Showing("https://shop.example", NONCE, NOW)).encode()
    cases += [Case(elsewhere, ask(trust, status=make_list(), nonce=word)) for word in (None, NONCE)]
    good = show_card("stars", "training:first-aid").encode()
    cases += [Case(mutate(good, random_), questions[0]) for _ in range(200)]
    parts = good.split(b"~")
    cases += [
        Case(b"~".join(item), questions[0])
        for item in ([*parts[:2], *parts[1:]], parts[:1] + parts[-1:], [parts[0]], parts * 60)
    ]
    reports = compare(run_node, cases)
    assert reports[0]["verdict"] == "valid"
    assert count(reports)["valid"] < 20


def test_status_lists(run_node: Run, trust: TrustPolicy, foreign_trust: TrustPolicy) -> None:
    random_ = random.Random(25)
    good = make_list()
    questions = [
        ask(trust),
        ask(foreign_trust),
        ask(trust, at_ms=NOW + 86_400_000),
        ask(trust, at_ms=NOW - 400_000),
        ask(trust, max_age_ms=1),
    ]
    cases = [Case(good, question) for question in questions]
    cases += [Case(mutate(good, random_), ask(trust)) for _ in range(200)]
    reports = compare(run_node, cases)
    assert reports[0]["verdict"] == "valid"
    assert count(reports)["valid"] == 1


@pytest.mark.parametrize("purpose", Purpose)
def test_bitstring_lists(purpose: Purpose, run_node: Run, trust: TrustPolicy) -> None:
    random_ = random.Random(26)
    packed = bytes(random_.choice((0, 1, 2, 3, 11, 16, 32)) for _ in range(LIST_BYTES))
    moment = Moment(Height(9), NOW)
    document = make_bitstring_list(name_list(CHAIN_ID, POSITION), purpose, packed, moment, make_key("a1 log"))
    data = encode_jcs(document)
    cases = [Case(data, ask(trust)), Case(data, ask(trust, at_ms=NOW + 86_400_000))]
    cases += [Case(mutate(data, random_), ask(trust)) for _ in range(60)]
    subject: Any = document["credentialSubject"]
    encoded = [
        subject["encodedList"][:200],
        "u",
        "z" + subject["encodedList"],
        "u" + format_base64url(zlib.compress(bytes(16_384))),
    ]
    cases += [
        Case(encode_jcs({**document, "credentialSubject": {**subject, "encodedList": item}}), ask(trust)) for item in encoded
    ]
    reports = compare(run_node, cases)
    assert reports[0]["verdict"] == "valid"


def test_anything_else(run_node: Run, trust: TrustPolicy) -> None:
    random_ = random.Random(27)
    texts = [b"", b" \n", b"{", b"{}", b"[]", b"null", b"eyJ", b"eyJ.", b"eyJ~.", b"HLC1:", b"HLB1:", b"HLB2:AB", b"hello"]
    texts += [b'{"type": "BitstringStatusListCredential"}', b'{"type": "VerifiablePresentation"}', b"\xff\xfe", b"\x00" * 99]
    texts += [random_.randbytes(length) for length in range(1, 60)]
    texts += [
        b"HLC1:" + bytes(random_.choice(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:") for _ in range(n)) for n in range(90)
    ]
    texts += [b'{"a":' * 40_000, b"[" * 100_000, b'{"evidence":' + b"[" * 40]
    cases = [Case(item, ask(trust)) for item in texts]
    assert count(compare(run_node, cases))["valid"] == 0


# --- one code -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "index", "authorities"), [(1, 0, 1), (13, 9, 4), (1_000_000, 765_432, 7), (2**62, 5, 4)])
def test_one_codes(size: int, index: int, authorities: int, run_node: Run) -> None:
    random_ = random.Random(size)
    town = make_town(size, index, range(1, authorities + 1))
    listed = make_trust(authorities)
    text = town.text(listed).encode()
    at_ms = TIME_S * 1_000 + 60_000
    questions = [
        ask(listed, at_ms=at_ms),
        ask(make_trust(authorities + 3), at_ms=at_ms),
        ask(make_trust(1, origin="hours.example/lake"), at_ms=at_ms),
        ask(make_trust(1, origin="hours.example/lake"), listed, at_ms=at_ms),
        ask(at_ms=at_ms),
        ask(listed, at_ms=at_ms - 86_400_000),
        ask(listed, at_ms=at_ms, max_age_ms=1_000),
        ask(listed, at_ms=at_ms, status=b"{}"),
        ask(listed, at_ms=at_ms, status=HourledgerError(Reason.NODE_UNREACHABLE, "the node does not answer")),
    ]
    cases = [Case(text, question) for question in questions]
    cases += [
        Case(text + b"\r\n", questions[0]),
        Case(text.replace(b"HLB1", b"HLB2"), questions[0]),
        Case(text * 9, questions[0]),
    ]
    cases += [Case(mutate(text, random_), questions[0]) for _ in range(60)]
    code = town.code(listed)
    for changed in (
        replace(code, size=size + 1),
        replace(code, index=EntryIndex(index + 1)),
        replace(code, path=code.path[1:]),
        replace(code, path=(*code.path, Hash(bytes(32)))),
        replace(code, signatures=code.signatures[1:]),
        replace(code, signatures=code.signatures[:1]),
        replace(code, signatures=code.signatures[:1] * 2),
        replace(code, origin="hours.example/lake"),
        replace(code, origin="hours.example/a lake"),
        replace(code, origin="hours.example/a+lake"),
        replace(code, entry=b"\x93\x01\xa1a\x90"),
    ):
        if changed.signatures:
            cases.append(Case(format_one_code(changed).encode(), questions[0]))
    reports = compare(run_node, cases)
    assert (reports[0]["verdict"], reports[3]["verdict"]) == ("valid", "valid")
    assert reports[0]["statement"]["minutes"] == 7_215


# --- tables that are written down twice ----------------------------------------------------------------------------------


def test_tables_agree(run_node: Run) -> None:
    done = run_node("tables.mjs", input="[]")
    assert done.returncode == 0, done.stderr
    tables = json.loads(done.stdout)
    later = {reason.value for reason, item in EXPLANATIONS.items() if item.exit_code is ExitCode.UNDETERMINED}
    assert set(tables["open"]) == later | {Reason.UNSUPPORTED_VERSION.value}
    assert tables["common"] == {name: _format_term(term) for name, term in COMMON.items()}
    types = {
        name: {"iri": item.iri, "terms": {key: _format_term(term) for key, term in item.terms.items()}}
        for name, item in CERTIFICATE.types.items()
    }
    assert tables["types"] == types


def _format_term(term: Any) -> dict[str, Any]:
    return {"iri": term.iri, "datatype": term.datatype, "isName": term.is_name, "words": dict(term.words)}


def test_linked_data_is_made_alike(run_node: Run, region: Any) -> None:
    documents = [without(region.certificate(position=place), "proof") for place in (None, 9)]
    done = run_node("tables.mjs", input=json.dumps(documents))
    assert json.loads(done.stdout)["canonical"] == [canonicalise(item).decode() for item in documents]
