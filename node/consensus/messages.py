"""What nodes say to each other: `[type, fields]` in the canonical codec, one type after the other below."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ledger import codec
from ledger.blocks import MAX_BLOCK_BYTES, Commit, commit_codec
from ledger.codec import MAX_ENTRY_BYTES, Codec, Wire, decode, encode
from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.transactions import MAX_TRANSACTION_BYTES
from ledger.types import SIGNATURE_BYTES, Hash, Height
from ledger.votes import MAX_PARTS, PART_BYTES, SignedProposal, SignedVote, proposal_codec, vote_codec

MAX_MESSAGE_BYTES: Final = MAX_BLOCK_BYTES + MAX_TRANSACTION_BYTES + 65_536
MAX_PLAIN_BYTES: Final = MAX_TRANSACTION_BYTES + 8_192
"""What a message has at most beside a committed block, which is one long byte string. Decoded, a byte may take 64: a message of
the largest size that is a list of lists would take hundreds of megabytes before it is found to be none."""
MAX_COSIGNATURE_BYTES: Final = SIGNATURE_BYTES + 8
MAX_TRANSACTION_IDS: Final = 128
MAX_TRANSACTIONS_TOGETHER: Final = 128
"""Transactions in one message, and ids in one: each costs whoever gets it a little work, and a message is taken whole."""


@dataclass(frozen=True, slots=True)
class Status:
    """The sender's newest block; and whether it has just said again all that it knows of the height after it."""

    height: Height
    has_repeated: bool = False


@dataclass(frozen=True, slots=True)
class ProposalMessage:
    """A proposal; its block follows in parts, or is asked for."""

    proposal: SignedProposal


@dataclass(frozen=True, slots=True)
class VoteMessage:
    """A vote, its sender's or another's."""

    vote: SignedVote


@dataclass(frozen=True, slots=True)
class BlockPart:
    """One part of a proposed block."""

    height: Height
    block_hash: Hash
    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class WantParts:
    """The parts of a proposed block that the sender lacks."""

    height: Height
    block_hash: Hash
    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WantBlock:
    """The sender wants the block of a height with its commit."""

    height: Height


@dataclass(frozen=True, slots=True)
class CommittedBlock:
    """A block and the votes that made it final."""

    block: bytes
    commit: Commit


@dataclass(frozen=True, slots=True)
class TransactionsMessage:
    """Transactions that wait for a block."""

    envelopes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CosignatureMessage:
    """One authority's cosignature of the checkpoint over the log of `size` entries, and its log's signature of the same.

    Both as the signature lines of the note have them; a node that only follows serves the log's signature of another.
    """

    size: int
    root: Hash
    name: str
    key_id: bytes
    signature: bytes
    log_signature: bytes


@dataclass(frozen=True, slots=True)
class WantCosignatures:
    """The sender wants the cosignatures that the receiver has of the checkpoint over the log of `size` entries."""

    size: int


@dataclass(frozen=True, slots=True)
class EvidenceMessage:
    """Evidence against an authority that is not on the chain yet."""

    evidence: bytes


@dataclass(frozen=True, slots=True)
class HeldFrom:
    """The sender has given up the block that it was asked for: it holds those from `height` on."""

    height: Height


@dataclass(frozen=True, slots=True)
class WaitingTransactions:
    """Transactions that wait for a block at the sender, by id."""

    ids: tuple[Hash, ...]


@dataclass(frozen=True, slots=True)
class WantTransactions:
    """The sender lacks these transactions, which wait at the receiver."""

    ids: tuple[Hash, ...]


Message: TypeAlias = (
    Status
    | ProposalMessage
    | VoteMessage
    | BlockPart
    | WantParts
    | WantBlock
    | CommittedBlock
    | TransactionsMessage
    | CosignatureMessage
    | WantCosignatures
    | EvidenceMessage
    | HeldFrom
    | WaitingTransactions
    | WantTransactions
)

