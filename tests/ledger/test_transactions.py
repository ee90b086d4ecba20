"""Transactions: one encoding, an id of the payload alone, drafts that officers sign in any order, and what is refused first."""

import contextlib
import operator
from itertools import permutations
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.crypto import Context, sha256
from ledger.errors import CodecError, HourledgerError, SignatureError
from ledger.reasons import Reason
from ledger.transactions import (
    MAX_PAYLOAD_BYTES,
    MAX_REMEMBERED_BYTES,
    MAX_SIGNATURES,
    MAX_TRANSACTION_BYTES,
    MAX_VALIDITY_MS,
    KeySignature,
    SignedTransaction,
    Transaction,
    compute_transaction_id,
    decode_payload,
    decode_signed,
    draft,
    encode_signed,
    sign,
    validate_form,
    validate_validity,
    verify_signatures,
)
from ledger.types import Identifier, PublicKey, Signature, TimeMs
from tests.ledger.samples import CHAIN_ID, TIME_MS, TRANSACTION, flip_every_bit, make_key, plain_text, signing_keys, times

OFFICERS = tuple(make_key(f"officer {number}") for number in range(3))

transactions = st.builds(
    Transaction,
    version=st.integers(0, 2**16),
    chain_id=plain_text.filter(bool),
    kind=plain_text.filter(bool),
    body=st.binary(max_size=64),
    nonce=st.binary(min_size=16, max_size=16).map(Identifier),
    valid_until_ms=times,
)


def sign_by(*names: int, transaction: Transaction = TRANSACTION) -> SignedTransaction:
    signed = draft(transaction)
    for name in names:
        signed = sign(signed, OFFICERS[name])
    return signed


def reason_of(error: pytest.ExceptionInfo[HourledgerError]) -> Reason:
    return error.value.reason


@given(transactions, st.sets(st.integers(0, 2)), st.permutations(range(4)))
def test_what_is_remembered_with_an_envelope_is_what_follows_from_it(
    transaction: Transaction, names: set[int], order: list[int]
) -> None:
    asked = sign_by(*names, transaction=transaction)
    plain = SignedTransaction(asked.payload, asked.signatures)
    questions = (
        lambda item: item.transaction_id,
        encode_signed,
        decode_payload,
        lambda item: decode_signed(encode_signed(item)),
    )
    for number in (*order, *order):
        answer = questions[number](asked)
        assert answer == questions[number](SignedTransaction(plain.payload, plain.signatures))
    more = sign(asked, make_key("another"))
    assert decode_signed(encode_signed(more)) == more != asked
    assert more.transaction_id == asked.transaction_id == compute_transaction_id(asked.payload)
    assert (asked, hash(asked), repr(asked)) == (plain, hash(plain), repr(plain))
    assert operator.ne(asked, plain) is False  # which does not follow from the line above, for a struct


def test_large_envelopes_are_not_kept_twice() -> None:
    large = draft(replace(TRANSACTION, body=bytes(MAX_REMEMBERED_BYTES)))
    assert encode_signed(large) is not encode_signed(large)
    assert decode_payload(large) is not decode_payload(large)


class TestDrafts:
    def test_a_transaction_travels_from_the_first_officer_to_the_node(self) -> None:
        unsigned = encode_signed(draft(TRANSACTION))
        after_first = encode_signed(sign(decode_signed(unsigned), OFFICERS[0]))
        after_second = encode_signed(sign(decode_signed(after_first), OFFICERS[1]))
        received = decode_signed(after_second)
        verify_signatures(received)
        assert set(received.signers) == {OFFICERS[0].public_key, OFFICERS[1].public_key}
        assert decode_payload(received) == TRANSACTION

    def test_the_order_in_which_officers_sign_does_not_show(self) -> None:
        assert len({encode_signed(sign_by(*order)) for order in permutations(range(3))}) == 1

    def test_signing_twice_changes_nothing(self) -> None:
        assert sign_by(0, 1, 0) == sign_by(0, 1)

    def test_signing_again_puts_a_spoilt_signature_right(self) -> None:
        spoilt = replace(sign_by(0), signatures=(KeySignature(OFFICERS[0].public_key, Signature(bytes(64))),))
        assert sign(spoilt, OFFICERS[0]) == sign_by(0)

    def test_the_payload_is_signed_for_this_purpose_only(self) -> None:
        signed = sign_by(0)
        assert signed.signatures[0].signature == OFFICERS[0].sign(Context.TRANSACTION, signed.payload)


