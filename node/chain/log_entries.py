"""The log's entries as they are stored: in runs of 32, and for each party and block which entries name it.

A run is a byte with how many entries it has, the length of each in two bytes, and the entries one after the other. The last run
grows with every block. One key for 32 entries instead of one for each makes writing and scanning cheap, and lets the store
compress what neighbouring entries have in common; the lengths in front lead to any entry without a walk past those before it.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final, TypeVar

from ledger import codec
from ledger.blocks import HEADER, Header
from ledger.codec import Codec, decode, encode
from ledger.errors import CodecError, HourledgerError
from ledger.types import EntryIndex, Identifier
from node.chain.records import damaged, load_required
from node.storage import namespaces
from node.storage.namespaces import ENTRIES_IN_RUN
from node.storage.protocol import Readable

T = TypeVar("T")

_LENGTH_BYTES: Final = 2
_LENGTHS: Final = tuple(struct.Struct(f">{count}H") for count in range(ENTRIES_IN_RUN + 1))
_MAX_GAP: Final = 1 << 32
_MAX_MENTIONS: Final = 1 << 24
_MAX_MENTIONS_BYTES: Final = 1 << 26
_gaps_codec: Codec[tuple[int, ...]] = codec.sequence(codec.integer("gap", 1, _MAX_GAP), 1, _MAX_MENTIONS)


def encode_run(entries: Sequence[bytes]) -> bytes:
    """Return the entries of a run, 1 to 32, as they are stored."""
    lengths = [len(entry) for entry in entries]
    return b"".join((struct.pack(f">B{len(entries)}H", len(entries), *lengths), *entries))


def decode_run(data: bytes) -> tuple[bytes, ...]:
    """Return the entries of a run, or raise `CodecError`."""
    lengths = _read_lengths(data)
    ends = accumulate(lengths, initial=1 + _LENGTH_BYTES * len(lengths))
    return tuple([data[start:end] for start, end in pairwise(ends)])


def get_entry_in_run(data: bytes, position: int) -> bytes | None:
    """Return an entry of a run, None where it does not go so far; raise `CodecError`."""
    lengths = _read_lengths(data)
    if position >= len(lengths):
        return None
    start = 1 + _LENGTH_BYTES * len(lengths) + sum(lengths[:position])
    return data[start : start + lengths[position]]


def _read_lengths(data: bytes) -> tuple[int, ...]:
    """Return the lengths of a run's entries, or raise `CodecError` unless they are those of what follows."""
    count = data[0] if data else 0
    start = 1 + _LENGTH_BYTES * count
    if 0 < count <= ENTRIES_IN_RUN and len(data) > start:
        lengths = _LENGTHS[count].unpack_from(data, 1)
        if start + sum(lengths) == len(data):
            return lengths
    raise CodecError("not a run of entries")


def find_entry(source: Readable, index: EntryIndex) -> bytes | None:
    """Return an entry of a store's log, None where it has none at that place; raise `STORE_DAMAGED`."""
    number, position = divmod(index, ENTRIES_IN_RUN)
    data = source.get(namespaces.compute_run_key(number))
    if data is None:
        return None
    try:
        return get_entry_in_run(data, position)
    except CodecError as error:
        raise _describe_damage(number) from error


def load_entry(source: Readable, index: EntryIndex, read: Callable[[bytes], T]) -> T:
    """Return what `read` makes of the entry at `index`; raise `STORE_DAMAGED`."""
    entry = find_entry(source, index)
    if entry is None:
        raise damaged(f"log entry {index} is missing")
    try:
        return read(entry)
    except CodecError as error:
        raise damaged(f"log entry {index} is damaged", error.detail) from error


def load_header_at(source: Readable, index: EntryIndex) -> Header:
    """Return the header that is the entry at `index`; raise `STORE_DAMAGED`."""
    return load_entry(source, index, HEADER.decode)


def iterate_entries(source: Readable, start: int, stop: int) -> Iterator[bytes]:
    """Yield a store's entries from `start` on, before `stop`; raise `STORE_DAMAGED`."""
    first, end = start // ENTRIES_IN_RUN, -(-stop // ENTRIES_IN_RUN)
    numbers = namespaces.encode_number(first), namespaces.encode_number(end)
    expected = first
    for key, data in source.iterate(namespaces.ENTRIES.prefix, *numbers):
        if key != namespaces.compute_run_key(expected):
            break
        begin = expected * ENTRIES_IN_RUN
        entries = _decode_stored(expected, data)
        if len(entries) < min(stop - begin, ENTRIES_IN_RUN):
            raise damaged(f"log entry {begin + len(entries)} is missing")
        yield from entries[max(start - begin, 0) : stop - begin]
        expected += 1
    if expected < end:
        raise damaged(f"{namespaces.describe_key(namespaces.compute_run_key(expected))} is missing")


def load_run(source: Readable, number: int) -> tuple[bytes, ...]:
    """Return the entries of a run; raise `STORE_DAMAGED`."""
    return _decode_stored(number, load_required(source, namespaces.compute_run_key(number), bytes))


def _decode_stored(number: int, data: bytes) -> tuple[bytes, ...]:
    try:
        return decode_run(data)
    except CodecError as error:
        raise _describe_damage(number) from error


def _describe_damage(number: int) -> HourledgerError:
    return damaged(f"{namespaces.describe_key(namespaces.compute_run_key(number))} is damaged")


def compute_run_writes(source: Readable, first: int, entries: Sequence[bytes]) -> dict[bytes, bytes | None]:
    """Return the runs that grow when entries are appended to the log of `first` entries in `source`."""
    writes: dict[bytes, bytes | None] = {}
    number, position = divmod(first, ENTRIES_IN_RUN)
    before = load_run(source, number) if position else ()
    taken = 0
    while taken < len(entries):
        part = entries[taken : taken + ENTRIES_IN_RUN - position]
        writes[namespaces.compute_run_key(number)] = encode_run((*before, *part))
        taken += len(part)
        number, position, before = number + 1, 0, ()
    return writes


def compute_mention_writes(mentions: Mapping[Identifier, Sequence[int]]) -> dict[bytes, bytes | None]:
    """Return where a block's entries name parties: under each party and the last index, the gaps between the indexes.

    The indexes ascend. Nothing is stored where there is one alone, which is how most volunteers are named in a block.
    """
    return {
        namespaces.compute_subject_key(party, EntryIndex(indexes[-1])): _encode_gaps(indexes) if len(indexes) > 1 else b""
        for party, indexes in mentions.items()
    }


def _encode_gaps(indexes: Sequence[int]) -> bytes:
    return encode(_gaps_codec, tuple([after - before for before, after in pairwise(indexes)]))


def decode_mentions(last: int, data: bytes) -> tuple[EntryIndex, ...]:
    """Return the indexes, ascending, that are stored under the last of them; raise `CodecError`."""
    gaps = decode(_gaps_codec, data, max_bytes=_MAX_MENTIONS_BYTES) if data else ()
    first = last - sum(gaps)
    if first < 0:
        raise CodecError("mentions begin before the log does")
    return tuple([EntryIndex(index) for index in accumulate(gaps, initial=first)])
