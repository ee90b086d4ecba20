"""A guard against slow code: processor time of the ledger's work, held against that of hashes and signatures in this process.

Ratios do not depend on the machine, and hardly on what else it does. The bounds are about a third of what was usual when they
were set, and lower than what is reached without the compiled code: a test that fails here has found something that got several
times slower. Raise them when the code gets faster.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.purchases import find_payers, iterate_holders, iterate_purchases
from benchmarks.region import Kept, clone, make_region, opening
from benchmarks.schedule import ORGANISATIONS, Schedule
from certificates.jcs import encode_jcs
from certificates.verification import verify_certificate
from ledger.crypto import Context, SigningKey, is_signature, sha256
from ledger.transactions import decode_signed
from ledger.types import Day
from tools.example_region import NOW_MS, make_trust
from tools.example_region import make_region as make_example

ROUNDS = 3
HASHES, SIGNATURES = 20_000, 400
LEAST_RECORDS_PER_THOUSAND_HASHES = 8.0
LEAST_TRANSACTIONS_PER_SIGNATURE = 0.12
LEAST_CERTIFICATES_PER_HUNDRED_SIGNATURES = 3.5


def measure(work: Callable[[], object]) -> float:
    """Seconds of this process's processors."""
    began = time.process_time()
    work()
    return time.process_time() - began


def hash_all() -> None:
    for _ in range(HASHES):
        sha256(bytes(64))


def check_all() -> None:
    key = SigningKey(bytes(32))
    signature = key.sign(Context.PLAIN, bytes(200))
    for _ in range(SIGNATURES):
        is_signature(key.public_key, Context.PLAIN, bytes(200), signature)


def find_best(work: Callable[[int], float], count: float, other: Callable[[], None], other_count: float) -> float:
    """How often `work` is done in the time in which `other` is done once, each in its best of some rounds."""
    rounds = [(work(number), measure(other)) for number in range(ROUNDS)]
    seconds = min(own for own, _others in rounds)
    other_seconds = min(others for _own, others in rounds)
    return (count / seconds) / (other_count / other_seconds)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    kept = make_region(tmp_path_factory.mktemp("guard") / "region", Schedule(20_000, Day(20_000)))
    with opening(kept) as region:
        region.fill(2_000, ORGANISATIONS)
        return region.keep()


def test_records_certified_per_thousand_hashes(tmp_path: Path, kept: Kept) -> None:
    with opening(clone(kept, tmp_path / "copy")) as region:
        batches = [region.take_batches(1) for _ in range(ROUNDS)]
        ratio = find_best(lambda number: region.certify(batches[number]).cpu_seconds, 500, hash_all, HASHES / 1_000)
    assert ratio > LEAST_RECORDS_PER_THOUSAND_HASHES


def test_single_transactions_per_signature(tmp_path: Path, kept: Kept) -> None:
    copied = clone(kept, tmp_path / "copy")
    purchases = iterate_purchases(iterate_holders(find_payers(copied)))
    with opening(copied) as region:
        holds = [[decode_signed(next(purchases)) for _ in range(200)][::2] for _ in range(ROUNDS)]
        region.move_to_present()
        ratio = find_best(lambda number: region.add(holds[number]).cpu_seconds, 100, check_all, SIGNATURES)
    assert ratio > LEAST_TRANSACTIONS_PER_SIGNATURE


def test_certificates_verified_per_hundred_signatures() -> None:
    data, trust = encode_jcs(make_example().make_certificate()), (make_trust(),)

    def verify(_number: int) -> float:
        return measure(lambda: [verify_certificate(data, trust, NOW_MS) for _ in range(20)])

    ratio = find_best(verify, 20, check_all, SIGNATURES / 100)
    assert ratio > LEAST_CERTIFICATES_PER_HUNDRED_SIGNATURES
