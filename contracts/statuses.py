"""Status positions: whether a certificate or a card stands, four bits each, in values that hold 1,024 of them.

A position is taken once and says for ever what became of what took it. The lists that a node gives out are made of these
values, so that a list can be held against the state that a quorum has signed (docs/formats/status-list.md).
"""

from enum import IntEnum
from typing import Final

from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View

MAX_POSITIONS: Final = 2**31
LIST_POSITIONS: Final = 131_072
"""Positions of a list: as many as a Bitstring Status List has at least."""
CHUNK_POSITIONS: Final = 1_024
CHUNK_BYTES: Final = CHUNK_POSITIONS // 2
NUMBER_BYTES: Final = 4

_NOBODY: Final = 0
_VALID: Final = 15
"""In the state, where 0 says that nobody took the position."""
_HALF: Final = 4
_LOW: Final = 0x0F


class PositionStatus(IntEnum):
    """What a list says of a position (Token Status List, "Status Types Values"; 3 and 11 are the application's)."""

    VALID = 0
    REVOKED = 1
    SUSPENDED = 2
    SUPERSEDED = 3
    ERASED = 11


position_codec: Codec[int] = codec.integer("position", 0, MAX_POSITIONS - 1)

CHUNKS: Final[Table[bytes]] = Table(b"status-chunk", codec.binary("statuses", CHUNK_BYTES, CHUNK_BYTES), is_public=True)
"""Key: the number of the chunk, big-endian."""
LISTS: Final[Table[int]] = Table(b"status-list", codec.integer("positions", 0, LIST_POSITIONS), is_public=True)
"""How many positions of a list are taken. Key: the number of the list, big-endian."""
TABLES: Final = (CHUNKS, LISTS)


def encode_number(number: int) -> bytes:
    """Return the key of a chunk or a list."""
    return number.to_bytes(NUMBER_BYTES, "big")


def compute_chunk_key(position: int) -> bytes:
    """Return the state key of the value that holds a position's status."""
    return CHUNKS.key(encode_number(position // CHUNK_POSITIONS))


def count_taken(view: View, number: int) -> int:
    """How many positions of a list are taken."""
    return LISTS.get(view, encode_number(number)) or 0


def is_open(view: View, number: int) -> bool:
    """Whether positions of a list may be taken: the first one, and each whose predecessor is half full.

    So who looks up a status always asks about a list that many others are in as well.
    """
    return number == 0 or count_taken(view, number - 1) >= LIST_POSITIONS // 2


def take_position(state: Overlay, position: int) -> None:
    """Take a free position as valid, or raise `Rejection`."""
    number = position // LIST_POSITIONS
    if _read(get_chunk(state, position), position) != _NOBODY:
        raise Rejection(Reason.POSITION_TAKEN, "the status position is taken", str(position))
    if not is_open(state, number):
        raise Rejection(Reason.LIST_NOT_OPEN, "the list before it is not half full", str(position))
    _write(state, position, _VALID)
    LISTS.put(state, count_taken(state, number) + 1, encode_number(number))


def set_status(state: Overlay, position: int, status: PositionStatus) -> None:
    """Set the status of a position that was taken."""
    _write(state, position, status or _VALID)


def get_chunk(view: View, position: int) -> bytes:
    """Return the value that holds a position's status."""
    return CHUNKS.get(view, encode_number(position // CHUNK_POSITIONS)) or bytes(CHUNK_BYTES)


def read_status(chunk: bytes, position: int) -> PositionStatus | None:
    """Return what a chunk says of a position, None where nobody took it; raise `ValueError` for a number without meaning."""
    number = _read(chunk, position)
    if number == _NOBODY:
        return None
    return PositionStatus.VALID if number == _VALID else PositionStatus(number)


def _read(chunk: bytes, position: int) -> int:
    pair = chunk[position % CHUNK_POSITIONS // 2]
    return pair >> _HALF if position % 2 else pair & _LOW


def _write(state: Overlay, position: int, number: int) -> None:
    chunk = bytearray(get_chunk(state, position))
    place = position % CHUNK_POSITIONS // 2
    pair = chunk[place]
    chunk[place] = pair & _LOW | number << _HALF if position % 2 else pair & ~_LOW & 0xFF | number
    CHUNKS.put(state, bytes(chunk), encode_number(position // CHUNK_POSITIONS))
