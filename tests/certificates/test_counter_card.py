"""The counter card: one code of version 13, verified offline, and its CBOR held against a library of others."""

import re
from dataclasses import replace
from typing import Any

import cbor2
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.artefacts import verify_artefact
from certificates.base45 import format_base45, parse_base45
from certificates.cbor import MAX_DEPTH, decode_cbor, encode_cbor
from certificates.cose import parse_cose, sign_cose
from certificates.counter_card import (
    PREFIX,
    CounterCard,
    DeskProfile,
    MerchantProfile,
    compute_thumbprint,
    issue_counter_card,
    parse_counter_card,
)
from ledger.crypto import Context, is_signature, sha256
from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.types import TimeMs
from ledger.verification import Verdict
from tests.certificates.cards import LOG_KEY, PHONE, POSITION, ask
from tests.certificates.conftest import CHAIN_ID, NOW, VOLUNTEER, make_identifier, make_key
from tests.effort import choose

HOUR_MS = 3_600_000
HOLD, MERCHANT, OFFER = (make_identifier(name) for name in ("hold", "merchant", "offer"))
MERCHANT_CARD = CounterCard(CHAIN_ID, NOW, TimeMs(NOW + HOUR_MS), MerchantProfile(HOLD, MERCHANT, OFFER, 2, 40))
DESK_CARD = CounterCard(
    CHAIN_ID, NOW, TimeMs(NOW + 900_000), DeskProfile(VOLUNTEER, 3, POSITION, compute_thumbprint(PHONE.public_key))
)
CARDS = (MERCHANT_CARD, DESK_CARD)


def issue(card: CounterCard, log: str = "a1 log") -> bytes:
    return issue_counter_card(card, make_key(log)).encode()


def find(report: Any, name: str) -> tuple[Verdict, Reason | None]:
    check = next(item for item in report.report.checks if item.name == name)
    return check.verdict, check.reason


@pytest.mark.parametrize("card", CARDS)
def test_card_is_read_as_written_and_valid_in_its_time(card: CounterCard, trust: Any) -> None:
    assert parse_counter_card(issue(card))[0] == card
    report = verify_artefact(issue(card), ask(trust, None))
    assert (report.kind, report.verdict) == ("counter_card", Verdict.VALID)
    late = verify_artefact(issue(card), ask(trust, None, card.until_ms))
    assert find(late, "time") == (Verdict.INVALID, Reason.HOLD_EXPIRED if card is MERCHANT_CARD else Reason.EXPIRED)
    assert late.statement is not None
    assert late.statement["standing"] == "expired"
    early = verify_artefact(issue(card), ask(trust, None, NOW - HOUR_MS))
    assert find(early, "time") == (Verdict.UNDETERMINED, Reason.STALE)


def test_statement_of_a_merchants_card(trust: Any) -> None:
    report = verify_artefact(issue(MERCHANT_CARD), ask(trust, None, merchant=MERCHANT))
    assert report.statement == {
        "chain_id": CHAIN_ID,
        "profile": "merchant",
        "issued": "2025-10-09T08:53:20Z",
        "until": "2025-10-09T09:53:20Z",
        "standing": "valid",
        "hold": HOLD.hex(),
        "merchant": MERCHANT.hex(),
        "offer": OFFER.hex(),
        "quantity": 2,
        "points": 40,
    }
    assert report.notes == ("captured_once",)


def test_card_of_another_merchant_or_profile(trust: Any) -> None:
    for card in CARDS:
        report = verify_artefact(issue(card), ask(trust, None, merchant=make_identifier("another")))
        assert find(report, "merchant") == (Verdict.INVALID, Reason.CLAIM_MISMATCH)


@pytest.mark.parametrize("card", CARDS)
def test_stranger_and_forger(card: CounterCard, trust: Any, foreign_trust: Any) -> None:
    assert find(verify_artefact(issue(card), ask(foreign_trust, None)), "signature")[1] is Reason.UNTRUSTED_LOG
    assert find(verify_artefact(issue(card, "another log"), ask(trust, None)), "signature")[1] is Reason.UNTRUSTED_LOG
    found, cose = parse_counter_card(issue(card))
    forged = sign_cose(cose.payload, cose.key_id, make_key("forger"))
    report = verify_artefact((PREFIX + format_base45(forged)).encode(), ask(trust, None))
    assert find(report, "signature") == (Verdict.INVALID, Reason.INVALID_SIGNATURE)
    assert (report.statement, found) == (None, card)


@pytest.mark.parametrize("card", CARDS)
def test_each_flipped_bit_is_noticed(card: CounterCard, trust: Any) -> None:
    data = parse_base45(issue(card).decode().removeprefix(PREFIX))
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        text = (PREFIX + format_base45(bytes(damaged))).encode()
        assert verify_artefact(text, ask(trust, None)).verdict is not Verdict.VALID


