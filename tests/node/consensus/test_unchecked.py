"""What waits for its check: bounded for each peer, in order, peers in turn; and messages that are recognised for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecError
from ledger.transactions import encode_signed
from ledger.types import Height
from node.consensus import unchecked
from node.consensus.messages import Status, TransactionMessage, decode_message, encode_message, peek_transaction
from node.consensus.unchecked import EXTRA_BYTES, TAKEN_OF_PEER, Unchecked
from tests.node import toy


@given(st.integers(1, 70_000))
def test_transaction_is_recognised_whatever_its_length(length: int) -> None:
    assert peek_transaction(encode_message(TransactionMessage(bytes(length)))) == bytes(length)


def test_other_messages_are_left_alone() -> None:
    assert peek_transaction(encode_message(Status(Height(1)))) is None
    assert encode_signed(toy.transact(1)) == peek_transaction(
        encode_message(TransactionMessage(encode_signed(toy.transact(1))))
    )


@given(st.binary(max_size=12))
def test_any_bytes_are_looked_at_without_harm(data: bytes) -> None:
    begin = encode_message(TransactionMessage(b"x"))[:3]
    assert peek_transaction(begin + data) is None or len(peek_transaction(begin + data) or b"") <= len(data)
    assert peek_transaction(data[:3]) is None


def test_peers_take_turns_and_each_ones_stay_in_order() -> None:
    waiting = Unchecked()
    for number in range(2 * TAKEN_OF_PEER):
        waiting.put("many", b"%d" % number)
    waiting.put("few", b"one")
    assert len(waiting) == 2 * TAKEN_OF_PEER + 1
    first = waiting.take()
    assert first == [*(("many", b"%d" % number) for number in range(TAKEN_OF_PEER)), ("few", b"one")]
    assert waiting.take() == [("many", b"%d" % number) for number in range(TAKEN_OF_PEER, 2 * TAKEN_OF_PEER)]
    assert (waiting.take(), len(waiting)) == ([], 0)


def test_what_is_too_much_of_a_peer_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchecked, "MAX_BYTES_OF_PEER", 2 * (EXTRA_BYTES + 10))
    waiting = Unchecked()
    for number in range(5):
        waiting.put("many", b"%010d" % number)
    waiting.put("other", bytes(10))
    assert [peer for peer, _data in waiting.take()] == ["many", "many", "other"]
    waiting.put("many", bytes(10))
    assert len(waiting) == 1


def test_a_message_that_is_recognised_may_still_be_malformed() -> None:
    data = encode_message(TransactionMessage(b"x")) + b"y"
    assert peek_transaction(data) is not None
    with pytest.raises(CodecError):
        decode_message(data)
