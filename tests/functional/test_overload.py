"""A node that is offered several times what it can take: it says when to come again, and loses nothing that it took.

How fast a machine is, and what else it does meanwhile, is no business of a test: no time of a clock is looked at. What a
transaction costs is what the node's process spends of processors, counted in checks of a signature made between its parts.
"""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import pytest

from benchmarks.processors import read_spent
from cli.office.builders import build_transaction, sign_all
from cli.session import compute_now_ms
from contracts.identity.organisations import SetPolicy
from ledger.crypto import SigningKey
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed, verify_signatures
from ledger.types import Identifier
from node.home import init_development_home
from node.mempool import MAX_COUNT, PARTY_SHARE
from node.pace import LONGEST_SECONDS
from tests.functional.node_process import VALIDITY_MS, NodeProcess, load_chain_id, make_registration

pytestmark = [pytest.mark.functional, pytest.mark.slow]

SENT_TOGETHER = 100
PART = 500
PARTS = 4
MEASURED = PART * PARTS
FLOOD = MAX_COUNT // PARTY_SHARE + 2_000
"""More than there is room for."""
SENDERS = 4
TIMES_OFFERED = 3


@dataclass(slots=True)
class Flood:
    """What was offered, what of it was taken, and the times that the node named to those it sent away."""

    offered: int = 0
    taken: set[str] = field(default_factory=set)
    pauses: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, headers: http.client.HTTPMessage, results: Sequence[dict[str, Any]]) -> None:
        with self.lock:
            self.offered += len(results)
            self.taken.update(item["transaction_id"] for item in results if item["status"] != "refused")
            if any(item["status"] == "refused" for item in results):
                self.pauses.add(int(headers["Retry-After"]))


def split(items: Sequence[SignedTransaction], size: int = SENT_TOGETHER) -> Iterator[Sequence[SignedTransaction]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def send(
    connection: http.client.HTTPConnection, items: Sequence[SignedTransaction], wait: int
) -> tuple[http.client.HTTPMessage, list[dict[str, Any]]]:
    """Send transactions together; a node that is busy has refused each of them."""
    body = msgpack.packb([encode_signed(item) for item in items], use_bin_type=True)
    connection.request("POST", f"/v1/transactions/together?wait={wait}", body)
    response = connection.getresponse()
    document = json.loads(response.read())
    if response.status == 503:
        assert document["reason"] == Reason.BUSY
        return response.headers, [{"status": "refused", "error": document}] * len(items)
    assert response.status == 200
    for item in document["results"]:
        assert item["status"] != "refused" or item["error"]["reason"] == Reason.BUSY
    return response.headers, document["results"]


def carry(node: NodeProcess, items: Sequence[SignedTransaction]) -> None:
    """Have transactions carried, one bundle after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=90)
    for part in split(items):
        _headers, results = send(connection, part, 60)
        assert all(item["outcome"]["accepted"] for item in results)
    connection.close()


def measure_cost(node: NodeProcess, items: Sequence[SignedTransaction]) -> float:
    """Have transactions carried; return what one costs the node, in checks of a signature: the least of several parts.

    Both are seconds of processors, taken in turn: where others have the machine, both become longer and the ratio does not.
    """
    costs, checks = [], []
    for part in split(items, PART):
        before = read_spent([node.process.pid])
        carry(node, part)
        costs.append(read_spent([node.process.pid]).since(before).processes)
        began = time.process_time()
        for item in part:
            verify_signatures(item)
        checks.append(time.process_time() - began)
    return min(costs) / min(checks)


def offer(node: NodeProcess, items: Sequence[SignedTransaction], flood: Flood, end: threading.Event) -> None:
    """Offer transactions again and again, as a client that does not listen to when it may come again."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=90)
    while not end.is_set():
        for part in split(items):
            flood.note(*send(connection, part, 0))
    connection.close()


def read_memory(node: NodeProcess) -> int:
    """Return the KiB that a process has in memory."""
    text = Path(f"/proc/{node.process.pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0])


def set_policy(home: Path, number: int) -> SignedTransaction:
    """A change by the organisation of a registration; `number` is the registration's."""
    body = SetPolicy(Identifier(number.to_bytes(16, "big")), 1)
    unsigned = build_transaction(load_chain_id(home), "identity.set_policy", body, compute_now_ms() + VALIDITY_MS)
    return sign_all(unsigned, [SigningKey(number.to_bytes(32, "big"))])


def test_node_under_three_times_its_load(tmp_path: Path) -> None:
    home = tmp_path / "home"
    init_development_home(home)
    measured = [make_registration(home, number) for number in range(1, 2 * MEASURED + 1)]
    items = [make_registration(home, number) for number in range(10_000, 10_000 + FLOOD)]
    flood, end = Flood(), threading.Event()
    with NodeProcess(home) as node, ThreadPoolExecutor(SENDERS) as pool:
        before = measure_cost(node, measured[:MEASURED])
        memory = read_memory(node)
        shares = [items[number::SENDERS] for number in range(SENDERS)]
        senders = [pool.submit(offer, node, share, flood, end) for share in shares]
        try:
            # Where the senders get less of the machine than the node, it may take all without ever being full.
            while not flood.pauses and len(flood.taken) < FLOOD:
                assert not any(sender.done() for sender in senders)
                time.sleep(0.05)
            # Somebody else's transaction does not wait for what the flood has piled up: the block after the one in hand has it.
            other = set_policy(home, 1)
            with node.connect() as client:
                client.submit(encode_signed(other))
                status = client.get_status().document
                found = client.carry_out(encode_signed(other), other.transaction_id)
            assert found.document["height"] <= status["height"] + 2
            while flood.offered < TIMES_OFFERED * FLOOD:
                assert not any(sender.done() for sender in senders)
                time.sleep(0.05)
        finally:
            end.set()
        for sender in senders:
            sender.result(90)
        assert all(1 <= pause <= LONGEST_SECONDS for pause in flood.pauses)
        assert status["pending"] <= MAX_COUNT // PARTY_SHARE + 1
        # Whatever was taken becomes final: it is sent again, and answered with its first outcome.
        left = [item for item in items if item.transaction_id.hex() in flood.taken]
        carry(node, left)
        assert node.get_status()["pending"] == 0
        assert measure_cost(node, measured[MEASURED:]) < 3 * before
        assert read_memory(node) < 3 * memory + 128 * 1_024
        assert node.stop() == 0
