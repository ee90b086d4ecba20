"""What a piece of work takes is counted wherever it is computed, in Python or in C."""

from benchmarks.counting import count
from ledger.crypto import sha256
from ledger.hashing import hash_each, hash_items, hash_pairs


def work() -> None:
    sha256(b"one")
    hash_each(b"", [b"two", b"three"])
    hash_pairs(b"", [bytes(32)] * 5)  # two more: the last one has no partner
    hash_items({b"key": b"value", b"deleted": None})  # three more


def test_hashes_are_counted_wherever_they_are_computed() -> None:
    _none, counts = count(work)
    assert (counts.hashes, counts.signatures) == (8, 0)
