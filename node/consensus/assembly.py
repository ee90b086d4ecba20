"""Blocks of proposals: cut into parts, put together again, each part checked by its hash as it comes."""

from dataclasses import dataclass, field

from ledger.crypto import sha256
from ledger.types import Hash
from ledger.votes import PART_BYTES


def split_block(data: bytes) -> tuple[bytes, ...]:
    """Return the parts of a block's bytes."""
    return tuple(data[start : start + PART_BYTES] for start in range(0, len(data), PART_BYTES))


def compute_part_hashes(data: bytes) -> tuple[Hash, ...]:
    """Return the hashes of a block's parts, as a proposal names them."""
    return tuple(sha256(part) for part in split_block(data))


@dataclass(slots=True)
class Assembly:
    """A block that is coming in, by the hashes of its parts."""

    hashes: tuple[Hash, ...]
    parts: dict[int, bytes] = field(default_factory=dict)

    def add(self, index: int, data: bytes) -> bool:
        """Take a part; return whether it was the right one."""
        if index >= len(self.hashes) or sha256(data) != self.hashes[index]:
            return False
        self.parts[index] = data
        return True

    @property
    def missing(self) -> tuple[int, ...]:
        """Indices of the parts that have not come."""
        return tuple(index for index in range(len(self.hashes)) if index not in self.parts)

    def join(self) -> bytes:
        """Return the block's bytes; only once nothing is missing."""
        return b"".join(self.parts[index] for index in range(len(self.hashes)))
