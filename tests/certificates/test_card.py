"""The business card: issued, shown in parts, verified; and every way in which one that is not good is told from one that is."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.artefacts import verify_artefact
from certificates.base64url import format_base64url, parse_base64url
from certificates.card import MAX_CARD_BYTES, Showing, parse_card, present_card
from certificates.card_verification import OPEN_SHOWING_MS
from certificates.jcs import encode_jcs
from certificates.jws import sign_jws
from certificates.sd_jwt import compute_digest, parse_disclosure
from contracts.statuses import PositionStatus
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.types import TimeMs
from ledger.verification import Verdict
from tests.certificates.cards import (
    CLAIMS,
    LOG_KEY,
    NONCE,
    PHONE,
    POSITION,
    ask,
    make_card,
    make_list,
    show_card,
)
from tests.certificates.conftest import CHAIN_ID, NOW, make_key
from tests.effort import choose

DAY_MS = 86_400_000


def find(report: Any, name: str) -> tuple[Verdict, Reason | None]:
    check = next(item for item in report.report.checks if item.name == name)
    return check.verdict, check.reason


def test_holder_shows_what_the_holder_chooses(trust: Any) -> None:
    report = verify_artefact(show_card("hours", "stars").encode(), ask(trust, make_list()))
    assert (report.kind, report.verdict) == ("card", Verdict.VALID)
    assert [check.name for check in report.report.checks] == [
        "format", "signature", "disclosures", "holder", "time", "standing",
    ]  # fmt: skip
    statement: Any = report.statement
    assert statement["claims"] == {"hours": 72, "stars": 3}
    assert (statement["standing"], statement["position"], statement["hidden"]) == ("valid", POSITION, 14)
    assert report.as_of_ms == NOW


def test_nothing_at_all_can_be_shown(trust: Any) -> None:
    report = verify_artefact(show_card().encode(), ask(trust, make_list()))
    assert report.verdict is Verdict.VALID


def test_what_is_hidden_is_not_in_the_text() -> None:
    """Neither a hidden value nor a hash that could be tried: each salt has 128 bits."""
    card = parse_card(make_card().encode())
    assert {item.name: item.value for item in card.disclosures} == CLAIMS
    assert len(card.digests) == 16
    shown = show_card("hours", card=make_card())
    signed = parse_base64url(shown.split(".")[1]).decode()
    for item in card.disclosures:
        assert item.name not in json.loads(signed)
        guesses = [encode_jcs([salt, item.name, item.value]) for salt in ("", format_base64url(bytes(16)))]
        assert not {compute_digest(format_base64url(guess)) for guess in guesses} & set(json.loads(signed)["_sd"])
        salt = json.loads(parse_base64url(item.text))[0]
        assert len(parse_base64url(salt)) == 16
    again = parse_card(make_card().encode())
    assert not again.digests & card.digests


def test_more_claims_do_not_show_in_the_number_of_digests() -> None:
    few, many = make_card({"hours": 1}), make_card(CLAIMS)
    assert len(parse_card(few.encode()).digests) == len(parse_card(many.encode()).digests)


def test_copy_of_a_kept_card_is_worth_nothing(trust: Any) -> None:
    report = verify_artefact(make_card().encode(), ask(trust, make_list()))
    assert report.verdict is Verdict.UNDETERMINED
    assert find(report, "holder") == (Verdict.UNDETERMINED, Reason.KEY_BINDING_MISSING)


def test_showing_is_for_one_nonce_and_one_audience(trust: Any) -> None:
    shown = show_card("hours").encode()
    others: tuple[dict[str, Any], ...] = ({"nonce": "another"}, {"audience": "https://another.example"})
    for asked in others:
        report = verify_artefact(shown, ask(trust, make_list(), **asked))
        assert find(report, "holder") == (Verdict.INVALID, Reason.CLAIM_MISMATCH)
    assert verify_artefact(shown, ask(trust, make_list(), audience=f"https://{CHAIN_ID}/verify")).verdict is Verdict.VALID


def test_what_was_shown_to_somebody_is_for_nobody_else(trust: Any) -> None:
    showing = Showing("https://shop.example", NONCE, NOW)
    shown = present_card(make_card(), ["hours"], PHONE, showing).encode()
    assert verify_artefact(shown, ask(trust, make_list(), audience="https://shop.example")).verdict is Verdict.VALID
    seen_by_another = verify_artefact(shown, ask(trust, make_list(), nonce=None))
    assert find(seen_by_another, "holder") == (Verdict.INVALID, Reason.CLAIM_MISMATCH)


def test_showing_without_a_nonce_ages(trust: Any) -> None:
    shown = show_card("hours").encode()
    fresh = verify_artefact(shown, ask(trust, make_list(), NOW + OPEN_SHOWING_MS - 1_000, nonce=None))
    assert (fresh.verdict, fresh.notes) == (Verdict.VALID, ("shown_to_anybody",))
    old = verify_artefact(shown, ask(trust, make_list(), NOW + OPEN_SHOWING_MS + 1_000, nonce=None))
    assert find(old, "holder") == (Verdict.UNDETERMINED, Reason.STALE)
    early = verify_artefact(show_card("hours", time_ms=NOW + DAY_MS).encode(), ask(trust, make_list()))
    assert find(early, "holder") == (Verdict.UNDETERMINED, Reason.STALE)


def test_showing_cannot_be_changed_or_moved(trust: Any) -> None:
    shown = show_card("hours", "stars")
    signed, hours, stars, binding = shown.split("~")
    question = ask(trust, make_list())
    assert find(verify_artefact(f"{signed}~{hours}~{binding}".encode(), question), "holder")[1] is Reason.COMMITMENT_MISMATCH
    _signed, foreign, _binding = show_card("hours", card=make_card({"hours": 9_999})).split("~")
    report = verify_artefact(f"{signed}~{foreign}~{stars}~{binding}".encode(), question)
    assert find(report, "disclosures") == (Verdict.INVALID, Reason.COMMITMENT_MISMATCH)
    assert report.statement is None
    twice = verify_artefact(f"{signed}~{hours}~{hours}~{binding}".encode(), question)
    assert find(twice, "disclosures") == (Verdict.INVALID, Reason.MALFORMED)


def test_another_key_cannot_show_it(trust: Any) -> None:
    with pytest.raises(CodecError, match="bound to"):
        present_card(make_card(), ("hours",), make_key("thief"), Showing("a", "n", NOW))
    shown = show_card("hours")
    kept, _, binding = shown.rpartition("~")
    payload = json.loads(parse_base64url(binding.split(".")[1]))
    forged = f"{kept}~{sign_jws({'typ': 'kb+jwt'}, payload, make_key('thief'))}"
    assert find(verify_artefact(forged.encode(), ask(trust, make_list())), "holder") == (
        Verdict.INVALID,
        Reason.INVALID_SIGNATURE,
    )


@pytest.mark.parametrize(
    ("status", "standing", "verdict"),
    [
        (PositionStatus.SUSPENDED, "suspended", Verdict.INVALID),
        (PositionStatus.REVOKED, "revoked", Verdict.INVALID),
        (PositionStatus.SUPERSEDED, "superseded", Verdict.INVALID),
        (PositionStatus.ERASED, "erased", Verdict.INVALID),
    ],
)
def test_card_that_does_not_stand(trust: Any, status: PositionStatus, standing: str, verdict: Verdict) -> None:
    report = verify_artefact(show_card("hours").encode(), ask(trust, make_list(status)))
    assert (find(report, "standing"), report.verdict) == ((verdict, Reason.NOT_CURRENT), verdict)
    assert report.statement is not None
    assert report.statement["standing"] == standing


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (None, Reason.STATUS_UNKNOWN),
        (HourledgerError(Reason.NODE_UNREACHABLE, "nobody answers"), Reason.NODE_UNREACHABLE),
        (HourledgerError(Reason.NOT_FOUND, "no position of that list is taken"), Reason.STATUS_UNKNOWN),
        (make_list(position=5), Reason.STALE),
        (make_list(log="another log"), Reason.UNTRUSTED_LOG),
        (make_list(time_ms=NOW - DAY_MS), Reason.STALE),
    ],
)
def test_status_that_cannot_be_had_is_never_good(trust: Any, status: Any, reason: Reason) -> None:
    report = verify_artefact(show_card("hours").encode(), ask(trust, status))
    assert (find(report, "standing"), report.verdict) == ((Verdict.UNDETERMINED, reason), Verdict.UNDETERMINED)


def test_expired_card_is_history_and_says_so(trust: Any) -> None:
    later = NOW + 31 * DAY_MS
    shown = show_card("hours", time_ms=later).encode()
    report = verify_artefact(shown, ask(trust, make_list(time_ms=later), later))
    assert report.verdict is Verdict.VALID
    assert report.notes == ("expired_card",)
    assert report.statement is not None
    assert report.statement["standing"] == "expired"
    early = verify_artefact(show_card("hours").encode(), ask(trust, make_list(), NOW - 2 * DAY_MS))
    assert find(early, "time") == (Verdict.UNDETERMINED, Reason.STALE)


def test_card_of_a_stranger(trust: Any, foreign_trust: Any) -> None:
    shown = show_card("hours").encode()
    assert find(verify_artefact(shown, ask(foreign_trust, make_list())), "signature") == (
        Verdict.UNDETERMINED,
        Reason.UNTRUSTED_LOG,
    )
    forged = show_card("hours", card=make_card(log="another log")).encode()
    report = verify_artefact(forged, ask(trust, make_list()))
    assert find(report, "signature") == (Verdict.UNDETERMINED, Reason.UNTRUSTED_LOG)
    assert report.statement is None
    # A trusted log of another chain speaks for its own chain only.
    other = show_card("hours", card=make_card(chain_id="other.example/log")).encode()
    assert find(verify_artefact(other, ask(trust, make_list())), "signature")[1] is Reason.UNTRUSTED_LOG


def test_flipped_bits_are_noticed(trust: Any) -> None:
    shown, question = show_card("hours", "training:first-aid").encode(), ask(trust, make_list())
    for place in range(0, len(shown), 11):
        for bit in (0, 5):
            damaged = bytearray(shown)
            damaged[place] ^= 1 << bit
            assert verify_artefact(bytes(damaged), question).verdict is not Verdict.VALID


def test_node_writes_no_claim_that_verifiers_refuse() -> None:
    for name, value in (("hours", -1), ("hours", True), ("stars", 6), ("name", "Mia"), ("since", "2024-02-30")):
        with pytest.raises(CodecError):
            make_card({name: value})


def test_hidden_member_is_refused(trust: Any) -> None:
    """What may not be hidden stands in the signed part, and nothing else does (draft-ietf-oauth-sd-jwt-vc)."""
    card = parse_card(make_card().encode())
    header = {name: value for name, value in card.jws.header.items() if name != "alg"}
    for payload in (
        {name: value for name, value in card.jws.payload.items() if name != "status"},
        {**card.jws.payload, "hours": 9_999},
        {**card.jws.payload, "exp": 253_402_300_799},
        {**card.jws.payload, "_sd_alg": "md5"},
        {**card.jws.payload, "vct": "https://elsewhere.example/id"},
    ):
        data = f"{sign_jws(header, payload, LOG_KEY)}~".encode()
        assert find(verify_artefact(data, ask(trust, make_list())), "format")[0] is not Verdict.VALID


def test_present_says_what_can_be_shown() -> None:
    with pytest.raises(CodecError, match="it has account, hours") as refused:
        present_card(make_card({"account": CLAIMS["account"], "hours": 1}), ("stars",), PHONE, Showing("a", NONCE, TimeMs(NOW)))
    assert refused.value.reason is Reason.USAGE


@settings(max_examples=choose(50, 200))
@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from(["eyJ", ".", "~", "{}", "WyJhIl0", "e30", ""]), max_size=30).map(
        lambda items: "".join(items).encode()
    )
)
def test_any_bytes_are_answered(data: bytes) -> None:
    report = verify_artefact(data, ask(None, None))  # type: ignore[arg-type] # nobody comes as far as a trust file
    assert report.verdict is not Verdict.VALID
    with pytest.raises(CodecError):
        parse_card(data)
    with pytest.raises(CodecError):
        parse_disclosure(data.decode("latin-1"))


@given(st.data())
def test_cut_and_doubled_cards_are_answered(data: st.DataObject) -> None:
    shown = show_card("hours", "stars")
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(shown)), st.integers(0, len(shown)))))
    for text in (shown[:start] + shown[end:], shown[:end] + shown[start:]):
        if text != shown:
            try:
                parse_card(text.encode())
            except CodecError:
                continue


def test_bomb_is_refused_unread() -> None:
    with pytest.raises(CodecError) as refused:
        parse_card(b"eyJ" + b"~" * MAX_CARD_BYTES)
    assert refused.value.reason is Reason.TOO_LARGE
    with pytest.raises(CodecError):
        parse_card(f"{make_card().split('~')[0]}~{'W10~' * 200}".encode())
    nested = format_base64url(b"[" * 3_000)
    with pytest.raises(CodecError):
        parse_disclosure(nested)