class TestId:
    def test_is_the_same_whoever_signs(self) -> None:
        ids = {draft(TRANSACTION).transaction_id, sign_by(0).transaction_id, sign_by(1, 2).transaction_id}
        assert ids == {sha256(b"hourledger/transaction-id/v1\x00", draft(TRANSACTION).payload)}

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 2},
            {"chain_id": "other.example"},
            {"kind": "hours.void"},
            {"body": b""},
            {"nonce": Identifier(bytes(16))},
            {"valid_until_ms": TIME_MS},
        ],
        ids=str,
    )
    def test_changes_with_every_field(self, change: dict[str, Any]) -> None:
        assert draft(replace(TRANSACTION, **change)).transaction_id != draft(TRANSACTION).transaction_id


class TestEncoding:
    def test_is_the_documented_array(self) -> None:
        signed = sign_by(0)
        payload = [1, CHAIN_ID, "hours.record", b"\x91\x01", bytes(range(16)), TRANSACTION.valid_until_ms]
        assert msgpack.unpackb(signed.payload) == payload
        signature = OFFICERS[0].sign(Context.TRANSACTION, msgpack.packb(payload))
        assert encode_signed(signed) == msgpack.packb([signed.payload, [[OFFICERS[0].public_key, signature]]])

    def test_limits_are_part_of_the_format(self) -> None:
        assert (MAX_TRANSACTION_BYTES, MAX_PAYLOAD_BYTES, MAX_SIGNATURES) == (262_144, 258_048, 32)

    @pytest.mark.parametrize(
        ("name", "most", "too_much"),
        [("version", 65_536, 65_537), ("chain_id", "c" * 128, "c" * 129), ("kind", "k" * 64, "k" * 65)],
    )
    def test_fields_are_limited(self, name: str, most: Any, too_much: Any) -> None:
        transaction = replace(TRANSACTION, **{name: most})
        assert decode_payload(draft(transaction)) == transaction
        with pytest.raises(CodecError):
            draft(replace(TRANSACTION, **{name: too_much}))

    @given(transactions, st.lists(signing_keys, max_size=3))
    def test_round_trip(self, transaction: Transaction, keys: list[Any]) -> None:
        signed = draft(transaction)
        for key in keys:
            signed = sign(signed, key)
        decoded = decode_signed(encode_signed(signed))
        assert decoded == signed
        assert decode_payload(decoded) == transaction

    @given(st.binary(max_size=200))
    def test_any_bytes_are_an_envelope_or_a_codec_error(self, data: bytes) -> None:
        with contextlib.suppress(CodecError):
            assert encode_signed(decode_signed(data)) == data

    @given(st.binary(min_size=1, max_size=100))
    def test_any_payload_is_a_transaction_or_a_codec_error(self, payload: bytes) -> None:
        with contextlib.suppress(CodecError):
            assert draft(decode_payload(SignedTransaction(payload, ()))).payload == payload

    def test_no_flipped_bit_goes_unnoticed(self) -> None:
        for data in flip_every_bit(encode_signed(sign_by(0, 1))):
            with pytest.raises((CodecError, SignatureError)):
                verify_signatures(decode_signed(data))

    @pytest.mark.parametrize("order", [(1, 0), (0, 0), (0, 1, 1), (0, 2, 1)])
    def test_signatures_out_of_order_or_twice_are_refused(self, order: tuple[int, ...]) -> None:
        in_order = sign_by(0, 1, 2).signatures
        pairs = [[in_order[number].key, in_order[number].signature] for number in order]
        with pytest.raises(CodecError, match="ascending"):
            decode_signed(msgpack.packb([sign_by(0).payload, pairs]))

    @pytest.mark.parametrize("order", [(1, 0), (0, 0)])
    def test_signatures_out_of_order_or_twice_are_not_written_either(self, order: tuple[int, ...]) -> None:
        in_order = sign_by(0, 1).signatures
        with pytest.raises(CodecError, match="ascending"):
            encode_signed(SignedTransaction(b"x", tuple(in_order[number] for number in order)))

    def test_the_largest_draft_can_be_signed_by_as_many_as_may_sign(self) -> None:
        overhead = len(draft(replace(TRANSACTION, body=bytes(70_000))).payload) - 70_000
        signed = draft(replace(TRANSACTION, body=bytes(MAX_PAYLOAD_BYTES - overhead)))
        assert len(signed.payload) == MAX_PAYLOAD_BYTES
        for number in range(MAX_SIGNATURES):
            signed = sign(signed, make_key(f"officer {number}"))
        assert decode_signed(encode_signed(signed)) == signed
        assert decode_payload(signed).kind == TRANSACTION.kind

    def test_a_larger_draft_is_refused_before_anybody_signs_it(self) -> None:
        for write in (encode_signed, decode_payload):
            with pytest.raises(CodecError):
                write(SignedTransaction(bytes(MAX_PAYLOAD_BYTES + 1), ()))

    def test_one_signature_too_many_is_not_written(self) -> None:
        signed = draft(TRANSACTION)
        for number in range(MAX_SIGNATURES + 1):
            signed = sign(signed, make_key(f"officer {number}"))
        with pytest.raises(CodecError):
            encode_signed(signed)

    def test_an_envelope_has_a_payload(self) -> None:
        with pytest.raises(CodecError):
            decode_signed(msgpack.packb([b"", []]))

    def test_signatures_are_limited(self) -> None:
        pairs = [[bytes(31) + bytes([number]), bytes(64)] for number in range(MAX_SIGNATURES + 1)]
        assert len(decode_signed(msgpack.packb([b"x", pairs[1:]])).signatures) == MAX_SIGNATURES
        with pytest.raises(CodecError):
            decode_signed(msgpack.packb([b"x", pairs]))

    def test_size_is_limited(self) -> None:
        with pytest.raises(CodecError) as error:
            decode_signed(bytes(MAX_TRANSACTION_BYTES + 1))
        assert reason_of(error) is Reason.TOO_LARGE