_log_size: Codec[int] = codec.integer("size", 1, 2**63 - 1)
_ids: Codec[tuple[Hash, ...]] = codec.sequence(codec.hash_, 1, MAX_TRANSACTION_IDS)
_envelopes: Codec[tuple[bytes, ...]] = codec.sequence(
    codec.binary("envelope", 1, MAX_TRANSACTION_BYTES), 1, MAX_TRANSACTIONS_TOGETHER
)
_part_index: Codec[int] = codec.integer("part", 0, MAX_PARTS - 1)
_CODECS: Final[tuple[tuple[type[Any], Codec[Any]], ...]] = (
    (Status, codec.struct(Status, codec.height, codec.boolean)),
    (ProposalMessage, codec.struct(ProposalMessage, proposal_codec)),
    (VoteMessage, codec.struct(VoteMessage, vote_codec)),
    (BlockPart, codec.struct(BlockPart, codec.height, codec.hash_, _part_index, codec.binary("part", 1, PART_BYTES))),
    (WantParts, codec.struct(WantParts, codec.height, codec.hash_, codec.sequence(_part_index, 1, MAX_PARTS))),
    (WantBlock, codec.struct(WantBlock, codec.height)),
    (
        CommittedBlock,
        codec.struct(CommittedBlock, codec.binary("block", 1, MAX_BLOCK_BYTES + MAX_TRANSACTION_BYTES), commit_codec),
    ),
    (TransactionsMessage, codec.struct(TransactionsMessage, _envelopes)),
    (
        CosignatureMessage,
        codec.struct(
            CosignatureMessage,
            _log_size,
            codec.hash_,
            codec.text("name", 128),
            codec.binary("key id", 4, 4),
            codec.binary("cosignature", MAX_COSIGNATURE_BYTES, MAX_COSIGNATURE_BYTES),
            codec.binary("log signature", SIGNATURE_BYTES, SIGNATURE_BYTES),
        ),
    ),
    (WantCosignatures, codec.struct(WantCosignatures, _log_size)),
    (EvidenceMessage, codec.struct(EvidenceMessage, codec.binary("evidence", 1, MAX_ENTRY_BYTES))),
    (HeldFrom, codec.struct(HeldFrom, codec.height)),
    (WaitingTransactions, codec.struct(WaitingTransactions, _ids)),
    (WantTransactions, codec.struct(WantTransactions, _ids)),
)
_NUMBERS: Final = {cls: number for number, (cls, _codec) in enumerate(_CODECS)}


def _from_wire(wire: Wire) -> Message:
    match wire:
        case [number, fields] if type(number) is int and 0 <= number < len(_CODECS):
            message: Message = _CODECS[number][1].from_wire(fields)
            return message
        case _:
            raise CodecError("message: not [type, fields] of a known type")


_TAGGED: Final[tuple[Codec[Message], ...]] = tuple(
    codec.tagged((number,), inner, _from_wire) for number, (_cls, inner) in enumerate(_CODECS)
)
"""For each type the codec of its messages, with their type's number."""
_message_codec: Codec[Message] = Codec("message", lambda message: _TAGGED[_NUMBERS[type(message)]].to_wire(message), _from_wire)

_LONG_BLOCK: Final = bytes([0x92, _NUMBERS[CommittedBlock], 0x92, 0xC6])
"""How a message with a block of 64 KiB or more begins: two lists of two, then a byte string with a length of four bytes."""


_TRANSACTIONS_BEGIN: Final = bytes([0x92, _NUMBERS[TransactionsMessage]])


def has_transactions(data: bytes) -> bool:
    """Whether a message is one with transactions, if it is one at all."""
    return data.startswith(_TRANSACTIONS_BEGIN)


def _count_plain_bytes(data: bytes) -> int:
    if not data.startswith(_LONG_BLOCK):
        return len(data)
    return len(data) - int.from_bytes(data[len(_LONG_BLOCK) : len(_LONG_BLOCK) + 4], "big")


def encode_message(message: Message) -> bytes:
    """Return a message's bytes."""
    return encode(_TAGGED[_NUMBERS[type(message)]], message)


def decode_message(data: bytes) -> Message:
    """Return the message, or raise `CodecError`."""
    plain = _count_plain_bytes(data)
    if plain > MAX_PLAIN_BYTES:
        raise CodecError(f"message: {plain} bytes beside a block, at most {MAX_PLAIN_BYTES} allowed", Reason.TOO_LARGE)
    # A list of two begins with 0x92, and a small number is its own byte.
    number = data[1] if data[:1] == b"\x92" and len(data) > 1 else len(_TAGGED)
    return decode(_TAGGED[number] if number < len(_TAGGED) else _message_codec, data, max_bytes=MAX_MESSAGE_BYTES)
