"""What this machine can do at most: signatures, hashes, synced batches. The ledger's figures are shares of these."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ledger.crypto import Context, SigningKey, is_signature, sha256
from node.storage.leveldb import open_leveldb


def measure_rate(work: Callable[[int], None], seconds: float = 0.5) -> float:
    """Return how many times a second `work(n)` does its thing, n being how often it is asked for at once."""
    count = 1
    while True:
        began = time.perf_counter()
        work(count)
        elapsed = time.perf_counter() - began
        if elapsed >= seconds:
            return count / elapsed
        count *= 2


def measure_signature_checks() -> float:
    """Ed25519 signatures of 200-byte messages checked a second, on one core."""
    key = SigningKey(bytes(32))
    message = bytes(200)
    signature = key.sign(Context.PLAIN, message)

    def work(count: int) -> None:
        for _ in range(count):
            is_signature(key.public_key, Context.PLAIN, message, signature)

    return measure_rate(work)


def measure_hashes() -> float:
    """SHA-256 of 64 bytes a second, on one core."""

    def work(count: int) -> None:
        for _ in range(count):
            sha256(bytes(64))

    return measure_rate(work)


def measure_synced_batches() -> float:
    """Batches of 4 KiB that LevelDB makes durable a second."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_leveldb(Path(folder) / "store")
        try:

            def work(count: int) -> None:
                for _ in range(count):
                    store.write({b"key": bytes(4_096)})

            return measure_rate(work)
        finally:
            store.close()
