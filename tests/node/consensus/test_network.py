"""What a node says of itself among others, one of whom may lie, and what it does with what they send."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from cli.office.builders import build_transaction
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import KeySignature, encode_signed, sign
from ledger.types import Height, Signature
from node.app import open_service
from node.consensus.messages import TransactionsMessage, encode_message
from node.consensus.network import Membership, NetworkEngine, compute_behind
from node.home import Home, init_development_home
from node.p2p.peers import PeerNetwork
from node.storage.memory import MemoryStore
from tests.node.p2p.sockets import until
from tests.node.running import AUTHORITY, KEYS, NOW_MS
from tests.node.story import make_organisation

LIE = 2**63 - 1


@pytest.mark.parametrize(
    ("claimed", "authorities", "behind"),
    [
        ((), 4, 0),
        ((10, 10, 10), 4, 0),
        ((7, 8, 9), 4, 0),
        ((15, 15, 15), 4, 5),
        ((LIE, 10, 10), 4, 0),
        ((15, LIE, 13), 4, 5),
        ((15,), 4, 5),
        ((12, 15), 2, 5),
        ((LIE, LIE, 12, 11, 10, 9), 7, 2),
    ],
)
def test_a_liar_does_not_make_a_node_seem_behind(claimed: Sequence[int], authorities: int, behind: int) -> None:
    assert compute_behind(Height(10), [Height(height) for height in claimed], authorities) == behind


def test_transactions_of_peers_are_checked_in_a_thread_and_false_ones_tell_on_their_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[tuple[str, Reason]] = []

    def drop(_network: PeerNetwork, name: str, error: HourledgerError) -> None:
        dropped.append((name, error.reason))

    monkeypatch.setattr(PeerNetwork, "drop", drop)

    async def work() -> None:
        genesis = init_development_home(tmp_path)
        service = open_service(Home(tmp_path), genesis, KEYS, MemoryStore(), lambda: NOW_MS)
        engine = NetworkEngine(service, Membership("a", AUTHORITY, KEYS.log, {}, {}), MemoryStore(), 10**6)
        kind = "identity.register_organisation"
        good = sign(build_transaction(genesis.chain_id, kind, make_organisation(), NOW_MS + 60_000), AUTHORITY)
        forged = replace(good, signatures=(KeySignature(AUTHORITY.public_key, Signature(bytes(64))),))
        checking = asyncio.create_task(engine._check_transactions())
        for peer, envelope in (("liar", encode_signed(forged)), ("honest", encode_signed(good)), ("mumbler", b"garbage")):
            engine._receive(peer, encode_message(TransactionsMessage((envelope,))))
        assert good.transaction_id not in service.mempool
        await until(lambda: good.transaction_id in service.mempool and len(dropped) == 2)
        checking.cancel()
        assert dropped == [("liar", Reason.INVALID_SIGNATURE), ("mumbler", Reason.MALFORMED)]
        assert service.mempool.get(good.transaction_id) == good
        await asyncio.gather(checking, return_exceptions=True)
        await service.close()

    asyncio.run(work())
