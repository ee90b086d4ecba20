"""From one known node up to the root of a complete binary part of a tree, with the hashes of a proof of several: a tight loop.

The fast ways of `ledger.log_proof` and `ledger.state_proof` meet here: both trees hash two children after a prefix of their
own, and both proofs give what lies to the left of a path first, from above, then what lies to the right, from below.
"""

import hashlib
from collections.abc import Sequence

from ledger.types import Hash


def climb(prefix: bytes, node: Hash, place: int, levels: int, hashes: Sequence[Hash], begin: int) -> tuple[Hash, int]:
    """Return the hash so many levels above `node`, and how many of `hashes` were used then, those before `begin` included.

    The lowest bit of `place` says whether `node` is to the right of its sibling, the next bit the same of its parent, and so
    on. Raises `IndexError` when there are too few hashes. That all have 32 bytes is the caller's to check.
    """
    sha256 = hashlib.sha256
    left = right = begin + (place & (1 << levels) - 1).bit_count()
    for _ in range(levels):
        if place & 1:
            left -= 1
            node = sha256(prefix + hashes[left] + node).digest()  # type: ignore[assignment] # a digest is a hash
        else:
            node = sha256(prefix + node + hashes[right]).digest()  # type: ignore[assignment]
            right += 1
        place >>= 1
    return node, right
