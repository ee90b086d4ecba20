"""The file of a snapshot: a line with its version, then records in the canonical codec, each with its length before it.

One `Beginning`, the log's entries from the first on, the current values in ascending order of their keys, the handovers that
the node has, one `End`. A record is small, so that neither who writes nor who reads holds more than a few megabytes. See
docs/formats/snapshot.md.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, TypeAlias, TypeVar

from ledger import codec
from ledger.authorities import Authority, authorities_codec
from ledger.blocks import MAX_BLOCK_BYTES, Commit, commit_codec
from ledger.codec import MAX_ENTRY_BYTES, Codec, Wire, decode, encode
from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES
from ledger.transactions import MAX_TRANSACTION_BYTES, chain_id_codec
from ledger.types import Hash, Height

T = TypeVar("T")

MAGIC: Final = b"hourledger-snapshot/v1\n"
_ANY_VERSION: Final = b"hourledger-snapshot/v"
CHUNK_BYTES: Final = 1 << 20
"""A record of entries or values is ended once it has so many bytes."""
MAX_NOTE_BYTES: Final = 1 << 18
MAX_HANDOVER_BYTES: Final = 1 << 20
MAX_ENVELOPED_BLOCK_BYTES: Final = MAX_BLOCK_BYTES + MAX_TRANSACTION_BYTES
MAX_RECORD_BYTES: Final = MAX_ENVELOPED_BLOCK_BYTES + (1 << 20)
MAX_ITEMS: Final = CHUNK_BYTES
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the rest is proven by: the checkpoint's note, the last block, its commit, and the authorities that decided on it.

    Block 0 has no commit.
    """

    chain_id: str
    genesis_hash: Hash
    note: bytes
    block: bytes
    commit: Commit | None
    authorities: tuple[Authority, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """The next entries of the log."""

    entries: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A state key and its current value."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Values:
    """The next current values, ascending by key."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """The height from which a set decides, and the bundle that proves the change (JSON)."""

    effective_height: Height
    bundle: bytes


@dataclass(frozen=True, slots=True)
class Handovers:
    """The next handovers, ascending by height."""

    handovers: tuple[Handover, ...]


@dataclass(frozen=True, slots=True)
class End:
    """How much there was."""

    entries: int
    values: int
    handovers: int


Record: TypeAlias = Beginning | Entries | Values | Handovers | End

_count: Codec[int] = codec.integer("count", 0, 2**63 - 1)
_CODECS: Final[tuple[tuple[type[Any], Codec[Any]], ...]] = (
    (
        Beginning,
        codec.struct(
            Beginning,
            chain_id_codec,
            codec.hash_,
            codec.binary("note", 1, MAX_NOTE_BYTES),
            codec.binary("block", 1, MAX_ENVELOPED_BLOCK_BYTES),
            codec.optional(commit_codec),
            authorities_codec,
        ),
    ),
    (Entries, codec.struct(Entries, codec.sequence(codec.binary("entry", 1, MAX_ENTRY_BYTES), 1, MAX_ITEMS))),
    (
        Values,
        codec.struct(
            Values,
            codec.sequence(
                codec.struct(Value, codec.binary("key", 1, MAX_ENTRY_BYTES), codec.binary("value", 0, MAX_VALUE_BYTES)),
                1,
                MAX_ITEMS,
            ),
        ),
    ),
    (
        Handovers,
        codec.struct(
            Handovers,
            codec.sequence(
                codec.struct(Handover, codec.height, codec.binary("bundle", 1, MAX_HANDOVER_BYTES)),
                1,
                MAX_ITEMS,
            ),
        ),
    ),
    (End, codec.struct(End, _count, _count, _count)),
)
_NUMBERS: Final = {cls: number for number, (cls, _codec) in enumerate(_CODECS)}


def _from_wire(wire: Wire) -> Record:
    match wire:
        case [number, fields] if type(number) is int and 0 <= number < len(_CODECS):
            record: Record = _CODECS[number][1].from_wire(fields)
            return record
        case _:
            raise CodecError("snapshot: not [type, fields] of a known type")


_record_codec: Codec[Record] = Codec("snapshot", lambda record: _TAGGED[_NUMBERS[type(record)]].to_wire(record), _from_wire)
_TAGGED: Final[tuple[Codec[Record], ...]] = tuple(
    codec.tagged((number,), inner, _from_wire) for number, (_cls, inner) in enumerate(_CODECS)
)
"""For each type the codec of its records, with their type's number."""


def _encode_record(record: Record) -> bytes:
    return encode(_TAGGED[_NUMBERS[type(record)]], record)


def _decode_record(data: bytes) -> Record:
    # A list of two begins with 0x92, and a small number is its own byte.
    number = data[1] if data[:1] == b"\x92" and len(data) > 1 else len(_TAGGED)
    return decode(_TAGGED[number] if number < len(_TAGGED) else _record_codec, data, max_bytes=MAX_RECORD_BYTES)


def write_records(file: IO[bytes], records: Iterable[Record]) -> None:
    """Write the file of a snapshot."""
    file.write(MAGIC)
    for record in records:
        data = _encode_record(record)
        file.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)


def read_records(file: IO[bytes], progress: Callable[[int], None] = lambda _bytes: None) -> Iterator[Record]:
    """Yield the records of a snapshot to the end of the file; `progress` is told the bytes of each. Raise only `CodecError`."""
    start = file.read(len(MAGIC))
    if start != MAGIC:
        is_whole = len(start) == len(MAGIC)
        if is_whole and start.startswith(_ANY_VERSION):
            raise CodecError("the snapshot is of a version that is not known here", Reason.UNSUPPORTED_VERSION)
        raise CodecError("the file is not a snapshot")
    while prefix := file.read(_LENGTH_BYTES):
        length = int.from_bytes(prefix, "big")
        if length > MAX_RECORD_BYTES:
            raise CodecError("the snapshot has a record that is too long", Reason.TOO_LARGE)
        data = file.read(length)
        if len(prefix) < _LENGTH_BYTES or len(data) < length:
            raise CodecError("the snapshot was cut off")
        yield _decode_record(data)
        progress(_LENGTH_BYTES + length)


def split_into_chunks(items: Iterable[T], measure: Callable[[T], int]) -> Iterator[tuple[T, ...]]:
    """Yield the items in order, in pieces that end once they have `CHUNK_BYTES` by `measure`."""
    chunk: list[T] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += measure(item)
        if size >= CHUNK_BYTES:
            yield tuple(chunk)
            chunk, size = [], 0
    if chunk:
        yield tuple(chunk)
