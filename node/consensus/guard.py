"""The guard: what this authority has said at its current height, durable before it is said.

It lives in a store of its own, beside the chain's. After a crash the node goes on from it: it repeats what it said and says
nothing else. One record is written whole for each message, in one synced batch; blocks are kept beside it by hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.codec import Codec, decode, encode
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.types import Hash, Height, PublicKey, Round
from ledger.votes import NO_ROUND, SignedProposal, SignedVote, proposal_codec, vote_codec
from node.consensus.machine.types import Step
from node.storage.protocol import KeyValueStore

_RECORD_KEY: Final = b"record"
_BLOCK_PREFIX: Final = b"block/"
MAX_RECORD_BYTES: Final = 4 << 20
MAX_OWN_MESSAGES: Final = 4_096


@dataclass(frozen=True, slots=True)
class Record:
    """Where this authority stands at `height`: the machine's variables, its own messages, and the polka it rests on."""

    height: Height
    round: Round
    step: Step
    locked_value: Hash | None
    locked_round: int
    valid_value: Hash | None
    valid_round: int
    proposals: tuple[SignedProposal, ...]
    votes: tuple[SignedVote, ...]
    polka: tuple[SignedVote, ...]


_any_round: Codec[int] = codec.integer("round or -1", NO_ROUND, 2**31 - 1)
_record_codec: Codec[Record] = codec.struct(
    Record,
    codec.height,
    codec.round_,
    codec.member(Step),
    codec.optional(codec.hash_),
    _any_round,
    codec.optional(codec.hash_),
    _any_round,
    codec.sequence(proposal_codec, 0, MAX_OWN_MESSAGES),
    codec.sequence(vote_codec, 0, MAX_OWN_MESSAGES),
    codec.sequence(vote_codec, 0, 64 * 4),
)


class Guard:
    """The durable record of one authority, in a store that nothing else uses.

    What was said with another key, before this one took its place, is left behind: it binds nobody any more.
    """

    __slots__ = ("_blocks", "_store", "record")

    def __init__(self, store: KeyValueStore, key: PublicKey) -> None:
        self._store = store
        data = store.get(_RECORD_KEY)
        record = None if data is None else _decode_record(data)
        self.record: Record | None = record if record is not None and _is_said_with(key, record) else None
        self._blocks = {key[len(_BLOCK_PREFIX) :] for key, _value in store.iterate(_BLOCK_PREFIX)}

    def save(self, record: Record, blocks: Mapping[Hash, bytes]) -> None:
        """Make the record durable, with the blocks that it names; blocks of earlier heights go."""
        writes: dict[bytes, bytes | None] = {_RECORD_KEY: encode(_record_codec, record)}
        if self.record is not None and self.record.height != record.height:
            writes.update((_BLOCK_PREFIX + key, None) for key in self._blocks)
            self._blocks = set()
        new = {key: data for key, data in blocks.items() if key not in self._blocks}
        writes.update((_BLOCK_PREFIX + key, data) for key, data in new.items())
        self._store.write(writes)
        self._blocks |= set(new)
        self.record = record

    def load_blocks(self) -> dict[Hash, bytes]:
        """Return the blocks kept, by hash."""
        return {Hash(key[len(_BLOCK_PREFIX) :]): data for key, data in self._store.iterate(_BLOCK_PREFIX)}


def _is_said_with(key: PublicKey, record: Record) -> bool:
    return any(vote.key == key for vote in record.votes) or any(item.key == key for item in record.proposals)


def _decode_record(data: bytes) -> Record:
    try:
        return decode(_record_codec, data, max_bytes=MAX_RECORD_BYTES)
    except CodecError as error:
        raise HourledgerError(Reason.STORE_DAMAGED, "what this authority has voted is not readable", error.detail) from error
