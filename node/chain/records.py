"""What the chain keeps besides blocks and entries, and how stored bytes are read back.

Whatever is missing or does not decode although this program wrote it is reported as `STORE_DAMAGED`, naming the place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ledger import codec
from ledger.blocks import Header, compute_block_hash, header_codec
from ledger.codec import Codec, decode, encode
from ledger.errors import CodecError, HourledgerError
from ledger.merkle import Frontier, frontier_codec
from ledger.reasons import Reason
from ledger.state_updates import PageCache, Revised
from ledger.types import EntryIndex, Hash, Height
from node.chain.values import RecentView
from node.storage import namespaces
from node.storage.protocol import Readable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tip:
    """Where the chain stands: its last header, and the log's frontier with that header's entry as the last one."""

    header: Header
    frontier: Frontier

    @property
    def height(self) -> Height:
        """Height of the last block."""
        return self.header.height

    @property
    def size(self) -> EntryIndex:
        """Number of entries in the log."""
        return EntryIndex(self.frontier.size)

    @property
    def block_hash(self) -> Hash:
        """Hash of the last block; computed at every call."""
        return compute_block_hash(self.header)


_tip_codec: Codec[Tip] = codec.struct(Tip, header_codec, frontier_codec)


def encode_tip(tip: Tip) -> bytes:
    """Return the stored form of a tip."""
    return encode(_tip_codec, tip)


def decode_tip(data: bytes) -> Tip:
    """Return the tip, or raise `CodecError`."""
    return decode(_tip_codec, data)


def decode_reference(data: bytes) -> EntryIndex:
    """Return the entry index that a stored reference holds, or raise `CodecError`."""
    if len(data) != namespaces.NUMBER_BYTES:
        raise CodecError("not a reference to an entry")
    return EntryIndex(namespaces.decode_number(data))


def load(source: Readable, key: bytes, read: Callable[[bytes], T]) -> T | None:
    """Return the decoded value of a key, None where there is none; raise `STORE_DAMAGED`."""
    data = source.get(key)
    if data is None:
        return None
    try:
        return read(data)
    except CodecError as error:
        raise damaged(f"{namespaces.describe_key(key)} is damaged", error.detail) from error


def load_required(source: Readable, key: bytes, read: Callable[[bytes], T]) -> T:
    """Return the decoded value of a key that must be there; raise `STORE_DAMAGED`."""
    value = load(source, key, read)
    if value is None:
        raise damaged(f"{namespaces.describe_key(key)} is missing")
    return value


def damaged(detail: str, value: str = "") -> HourledgerError:
    """Return the error for a store that does not hold what it must."""
    return HourledgerError(Reason.STORE_DAMAGED, detail, value)


def load_tile(source: Readable, level: int, index: int) -> bytes:
    """Return a tile as it is stored, wider perhaps than an older checkpoint has it; raise `STORE_DAMAGED`."""
    return load_required(source, namespaces.compute_tile_key(level, index), bytes)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a block is made on: the store as it is before the block, and pages and values of it that are in memory.

    Pages and values are of the same block always: values that are not in memory are not even looked for in the store where the
    pages show that there are none. So both follow by `take_over`, and by nothing else. Made by `lay_ground`.
    """

    store: Readable
    pages: PageCache
    values: RecentView

    def take_over(self, changes: Mapping[bytes, bytes | None], revised: Revised) -> None:
        """Follow a block that was stored: its changes of the state, and what they did to the tree."""
        self.pages.take_over(revised)
        self.values.take_over(changes)


def lay_ground(store: Readable, pages: PageCache) -> Ground:
    """Return the ground over a store; `pages` are of its state tree as it is now, or none yet."""
    return Ground(store, pages, RecentView(store, pages.find_keys))


class StateView:
    """Current values of a store or snapshot: the view that rules read."""

    __slots__ = ("_source",)

    def __init__(self, source: Readable) -> None:
        self._source = source

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value of a state key, or None where there is none."""
        return self._source.get(namespaces.STATE.prefix + key)
