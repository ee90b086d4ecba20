"""Status lists in both formats: made from the state, and refused with a word where they prove nothing."""

import base64
import json
import zlib
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.artefacts import verify_artefact
from certificates.base64url import format_base64url, parse_base64url
from certificates.bitstring_list import (
    BITSTRING_BYTES,
    MEANT,
    Purpose,
    get_bit,
    make_bitstring_list,
    pack_bits,
    parse_bitstring_list,
)
from certificates.certificate import issue_certificate
from certificates.jcs import encode_jcs, parse_json_object
from certificates.jws import sign_jws
from certificates.position_status import Place, find_status
from certificates.status_list import LIST_BYTES, Moment, make_status_list, pack_list, parse_status_list
from certificates.status_uris import ListName, name_list, parse_list_uri
from contracts.certificates.numbers import compute_number
from contracts.certificates.registry import AboutCertificate, RegisterCertificate
from contracts.statuses import (
    CHUNKS,
    LIST_POSITIONS,
    PositionStatus,
    compute_chunk_key,
    encode_number,
    set_status,
    take_position,
)
from ledger.blocks import HEADER
from ledger.codec import encode
from ledger.errors import CodecError, HourledgerError, Rejection
from ledger.proofs import format_bundle
from ledger.reasons import Reason
from ledger.state import EmptyView, Overlay, iterate_hashed
from ledger.state_tree import compute_state_root
from ledger.types import Day, Hash, Height, Minutes
from ledger.verification import Verdict
from tests.certificates.cards import LOG_KEY, POSITION, ask, make_list
from tests.certificates.conftest import CHAIN_ID, FIRST_DAY, NOW, ORGANISATION, VOLUNTEER, make_key

DAY_MS = 86_400_000
NAME = name_list(CHAIN_ID, POSITION)
MOMENT = Moment(Height(9), NOW)


def read_chunks(state: Overlay) -> Any:
    return lambda number: CHUNKS.get(state, encode_number(number))


@given(st.dictionaries(st.integers(0, LIST_POSITIONS - 1), st.sampled_from(PositionStatus), max_size=40))
def test_list_from_the_state_says_what_was_set(statuses: dict[int, PositionStatus]) -> None:
    state = Overlay(EmptyView())
    for position, status in statuses.items():
        take_position(state, position)
        set_status(state, position, status)
    packed = pack_list(read_chunks(state), 0)
    data = make_status_list(ListName(CHAIN_ID, 0), packed, MOMENT, LOG_KEY).encode()
    found, _jws = parse_status_list(data)
    positions = {*statuses, *range(0, LIST_POSITIONS, 40_001)}
    assert {item: found.get(item) for item in positions} == {
        item: statuses.get(item, PositionStatus.VALID) for item in positions
    }
    for purpose in Purpose:
        bits = pack_bits(packed, purpose)
        assert {item for item in positions if get_bit(bits, item)} == {
            item for item, status in statuses.items() if status in MEANT[purpose]
        }


