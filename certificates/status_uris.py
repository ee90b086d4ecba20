"""Addresses of status lists: all that one names follows from the chain's id and the position (docs/formats/status-list.md)."""

import re
from dataclasses import dataclass
from typing import Final

from contracts.statuses import LIST_POSITIONS, MAX_POSITIONS
from ledger.errors import CodecError

MAX_LISTS: Final = MAX_POSITIONS // LIST_POSITIONS
_URI: Final = re.compile(r"https://([^\s#?]{1,255})/v1/status-lists/(0|[1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class ListName:
    """One list of one chain."""

    chain_id: str
    number: int

    @property
    def uri(self) -> str:
        """Where the list is."""
        return f"https://{self.chain_id}/v1/status-lists/{self.number}"

    def compute_position(self, index: int) -> int:
        """Return the position of a place in the list."""
        return self.number * LIST_POSITIONS + index


def name_list(chain_id: str, position: int) -> ListName:
    """Return the list that has a position."""
    return ListName(chain_id, position // LIST_POSITIONS)


def parse_list_uri(uri: str) -> ListName:
    """Read the address of a list; raise `CodecError` for anything else."""
    found = _URI.fullmatch(uri)
    if found is None or int(found[2]) >= MAX_LISTS:
        raise CodecError("a text that is not the address of a status list")
    return ListName(found[1], int(found[2]))
