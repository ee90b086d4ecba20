"""A fixed pseudo-random ledger, carried out and boiled down to one hash: `python -m tests.properties.script SEED STEPS`."""

import hashlib
import sys
from collections.abc import Iterator
from random import Random

from ledger.events import OUTCOME
from ledger.state import iterate_hashed
from ledger.state_tree import update
from tests.contracts.chain import Chain, Result
from tests.properties.operations import Generator, Operation, Pools, make_chain


def play(chain: Chain, random: Random, steps: int, pools: Pools | None = None) -> Iterator[tuple[Operation, Result]]:
    """Draw and carry out one operation after the other."""
    generator = Generator(random, chain, pools)
    time_ms = generator.pools.start_ms
    for _ in range(steps):
        operation = generator.draw(time_ms)
        time_ms += operation.step_ms
        yield operation, chain.submit(operation.signers, operation.kind, operation.body, time_ms)


def compute_digest(seed: int, steps: int) -> str:
    """Hash over all entries, all changes in their order, and the state's root after every step."""
    digest = hashlib.sha256()
    pages: dict[bytes, bytes] = {}
    chain = make_chain()
    for _, result in play(chain, Random(seed), steps):
        updated = update(pages.get, dict(iterate_hashed(result.changes)))
        for path, page in updated.pages.items():
            if page is None:
                pages.pop(path, None)
            else:
                pages[path] = page
        changes = repr(list(result.changes.items())).encode()
        for part in (*result.entries, OUTCOME.encode(result.outcome), changes, updated.root):
            digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(compute_digest(int(sys.argv[1]), int(sys.argv[2])))
