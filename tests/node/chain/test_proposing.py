"""What gets into a block, in which order, and what is left out and why."""

import pytest

from ledger.blocks import encode_block
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import TimeMs
from node.chain import Candidate, Chain, proposing
from node.storage.memory import MemoryStore
from tests.node import toy

GOOD = [toy.transact(number, (b"key%d" % number, b"v")) for number in range(5)]


@pytest.fixture
def chain() -> Chain:
    return toy.open_chain(MemoryStore())


def get_reasons(candidate: Candidate) -> dict[bytes, Reason]:
    return {bytes(item.transaction_id): item.error.reason for item in candidate.left_out}


def test_transactions_stay_in_order(chain: Chain) -> None:
    candidate = toy.build(chain, GOOD)
    assert candidate.block.transactions == toy.envelopes(*GOOD)
    assert [outcome.transaction_id for outcome in candidate.outcomes] == [item.transaction_id for item in GOOD]
    assert candidate.left_out == ()


def test_what_may_not_enter_is_left_out_with_its_reason(chain: Chain) -> None:
    other = toy.open_chain(MemoryStore())
    for node in (chain, other):
        toy.add_block(node, GOOD[0])
    bad = {
        Reason.ALREADY_EXISTS: GOOD[0],
        Reason.EXPIRED: toy.transact(11, valid_until_ms=toy.START_MS),
        Reason.VALID_TOO_LONG: toy.transact(12, valid_until_ms=TimeMs(toy.FAR_MS * 10)),
        Reason.UNKNOWN_KEY: toy.transact(13, key=toy.STRANGER),
        Reason.INTERNAL: toy.transact(14, (b"key1", b"broken"), kind="break"),
    }
    candidate = toy.build(chain, [GOOD[1], *bad.values(), GOOD[2]])
    assert candidate.block.transactions == toy.envelopes(GOOD[1], GOOD[2])
    assert get_reasons(candidate) == {bytes(item.transaction_id): reason for reason, item in bad.items()}
    assert other.validate(candidate.block).block == candidate.block
    assert candidate.writes[b"svalue/key1"] == b"v"


def test_one_offered_twice_is_taken_once(chain: Chain) -> None:
    candidate = toy.build(chain, [GOOD[0], GOOD[1], GOOD[0]])
    assert candidate.block.transactions == toy.envelopes(GOOD[0], GOOD[1])
    assert get_reasons(candidate) == {bytes(GOOD[0].transaction_id): Reason.ALREADY_EXISTS}


def test_a_block_is_full_at_its_number_of_transactions(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "MAX_BLOCK_TRANSACTIONS", 3)
    offered = iter(GOOD)
    candidate = toy.build(chain, offered)
    assert candidate.block.transactions == toy.envelopes(*GOOD[:3])
    assert candidate.left_out == ()


def make_large(number: int, values: int) -> SignedTransaction:
    return toy.transact(number, *((b"%d/%d" % (number, value), bytes([1]) * 900) for value in range(values)))


def test_a_block_is_full_at_its_bytes_and_nothing_overtakes(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, small = make_large(1, 5), make_large(2, 5), GOOD[0]
    room = len(encode_signed(first)) + len(encode_signed(small)) + proposing.HEADER_ALLOWANCE_BYTES + 10
    monkeypatch.setattr(proposing, "MAX_BLOCK_BYTES", room)
    assert toy.build(chain, [first, second, small]).block.transactions == toy.envelopes(first)
    assert toy.build(chain, [first, small, second]).block.transactions == toy.envelopes(first, small)


def test_the_bytes_that_are_counted_are_not_fewer_than_there_are(chain: Chain) -> None:
    for offered in ([], GOOD, [make_large(number, 60) for number in range(100, 110)]):
        block = toy.build(chain, offered).block
        counted = proposing.HEADER_ALLOWANCE_BYTES + sum(
            len(envelope) + proposing.ENVELOPE_ALLOWANCE_BYTES for envelope in block.transactions
        )
        assert len(encode_block(block)) <= counted


def test_a_block_is_no_larger_than_asked_for_but_has_its_first_transaction(chain: Chain) -> None:
    waiting = [toy.transact(number, (b"a", bytes(200))) for number in range(4)]
    size = len(encode_signed(waiting[0])) + proposing.ENVELOPE_ALLOWANCE_BYTES
    for max_bytes, count in ((1, 1), (size, 1), (2 * size - 1, 1), (2 * size, 2), (10 * size, 4)):
        candidate = chain.build(waiting, toy.START_MS, toy.AUTHORITY_KEYS[0].public_key, max_bytes=max_bytes)
        assert len(candidate.block.transactions) == count
        assert candidate.left_out == ()
