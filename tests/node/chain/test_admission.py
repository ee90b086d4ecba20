"""The order of reasons, and that what was verified once is not verified again."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from msgspec.structs import replace

from ledger.codec import encode
from ledger.errors import CodecError, HourledgerError
from ledger.execution import BlockContext, Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import EmptyView, Overlay, View
from ledger.transactions import SignedTransaction, Transaction, draft, encode_signed, sign
from ledger.types import Identifier, PublicKey, Signature, TimeMs
from ledger.votes import Offence
from node.chain.admission import Admission, validate_new
from node.storage.memory import MemoryStore
from tests.node import toy

GOOD = Transaction(1, toy.CHAIN_ID, "put", encode(toy.PUTS, ()), Identifier(bytes(16)), toy.FAR_MS)
FAULTS: dict[Reason, dict[str, object]] = {
    Reason.UNSUPPORTED_VERSION: {"version": 2},
    Reason.WRONG_CHAIN: {"chain_id": "another.example"},
    Reason.UNKNOWN_KIND: {"kind": "gift"},
    Reason.MALFORMED_BODY: {"body": b"\xc1"},
    Reason.EXPIRED: {"valid_until_ms": 1},
}
"""In order of precedence."""


def find_reason(signed: SignedTransaction, time_ms: TimeMs = toy.START_MS) -> Reason | None:
    admission = Admission(toy.CHAIN_ID)
    try:
        admission.validate(encode_signed(signed), signed, toy.RULE_BOOK, toy.make_genesis_state(), time_ms)
    except HourledgerError as error:
        return error.reason
    return None


def test_a_good_transaction_is_admitted() -> None:
    assert find_reason(sign(draft(GOOD), toy.MEMBER)) is None


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_has_its_reason(reason: Reason) -> None:
    assert find_reason(sign(draft(replace(GOOD, **FAULTS[reason])), toy.MEMBER)) is reason


@pytest.mark.parametrize(("first", "second"), list(pairwise(FAULTS)))
def test_of_two_faults_the_earlier_reason_is_given(first: Reason, second: Reason) -> None:
    faults = FAULTS[second] | FAULTS[first]
    assert find_reason(draft(replace(GOOD, **faults))) is first


def test_time_comes_before_signatures_and_signatures_before_membership() -> None:
    late = TimeMs(toy.FAR_MS + 1)
    assert find_reason(draft(GOOD), late) is Reason.EXPIRED
    assert find_reason(draft(GOOD)) is Reason.INVALID_SIGNATURE
    strange = sign(draft(GOOD), toy.STRANGER)
    assert find_reason(strange) is Reason.UNKNOWN_KEY
    forged = (replace(strange.signatures[0], key=toy.MEMBER.public_key),)
    assert find_reason(replace(strange, signatures=forged)) is Reason.INVALID_SIGNATURE


def test_what_was_verified_is_not_read_again_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.chain.admission.REMEMBERED_TRANSACTIONS", 2)
    admission = Admission(toy.CHAIN_ID)
    good = [toy.transact(number, (b"key", bytes(500)), key=toy.MEMBER) for number in range(6)]
    large = toy.transact(9, (b"a", bytes(900)), (b"b", bytes(900)), key=toy.MEMBER)
    unsigned = draft(GOOD)
    for signed in (*good, large):
        admission.validate(encode_signed(signed), signed, toy.RULE_BOOK, toy.make_genesis_state(), toy.START_MS)
    envelopes = [encode_signed(item) for item in (*good, large, unsigned)]
    assert [admission.decode(bytes(bytearray(item))) for item in envelopes] == [*good, large, unsigned]
    assert [admission.decode(envelope) is item for envelope, item in zip(envelopes, good, strict=False)][2:] == [True] * 4
    assert admission.decode(envelopes[6]) is not large
    with pytest.raises(CodecError):
        admission.decode(envelopes[0] + b"x")
    forged = replace(good[0], signatures=(replace(good[0].signatures[0], signature=Signature(bytes(64))),))
    with pytest.raises(HourledgerError):
        admission.validate(encode_signed(forged), forged, toy.RULE_BOOK, toy.make_genesis_state(), toy.START_MS)
    assert admission.decode(encode_signed(forged)) is not forged


class CountingRules:
    """The toy's rules, counting the bodies that were looked at."""

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.looked_at = 0

    def validate_form(self, transaction: Transaction) -> None:
        self.looked_at += 1
        toy.RULE_BOOK.validate_form(transaction)

    def admit(self, view: View, signers: Sequence[PublicKey]) -> None:
        toy.RULE_BOOK.admit(view, signers)

    def apply(self, state: Overlay, transaction: Transaction, context: TransactionContext) -> Effects:
        return toy.RULE_BOOK.apply(state, transaction, context)

    def record_offence(self, state: Overlay, offence: Offence, block: BlockContext) -> Effects:
        return toy.RULE_BOOK.record_offence(state, offence, block)


def test_bytes_are_looked_at_once_but_time_and_membership_always() -> None:
    rules = CountingRules()
    admission = Admission(toy.CHAIN_ID, capacity=1)
    state = toy.make_genesis_state()
    one, two, three = (toy.transact(number) for number in range(3))

    def look_at(signed: SignedTransaction, time_ms: TimeMs = toy.START_MS) -> int:
        admission.validate(encode_signed(signed), signed, rules, state, time_ms)
        return rules.looked_at

    assert [look_at(one), look_at(one), look_at(two), look_at(one), look_at(three), look_at(one)] == [1, 1, 2, 2, 3, 4]
    with pytest.raises(HourledgerError, match="time is over"):
        look_at(one, TimeMs(toy.FAR_MS + 1))
    with pytest.raises(HourledgerError, match="no member has signed"):
        admission.validate(encode_signed(one), one, rules, EmptyView(), toy.START_MS)


def test_bytes_are_looked_at_again_under_another_version() -> None:
    """What has a form under one version of the rules need not have one under the next."""
    admission, first, second = Admission(toy.CHAIN_ID), CountingRules(), CountingRules(2)
    signed = toy.transact(1)
    for rules in (first, second, first, second):
        admission.validate(encode_signed(signed), signed, rules, toy.make_genesis_state(), toy.START_MS)
    assert (first.looked_at, second.looked_at) == (1, 1)


def test_other_signatures_are_not_taken_as_verified() -> None:
    admission = Admission(toy.CHAIN_ID)
    state = toy.make_genesis_state()
    good = toy.transact(1)
    admission.validate(encode_signed(good), good, toy.RULE_BOOK, state, toy.START_MS)
    forged = replace(good, signatures=(replace(good.signatures[0], signature=bytes(64)),))
    with pytest.raises(HourledgerError, match="signature does not fit"):
        admission.validate(encode_signed(forged), forged, toy.RULE_BOOK, state, toy.START_MS)


def test_a_transaction_is_new_once() -> None:
    store = MemoryStore()
    chain = toy.open_chain(store)
    transaction_id = toy.transact(1).transaction_id
    validate_new(store, transaction_id, ())
    with pytest.raises(HourledgerError, match="in a block already"):
        validate_new(store, transaction_id, {transaction_id})
    toy.add_block(chain, toy.transact(1))
    with pytest.raises(HourledgerError, match="in a block already"):
        validate_new(store, transaction_id, ())