@pytest.mark.parametrize("card", CARDS)
def test_code_fits_version_13(card: CounterCard) -> None:
    longest = replace(card, chain_id="volunteer-hours.a-rather-long-district-name.example/log")
    for text, error in ((issue(card), "q"), (issue(longest), "m")):
        code = segno.make_qr(text.decode(), error=error, boost_error=False)
        assert code.mode == "alphanumeric"
        assert int(code.version) <= 13


def test_a_library_of_others_reads_it() -> None:
    data = parse_base45(issue(MERCHANT_CARD).decode().removeprefix(PREFIX))
    tag = cbor2.loads(data)
    assert tag.tag == 18
    protected, unprotected, payload, signature = tag.value
    assert unprotected == {}
    assert cbor2.loads(protected)[1] == -8
    assert cbor2.loads(payload)[1] == CHAIN_ID
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    assert is_signature(LOG_KEY.public_key, Context.PLAIN, signed, signature)
    key = {1: 1, -1: 6, -2: bytes(PHONE.public_key)}
    assert compute_thumbprint(PHONE.public_key).hex() == sha256(cbor2.dumps(key)).hex()


VALUES = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-70_002, 70_002), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: measure(value) < MAX_DEPTH)


def measure(value: Any) -> int:
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return 1 + max(map(measure, inner), default=0)


def sort_keys(value: Any) -> Any:
    """RFC 8949 sorts keys by their bytes, which for integers a library may do by length first: the same, written out."""
    if isinstance(value, list):
        return [sort_keys(item) for item in value]
    if isinstance(value, dict):
        return {key: sort_keys(item) for key, item in sorted(value.items(), key=lambda pair: cbor2.dumps(pair[0]))}
    return value


@given(VALUES)
def test_cbor_is_that_of_the_library(value: Any) -> None:
    encoded = encode_cbor(value)
    assert decode_cbor(encoded) == value
    assert encoded == cbor2.dumps(sort_keys(value))


@settings(max_examples=choose(75, 300))
@given(st.binary(max_size=60))
def test_any_bytes_are_the_one_encoding_or_refused(data: bytes) -> None:
    try:
        value = decode_cbor(data)
    except CodecError:
        return
    assert encode_cbor(value) == data


@pytest.mark.parametrize(
    "text",
    ["18 05", "19 0005", "1a 00000005", "5f 41 00 ff", "9f ff", "f5", "f6", "fb 3ff0000000000000", "c1 00", "a2 01 00 01 00",
     "a2 02 00 01 00", "a1 61 61 00", "61 ff", "82 00", "00 00", "9b ffffffffffffffff", "81" * 9 + "00", ""],
)  # fmt: skip
def test_other_cbor_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        decode_cbor(bytes.fromhex(text))


@settings(max_examples=choose(50, 200))
@given(st.binary(max_size=200) | st.text("HLC1:0123456789ABCDEF $%*+-./", max_size=80).map(str.encode))
def test_any_text_is_answered(data: bytes) -> None:
    for text in (data, PREFIX.encode() + data, PREFIX.encode() + format_base45(data).encode()):
        assert verify_artefact(text, ask(None, None)).verdict is not Verdict.VALID  # type: ignore[arg-type]
        with pytest.raises(CodecError):
            parse_counter_card(text)
    with pytest.raises(CodecError):
        parse_cose(data)


def test_claims_that_do_not_fit_are_refused() -> None:
    good = decode_cbor(parse_counter_card(issue(MERCHANT_CARD))[1].payload)
    assert isinstance(good, dict)
    profile: Any = good[-70_001]
    changes: tuple[Any, ...] = (
        {1: ""}, {4: good[6]}, {4: 253_402_300_800}, {7: b"short"}, {9: 0}, {8: {5: bytes(32)}}, {-70_001: [2, *profile[1:]]},
        {-70_001: [*profile[:4], -1]}, {-70_001: [*profile[:3], 0, 1]}, {-70_001: [1]}, {-70_001: []},
    )  # fmt: skip
    for change in changes:
        payload = encode_cbor({**good, **change})
        text = PREFIX + format_base45(sign_cose(payload, b"kkkk", LOG_KEY))
        with pytest.raises(CodecError) as refused:
            parse_counter_card(text.encode())
        assert refused.value.reason is Reason.MALFORMED
    other = encode_cbor({**good, -70_001: [3]})
    with pytest.raises(CodecError) as refused:
        parse_counter_card((PREFIX + format_base45(sign_cose(other, b"kkkk", LOG_KEY))).encode())
    assert refused.value.reason is Reason.UNSUPPORTED_VERSION
    assert re.fullmatch("HLC1:[0-9A-Z $%*+./:-]+", issue(DESK_CARD).decode())
