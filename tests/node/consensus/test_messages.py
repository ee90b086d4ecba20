"""Messages: what goes in comes out, any bytes are one or an error, and none takes much more memory than it has bytes."""

import tracemalloc

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.blocks import MAX_BLOCK_BYTES, Commit, Vote
from ledger.codec import decode_plainly, encode_plainly
from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.transactions import MAX_TRANSACTION_BYTES
from ledger.types import Height, PublicKey, Round, Signature
from ledger.votes import MAX_PARTS, NO_ROUND, PART_BYTES, SignedProposal, SignedVote, VoteType
from node.consensus import messages
from node.consensus.messages import (
    MAX_COSIGNATURE_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_PLAIN_BYTES,
    MAX_TRANSACTION_IDS,
    BlockPart,
    CommittedBlock,
    CosignatureMessage,
    EvidenceMessage,
    HeldFrom,
    Message,
    ProposalMessage,
    Status,
    TransactionsMessage,
    VoteMessage,
    WaitingTransactions,
    WantBlock,
    WantCosignatures,
    WantParts,
    WantTransactions,
    decode_message,
    encode_message,
)

HASH = sha256(b"")
KEY, SIGNATURE = PublicKey(bytes(32)), Signature(bytes(64))
FAR_HEIGHT, FAR_ROUND = Height(2**63 - 1), Round(2**31 - 1)
COMMIT = Commit(FAR_HEIGHT, FAR_ROUND, HASH, (Vote(KEY, SIGNATURE),) * 64)
LARGEST: list[Message] = [
    Status(FAR_HEIGHT),
    ProposalMessage(SignedProposal(FAR_HEIGHT, FAR_ROUND, HASH, FAR_ROUND, (HASH,) * MAX_PARTS, KEY, SIGNATURE)),
    VoteMessage(SignedVote(VoteType.PRECOMMIT, FAR_HEIGHT, FAR_ROUND, HASH, NO_ROUND, KEY, SIGNATURE)),
    BlockPart(FAR_HEIGHT, HASH, MAX_PARTS - 1, bytes(PART_BYTES)),
    WantParts(FAR_HEIGHT, HASH, (MAX_PARTS - 1,) * MAX_PARTS),
    WantBlock(FAR_HEIGHT),
    CommittedBlock(bytes(MAX_BLOCK_BYTES + MAX_TRANSACTION_BYTES), COMMIT),
    TransactionsMessage((bytes(MAX_TRANSACTION_BYTES),)),
    CosignatureMessage(2**63 - 1, HASH, "n" * 128, bytes(4), bytes(MAX_COSIGNATURE_BYTES), SIGNATURE),
    WantCosignatures(2**63 - 1),
    EvidenceMessage(bytes(65_535)),
    HeldFrom(FAR_HEIGHT),
    WaitingTransactions((HASH,) * MAX_TRANSACTION_IDS),
    WantTransactions((HASH,) * MAX_TRANSACTION_IDS),
]
"""One of each type, as long as it can be."""


@pytest.mark.parametrize("message", LARGEST, ids=lambda message: type(message).__name__)
def test_the_largest_of_each_type_comes_out_as_it_went_in(message: Message) -> None:
    data = encode_message(message)
    assert len(data) <= MAX_MESSAGE_BYTES
    assert decode_message(data) == message


@pytest.mark.parametrize("message", LARGEST, ids=lambda message: type(message).__name__)
def test_the_quick_way_is_the_plain_one(message: Message) -> None:
    data = encode_message(message)
    assert encode_plainly(messages._message_codec, message) == data
    assert decode_plainly(messages._message_codec, data) == message


@pytest.mark.parametrize("size", [1, 255, 256, 65_535, 65_536, 70_000, MAX_PLAIN_BYTES, MAX_PLAIN_BYTES + 1, 1 << 20])
def test_blocks_of_all_sizes_are_carried(size: int) -> None:
    message = CommittedBlock(bytes(size), COMMIT)
    assert decode_message(encode_message(message)) == message


@given(st.binary(max_size=400) | st.sampled_from([encode_message(item)[:300] for item in LARGEST]))
def test_any_bytes_are_a_message_or_an_error(data: bytes) -> None:
    try:
        message = decode_message(data)
    except CodecError:
        return
    assert encode_message(message) == data


@pytest.mark.parametrize(
    "data",
    [
        b"\x92\x06\xdd" + (MAX_MESSAGE_BYTES - 7).to_bytes(4, "big") + b"\x90" * (MAX_MESSAGE_BYTES - 7),
        b"\x92\x06\x92\xc6\x00\x00\x00\x01b\xdd\x00\x40\x00\x00" + b"\x90" * (1 << 22),
        b"\x92\x06\x92\xc6\xff\xff\xff\xff" + b"\x90" * (1 << 22),
        b"\x91" * MAX_MESSAGE_BYTES,
        bytes(MAX_MESSAGE_BYTES),
        b"\xdf" + bytes(MAX_MESSAGE_BYTES - 1),
    ],
)
def test_what_is_no_message_takes_little_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CodecError):
            decode_message(data)
        assert tracemalloc.get_traced_memory()[1] < 2 * MAX_MESSAGE_BYTES
    finally:
        tracemalloc.stop()


def test_too_large_a_message_is_said_to_be_so() -> None:
    for data in (bytes(MAX_MESSAGE_BYTES + 1), msgpack.packb([7, [bytes(MAX_PLAIN_BYTES)]])):
        with pytest.raises(CodecError) as caught:
            decode_message(data)
        assert caught.value.reason is Reason.TOO_LARGE