class TestForm:
    def test_of_this_chain_and_version_passes(self) -> None:
        validate_form(TRANSACTION, CHAIN_ID)

    @pytest.mark.parametrize(
        ("change", "reason", "value"),
        [
            ({"version": 0}, Reason.UNSUPPORTED_VERSION, "0"),
            ({"version": 2}, Reason.UNSUPPORTED_VERSION, "2"),
            ({"chain_id": "other.example"}, Reason.WRONG_CHAIN, "other.example"),
            ({"version": 2, "chain_id": "other.example"}, Reason.UNSUPPORTED_VERSION, "2"),
        ],
    )
    def test_refused(self, change: dict[str, Any], reason: Reason, value: str) -> None:
        with pytest.raises(HourledgerError) as error:
            validate_form(replace(TRANSACTION, **change), CHAIN_ID)
        assert (reason_of(error), error.value.value) == (reason, value)


class TestValidity:
    @pytest.mark.parametrize("ahead_ms", [0, 1, MAX_VALIDITY_MS])
    def test_from_now_to_thirty_days_ahead(self, ahead_ms: int) -> None:
        validate_validity(replace(TRANSACTION, valid_until_ms=TimeMs(TIME_MS + ahead_ms)), TIME_MS)

    @pytest.mark.parametrize(("ahead_ms", "reason"), [(-1, Reason.EXPIRED), (MAX_VALIDITY_MS + 1, Reason.VALID_TOO_LONG)])
    def test_outside(self, ahead_ms: int, reason: Reason) -> None:
        with pytest.raises(HourledgerError) as error:
            validate_validity(replace(TRANSACTION, valid_until_ms=TimeMs(TIME_MS + ahead_ms)), TIME_MS)
        assert (reason_of(error), error.value.value) == (reason, str(TIME_MS + ahead_ms))

    def test_thirty_days_are_meant(self) -> None:
        assert MAX_VALIDITY_MS == 2_592_000_000


class TestSignatures:
    def test_nobody_has_signed(self) -> None:
        with pytest.raises(SignatureError, match="nobody"):
            verify_signatures(draft(TRANSACTION))

    def test_one_bad_among_good_is_named(self) -> None:
        signed = sign_by(0, 1, 2)
        for number, bad in enumerate(signed.signatures):
            others = [item for item in signed.signatures if item is not bad]
            spoilt = KeySignature(bad.key, others[0].signature)
            pairs = tuple(spoilt if item is bad else item for item in signed.signatures)
            with pytest.raises(SignatureError) as error:
                verify_signatures(replace(signed, signatures=pairs))
            assert error.value.value == signed.signers[number].hex()

    def test_a_signature_of_another_payload_or_purpose(self) -> None:
        payload = draft(TRANSACTION).payload
        for context, message in [
            (Context.TRANSACTION, payload + b"\x00"),
            (Context.BLOCK, payload),
            (Context.PLAIN, payload),
            (Context.TRANSACTION, draft(TRANSACTION).transaction_id),
        ]:
            pair = KeySignature(OFFICERS[0].public_key, OFFICERS[0].sign(context, message))
            with pytest.raises(SignatureError):
                verify_signatures(SignedTransaction(payload, (pair,)))

    def test_a_key_of_small_order_signs_nothing(self) -> None:
        # The neutral element as key makes (neutral element, 0) verify for every message where a library does not refuse it.
        neutral = b"\x01" + bytes(31)
        pair = KeySignature(PublicKey(neutral), Signature(neutral + bytes(32)))
        with pytest.raises(SignatureError):
            verify_signatures(SignedTransaction(draft(TRANSACTION).payload, (pair,)))
