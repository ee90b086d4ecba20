"""Transactions on their way between nodes, before they are in a block.

The node to which a client has given a transaction sends it to each peer, once. After that only ids are told, again and again
while their transactions wait: who lacks one asks for it, so that what was lost on a wire, or what reaches a node by way of
others only, comes there too.
"""

from itertools import islice
from typing import Final

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import encode_signed
from ledger.types import Hash, TimeMs
from node.chain import Chain
from node.consensus.messages import (
    MAX_TRANSACTION_IDS,
    Message,
    TransactionMessage,
    WaitingTransactions,
    WantTransactions,
    encode_message,
)
from node.consensus.ports import Network
from node.mempool import Mempool

PATIENCE_MS: Final = 2_000
"""How long a peer has to send a transaction before another is asked for it."""
MAX_ASKED: Final = 4_096
"""Ids for which it is remembered that somebody was asked. Of more, the oldest are forgotten, and may be asked for twice."""

FAULTS_OF_SENDER: Final = frozenset({Reason.MALFORMED, Reason.INVALID_SIGNATURE, Reason.WRONG_CHAIN})
"""Why a transaction is refused that nobody honest passes on; what else is wrong with one may depend on when it is looked at."""
FAILURES: Final = frozenset({Reason.STORE_DAMAGED, Reason.WRITE_FAILED})


class Gossip:
    """One node's part in passing transactions on."""

    __slots__ = ("_asked", "_chain", "_mempool", "_network")

    def __init__(self, chain: Chain, mempool: Mempool, network: Network) -> None:
        self._chain = chain
        self._mempool = mempool
        self._network = network
        # Until when somebody has time to send a transaction, by its id, in the order in which they were asked for.
        self._asked: dict[Hash, int] = {}

    def announce(self) -> None:
        """Send the peers what has come from clients since the last time."""
        for signed in self._mempool.take_new():
            self._broadcast(TransactionMessage(encode_signed(signed)))

    def repeat(self) -> None:
        """Tell the peers what waits here, the oldest first, and no more than a message has."""
        ids = tuple(islice(self._mempool.iterate_ids(), MAX_TRANSACTION_IDS))
        if ids:
            self._broadcast(WaitingTransactions(ids))

    def take(self, envelope: bytes, now_ms: TimeMs) -> bool:
        """Let a transaction that a peer has sent wait here, if it may; return whether it waits.

        Raises `HourledgerError` where the peer is at fault, `STORE_DAMAGED` and `WRITE_FAILED`.
        """
        signed = self._chain.decode(envelope)
        self._asked.pop(signed.transaction_id, None)
        if self._mempool.get(signed.transaction_id) == signed:
            return True
        try:
            self._chain.check(envelope, now_ms)
            if self._chain.find_outcome(signed.transaction_id) is None:
                self._mempool.add(signed, is_told=True)
        except HourledgerError as error:
            if error.reason in FAULTS_OF_SENDER | FAILURES:
                raise
            return False
        return signed.transaction_id in self._mempool

    def ask(self, peer: str, ids: tuple[Hash, ...], now_ms: TimeMs) -> None:
        """Ask a peer for those of the transactions that wait there of which nothing is known here."""
        lacking = tuple(item for item in ids if self._is_lacking(item, now_ms))
        if lacking:
            self._asked.update(dict.fromkeys(lacking, now_ms + PATIENCE_MS))
            for oldest in tuple(islice(self._asked, max(0, len(self._asked) - MAX_ASKED))):
                del self._asked[oldest]
            self._network.send(peer, encode_message(WantTransactions(lacking)))

    def give(self, peer: str, ids: tuple[Hash, ...]) -> None:
        """Send a peer the transactions that it lacks, if they wait here."""
        for signed in map(self._mempool.get, dict.fromkeys(ids)):
            if signed is not None:
                self._network.send(peer, encode_message(TransactionMessage(encode_signed(signed))))

    def _is_lacking(self, transaction_id: Hash, now_ms: TimeMs) -> bool:
        if transaction_id in self._mempool or now_ms < self._asked.get(transaction_id, 0) <= now_ms + PATIENCE_MS:
            return False
        return self._chain.find_outcome(transaction_id) is None

    def _broadcast(self, message: Message) -> None:
        data = encode_message(message)
        for peer in self._network.peers:
            self._network.send(peer, data)
