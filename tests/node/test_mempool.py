"""Waiting for a block: bounded, each once, parties in turn, and gone when the time is over."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed, sign
from ledger.types import PublicKey, TimeMs
from node import mempool
from node.mempool import ANY_WEIGHT, PARTY_SHARE, Mempool
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


def make_heavy(number: int, signer: int, size: int) -> SignedTransaction:
    return toy.transact(number, (b"key", bytes(size)), key=KEYS[signer])


def find_pair(signers: Sequence[PublicKey]) -> bytes:
    """Two keys a party."""
    return b"%d" % ([key.public_key for key in KEYS].index(signers[0]) // 2)


def weigh(transaction: SignedTransaction) -> int:
    return ANY_WEIGHT + len(encode_signed(transaction))


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


def test_many_light_ones_go_beside_one_heavy_one() -> None:
    pool = Mempool()
    heavy = [make_heavy(number, 0, 900) for number in range(3)]
    light = [make(10 + number, signer=1) for number in range(6)]
    add_all(pool, *heavy, *light)
    beside = weigh(heavy[0]) // weigh(light[0])
    assert 1 < beside < len(light)
    assert list(pool.iterate())[: beside + 1] == [*light[:beside], heavy[0]]


def test_who_comes_later_need_not_wait_for_what_others_have_piled_up() -> None:
    pool = Mempool()
    bulk = [make(number) for number in range(50)]
    add_all(pool, *bulk)
    for served in range(0, 20, 5):
        assert list(pool.iterate())[:5] == bulk[served : served + 5]
        pool.remove([item.transaction_id for item in bulk[served : served + 5]])
    next(pool.iterate())
    late = [make(100 + number, signer=1) for number in range(3)]
    add_all(pool, *late)
    assert list(pool.iterate())[:7] == [bulk[20], bulk[21], late[0], bulk[22], late[1], bulk[23], late[2]]


def test_rest_is_not_made_up_for() -> None:
    pool = Mempool()
    add_all(pool, *(make(number) for number in range(40)))
    for _number in range(30):
        pool.remove([next(iter(pool.iterate())).transaction_id])
    bulk = [make(100 + number, signer=1) for number in range(20)]
    add_all(pool, *bulk)
    taken = list(pool.iterate())[:10]
    assert 4 <= len([item for item in taken if item in bulk]) <= 6


def test_a_block_takes_a_part_of_much_and_all_of_little(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Mempool()
    assert pool.take() == ()
    waiting = [make(number) for number in range(10)]
    add_all(pool, *waiting)
    assert pool.take() == tuple(waiting)
    monkeypatch.setattr(mempool, "TAKEN_WEIGHT", 3 * weigh(waiting[0]))
    assert pool.take() == tuple(waiting[:3])
    monkeypatch.setattr(mempool, "TAKEN_WEIGHT", 1)
    assert pool.take() == (waiting[0],)


def test_keys_of_one_party_share_its_turns_and_its_places() -> None:
    pool = Mempool(max_count=16, find_party=find_pair)
    bulk = [make(number, signer=number % 2) for number in range(16 // PARTY_SHARE)]
    add_all(pool, *bulk)
    assert "of this party" in busy(pool, make(99, signer=1))
    other = make(100, signer=2)
    add_all(pool, other)
    assert list(pool.iterate()) == [bulk[0], other, *bulk[1:]]


def test_the_number_is_bounded_for_all_and_for_each() -> None:
    pool = Mempool(max_count=8)
    add_all(pool, make(0), make(1))
    assert "of this party" in busy(pool, make(2))
    for signer in (1, 2, 3):
        add_all(pool, make(10 * signer, signer))  # the first of a party always
        assert "of this party" in busy(pool, make(10 * signer + 1, signer))


def test_no_more_than_all_places_are_taken_by_the_first_of_each() -> None:
    pool = Mempool(max_count=3)
    add_all(pool, *(make(signer, signer) for signer in range(3)))
    assert "of this party" not in busy(pool, make(3, signer=3))
    pool.remove([make(0).transaction_id])
    assert pool.add(make(3, signer=3))


def test_the_bytes_are_bounded_for_all_and_for_each() -> None:
    size = len(encode_signed(make(0)))
    pool = Mempool(max_bytes=4 * size)
    add_all(pool, make(0))
    assert "of this party" in busy(pool, make(1))
    add_all(pool, *(make(10 * signer, signer) for signer in (1, 2, 3)))
    assert "of this party" not in busy(pool, make(1))
    assert pool.byte_count == 4 * size
    pool.remove([make(0).transaction_id])
    assert pool.add(make(1))


def test_removing_frees_a_signers_bytes() -> None:
    pool = Mempool(max_bytes=2 * PARTY_SHARE * len(encode_signed(make(0))))
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
            own = len([item for item in model if item % 4 == number % 4])
            assert len(model) == 10 or (own + 1) * (PARTY_SHARE - 1) > 10 - len(model) - 1
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


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 900)), max_size=60))
def test_whoever_waits_has_had_as_much_as_others_at_every_moment(items: list[tuple[int, int]]) -> None:
    pool = Mempool()
    waiting = Counter(signer for signer, _size in items)
    transactions = {}
    for number, (signer, size) in enumerate(items):
        transaction = make_heavy(number, signer, size)
        transactions[transaction.transaction_id] = signer
        add_all(pool, transaction)
    most = max((weigh(transaction) for transaction in pool.iterate()), default=0)
    had: Counter[int] = Counter()
    for transaction in pool.iterate():
        signer = transactions[transaction.transaction_id]
        had[signer] += weigh(transaction)
        waiting[signer] -= 1
        backlogged = [item for item in range(4) if waiting[item]]
        assert max((had[item] for item in backlogged), default=0) - min((had[item] for item in backlogged), default=0) <= most


@example([("come", 0, 0), ("come", 0, 0), ("serve", 0, 1), ("come", 1, 900), ("come", 0, 900)])
@example([("come", 0, 0), ("come", 0, 900), ("serve", 0, 1), ("come", 1, 900), ("come", 0, 0)])
@given(st.lists(st.tuples(st.sampled_from(["come", "serve", "ask"]), st.integers(0, 3), st.integers(0, 900)), max_size=60))
def test_order_is_that_of_the_plain_rule_and_the_same_wherever_the_same_has_happened(steps: list[tuple[str, int, int]]) -> None:
    pool, twin = Mempool(), Mempool()
    plain: list[tuple[int, int, int, SignedTransaction]] = []  # weight with it, number, signer, transaction
    had: dict[int, int] = {}  # of each signer of whom something waits, with the last that came, also where that was served
    now_served = 0
    for number, (step, signer, size) in enumerate(steps):
        if step == "come":
            transaction = make_heavy(number, signer, size)
            had[signer] = had.get(signer, now_served) + weigh(transaction)
            plain.append((had[signer], number, signer, transaction))
            add_all(pool, transaction)
            add_all(twin, transaction)
        elif step == "serve" and plain:
            served = plain.pop(size % len(plain))
            if all(item[2] != served[2] for item in plain):
                del had[served[2]]
            pool.remove([served[3].transaction_id])
            twin.remove([served[3].transaction_id])
        elif step == "ask" and plain:
            now_served = min(plain)[0]
            next(pool.iterate())
            next(twin.iterate())
        expected = [item[3] for item in sorted(plain, key=lambda item: item[:2])]
        # `iterate` itself moves the point at which newcomers begin: only a copy may be asked at each step.
        assert [item.signed for item in sorted(pool._waiting.values(), key=lambda item: item.place)] == expected
    assert list(pool.iterate()) == list(twin.iterate()) == [item[3] for item in sorted(plain, key=lambda item: item[:2])]
