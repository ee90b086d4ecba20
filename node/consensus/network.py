"""The engine of a chain with several authorities: a replica on the event loop, its peers, and the checkpoints they cosign.

The replica's writes hold up the loop for as long as the disk takes; nothing else here does.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from contracts.identity.parties import NEXT_AUTHORITIES
from ledger.authorities import Authority, compute_quorum
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Height, PublicKey, TimeMs
from node.chain import Candidate
from node.checkpoints import Checkpoints
from node.consensus.guard import Guard
from node.consensus.machine import Timeouts
from node.consensus.messages import Message, TransactionsMessage, decode_message, encode_message, has_transactions
from node.consensus.ports import Listener
from node.consensus.replica import Replica
from node.consensus.unchecked import Unchecked
from node.log import log_event
from node.p2p.handshake import ChainIdentity, Peer
from node.p2p.peers import PeerNetwork
from node.service import LedgerService, Standing
from node.storage.protocol import KeyValueStore

FATAL: Final = frozenset({Reason.WRITE_FAILED, Reason.STORE_DAMAGED, Reason.INTERNAL})
REPEAT_COSIGNATURE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Membership:
    """Who this node is, and where it finds the others: address for peers by name.

    `name` is what it is called while it is no authority, `observers` are nodes that may follow this one, by name.
    """

    name: str
    key: SigningKey
    log_key: SigningKey
    addresses: Mapping[str, tuple[str, int]]
    observers: Mapping[str, PublicKey]


def compute_behind(own: Height, claimed: Sequence[Height], authorities: int) -> int:
    """Return how many blocks this node lacks, by what connected peers claim to have.

    As many as may lie are not believed, unless nobody else is there.
    """
    liars = authorities - compute_quorum(authorities)
    ranked = sorted(claimed, reverse=True)
    best = ranked[min(liars, len(ranked) - 1)] if ranked else own
    return max(0, best - own)


def read_effort() -> float:
    """Return seconds by which blocks are measured: the mean of the clock and of this thread's processor time.

    How long a block takes while others have the processor says little of what it takes its proposer; but a slow disk counts.
    """
    return (time.perf_counter() + time.thread_time()) / 2


class NetworkEngine:
    """Runs one authority among several."""

    def __init__(self, service: LedgerService, membership: Membership, guard_store: KeyValueStore, heartbeat_ms: int) -> None:
        self._service = service
        self._membership = membership
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awake_at_ms = 0
        self._unchecked = Unchecked()
        self._has_unchecked = asyncio.Event()
        self.peers = PeerNetwork(
            ChainIdentity(service.chain.chain_id, service.chain.genesis_hash),
            self._find_own_name,
            self._find_known,
            membership.addresses,
            membership.log_key,
            self._receive,
        )
        self._checkpoints = Checkpoints(
            service.chain, service.cosigner, service.handovers, self._tell_all, self._answer, service.show
        )
        service.describe_standing = self._describe_standing
        listener = Listener(self._on_final, service.note_left_out, log_event, self._checkpoints.receive)
        self.replica = Replica(
            service.chain,
            service.mempool,
            Guard(guard_store, membership.key.public_key),
            membership.key,
            self.peers,
            listener,
            Timeouts(heartbeat_ms=heartbeat_ms),
            read_effort,
        )

    def _list_authorities(self) -> tuple[Authority, ...]:
        """Return those that decide, and those that will: they connect before their time."""
        scheduled = NEXT_AUTHORITIES.get(self._service.chain.view())
        return (*self._service.chain.authorities, *(scheduled.authorities if scheduled is not None else ()))

    def _find_own_name(self) -> str:
        own = self._membership.log_key.public_key
        return next((item.name for item in self._list_authorities() if item.log_key == own), self._membership.name)

    def _find_known(self) -> dict[str, Peer]:
        known = {name: Peer(name, key) for name, key in self._membership.observers.items()}
        for item in self._list_authorities():
            # Of two sets that give one name different keys, the one that decides now comes first.
            is_renewed = item.name in known and known[item.name].log_key != item.log_key
            name = f"{item.name} (next)" if is_renewed else item.name
            known[name] = Peer(name, item.log_key)
        return known

    async def run(self, host: str, port: int, stop: asyncio.Event) -> None:
        """Take part until `stop` is set. Raises `HourledgerError` when nothing can be made durable any more."""
        await self.peers.open(host, port)
        try:
            self._checkpoints.add_block(self._service.clock())
            self.replica.start(self._service.clock())
            tasks = [
                asyncio.ensure_future(work)
                for work in (stop.wait(), self._drive(), self._repeat(), self._check_transactions(), self._failed)
            ]
            done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task not in done:
                    task.cancel()
            for task in done:
                task.result()
        finally:
            await self.peers.close()
            self._checkpoints.close()

    async def _drive(self) -> None:
        """Let the replica's time pass, and give it the work that clients bring."""
        work = self._service.work
        while True:
            if work.is_set():
                work.clear()
                self.replica.announce(self._service.clock())
            else:
                self.replica.tick(self._service.clock())
            self._awake_at_ms = self.replica.compute_next_due_ms()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(self._awake_at_ms - self._service.clock(), 1) / 1_000):
                    await work.wait()

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(REPEAT_COSIGNATURE_SECONDS)
            self._checkpoints.repeat()

    def _receive(self, peer: str, data: bytes) -> None:
        """Take a message at once, but transactions once their signatures are checked, which is nothing for the event loop."""
        if has_transactions(data):
            self._unchecked.put(peer, data)
            self._has_unchecked.set()
        else:
            self._hand_over(lambda now_ms: self.replica.receive(peer, data, now_ms))

    async def _check_transactions(self) -> None:
        """Check what peers have sent in a thread, as it comes; the replica then finds it checked."""
        while True:
            await self._has_unchecked.wait()
            taken = self._unchecked.take()
            if not taken:
                self._has_unchecked.clear()
                continue
            messages = tuple(self._decode(taken))
            await self._service.check_ahead([item for _peer, message in messages for item in message.envelopes])
            for peer, message in messages:
                try:
                    self._hand_over(partial(self.replica.receive_decoded, peer, message))
                except HourledgerError as error:
                    self.peers.drop(peer, error)

    def _decode(self, taken: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, TransactionsMessage]]:
        for peer, data in taken:
            try:
                yield peer, cast("TransactionsMessage", decode_message(data))
            except HourledgerError as error:
                self.peers.drop(peer, error)

    def _hand_over(self, tell: Callable[[TimeMs], None]) -> None:
        """Let the replica take a message."""
        try:
            tell(self._service.clock())
        except HourledgerError as error:
            if error.reason not in FATAL and self.replica.failure is None:
                raise
            self._fail(error)
        if self.replica.compute_next_due_ms() < self._awake_at_ms:
            self._service.work.set()

    def _describe_standing(self) -> Standing:
        heights = self.replica.heights_of_peers
        claimed = [heights[peer] for peer in self.peers.peers if peer in heights]
        behind = compute_behind(self._service.chain.tip.height, claimed, len(self._service.chain.authorities))
        return Standing(self.replica.state.round, self.peers.peers, behind)

    def _fail(self, error: HourledgerError) -> None:
        self._service.fail(error)
        if not self._failed.done():
            self._failed.set_exception(error)

    def _tell_all(self, message: Message) -> None:
        data = encode_message(message)
        for peer in self.peers.peers:
            self.peers.send(peer, data)

    def _answer(self, peer: str, message: Message) -> None:
        self.peers.send(peer, encode_message(message))

    def _on_final(self, candidate: Candidate) -> None:
        self._service.note_final(candidate)
        self._checkpoints.add_block(self._service.clock())
        if candidate.block.header.authorities_hash != candidate.block.header.next_authorities_hash:
            self.peers.drop_strangers()
