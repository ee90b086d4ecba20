"""A node or a holder that signs nonsense, with good keys: whatever is in it, verification answers and never raises."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates.artefacts import verify_artefact
from certificates.base45 import format_base45
from certificates.bitstring_list import Purpose, make_bitstring_list
from certificates.card import parse_card
from certificates.cbor import decode_cbor, encode_cbor
from certificates.cose import sign_cose
from certificates.counter_card import PREFIX, parse_counter_card
from certificates.data_integrity import add_proof
from certificates.jcs import MAX_SAFE_INTEGER, encode_jcs
from certificates.jws import parse_jws, sign_jws
from certificates.multibase import format_verification_method
from certificates.position_status import Place, find_status
from certificates.status_list import LIST_BYTES, MAX_LIST_CHARACTERS, Moment, parse_status_list
from certificates.status_uris import name_list
from ledger.errors import HourledgerError
from ledger.types import Height
from tests.certificates.cards import LOG_KEY, PHONE, POSITION, ask, make_card, make_list, show_card
from tests.certificates.conftest import CHAIN_ID, NOW
from tests.certificates.test_counter_card import CARDS, issue
from tests.effort import choose

TEXTS = st.sampled_from(
    ["", "x", f"https://{CHAIN_ID}/cards/volunteer", f"https://{CHAIN_ID}/v1/status-lists/1", "did:key:z6Mk"]
)
NUMBERS = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | st.sampled_from([0, 1, 253_402_300_799, NOW // 1_000])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdefixlstuknw", max_size=4), inner, max_size=3),
    max_leaves=6,
)
CBOR = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=33) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers(-70_001, 9), inner, max_size=3),
    max_leaves=6,
)
QUIET = settings(max_examples=choose(40, 120), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def change(data: st.DataObject, document: Any, values: Any) -> Any:
    """The same object with one member, or one inside a member, that is anything."""
    name = data.draw(st.sampled_from(sorted(document, key=str)))
    inner = document[name]
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        return {**document, name: change(data, inner, values)}
    return {**document, name: data.draw(values)}


@QUIET
@given(data=st.data())
def test_card_signed_by_a_node(trust: Any, data: st.DataObject) -> None:
    card = parse_card(make_card().encode())
    header = {name: value for name, value in card.jws.header.items() if name != "alg"}
    text = sign_jws(change(data, header, JSON), change(data, card.jws.payload, JSON), LOG_KEY)
    rest = show_card("hours").split("~", 1)[1]
    verify_artefact(f"{text}~{rest}".encode(), ask(trust, make_list()))


@QUIET
@given(data=st.data())
def test_key_binding_signed_by_a_holder(trust: Any, data: st.DataObject) -> None:
    kept, _, binding = show_card("hours").rpartition("~")
    jws = parse_jws(binding, "kb+jwt", (), {"aud", "nonce", "iat", "sd_hash"}, 65_536)
    forged = f"{kept}~{sign_jws({'typ': 'kb+jwt'}, change(data, jws.payload, JSON), PHONE)}"
    report = verify_artefact(forged.encode(), ask(trust, make_list()))
    assert report.kind == "card"


@QUIET
@given(data=st.data())
def test_list_signed_by_a_node(trust: Any, data: st.DataObject) -> None:
    _found, jws = parse_status_list(make_list())
    header = {name: value for name, value in jws.header.items() if name != "alg"}
    listed = sign_jws(header, change(data, jws.payload, JSON), LOG_KEY).encode()
    verify_artefact(listed, ask(trust, None))
    verify_artefact(show_card("hours").encode(), ask(trust, listed))


@QUIET
@given(data=st.data())
def test_bitstring_list_signed_by_a_node(trust: Any, data: st.DataObject) -> None:
    name, moment = name_list(CHAIN_ID, POSITION), Moment(Height(9), NOW)
    document = make_bitstring_list(name, Purpose.REFRESH, bytes(LIST_BYTES), moment, LOG_KEY)
    changed = change(data, {name: value for name, value in document.items() if name != "proof"}, JSON)
    signed = add_proof(changed, LOG_KEY, format_verification_method(LOG_KEY.public_key), NOW)
    verify_artefact(encode_jcs(signed), ask(trust, None))


@QUIET
@given(data=st.data(), card=st.sampled_from(CARDS))
def test_counter_card_signed_by_a_node(trust: Any, data: st.DataObject, card: Any) -> None:
    _card, cose = parse_counter_card(issue(card))
    payload = encode_cbor(change(data, decode_cbor(cose.payload), CBOR))
    text = PREFIX + format_base45(sign_cose(payload, cose.key_id, LOG_KEY))
    assert verify_artefact(text.encode(), ask(trust, None)).kind == "counter_card"


@QUIET
@given(status=st.binary(max_size=200) | JSON.map(encode_jcs) | st.just(b"{" * MAX_LIST_CHARACTERS))
def test_any_bytes_as_a_status(trust: Any, status: bytes) -> None:
    with pytest.raises(HourledgerError):
        find_status(status, Place(CHAIN_ID, POSITION), (trust,), ask(trust, None).times)
