"""Transactions between nodes: sent once, told of by id, asked for where they are lacking."""

from collections import Counter

import pytest
from msgspec.structs import replace

from ledger.crypto import sha256
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed
from node.chain import Chain
from node.consensus.gossip import MAX_ASKED, PATIENCE_MS
from node.consensus.messages import (
    MAX_TRANSACTION_IDS,
    MAX_TRANSACTIONS_TOGETHER,
    Message,
    TransactionsMessage,
    WaitingTransactions,
    WantTransactions,
    decode_message,
    encode_message,
)
from node.consensus.replica import REPEAT_MS
from tests.node import toy
from tests.node.consensus.saying import require_going_on
from tests.node.consensus.town import LIAR, Member, Town


class Silent(Town):
    """A town in which no height is decided, so that what waits goes on waiting: two of four say nothing at all."""

    def __init__(self) -> None:
        super().__init__(played=[2, 3])
        self.sent: Counter[tuple[str, type[Message]]] = Counter()
        self.watch = self._count

    def _count(self, member: Member, message: Message) -> None:
        self.sent[member.name, type(message)] += 1

    def waits_at(self, number: int, signed: SignedTransaction) -> bool:
        return signed.transaction_id in self[number].replica._mempool


def make(number: int) -> SignedTransaction:
    return toy.transact(number, (b"key", number.to_bytes(4, "big")))


def test_a_transaction_is_sent_once_to_each_peer_however_long_it_waits() -> None:
    town = Silent()
    for number in range(5):
        town[number % 2].replica.submit(make(number), town.now_ms)
    town.run(10 * REPEAT_MS)
    assert [town.sent[name, TransactionsMessage] for name in ("n0", "n1")] == [3 * 3, 2 * 3]
    assert all(town.waits_at(number, make(item)) for number in (0, 1) for item in range(5))
    assert town.sent["n0", WaitingTransactions] >= 3 * 9
    assert town.sent["n0", WantTransactions] == 0


def test_what_has_come_in_meanwhile_goes_in_few_messages() -> None:
    town = Silent()
    several = [make(number) for number in range(MAX_TRANSACTIONS_TOGETHER + 1)]
    for signed in several:
        town[0].replica._mempool.add(signed)
    town[0].replica.announce(town.now_ms)
    town.deliver_all()
    assert town.sent["n0", TransactionsMessage] == 3 * 2
    assert all(town.waits_at(1, signed) for signed in several)


def test_of_several_the_good_ones_before_a_fault_wait() -> None:
    town = Silent()
    first, forged, last = make(1), replace(make(2), signatures=make(3).signatures), make(4)
    town.tell(0, TransactionsMessage(tuple(map(encode_signed, (first, forged, last)))), sender=2)
    assert town.blamed == [("n0", "n2", Reason.INVALID_SIGNATURE)]
    assert [town.waits_at(0, signed) for signed in (first, forged, last)] == [True, False, False]
    stranger = toy.transact(5, (b"a", b"1"), key=toy.STRANGER)
    town.tell(0, TransactionsMessage((encode_signed(stranger), encode_signed(last))), sender=3)
    assert town.blamed[1:] == []
    assert [town.waits_at(0, signed) for signed in (stranger, last)] == [False, True]


def test_what_was_lost_is_asked_for_and_comes() -> None:
    town = Silent()
    signed = make(1)
    town[0].replica.submit(signed, town.now_ms)
    town.wires.clear()
    assert not town.waits_at(1, signed)
    town.run(REPEAT_MS + 200)
    assert town.waits_at(1, signed)
    assert town.sent["n1", WantTransactions] == 1


def test_who_does_not_send_is_not_asked_again_at_once_and_another_is_meanwhile() -> None:
    town = Silent()
    signed = make(1)
    told = WaitingTransactions((signed.transaction_id,))
    for _ in range(3):
        town.tell(0, told, sender=2)
    assert town.sent["n0", WantTransactions] == 1
    town.run(PATIENCE_MS)
    town.tell(0, told, sender=3)
    wanted = encode_message(WantTransactions((signed.transaction_id,)))
    assert [receiver for _sender, receiver, data in town.wires if data == wanted] == ["n3"]


def test_what_is_final_or_waits_already_is_not_asked_for() -> None:
    town = Town()
    town.make_final(1)
    final = toy.transact(1, (b"key", (1).to_bytes(4, "big")))
    assert town[0].chain.find_outcome(final.transaction_id) is not None
    town.tell(0, WaitingTransactions((final.transaction_id,)))
    silent = Silent()
    silent[0].replica.submit(make(2), silent.now_ms)
    silent.tell(0, WaitingTransactions((make(2).transaction_id,)), sender=2)
    messages = [decode_message(data) for _sender, _receiver, data in (*town.wires, *silent.wires)]
    assert not any(isinstance(item, WantTransactions) for item in messages)


def test_ids_without_end_take_a_bounded_place_and_nobody_else_is_kept_from_asking() -> None:
    town = Town(played=[LIAR])
    gossip = town[0].replica._gossip
    for number in range(2 * MAX_ASKED // MAX_TRANSACTION_IDS):
        ids = tuple(sha256(b"%d %d" % (number, item)) for item in range(MAX_TRANSACTION_IDS))
        town.tell(0, WaitingTransactions(ids), WantTransactions(ids))
        assert len(gossip._asked) <= MAX_ASKED
    signed = make(1)
    town[2].replica.submit(signed, town.now_ms)
    town.wires.clear()
    town.tell(0, WaitingTransactions((signed.transaction_id,)), sender=2)
    town.deliver_all()
    assert signed.transaction_id in town[0].replica._mempool
    assert town.blamed == []
    require_going_on(town)


def test_an_envelope_that_was_checked_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Silent()
    signed = make(1)
    town[0].replica.submit(signed, town.now_ms)
    monkeypatch.setattr(Chain, "check_next", None)
    town.tell(0, TransactionsMessage((encode_signed(signed),)), sender=2)
    assert town.blamed == []
