"""Waiting for a block: bounded, each once, signers in turn, and gone when the time is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed, sign
from ledger.types import TimeMs
from node.mempool import SIGNER_SHARE, Mempool
from tests.node import toy

KEYS = [SigningKey(bytes([number]) * 32) for number in range(50, 54)]


def make(number: int, signer: int = 0, valid_until_ms: int = toy.FAR_MS) -> SignedTransaction:
    return toy.transact(number, key=KEYS[signer], valid_until_ms=TimeMs(valid_until_ms))


def add_all(pool: Mempool, *transactions: SignedTransaction) -> None:
    for transaction in transactions:
        assert pool.add(transaction)


def busy(pool: Mempool, transaction: SignedTransaction) -> str:
    with pytest.raises(HourledgerError) as caught:
        pool.add(transaction)
    assert caught.value.reason is Reason.BUSY
    assert transaction.transaction_id not in pool
    return caught.value.detail


def test_one_signers_transactions_stay_in_order() -> None:
    pool = Mempool()
    waiting = [make(number) for number in (5, 3, 9, 1)]
    add_all(pool, *waiting)
    assert list(pool.iterate()) == waiting
    assert len(pool) == 4
    assert pool.byte_count == sum(len(encode_signed(item)) for item in waiting)


def test_signers_take_turns() -> None:
    pool = Mempool()
    bulk = [make(number) for number in range(4)]
    other, third = make(10, signer=1), make(20, signer=2)
    add_all(pool, *bulk, other, third)
    assert list(pool.iterate()) == [bulk[0], other, third, *bulk[1:]]


def test_a_signer_who_was_served_goes_to_the_end_of_the_line() -> None:
    pool = Mempool()
    bulk = [make(number) for number in range(3)]
    other = make(10, signer=1)
    add_all(pool, *bulk, other)
    pool.remove([bulk[0].transaction_id])
    assert list(pool.iterate()) == [other, *bulk[1:]]


def test_the_first_envelope_of_a_payload_stays() -> None:
    pool = Mempool()
    first = make(1)
    assert pool.add(first)
    assert not pool.add(sign(first, KEYS[1]))
    assert not pool.add(first)
    assert pool.get(first.transaction_id) == first
    assert list(pool.iterate()) == [first]


def test_the_number_is_bounded_for_all_and_for_each() -> None:
    pool = Mempool(max_count=8)
    add_all(pool, make(0), make(1))
    assert "of this signer" in busy(pool, make(2))
    add_all(pool, *(make(10 * signer + number, signer) for signer in (1, 2, 3) for number in range(2)))
    assert "of this signer" not in busy(pool, make(99))
    pool.remove([make(0).transaction_id])
    assert pool.add(make(2))


def test_the_bytes_are_bounded_for_all_and_for_each() -> None:
    size = len(encode_signed(make(0)))
    pool = Mempool(max_bytes=4 * size)
    add_all(pool, make(0))
    assert "of this signer" in busy(pool, make(1))
    add_all(pool, *(make(10 * signer, signer) for signer in (1, 2, 3)))
    assert "of this signer" not in busy(pool, make(1))
    assert pool.byte_count == 4 * size
    pool.remove([make(0).transaction_id])
    assert pool.add(make(1))


def test_removing_frees_a_signers_bytes() -> None:
    pool = Mempool(max_bytes=2 * SIGNER_SHARE * len(encode_signed(make(0))))
    add_all(pool, make(0), make(1))
    busy(pool, make(2))
    pool.remove([make(0).transaction_id])
    assert pool.add(make(2))


def test_expired_transactions_go() -> None:
    pool = Mempool()
    add_all(pool, make(1, valid_until_ms=100), make(2, valid_until_ms=200), make(3, 1, valid_until_ms=50))
    assert set(pool.expire(TimeMs(101))) == {make(1, valid_until_ms=100).transaction_id, make(3, 1, 50).transaction_id}
    assert pool.expire(TimeMs(200)) == ()
    assert [item.transaction_id for item in pool.iterate()] == [make(2, valid_until_ms=200).transaction_id]


def test_removing_what_does_not_wait_does_nothing() -> None:
    pool = Mempool()
    pool.remove([make(1).transaction_id])
    assert pool.get(make(1).transaction_id) is None
    assert (len(pool), pool.byte_count) == (0, 0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 15)), max_size=40))
def test_counts_follow_whatever_comes_and_goes(steps: list[tuple[bool, int]]) -> None:
    pool = Mempool(max_count=10)
    model: dict[int, SignedTransaction] = {}
    for is_added, number in steps:
        transaction = make(number, signer=number % 4)
        if not is_added:
            pool.remove([transaction.transaction_id])
            model.pop(number, None)
            continue
        try:
            assert pool.add(transaction) == (number not in model)
        except HourledgerError:
            assert len(model) == 10 or len([item for item in model if item % 4 == number % 4]) == 2
        else:
            model[number] = transaction
    assert sorted(item.payload for item in pool.iterate()) == sorted(item.payload for item in model.values())
    assert len(pool) == len(model) <= 10
    assert pool.byte_count == sum(len(encode_signed(item)) for item in model.values())
    for signer in range(4):
        mine = [item for item in pool.iterate() if item.signers[0] == KEYS[signer].public_key]
        assert mine == [item for number, item in model.items() if number % 4 == signer]


def test_what_is_new_is_told_once_and_only_while_it_waits() -> None:
    pool = Mempool()
    first, second, third, heard = (make(number) for number in range(4))
    add_all(pool, first, second)
    assert pool.take_new() == (first, second)
    assert pool.take_new() == ()
    add_all(pool, third)
    pool.add(heard, is_told=True)
    pool.remove([third.transaction_id])
    assert pool.take_new() == ()
    assert list(pool.iterate_ids()) == [item.transaction_id for item in (first, second, heard)]
