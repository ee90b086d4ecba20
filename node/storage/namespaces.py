"""Every key of the store: which spaces there are, what each holds, and how its keys are made.

A key is its namespace's prefix, one byte, and a remainder. Numbers in keys are 8 bytes big-endian, so that the order of keys is
the order of numbers. All but `LOWEST`, `END` and `COLLECTED` follows from genesis, the blocks and their commits; fsck derives
it anew and compares.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.types import EntryIndex, Hash, Height, Identifier

NUMBER_BYTES = 8
ENTRIES_IN_RUN = 32


@dataclass(frozen=True, slots=True)
class Namespace:
    """One space of keys: its prefix, what one of its values is called, and how the remainder of a key is shown."""

    prefix: bytes
    holds: str
    show: Callable[[bytes], str]

    def key(self, remainder: bytes = b"") -> bytes:
        """Return the whole key."""
        return self.prefix + remainder


def encode_number(number: int) -> bytes:
    """Return a number as keys and references hold it."""
    return number.to_bytes(NUMBER_BYTES, "big")


def decode_number(data: bytes) -> int:
    """Return the number of a remainder."""
    return int.from_bytes(data, "big")


def _show_nothing(_remainder: bytes) -> str:
    return ""


def _show_number(remainder: bytes) -> str:
    return f"{decode_number(remainder)}" if len(remainder) == NUMBER_BYTES else remainder.hex()


def _show_run(remainder: bytes) -> str:
    first = decode_number(remainder) * ENTRIES_IN_RUN
    return f"{first} to {first + ENTRIES_IN_RUN - 1}" if len(remainder) == NUMBER_BYTES else remainder.hex()


def _show_tile(remainder: bytes) -> str:
    level, index = remainder[:1], remainder[1:]
    return f"{decode_number(level)}/{decode_number(index)}" if len(index) == NUMBER_BYTES else remainder.hex()


def _show_text(remainder: bytes) -> str:
    return ascii(remainder)[2:-1]


def _show_subject(remainder: bytes) -> str:
    party, index = remainder[:-NUMBER_BYTES], remainder[-NUMBER_BYTES:]
    return f"{party.hex()}/{decode_number(index)}"


FORMAT = Namespace(b"f", "store format version", _show_nothing)
"""One value: `FORMAT_VERSION`."""
GENESIS = Namespace(b"g", "genesis hash", _show_nothing)
"""One value: the hash of the genesis that the chain started from."""
BLOCKS = Namespace(b"b", "block", _show_number)
"""Height -> encoded block."""
COMMITS = Namespace(b"c", "commit", _show_number)
"""Height -> encoded commit; block 0 has none."""
ENTRIES = Namespace(b"e", "log entries", _show_run)
"""Number of a run -> its entries: see `node.chain.log_entries`. The last run may be partial and grows."""
HEADERS = Namespace(b"h", "place of the header", _show_number)
"""Height -> index of the entry that is its header."""
TILES = Namespace(b"t", "tile", _show_tile)
"""Tile level (1 byte), tile index -> hashes (C2SP tlog-tiles); the last tile of a level may be partial and grows."""
STATE = Namespace(b"s", "state value", _show_text)
"""State key -> current value."""
LEAVES = Namespace(b"v", "state tree leaf", bytes.hex)
"""Key hash -> value hash: all leaves of the state tree."""
PAGES = Namespace(b"p", "state tree page", _show_text)
"""Path -> page of the state tree, where it is stored: see `ledger.state_pages.is_stored`."""
END = Namespace(b"q", "end of what is in memory", _show_nothing)
"""One value, where not all of the state tree is in memory: the path from which on deeper pages are stored. It does not follow
from genesis, so it is not among `NAMESPACES`; which pages are stored follows from it."""
TRANSACTIONS = Namespace(b"x", "place of the outcome of transaction", bytes.hex)
"""Transaction id -> index of the entry that is its outcome."""
SUBJECTS = Namespace(b"y", "mention of party", _show_subject)
"""Party (16 bytes), index of the last entry of a block that names it -> those of the block before that, if any: which entries a
party may read. See `node.chain.log_entries`."""
HANDOVERS = Namespace(b"k", "handover", _show_number)
"""Height from which a new set decides -> the bundle that proves the change under the old set's quorum (JSON)."""
TIP = Namespace(b"z", "tip", _show_nothing)
"""One value: the last header, and the log's frontier after it."""
LOWEST = Namespace(b"l", "lowest block held", _show_nothing)
"""One value, where blocks are not held from the beginning: the lowest height whose block and commit are. Does not follow from
genesis, so it is not among `NAMESPACES`."""

FORMAT_VERSION = b"5"
"""1: a key for each entry, and for each mention of a party. 2: all of it compressed by LevelDB. 3: all pages of the
state tree. 4: all but those that follow from 16 others, and no leaves."""
NAMESPACES = (FORMAT, GENESIS, BLOCKS, COMMITS, ENTRIES, HEADERS, TILES, STATE, LEAVES, PAGES, TRANSACTIONS, SUBJECTS, TIP)
"""Causes before consequences: the order in which fsck compares."""
COLLECTED = (HANDOVERS,)
"""What other authorities signed: it does not follow from the blocks, and a node that was away may lack some of it."""

_BY_PREFIX = {namespace.prefix: namespace for namespace in (*NAMESPACES, *COLLECTED, LOWEST, END)}


def describe_key(key: bytes) -> str:
    """Return what is under a key, in words for an operator."""
    namespace = _BY_PREFIX.get(key[:1])
    words = f"unknown key {key.hex()}" if namespace is None else f"{namespace.holds} {namespace.show(key[1:])}"
    return words.rstrip()


def compute_block_key(height: Height) -> bytes:
    """Key of a block."""
    return BLOCKS.key(encode_number(height))


def compute_commit_key(height: Height) -> bytes:
    """Key of a commit."""
    return COMMITS.key(encode_number(height))


def compute_handover_key(height: Height) -> bytes:
    """Key of the handover to the set that decides from a height on."""
    return HANDOVERS.key(encode_number(height))


def compute_header_key(height: Height) -> bytes:
    """Key of the place of a header."""
    return HEADERS.key(encode_number(height))


def compute_run_key(number: int) -> bytes:
    """Key of a run of log entries."""
    return ENTRIES.key(encode_number(number))


def compute_tile_key(level: int, index: int) -> bytes:
    """Key of a tile of hashes."""
    return TILES.key(level.to_bytes(1, "big") + encode_number(index))


def compute_transaction_key(transaction_id: Hash) -> bytes:
    """Key of the place of a transaction's outcome."""
    return TRANSACTIONS.key(transaction_id)


def compute_subject_key(party: Identifier, index: EntryIndex) -> bytes:
    """Key of a party's mentions in a block, of which the last is in the entry at `index`."""
    return SUBJECTS.prefix + party + encode_number(index)
