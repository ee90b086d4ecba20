"""What this machine can do at most: signatures, hashes, synced batches. The ledger's figures are shares of these."""

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ledger.crypto import Context, SigningKey, is_signature
from ledger.hashing import hash_pairs
from ledger.types import HASH_BYTES
from node.storage.leveldb import open_leveldb

BATCH_BYTES = 4_096
MESSAGE_BYTES = 200
HASHES_AT_ONCE = 1_000
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """What is done a second: of one processor's time, or on the clock for all cores together and for the disk."""

    cores: int
    signatures_per_second: float
    signatures_on_all_cores: float
    hashes_per_second: float
    synced_batches_per_second: float


def measure_limits(folder: Path | None = None, seconds: float = 0.5) -> Limits:
    """Measure them all; batches are written in the folder, which must be on the disk that the figures are about."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        rates = list(pool.map(_measure_beside_others, [seconds] * cores))
    return Limits(
        cores, measure_signature_checks(seconds), sum(rates), measure_hashes(seconds), measure_synced_batches(seconds, folder)
    )


def measure_rate(work: Callable[[int], None], seconds: float, clock: Callable[[], float] = time.process_time) -> float:
    """Return how many times a second of a processor `work(n)` does its thing, n being how often it is asked for at once.

    It is the best of three, and of seconds on the wall with another clock.
    """
    count = 1
    while True:
        began = clock()
        work(count)
        elapsed = clock() - began
        if elapsed >= seconds / ROUNDS:
            break
        count *= 2
    rates = [count / elapsed]
    while len(rates) < ROUNDS:
        began = clock()
        work(count)
        rates.append(count / (clock() - began))
    return max(rates)


def measure_signature_checks(seconds: float = 0.5, clock: Callable[[], float] = time.process_time) -> float:
    """Ed25519 signatures of 200-byte messages checked a second, on one core."""
    key = SigningKey(bytes(32))
    message = bytes(MESSAGE_BYTES)
    signature = key.sign(Context.PLAIN, message)

    def work(count: int) -> None:
        for _ in range(count):
            is_signature(key.public_key, Context.PLAIN, message, signature)

    return measure_rate(work, seconds, clock)


def _measure_beside_others(seconds: float) -> float:
    return measure_signature_checks(seconds, time.perf_counter)


def measure_hashes(seconds: float = 0.5) -> float:
    """SHA-256 of 64 bytes a second, on one core, by the quickest way that the ledger has."""
    hashes = [bytes(HASH_BYTES)] * (2 * HASHES_AT_ONCE)

    def work(count: int) -> None:
        for _ in range(count):
            hash_pairs(b"", hashes)

    return measure_rate(work, seconds) * HASHES_AT_ONCE


def measure_synced_batches(seconds: float = 0.5, parent: Path | None = None) -> float:
    """Batches of 4 KiB that LevelDB makes durable a second."""
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        store = open_leveldb(Path(folder) / "store")
        try:

            def work(count: int) -> None:
                for _ in range(count):
                    store.write({b"key": bytes(BATCH_BYTES)})

            return measure_rate(work, seconds, time.perf_counter)
        finally:
            store.close()
