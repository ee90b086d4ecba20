"""A network to measure: authorities as processes on the loopback address, as `hourledger net` makes them, and transactions."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.processors import wait_for_rest
from cli.network.local import LocalNode, read_status
from cli.office.builders import DIRECT_VALIDITY_MS, build_transaction, new_identifier, sign_all
from cli.session import compute_now_ms
from contracts.identity.organisations import RegisterOrganisation
from ledger.crypto import SigningKey
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Identifier, TimeMs
from node.home import Home, init_network, load_node_keys
from tests.functional.node_process import find_ports

CHAIN_ID = "benchmark.example/log"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Town:
    """A running network: where each authority serves clients, its process, and transactions without end, as bytes."""

    urls: tuple[str, ...]
    processes: tuple[int, ...]
    transactions: Iterator[bytes]


@contextmanager
def running(folder: Path, size: int) -> Iterator[Town]:
    """Run that many authorities in a folder until the block ends; all of them are connected when it begins."""
    homes = init_network(
        folder,
        size,
        chain_id=CHAIN_ID,
        region="Benchmark",
        time_ms=TimeMs(compute_now_ms()),
        passphrase=None,
        first_port=find_ports(2 * size),
    )
    with running_homes(homes, make_registrations(load_node_keys(homes[0], None).authority)) as town:
        yield town


@contextmanager
def running_homes(homes: Sequence[Home], transactions: Iterator[bytes]) -> Iterator[Town]:
    """Run the nodes of these homes until the block ends; when it begins, all of them are connected and at rest."""
    nodes = [LocalNode(home) for home in homes]
    with ExitStack() as stack:
        for node in nodes:
            stack.callback(node.stop)
            node.start()
        for node in nodes:
            node.wait_until_up()
        _wait_for_peers(nodes)
        processes = tuple(node.process.pid for node in nodes if node.process is not None)
        wait_for_rest(processes)
        yield Town(tuple(node.url for node in nodes), processes, transactions)


def _wait_for_peers(nodes: list[LocalNode]) -> None:
    end = time.monotonic() + START_SECONDS
    while not all(len((read_status(node.home) or {"peers": ()})["peers"]) == len(nodes) - 1 for node in nodes):
        if time.monotonic() > end:
            raise RuntimeError("the authorities do not find each other")
        time.sleep(0.1)


def make_registration(authority: SigningKey, officer: SigningKey, organisation: Identifier, now_ms: int) -> SignedTransaction:
    """Return the registration of an organisation, a transaction with one signature that is accepted once."""
    body = RegisterOrganisation(organisation, "Benchmark", (officer.public_key,), 1)
    unsigned = build_transaction(CHAIN_ID, "identity.register_organisation", body, now_ms + DIRECT_VALIDITY_MS)
    return sign_all(unsigned, [authority])


def make_registrations(authority: SigningKey) -> Iterator[bytes]:
    """Yield registrations without end, each of another organisation with another officer."""
    for number in count(1):
        officer = SigningKey(number.to_bytes(32, "big"))
        yield encode_signed(make_registration(authority, officer, new_identifier(), compute_now_ms()))
