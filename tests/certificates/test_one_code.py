"""A code says what a quorum has signed, or nothing: whatever is changed in one, it is not valid."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certificates.artefacts import verify_artefact
from certificates.base45 import ALPHABET, format_base45, parse_base45
from certificates.checks import Times
from certificates.one_code import (
    PREFIX,
    OneCode,
    ProvenEntry,
    build_one_code,
    choose_signatures,
    format_one_code,
    one_code_codec,
    parse_one_code,
)
from certificates.reports import ArtefactReport, Question, format_artefact_report
from contracts.certificates.registry import CERTIFICATE_REGISTERED, Revocation, RevokeCertificate
from ledger import merkle
from ledger.checkpoint import parse_signed_checkpoint
from ledger.codec import decode, encode
from ledger.crypto import sha256
from ledger.errors import CodecError, ProofError
from ledger.events import OUTCOME, Outcome
from ledger.genesis import to_date
from ledger.notes import VerifierKey
from ledger.reasons import Reason
from ledger.trust import Group, TrustPolicy
from ledger.types import EntryIndex, Hash, Height, Minutes, TimeMs
from ledger.verification import Verdict
from tests.certificates.code_towns import EVENT, TIME_S, make_cosigner, make_town, make_trust
from tests.certificates.conftest import NOW, ORGANISATION
from tests.certificates.test_register import make_status, register
from tests.effort import choose

NOW_MS = TimeMs(TIME_S * 1000 + 60_000)
TRUST = make_trust(4)
TOWN = make_town(1_000_000, 567_890, (1, 2, 3, 4))
TEXT = TOWN.text(TRUST)


def verify(text: str, trust: TrustPolicy = TRUST, max_age_ms: int | None = None, status: Any = None) -> ArtefactReport:
    return verify_artefact(text.encode(), Question((trust,), Times(NOW_MS, max_age_ms), status))


def failed(report: ArtefactReport) -> dict[str, Reason | None]:
    return {item.name: item.reason for item in report.report.checks if item.verdict is not Verdict.VALID}


def test_code_of_a_million_entries_and_four_authorities_is_valid_and_small() -> None:
    text = TOWN.text(TRUST)
    assert len(parse_base45(text.removeprefix(PREFIX))) <= 1_200
    report = verify(text)
    assert report.verdict is Verdict.VALID
    assert [item.name for item in report.report.checks] == ["format", "inclusion", "checkpoint", "content", "time"]
    assert report.statement is not None
    assert report.statement["number"] == "urn:uuid:01234567-89ab-8def-8123-456789abcdef"
    assert report.statement["minutes"] == 7_215
    assert report.statement["organisation_name"] == EVENT.organisation_name
    assert report.statement["issued_day"] == to_date(EVENT.issued_day).isoformat()


def test_report_says_what_a_code_cannot_show() -> None:
    assert verify(TOWN.text(TRUST)).notes == ("one_code_as_of", "register_not_asked")


def test_time_is_the_latest_for_which_a_quorum_vouches() -> None:
    # Of four, three are a quorum; of those, the latest are chosen: a2, a3 and a4. All of them vouch for the time of a2.
    report = verify(TOWN.text(TRUST))
    assert report.as_of_ms == (TIME_S + 2) * 1000
    assert verify(TOWN.text(TRUST), max_age_ms=58_000).verdict is Verdict.VALID
    assert failed(verify(TOWN.text(TRUST), max_age_ms=57_999)) == {"time": Reason.STALE}


def test_clock_that_says_what_no_calendar_has_is_ahead() -> None:
    trust = make_trust(1)
    report = verify(make_town(3, 1, (1,), time_s=2**62).text(trust), trust)
    assert failed(report) == {"time": Reason.STALE}
    assert format_artefact_report(report)["as_of"] == "9999-12-31T23:59:59.999Z"


@pytest.mark.parametrize(("authorities", "quorum"), [(1, 1), (4, 3), (7, 5), (10, 7)])
def test_smallest_quorum_is_chosen(authorities: int, quorum: int) -> None:
    trust = make_trust(authorities)
    town = make_town(1_000, 7, range(1, authorities + 1))
    assert len(town.code(trust).signatures) == 1 + quorum
    assert verify(town.text(trust), trust).verdict is Verdict.VALID


def test_quorum_of_nested_groups_has_nobody_who_could_be_missing() -> None:
    flat = make_trust(4)
    groups = (Group("east", 1, ("a1", "a2")), Group("west", 2, ("a3", "a4")), Group("all", 2, ("east", "west")))
    nested = TrustPolicy(flat.logs, flat.witnesses, groups, "all")
    chosen = choose_signatures(TOWN.signed, nested)
    ids = {item[:4] for item in chosen[1:]}
    assert ids == {make_cosigner(number).key_id for number in (2, 3, 4)}


def test_without_a_quorum_there_is_no_code() -> None:
    with pytest.raises(ProofError) as refused:
        make_town(1_000, 7, (1, 2)).code(TRUST)
    assert refused.value.reason is Reason.QUORUM_MISSING


def test_entry_of_another_log_makes_no_code() -> None:
    other = replace(TOWN.proven, entry=b"another entry")
    with pytest.raises(ProofError):
        build_one_code(TOWN.signed, other, TRUST)


def change_path(code: OneCode) -> OneCode:
    return replace(code, path=(*code.path[:-1], Hash(sha256(b"other"))))


CHANGES: dict[str, Any] = {
    "minutes": lambda code: replace(code, entry=CERTIFICATE_REGISTERED.encode(replace(EVENT, minutes=Minutes(7_275)))),
    "name": lambda code: replace(code, entry=CERTIFICATE_REGISTERED.encode(replace(EVENT, organisation_name="Another"))),
    "index": lambda code: replace(code, index=EntryIndex(code.index + 1)),
    "size": lambda code: replace(code, size=code.size + 1),
    "path": change_path,
    "signature of another checkpoint": lambda code: replace(
        code, signatures=make_town(999_999, 567_890, (1, 2, 3, 4)).code(TRUST).signatures
    ),
    "time of a cosignature": lambda code: replace(
        code, signatures=(code.signatures[0], _make_later(code.signatures[1]), *code.signatures[2:])
    ),
}


def _make_later(signature: bytes) -> bytes:
    return signature[:11] + bytes([signature[11] ^ 1]) + signature[12:]


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_is_changed_the_signatures_fail(name: str) -> None:
    changed = CHANGES[name](TOWN.code(TRUST))
    report = verify(format_one_code(changed))
    assert report.verdict is Verdict.INVALID
    assert failed(report) in ({"checkpoint": Reason.INVALID_SIGNATURE}, {"inclusion": Reason.INVALID_PROOF})
    assert report.statement is None


def test_cosignature_too_few() -> None:
    code = TOWN.code(TRUST)
    report = verify(format_one_code(replace(code, signatures=code.signatures[:-1])))
    assert failed(report) == {"checkpoint": Reason.QUORUM_MISSING}


def test_without_the_signature_of_the_log() -> None:
    code = TOWN.code(TRUST)
    report = verify(format_one_code(replace(code, signatures=code.signatures[1:])))
    assert failed(report) == {"checkpoint": Reason.UNTRUSTED_LOG}
    assert report.verdict is Verdict.UNDETERMINED


def test_unknown_region_is_undetermined() -> None:
    report = verify(TOWN.text(TRUST), make_trust(4, origin="hours.example/hill"))
    assert (report.verdict, failed(report)) == (Verdict.UNDETERMINED, {"checkpoint": Reason.UNTRUSTED_LOG})


def test_signatures_by_keys_that_nobody_lists_are_passed_over() -> None:
    code = TOWN.code(TRUST)
    extra = b"\x00" * 76
    assert verify(format_one_code(replace(code, signatures=(*code.signatures, extra)))).verdict is Verdict.VALID


def test_two_keys_of_one_id_are_told_apart() -> None:
    # Four bytes are found twice by whoever tries for long enough; here the second key's id is simply made the first's.
    first, second = TRUST.witnesses[:2]
    twin = VerifierKey(first.key.name, first.key.type, first.key.public_key)
    object.__setattr__(twin, "key_id", second.key.key_id)
    policy = TrustPolicy(TRUST.logs, (replace(first, key=twin), *TRUST.witnesses[1:]), TRUST.groups, TRUST.quorum)
    assert verify(TOWN.text(TRUST), policy).verdict is Verdict.VALID


def test_entry_of_another_type_is_no_certificate() -> None:
    entry = make_outcome()
    text = make_town(1_000, 7, (1, 2, 3, 4), entry=entry).text(TRUST)
    report = verify(text)
    assert failed(report) == {"content": Reason.MALFORMED}
    assert report.statement is None


def make_outcome() -> bytes:
    return OUTCOME.encode(Outcome(sha256(b"transaction"), Height(1), None, "", (), 1))


def test_code_is_from_after_the_time_asked_about() -> None:
    question = Question((TRUST,), Times(TimeMs(TIME_S * 1000 - 400_000)))
    assert failed(verify_artefact(TOWN.text(TRUST).encode(), question)) == {"time": Reason.STALE}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("HLB2:AB", Reason.UNSUPPORTED_VERSION, id="version"),
        pytest.param("HLB1:", Reason.MALFORMED, id="nothing"),
        pytest.param("HLB1:A", Reason.MALFORMED, id="cut off"),
        pytest.param("HLB1:" + "0" * 4_300, Reason.TOO_LARGE, id="too long"),
        pytest.param("HLB1:é", Reason.MALFORMED, id="not ASCII"),
        pytest.param(" " + TOWN.text(TRUST), Reason.MALFORMED, id="a space before"),
    ],
)
def test_texts_that_are_no_code(text: str, reason: Reason) -> None:
    assert set(failed(verify(text)).values()) == {reason}


def test_newlines_around_a_pasted_text_do_no_harm_and_a_space_does() -> None:
    assert verify(f"\r\n{TOWN.text(TRUST)}\n").verdict is Verdict.VALID
    assert verify(f"{TOWN.text(TRUST)} ").verdict is Verdict.INVALID


def test_path_is_of_whole_hashes_and_signatures_of_two_lengths() -> None:
    code = TOWN.code(TRUST)
    with pytest.raises(CodecError):
        encode(one_code_codec, replace(code, path=(Hash(b"short"),)))
    with pytest.raises(CodecError):
        encode(one_code_codec, replace(code, signatures=(b"x" * 70,)))
    data = encode(one_code_codec, replace(code, path=()))
    with pytest.raises(CodecError):
        decode(one_code_codec, data.replace(b"\xc4\x00", b"\xc4\x01\x00"))


def test_code_that_has_no_room_is_refused() -> None:
    code = replace(TOWN.code(TRUST), signatures=TOWN.code(TRUST).signatures * 8)
    with pytest.raises(CodecError) as refused:
        format_one_code(code)
    assert refused.value.reason is Reason.TOO_LARGE


def test_register_is_asked_with_a_newer_bundle(region: Any, builder: Any, trust: TrustPolicy) -> None:
    document = region.certificate()
    number = register(builder, document)
    registered = builder.finish()
    text = make_code(registered, trust)

    def ask(status: Any) -> ArtefactReport:
        return verify_artefact(text.encode(), Question((trust,), Times(NOW), status))

    assert (ask(None).verdict, ask(None).register) == (Verdict.VALID, None)
    asked = ask(make_status(registered, number))
    assert (asked.verdict, asked.register, asked.notes) == (Verdict.VALID, "valid", ("one_code_as_of",))
    builder.sign(
        "certificates.revoke", RevokeCertificate(number, ORGANISATION, Revocation.WRONG_PERSON), "officer 1", "officer 2"
    )
    revoked = ask(make_status(builder.finish(), number))
    assert (revoked.verdict, revoked.register) == (Verdict.INVALID, "revoked")
    assert failed(revoked) == {"register": Reason.NOT_CURRENT}
    unknown = ask(ProofError("no node", Reason.NODE_UNREACHABLE))
    assert (unknown.verdict, failed(unknown)) == (Verdict.UNDETERMINED, {"register": Reason.NODE_UNREACHABLE})


def make_code(region: Any, trust: TrustPolicy) -> str:
    """Return the code of the certificate that a region has registered."""
    (index,) = [n for n, entry in enumerate(region.entries) if b"certificates.registered" in entry]
    nodes = merkle.append(merkle.EMPTY_FRONTIER, [merkle.compute_leaf_hash(entry) for entry in region.entries]).nodes
    read = {(level, position): hash_ for level, position, hash_ in nodes}
    path = merkle.compute_inclusion_proof(lambda *place: read[place], index, len(region.entries))
    signed = parse_signed_checkpoint(region.checkpoint_note().encode())
    return format_one_code(build_one_code(signed, ProvenEntry(EntryIndex(index), region.entries[index], path), trust))


@settings(max_examples=60)
@given(st.integers(1, 2**40), st.data())
def test_what_is_made_is_valid_in_logs_of_every_size(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    text = make_town(size, index, (1, 2, 3)).text(TRUST)
    assert parse_one_code(text).index == index
    assert format_one_code(parse_one_code(text)) == text
    assert verify(text).verdict is Verdict.VALID


@settings(max_examples=choose(50, 200))
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_no_byte_can_be_changed(position: int, difference: int) -> None:
    raw = bytearray(parse_base45(TEXT.removeprefix(PREFIX)))
    raw[position % len(raw)] ^= difference
    report = verify(PREFIX + format_base45(bytes(raw)))
    assert report.verdict is not Verdict.VALID


@given(st.text(ALPHABET, max_size=80) | st.text(max_size=40))
@example("")
def test_any_text_is_answered_with_a_report(text: str) -> None:
    assert verify(PREFIX + text).verdict is not Verdict.VALID


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_with_a_report(data: bytes) -> None:
    assert verify(PREFIX + format_base45(data)).verdict is not Verdict.VALID
