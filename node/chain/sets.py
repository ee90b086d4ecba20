"""All sets of authorities that ever decided, from a log: the one of genesis, and those that changes put in charge.

Where blocks are not held from the beginning, the log still tells who decided on those that are. The state names the last only.
"""

from collections.abc import Iterable, Sequence

from contracts.governance import AUTHORITIES_CHANGED
from ledger.authorities import Authority, compute_authorities_hash
from ledger.blocks import Header
from ledger.errors import ProofError
from ledger.events import split_entry

_NAME = AUTHORITIES_CHANGED.name.encode()
_NAME_ENDS_BEFORE = len(_NAME) + 8
"""An entry begins with its version and its type's name: those of other types are told apart without decoding them."""


def collect_sets(first: tuple[Authority, ...], entries: Iterable[bytes]) -> tuple[tuple[Authority, ...], ...]:
    """Return `first` and all sets that entries of a log put in charge; raise `CodecError` for one that cannot be read."""
    changes = (entry for entry in entries if _NAME in entry[:_NAME_ENDS_BEFORE])
    named = [entry for entry in changes if split_entry(entry)[0] == AUTHORITIES_CHANGED.name]
    return (first, *(AUTHORITIES_CHANGED.decode(entry).authorities for entry in named))


def find_deciding(sets: Sequence[tuple[Authority, ...]], header: Header) -> tuple[Authority, ...]:
    """Return the set that a header names as deciding on it; raise `ProofError` when it is not among `sets`."""
    found = next((item for item in sets if compute_authorities_hash(item) == header.authorities_hash), None)
    if found is None:
        raise ProofError("it was decided on by authorities that the log does not name", value=header.authorities_hash.hex())
    return found
