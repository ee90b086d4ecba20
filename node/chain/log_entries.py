"""The log's entries as they are stored: in runs of 64, and for each party and block which entries name it.

A run is the entries in order, each after its length in two bytes: four of them joined are an entry bundle of C2SP
tlog-tiles. The last run grows with every block. One key for 64 entries instead of one for each makes writing and scanning
cheap, and lets the store compress what neighbouring entries have in common.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final, TypeVar

from ledger import codec
from ledger.blocks import HEADER, Header
from ledger.codec import Codec, decode, encode
from ledger.errors import CodecError
from ledger.types import EntryIndex, Identifier
from node.chain.records import damaged, load_required
from node.storage import namespaces
from node.storage.namespaces import ENTRIES_IN_RUN
from node.storage.protocol import Readable

T = TypeVar("T")

_LENGTH_BYTES: Final = 2
_MAX_GAP: Final = 1 << 32
_MAX_MENTIONS: Final = 1 << 24
_MAX_MENTIONS_BYTES: Final = 1 << 26
_gaps_codec: Codec[tuple[int, ...]] = codec.sequence(codec.integer("gap", 1, _MAX_GAP), 1, _MAX_MENTIONS)


def encode_run(entries: Iterable[bytes]) -> bytes:
    """Return the entries of a run, or of a part of one, as they are stored."""
    return b"".join([len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries])


def decode_run(data: bytes) -> tuple[bytes, ...]:
    """Return the entries of a run, or raise `CodecError`."""
    entries: list[bytes] = []
    offset = 0
    while offset < len(data):
        start = offset + _LENGTH_BYTES
        offset = start + int.from_bytes(data[offset:start], "big")
        entries.append(data[start:offset])
    if offset != len(data) or not 0 < len(entries) <= ENTRIES_IN_RUN:
        raise CodecError("not a run of entries")
    return tuple(entries)


def get_entry_in_run(data: bytes, position: int) -> bytes | None:
    """Return an entry of a run, None where it does not go so far. The entries before it are passed over."""
    offset = 0
    try:
        for _ in range(position):
            offset += _LENGTH_BYTES + (data[offset] << 8 | data[offset + 1])
        length = data[offset] << 8 | data[offset + 1]
    except IndexError:
        return None
    start = offset + _LENGTH_BYTES
    return data[start : start + length] if start + length <= len(data) else None


def load_run(source: Readable, number: int) -> bytes:
    """Return a run as it is stored; raise `STORE_DAMAGED`."""
    return load_required(source, namespaces.compute_run_key(number), bytes)


def find_entry(source: Readable, index: EntryIndex) -> bytes | None:
    """Return an entry of a store's log, None where it has none at that place."""
    number, position = divmod(index, ENTRIES_IN_RUN)
    data = source.get(namespaces.compute_run_key(number))
    return None if data is None else get_entry_in_run(data, position)


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


def _decode_stored(number: int, data: bytes) -> tuple[bytes, ...]:
    try:
        return decode_run(data)
    except CodecError as error:
        raise damaged(f"{namespaces.describe_key(namespaces.compute_run_key(number))} is damaged") from error


def compute_run_writes(source: Readable, first: int, entries: Sequence[bytes]) -> dict[bytes, bytes | None]:
    """Return the runs that grow when entries are appended to the log of `first` entries in `source`."""
    writes: dict[bytes, bytes | None] = {}
    number, position = divmod(first, ENTRIES_IN_RUN)
    before = load_run(source, number) if position else b""
    taken = 0
    while taken < len(entries):
        part = entries[taken : taken + ENTRIES_IN_RUN - position]
        writes[namespaces.compute_run_key(number)] = before + encode_run(part)
        taken += len(part)
        number, position, before = number + 1, 0, b""
    return writes


def compute_mention_writes(mentions: Mapping[Identifier, Sequence[int]]) -> dict[bytes, bytes | None]:
    """Return where a block's entries name parties: under each party and the last index, the gaps between the indexes.

    The indexes ascend. Nothing is stored where there is one alone, which is how most volunteers are named in a block.
    """
    writes: dict[bytes, bytes | None] = {}
    for party, indexes in mentions.items():
        key = namespaces.compute_subject_key(party, EntryIndex(indexes[-1]))
        gaps = tuple([after - before for before, after in pairwise(indexes)])
        writes[key] = encode(_gaps_codec, gaps) if gaps else b""
    return writes


def decode_mentions(last: int, data: bytes) -> tuple[EntryIndex, ...]:
    """Return the indexes, ascending, that are stored under the last of them; raise `CodecError`."""
    gaps = decode(_gaps_codec, data, max_bytes=_MAX_MENTIONS_BYTES) if data else ()
    first = last - sum(gaps)
    if first < 0:
        raise CodecError("mentions begin before the log does")
    return tuple([EntryIndex(index) for index in accumulate(gaps, initial=first)])
