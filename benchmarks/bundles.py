"""What one proof for all saves against one proof for each: size and time of the proofs of some records in a region's ledger.

    python -m benchmarks.bundles

The ledger is made up, with as many entries and values as a region of some years has. Each record is in a batch of its own, as
those of a volunteer who serves every week are. The proof for each is what bundles had before version 2.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from certificates.jcs import JsonValue, encode_jcs
from ledger import log_proof, merkle, state_proof, state_tree
from ledger.codec import encode
from ledger.crypto import sha256
from ledger.notes import format_base64
from ledger.state_proof import StateItem
from ledger.state_tree import StateProof
from ledger.types import EntryIndex, Hash

ENTRIES: Final = 1_000_000
VALUES: Final = 200_000
RECORDS: Final = (1, 8, 24, 200)
SECONDS: Final = 1.0
SEED: Final = 20_261_130


@dataclass(frozen=True, slots=True)
class Ledger:
    """All nodes of the log by level, and the pages of the state tree with the keys in it."""

    levels: Sequence[Sequence[Hash]]
    log_root: Hash
    pages: dict[bytes, bytes | None]
    state_root: Hash

    def read_node(self, level: int, index: int) -> Hash:
        """Return a complete node of the log."""
        return self.levels[level][index]


def make_ledger() -> Ledger:
    """Return a ledger of `ENTRIES` and `VALUES`."""
    leaves = [merkle.compute_leaf_hash(number.to_bytes(4, "big")) for number in range(ENTRIES)]
    extended = merkle.extend(merkle.EMPTY_FRONTIER, leaves)
    values: dict[Hash, Hash | None] = {sha256(make_key(number)): sha256(make_value(number)) for number in range(VALUES)}
    updated = state_tree.update(lambda _path: None, values)
    return Ledger([nodes for _first, nodes in extended.levels], extended.frontier.root, updated.pages, updated.root)


def make_key(number: int) -> bytes:
    """Return the state key of a batch."""
    return b"batch/" + number.to_bytes(16, "big")


def make_value(number: int) -> bytes:
    """Return the value of a batch."""
    return number.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class Proofs:
    """The proofs of some entries and values, for each and for all."""

    leaves: dict[EntryIndex, Hash]
    paths: dict[EntryIndex, tuple[Hash, ...]]
    log_hashes: tuple[Hash, ...]
    states: dict[int, StateProof]
    state_hashes: tuple[Hash, ...]


def prove(ledger: Ledger, records: int) -> Proofs:
    """Prove the entries of some records and the last one, and the values of as many batches and of the organisation."""
    chosen = random.Random(SEED + records)  # noqa: S311 - which records are looked at is no secret
    indices = sorted({*chosen.sample(range(ENTRIES - 1), records), ENTRIES - 1})
    places = [EntryIndex(index) for index in indices]
    batches = chosen.sample(range(VALUES), records + 1)
    states = {number: state_tree.prove(ledger.pages.get, sha256(make_key(number))) for number in batches}
    return Proofs(
        {index: ledger.read_node(0, index) for index in places},
        {index: merkle.compute_inclusion_proof(ledger.read_node, index, ENTRIES) for index in places},
        log_proof.prove_entries(ledger.read_node, places, ENTRIES),
        states,
        state_proof.join_proofs({sha256(make_key(number)): proof for number, proof in states.items()}),
    )


def verify_each(ledger: Ledger, proofs: Proofs) -> None:
    """Verify a proof for each."""
    for index, path in proofs.paths.items():
        merkle.verify_inclusion(proofs.leaves[index], index, ENTRIES, path, ledger.log_root)
    for number, proof in proofs.states.items():
        state_tree.verify_inclusion(ledger.state_root, make_key(number), make_value(number), proof)


def verify_all(ledger: Ledger, proofs: Proofs) -> None:
    """Verify the one proof for all."""
    log_proof.verify_entries(proofs.leaves, ENTRIES, proofs.log_hashes, ledger.log_root)
    items = [
        StateItem(sha256(make_key(number)), sha256(make_value(number)), len(proof.siblings))
        for number, proof in proofs.states.items()
    ]
    state_proof.verify_items(items, proofs.state_hashes, ledger.state_root)


def count_bytes_of_each(proofs: Proofs) -> int:
    """Return how long the proofs for each are in JSON: a list of texts for each entry, one text for each value."""
    lists: list[JsonValue] = [{"hashes": [format_base64(item) for item in path]} for path in proofs.paths.values()]
    texts: list[JsonValue] = [
        {"proof": format_base64(encode(state_tree.state_proof_codec, proof))} for proof in proofs.states.values()
    ]
    return len(encode_jcs([*lists, *texts]))


def count_bytes_of_all(proofs: Proofs) -> int:
    """Return how long the proof for all is in JSON: two texts, and a depth for each value."""
    texts: list[JsonValue] = [format_base64(b"".join(item)) for item in (proofs.log_hashes, proofs.state_hashes)]
    depths: list[JsonValue] = [{"depth": len(proof.siblings)} for proof in proofs.states.values()]
    return len(encode_jcs([*texts, *depths]))


def measure(verify: Callable[[Ledger, Proofs], None], ledger: Ledger, proofs: Proofs) -> float:
    """Return the milliseconds of a processor that one verification takes."""
    began, rounds = time.process_time(), 0
    while time.process_time() - began < SECONDS:
        verify(ledger, proofs)
        rounds += 1
    return (time.process_time() - began) / rounds * 1_000


def main() -> None:
    """Print a table."""
    ledger = make_ledger()
    sys.stdout.write("records   bytes: each    all  ratio   ms: each     all  ratio\n")
    for records in RECORDS:
        proofs = prove(ledger, records)
        each, together = count_bytes_of_each(proofs), count_bytes_of_all(proofs)
        each_ms, all_ms = measure(verify_each, ledger, proofs), measure(verify_all, ledger, proofs)
        sizes = f"{records:7}  {each:11} {together:6}  {each / together:5.2f}"
        sys.stdout.write(f"{sizes}   {each_ms:8.3f} {all_ms:7.3f}  {each_ms / all_ms:5.2f}\n")


if __name__ == "__main__":
    main()