def test_position_is_taken_once_and_lists_open_one_after_another() -> None:
    state = Overlay(EmptyView())
    take_position(state, 5)
    with pytest.raises(Rejection) as refused:
        take_position(state, 5)
    assert refused.value.reason is Reason.POSITION_TAKEN
    with pytest.raises(Rejection) as refused:
        take_position(state, LIST_POSITIONS)
    assert refused.value.reason is Reason.LIST_NOT_OPEN
    numbers = list(range(LIST_POSITIONS))
    Random(1).shuffle(numbers)
    for position in [item for item in numbers if item != 5][: LIST_POSITIONS // 2 - 1]:
        take_position(state, position)
    take_position(state, LIST_POSITIONS)
    with pytest.raises(Rejection):
        take_position(state, 2 * LIST_POSITIONS)


def test_layout_is_that_of_the_specification() -> None:
    """The example of draft-ietf-oauth-status-list for bits of a byte: low bits first; W3C's bitstring: high bits first."""
    packed = bytearray(LIST_BYTES)
    packed[0], packed[1] = 0x21, 0x3B
    found, jws = parse_status_list(make_status_list(NAME, bytes(packed), MOMENT, LOG_KEY).encode())
    first = NAME.compute_position(0)
    assert [found.get(first + index) for index in range(4)] == [1, 2, 11, 3]
    assert pack_bits(bytes(packed), Purpose.REVOCATION)[:1] == b"\xa0"
    assert pack_bits(bytes(packed), Purpose.SUSPENSION)[:1] == b"\x40"
    assert pack_bits(bytes(packed), Purpose.REFRESH)[:1] == b"\x10"
    assert len(pack_bits(bytes(packed), Purpose.REFRESH)) == BITSTRING_BYTES == LIST_POSITIONS // 8
    assert jws.header["typ"] == "statuslist+jwt"
    payload: Any = jws.payload
    assert (payload["exp"] - payload["iat"], payload["ttl"], payload["height"]) == (86_400, 300, 9)
    assert zlib.decompress(parse_base64url(payload["status_list"]["lst"])) == bytes(packed)


def test_good_list_is_valid(trust: Any) -> None:
    report = verify_artefact(make_list(), ask(trust, None))
    assert (report.kind, report.verdict) == ("token_status_list", Verdict.VALID)
    assert report.statement is not None
    assert report.statement["list"] == 1


def test_list_of_a_stranger_and_out_of_date(trust: Any, foreign_trust: Any) -> None:
    for data, policy, at_time_ms, reason in (
        (make_list(log="another log"), trust, NOW, Reason.UNTRUSTED_LOG),
        (make_list(), foreign_trust, NOW, Reason.UNTRUSTED_LOG),
        (make_list(), trust, NOW + DAY_MS, Reason.STALE),
        (make_list(), trust, NOW - DAY_MS, Reason.STALE),
    ):
        report = verify_artefact(data, ask(policy, None, at_time_ms))
        assert report.verdict is Verdict.UNDETERMINED
        assert [check.reason for check in report.report.checks if check.reason] == [reason]
    with pytest.raises(HourledgerError) as stale:
        find_status(make_list(), Place(CHAIN_ID, POSITION), (trust,), ask(trust, None, NOW + 2_000, 1_000).times)
    assert stale.value.reason is Reason.STALE


def test_other_list_proves_nothing(trust: Any) -> None:
    question = ask(trust, None)
    for place in (Place(CHAIN_ID, 5), Place("other.example", POSITION)):
        with pytest.raises(HourledgerError) as refused:
            find_status(make_list(), place, (trust,), question.times)
        assert refused.value.reason is Reason.STALE
    assert find_status(make_list(), Place(CHAIN_ID, POSITION), (trust,), question.times).status is PositionStatus.VALID


def test_number_without_meaning_is_not_good(trust: Any) -> None:
    with pytest.raises(CodecError) as refused:
        find_status(make_list(7), Place(CHAIN_ID, POSITION), (trust,), ask(trust, None).times)
    assert refused.value.reason is Reason.UNSUPPORTED_VERSION


def test_flipped_bits_are_noticed(trust: Any) -> None:
    data = make_list()
    for place in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 1
        assert verify_artefact(bytes(damaged), ask(trust, None)).verdict is not Verdict.VALID


@pytest.mark.parametrize(
    "packed",
    [
        zlib.compress(bytes(LIST_BYTES - 1)),
        zlib.compress(bytes(1 << 26)),
        zlib.compress(bytes(LIST_BYTES)) + b"x",
        b"",
        b"x" * 99,
    ],
)
def test_list_of_another_length_and_bombs_are_refused(packed: bytes) -> None:
    _found, jws = parse_status_list(make_list())
    payload: Any = {**jws.payload, "status_list": {"bits": 4, "lst": format_base64url(packed)}}
    header = {name: value for name, value in jws.header.items() if name != "alg"}
    with pytest.raises(CodecError):
        parse_status_list(sign_jws(header, payload, LOG_KEY).encode())


def test_bitstring_list_is_verified(trust: Any, foreign_trust: Any) -> None:
    packed = bytes(LIST_BYTES)
    for purpose in Purpose:
        document = make_bitstring_list(NAME, purpose, packed, MOMENT, LOG_KEY)
        report = verify_artefact(encode_jcs(document), ask(trust, None))
        assert (report.kind, report.verdict) == ("bitstring_status_list", Verdict.VALID)
        assert verify_artefact(encode_jcs(document), ask(foreign_trust, None)).verdict is Verdict.UNDETERMINED
        changed = json.loads(encode_jcs(document).decode().replace(purpose, "message"))
        assert verify_artefact(encode_jcs(changed), ask(trust, None)).verdict is Verdict.INVALID
    stranger = make_bitstring_list(NAME, Purpose.REFRESH, packed, MOMENT, make_key("stranger"))
    assert verify_artefact(encode_jcs(stranger), ask(trust, None)).verdict is Verdict.UNDETERMINED
    later = verify_artefact(encode_jcs(stranger), ask(trust, None, NOW + DAY_MS))
    assert Reason.STALE in {check.reason for check in later.report.checks}


def test_bitstring_says_nothing_but_the_template() -> None:
    document = make_bitstring_list(NAME, Purpose.REFRESH, bytes(LIST_BYTES), MOMENT, LOG_KEY)
    for changed in ({**document, "name": "x"}, {**document, "issuer": "x"}, {**document, "id": "https://x/y"}):
        with pytest.raises(CodecError):
            parse_bitstring_list(changed)


@pytest.mark.parametrize(
    "text", ["", "https://a/v1/status-lists/", "https://a/v1/status-lists/01", "http://a/v1/status-lists/1"]
)
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(CodecError):
        parse_list_uri(text)


def test_addresses_are_read_as_written() -> None:
    for number in (0, 16_383):
        assert parse_list_uri(ListName(CHAIN_ID, number).uri) == ListName(CHAIN_ID, number)
    with pytest.raises(CodecError):
        parse_list_uri(ListName(CHAIN_ID, 16_384).uri)


@given(st.binary(max_size=300) | st.text('eyJabc._-~{}":,0123', max_size=120).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for parse in (parse_status_list, lambda item: parse_bitstring_list(parse_json_object(item))):
        with pytest.raises(CodecError):
            parse(data)


def test_base64url_has_one_text() -> None:
    assert parse_base64url(format_base64url(b"\xfb\xff\xfe")) == b"\xfb\xff\xfe"
    for text in ("A", "AB==", "AB", "+/+/", "AA AA"):
        if text == "AB" or not text.isalnum():
            with pytest.raises(CodecError):
                parse_base64url(text)
    assert base64.urlsafe_b64decode("AA==") == parse_base64url("AA")


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [
        (PositionStatus.VALID, Verdict.VALID, None),
        (PositionStatus.SUPERSEDED, Verdict.VALID, None),
        (PositionStatus.REVOKED, Verdict.INVALID, Reason.NOT_CURRENT),
        (PositionStatus.SUSPENDED, Verdict.INVALID, Reason.NOT_CURRENT),
        (PositionStatus.ERASED, Verdict.INVALID, Reason.NOT_CURRENT),
    ],
)
def test_certificate_is_held_against_a_list(
    region: Any, trust: Any, status: PositionStatus, verdict: Verdict, reason: Reason | None
) -> None:
    document = issue_certificate(region.evidence(), make_key("officer 1"), NOW, position=POSITION)
    report = verify_artefact(encode_jcs(document), ask(trust, make_list(status)))
    last = report.report.checks[-1]
    assert (report.verdict, last.name, last.reason, last.as_of_ms) == (verdict, "standing", reason, NOW)
    bare = encode_jcs(region.certificate())
    without = verify_artefact(bare, ask(trust, make_list(status)))
    assert (without.verdict, without.report.checks[-1].reason) == (Verdict.UNDETERMINED, Reason.STALE)


def test_number_without_meaning_in_the_state_is_undetermined(region: Any, trust: Any) -> None:
    """As of a rule book that this program does not know."""
    region.state.put(compute_chunk_key(POSITION), encode(CHUNKS.codec, b"\x44" * 512))
    root = compute_state_root({key: value for key, value in iterate_hashed(region.state.changes) if value is not None})
    header = replace(region.header, state_root=root)
    later = replace(region, header=header, entries=(*region.entries[:-1], HEADER.encode(header)))
    status = encode_jcs(format_bundle(later.bundle((), {compute_chunk_key(POSITION)})))
    with pytest.raises(HourledgerError) as refused:
        find_status(status, Place(CHAIN_ID, POSITION), (trust,), ask(trust, None).times)
    assert refused.value.reason is Reason.UNSUPPORTED_VERSION


def test_bundle_shows_the_status_under_a_quorum(builder: Any, trust: Any) -> None:
    content, hashed = Hash(b"c" * 32), Hash(b"d" * 32)
    number, days = compute_number(ORGANISATION, content), (Day(FIRST_DAY), Day(FIRST_DAY))
    body = RegisterCertificate(number, ORGANISATION, VOLUNTEER, *days, Minutes(60), hashed, content, 9)
    builder.certify([builder.attend(0)])
    builder.sign("certificates.register", body, "officer 1", "officer 2")
    builder.sign("certificates.suspend", AboutCertificate(number, ORGANISATION), "officer 1", "officer 2")
    region, times = builder.finish(), ask(trust, None).times

    def find(position: int, *shown: int) -> Any:
        bundle = region.bundle((), {compute_chunk_key(item) for item in shown})
        return find_status(encode_jcs(format_bundle(bundle)), Place(CHAIN_ID, position), (trust,), times)

    assert find(9, 9).status is PositionStatus.SUSPENDED
    for position, shown, reason in ((8, 8, Reason.NOT_CURRENT), (9, LIST_POSITIONS, Reason.STALE)):
        with pytest.raises(HourledgerError) as refused:
            find(position, shown)
        assert refused.value.reason is reason
