"""What waits for its check: bounded for each peer, in order, peers in turn; and messages that are recognised for it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecError
from ledger.types import Height
from node.consensus import unchecked
from node.consensus.messages import Status, TransactionsMessage, decode_message, encode_message, has_transactions
from node.consensus.unchecked import EXTRA_BYTES, TAKEN_BYTES_OF_PEER, Unchecked


@given(st.lists(st.binary(min_size=1, max_size=70_000), min_size=1, max_size=4))
def test_transactions_are_recognised_whatever_their_length(envelopes: list[bytes]) -> None:
    assert has_transactions(encode_message(TransactionsMessage(tuple(envelopes))))


def test_other_messages_are_left_alone() -> None:
    assert not has_transactions(encode_message(Status(Height(1))))


@given(st.binary(max_size=12))
def test_what_is_recognised_is_such_a_message_or_none(data: bytes) -> None:
    begin = encode_message(TransactionsMessage((b"x",)))[:4]
    assert has_transactions(begin + data)
    with suppress(CodecError):
        assert isinstance(decode_message(begin + data), TransactionsMessage)
    assert not has_transactions(data[:1])


def test_peers_take_turns_and_each_ones_stay_in_order() -> None:
    waiting = Unchecked()
    at_once = TAKEN_BYTES_OF_PEER // (EXTRA_BYTES + 128)
    many = [("many", b"%0128d" % number) for number in range(2 * at_once)]
    for peer, data in many:
        waiting.put(peer, data)
    waiting.put("few", b"one")
    assert len(waiting) == 2 * at_once + 1
    assert waiting.take() == [*many[:at_once], ("few", b"one")]
    assert waiting.take() == many[at_once:]
    assert (waiting.take(), len(waiting)) == ([], 0)


def test_a_message_of_any_size_is_taken() -> None:
    waiting = Unchecked()
    large = bytes(2 * TAKEN_BYTES_OF_PEER)
    waiting.put("one", large)
    waiting.put("one", b"next")
    assert waiting.take() == [("one", large)]
    assert waiting.take() == [("one", b"next")]


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
    data = encode_message(TransactionsMessage((b"x",))) + b"y"
    assert has_transactions(data)
    with pytest.raises(CodecError):
        decode_message(data)
