"""Blocks and runs of log entries are stored compressed: they repeat themselves, are written once, and are most of what is kept.

Everything else is stored as it is: hashes and keys do not compress, and LevelDB's own compression would take their time again
with every compaction (docs/adr/0039-blocks-and-entries-are-compressed-once.md). Zstandard, which Python has from 3.14 on.
"""

from typing import Final

from backports import zstd

from node.storage.namespaces import BLOCKS, ENTRIES

LEVEL: Final = 1
PACKED: Final = (BLOCKS.prefix, ENTRIES.prefix)
"""With what the keys begin whose values are compressed."""


def may_be_packed(prefix: bytes) -> bool:
    """Whether there may be compressed values among those whose keys begin with this."""
    return not prefix or prefix.startswith(PACKED)


def pack(value: bytes) -> bytes:
    """Return a value that is stored compressed."""
    return zstd.compress(value, LEVEL)


def unpack(key: bytes, stored: bytes) -> bytes:
    """Return the value; raise `ValueError` where what is stored is damaged."""
    if not key.startswith(PACKED):
        return stored
    try:
        return zstd.decompress(stored)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error
