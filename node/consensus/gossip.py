"""Transactions on their way between nodes, before they are in a block.

The node to which a client has given a transaction sends it to each peer, once, with whatever else has come in meanwhile: the
more there is to tell, the less a message costs for each. After that only ids are told, again and again
while their transactions wait: who lacks one asks for it, so that what was lost on a wire, or what reaches a node by way of
others only, comes there too.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Hash, TimeMs
from node.chain import Chain
from node.consensus.messages import (
    MAX_TRANSACTION_IDS,
    MAX_TRANSACTIONS_TOGETHER,
    Message,
    TransactionsMessage,
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

TOGETHER_BYTES: Final = 1 << 16
"""Transactions are put into one message up to so many bytes; a larger one goes by itself."""

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
        for message in _put_together(self._mempool.take_new()):
            self._broadcast(message)

    def repeat(self) -> None:
        """Tell the peers what waits here, the oldest first, and no more than a message has."""
        ids = tuple(islice(self._mempool.iterate_ids(), MAX_TRANSACTION_IDS))
        if ids:
            self._broadcast(WaitingTransactions(ids))

    def take(self, envelopes: Iterable[bytes], now_ms: TimeMs) -> bool:
        """Let transactions that a peer has sent wait here, those that may; return whether any of them waits.

        Raises `HourledgerError` where the peer is at fault, after those before the faulty one, `STORE_DAMAGED` and
        `WRITE_FAILED`.
        """
        items: list[SignedTransaction] = []
        fault: HourledgerError | None = None
        for envelope in envelopes:
            try:
                items.append(self._chain.decode(envelope))
            except HourledgerError as error:
                fault = error
                break
        does_any_wait = self._take_decoded(items, now_ms)
        if fault is not None:
            raise fault
        return does_any_wait

    def _take_decoded(self, items: Iterable[SignedTransaction], now_ms: TimeMs) -> bool:
        does_any_wait, unknown = False, []
        for signed in items:
            self._asked.pop(signed.transaction_id, None)
            if self._mempool.get(signed.transaction_id) == signed:
                does_any_wait = True
            else:
                unknown.append(signed)
        if not unknown:
            return does_any_wait
        for signed, found in zip(unknown, self._chain.check_next(unknown, now_ms), strict=True):
            error = found or self._add(signed)
            if error is not None and error.reason in FAULTS_OF_SENDER | FAILURES:
                raise error
            does_any_wait = does_any_wait or signed.transaction_id in self._mempool
        return does_any_wait

    def _add(self, signed: SignedTransaction) -> HourledgerError | None:
        """Let a good transaction wait, unless it is final; return why it may not."""
        if self._chain.find_outcome(signed.transaction_id) is not None:
            return None
        try:
            self._mempool.add(signed, is_told=True)
        except HourledgerError as error:
            return error
        return None

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
        found = map(self._mempool.get, dict.fromkeys(ids))
        for message in _put_together(signed for signed in found if signed is not None):
            self._network.send(peer, encode_message(message))

    def _is_lacking(self, transaction_id: Hash, now_ms: TimeMs) -> bool:
        if transaction_id in self._mempool or now_ms < self._asked.get(transaction_id, 0) <= now_ms + PATIENCE_MS:
            return False
        return self._chain.find_outcome(transaction_id) is None

    def _broadcast(self, message: Message) -> None:
        data = encode_message(message)
        for peer in self._network.peers:
            self._network.send(peer, data)


def _put_together(transactions: Iterable[SignedTransaction]) -> Iterator[TransactionsMessage]:
    """Yield messages with the transactions in order, as many in each as it may have."""
    envelopes: list[bytes] = []
    byte_count = 0
    for envelope in map(encode_signed, transactions):
        if envelopes and (byte_count + len(envelope) > TOGETHER_BYTES or len(envelopes) == MAX_TRANSACTIONS_TOGETHER):
            yield TransactionsMessage(tuple(envelopes))
            envelopes, byte_count = [], 0
        envelopes.append(envelope)
        byte_count += len(envelope)
    if envelopes:
        yield TransactionsMessage(tuple(envelopes))
