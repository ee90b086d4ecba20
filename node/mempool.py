"""Transactions that wait for a block: bounded, each once, and no signer before all others.

A pure data structure: times are passed in, and whoever waits for an outcome is kept elsewhere, by transaction id.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, decode_payload, encode_signed
from ledger.types import Hash, PublicKey, TimeMs

MAX_COUNT = 20_000
MAX_BYTES = 64 << 20
SIGNER_SHARE = 4
"""One signer may take up at most one part in so many of the places and of the bytes."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    signed: SignedTransaction
    signer: PublicKey
    byte_count: int
    valid_until_ms: TimeMs


@dataclass(slots=True)
class _Queue:
    """What waits of one signer: ids in order of arrival, and how many bytes they take."""

    ids: dict[Hash, None] = field(default_factory=dict)
    byte_count: int = 0


class Mempool:
    """Transactions in the order in which blocks shall take them.

    A transaction is charged to its first signer. Signers take turns, and each one's own transactions stay in order. Of two
    envelopes with one payload, the first that was admitted stays: they are the same transaction.
    """

    __slots__ = ("_bytes", "_max_bytes", "_max_count", "_new", "_queues", "_waiting")

    def __init__(self, max_count: int = MAX_COUNT, max_bytes: int = MAX_BYTES) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._bytes = 0
        self._waiting: dict[Hash, _Waiting] = {}
        # Those of which no peer was told.
        self._new: dict[Hash, None] = {}
        # By signer, in the order in which their turn comes.
        self._queues: dict[PublicKey, _Queue] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, transaction_id: object) -> bool:
        return transaction_id in self._waiting

    @property
    def byte_count(self) -> int:
        """Bytes of all envelopes that wait."""
        return self._bytes

    def get(self, transaction_id: Hash) -> SignedTransaction | None:
        """Return the transaction of this id, None when it does not wait here."""
        waiting = self._waiting.get(transaction_id)
        return None if waiting is None else waiting.signed

    def add(self, signed: SignedTransaction, *, is_told: bool = False) -> bool:
        """Let a checked transaction wait; return whether it is new here. `is_told` says that the peers know of it.

        Raises `HourledgerError` with `BUSY` when there is no room for it, or none for its signer.
        """
        transaction_id = signed.transaction_id
        if transaction_id in self._waiting:
            return False
        byte_count = len(encode_signed(signed))
        signer = signed.signers[0]
        if len(self._waiting) >= self._max_count or self._bytes + byte_count > self._max_bytes:
            raise HourledgerError(Reason.BUSY, "too many transactions wait for a block", str(len(self._waiting)))
        queue = self._queues.get(signer, _Queue())
        if not self._has_share(queue, byte_count):
            raise HourledgerError(Reason.BUSY, "too many transactions of this signer wait for a block", signer.hex())
        valid_until_ms = decode_payload(signed).valid_until_ms
        self._waiting[transaction_id] = _Waiting(signed, signer, byte_count, valid_until_ms)
        self._queues.setdefault(signer, queue).ids[transaction_id] = None
        queue.byte_count += byte_count
        self._bytes += byte_count
        if not is_told:
            self._new[transaction_id] = None
        return True

    def _has_share(self, queue: _Queue, byte_count: int) -> bool:
        return (len(queue.ids) + 1) * SIGNER_SHARE <= self._max_count and (
            queue.byte_count + byte_count
        ) * SIGNER_SHARE <= self._max_bytes

    def iterate_ids(self) -> Iterator[Hash]:
        """Yield the ids of what waits, in order of arrival. Nothing may be added or removed meanwhile."""
        return iter(self._waiting)

    def take_new(self) -> tuple[SignedTransaction, ...]:
        """Return what waits and was not returned before, but for what the peers were said to know."""
        new = tuple(self._waiting[transaction_id].signed for transaction_id in self._new)
        self._new.clear()
        return new

    def iterate(self) -> Iterator[SignedTransaction]:
        """Yield what waits, signers in turn. Nothing may be added or removed meanwhile."""
        turns = [iter(queue.ids) for queue in self._queues.values()]
        while turns:
            still: list[Iterator[Hash]] = []
            for turn in turns:
                transaction_id = next(turn, None)
                if transaction_id is not None:
                    yield self._waiting[transaction_id].signed
                    still.append(turn)
            turns = still

    def remove(self, transaction_ids: Iterable[Hash]) -> None:
        """Forget transactions that are final or were left out; ids that do not wait here are passed over.

        A signer who was served goes to the end of the line.
        """
        for transaction_id in transaction_ids:
            waiting = self._waiting.pop(transaction_id, None)
            if waiting is None:
                continue
            self._bytes -= waiting.byte_count
            self._new.pop(transaction_id, None)
            queue = self._queues.pop(waiting.signer)
            queue.byte_count -= waiting.byte_count
            del queue.ids[transaction_id]
            if queue.ids:
                self._queues[waiting.signer] = queue

    def expire(self, time_ms: TimeMs) -> tuple[Hash, ...]:
        """Forget and return the transactions that no block from `time_ms` on can have."""
        expired = tuple(key for key, waiting in self._waiting.items() if waiting.valid_until_ms < time_ms)
        self.remove(expired)
        return expired
