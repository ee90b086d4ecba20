"""Status lists as a node gives them out: made from the chain at its checkpoint, once for each block that anybody asks about.

The newest block's are kept, a few at most: a list is asked for by many, and takes up to 50 ms to make.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Final

from certificates.bitstring_list import Purpose, make_bitstring_list
from certificates.jcs import encode_jcs
from certificates.status_list import Moment, make_status_list, pack_list
from certificates.status_uris import MAX_LISTS, ListName
from contracts.statuses import (
    CHUNKS,
    LIST_POSITIONS,
    count_taken,
    encode_number,
    get_chunk,
    read_status,
)
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.state import View
from ledger.types import Height
from node.chain import ChainReader

MAX_KEPT: Final = 64
MAX_DRAWS: Final = 1_000
"""Half of a list is free, so that nobody is so unlucky."""


class StatusLists:
    """Lists signed with a node's log key."""

    __slots__ = ("_chain_id", "_height", "_kept", "_key", "_lock")

    def __init__(self, chain_id: str, key: SigningKey) -> None:
        self._chain_id = chain_id
        self._key = key
        self._height = Height(0)
        self._kept: dict[tuple[int, Purpose | None], bytes] = {}
        self._lock = threading.Lock()

    def make(self, reader: ChainReader, number: int, purpose: Purpose | None) -> bytes:
        """Return a list as of the reader's block: for a purpose the credential, else the Token Status List.

        Raises `NOT_FOUND` while none of its positions is taken.
        """
        if number >= MAX_LISTS or not count_taken(reader.state, number):
            raise HourledgerError(Reason.NOT_FOUND, "no position of that list is taken", str(number))
        height, place = reader.tip.height, (number, purpose)
        with self._lock:
            if height > self._height:
                self._height = height
                self._kept.clear()
            kept = self._kept.get(place) if height == self._height else None
        if kept is not None:
            return kept
        made = self._sign(reader, number, purpose)
        with self._lock:
            if height == self._height and len(self._kept) < MAX_KEPT:
                self._kept[place] = made
        return made

    def is_kept(self, reader: ChainReader, number: int) -> bool:
        """Whether the Token Status List of that number need not be made first."""
        with self._lock:
            return reader.tip.height == self._height and (number, None) in self._kept

    def _sign(self, reader: ChainReader, number: int, purpose: Purpose | None) -> bytes:
        packed = pack_list(lambda chunk: CHUNKS.get(reader.state, encode_number(chunk)), number)
        name, moment = ListName(self._chain_id, number), Moment(reader.tip.height, reader.tip.header.time_ms)
        if purpose is None:
            return make_status_list(name, packed, moment, self._key).encode()
        return encode_jcs(make_bitstring_list(name, purpose, packed, moment, self._key))


def draw_position(view: View, draw: Callable[[int], int] = secrets.randbelow) -> int:
    """Return a position that nobody has taken, at random in the first list that is not half full; raise `NOT_FOUND`."""
    for number in range(MAX_LISTS):
        if count_taken(view, number) < LIST_POSITIONS // 2:
            return _draw_in(view, number, draw)
    raise HourledgerError(Reason.NOT_FOUND, "all lists are half full")


def _draw_in(view: View, number: int, draw: Callable[[int], int]) -> int:
    for _ in range(MAX_DRAWS):
        position = number * LIST_POSITIONS + draw(LIST_POSITIONS)
        if read_status(get_chunk(view, position), position) is None:
            return position
    raise HourledgerError(Reason.BUSY, "no free position was found")
