"""Transactions that wait for a block: bounded, each once, and no party before all others.

A pure data structure: times are passed in, and whoever waits for an outcome is kept elsewhere, by transaction id.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, decode_payload, encode_signed
from ledger.types import Hash, PublicKey, TimeMs

MAX_COUNT: Final = 20_000
MAX_BYTES: Final = 64 << 20
PARTY_SHARE: Final = 4
"""One party alone may take one part in so many of the places and of the bytes. Each of several may take less: never more than
a third of what it leaves free for others. So there is room for those who come later, however many have come."""
ANY_WEIGHT: Final = 512
"""What any transaction weighs besides its bytes, about: a signature, an outcome, a place in the log."""

TAKEN_WEIGHT: Final = 1 << 20
"""What one block takes of what waits: some 1,300 small transactions, or batches of some 8,000 records, about as much as is
carried in a second. A block that took all would hold up votes, and whoever comes next, for as long as there is to do."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A transaction, and its place in the order: what its party will have had by then, and the number of its arrival."""

    signed: SignedTransaction
    party: bytes
    byte_count: int
    valid_until_ms: TimeMs
    place: tuple[int, int]


@dataclass(slots=True)
class _Queue:
    """What waits of one party, in order of arrival, its bytes, and what the party will have had with the last."""

    items: dict[Hash, _Waiting] = field(default_factory=dict)
    byte_count: int = 0
    weight: int = 0


def get_first_signer(signers: Sequence[PublicKey]) -> bytes:
    """Return whom a transaction is charged to where nothing is known but its keys; one without any will be refused."""
    return signers[0] if signers else b""


class Mempool:
    """Transactions in the order in which blocks shall take them.

    `find_party` says to whom a transaction is charged, by its signers. Parties take turns by weight, not by number, so that a
    thousand small transactions of one go beside one large batch of another. Each one's own stay in order. Whoever had nothing
    waiting begins where the others are now: neither is its rest made up for, nor has it to wait for what they have piled up
    (self-clocked fair queueing, Golestani 1994). Of two envelopes with one payload, the first that was admitted stays.
    """

    __slots__ = (
        "_arrivals",
        "_bytes",
        "_earliest_ms",
        "_find_party",
        "_max_bytes",
        "_max_count",
        "_new",
        "_now_served",
        "_queues",
        "_waiting",
    )

    def __init__(
        self,
        max_count: int = MAX_COUNT,
        max_bytes: int = MAX_BYTES,
        find_party: Callable[[Sequence[PublicKey]], bytes] = get_first_signer,
    ) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._find_party = find_party
        self._bytes = 0
        self._waiting: dict[Hash, _Waiting] = {}
        # Those of which no peer was told.
        self._new: dict[Hash, None] = {}
        self._queues: dict[bytes, _Queue] = {}
        self._arrivals = 0
        # The weight at which the order stood when somebody last asked for it.
        self._now_served = 0
        # Nothing that waits expires before.
        self._earliest_ms = TimeMs(0)

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

    def require_room(self, signed: SignedTransaction) -> None:
        """Raise `HourledgerError` with `BUSY` when there is no room for a transaction, or none for its party."""
        byte_count = len(encode_signed(signed))
        # Where a party that had all of it might have this one more, nobody has to be looked up.
        if not self._is_fair(len(self._waiting), self._bytes, byte_count):
            self._require_room(self._find_party(signed.signers), byte_count)

    def look_up(self, signed: SignedTransaction) -> None:
        """Find out to whom a transaction is charged, ahead of `add`, which need not read the store then; for a thread."""
        self._find_party(signed.signers)

    def add(self, signed: SignedTransaction, *, is_told: bool = False) -> bool:
        """Let a checked transaction wait; return whether it is new here. `is_told` says that the peers know of it.

        Raises `HourledgerError` with `BUSY` when there is no room for it, or none for its party.
        """
        transaction_id = signed.transaction_id
        if transaction_id in self._waiting:
            return False
        byte_count = len(encode_signed(signed))
        party = self._find_party(signed.signers)
        self._require_room(party, byte_count)
        valid_until_ms = decode_payload(signed).valid_until_ms
        self._earliest_ms = min(self._earliest_ms, valid_until_ms) if self._waiting else valid_until_ms
        queue = self._queues.setdefault(party, _Queue(weight=self._now_served))
        queue.weight += ANY_WEIGHT + byte_count
        queue.byte_count += byte_count
        self._arrivals += 1
        waiting = _Waiting(signed, party, byte_count, valid_until_ms, (queue.weight, self._arrivals))
        self._waiting[transaction_id] = queue.items[transaction_id] = waiting
        self._bytes += byte_count
        if not is_told:
            self._new[transaction_id] = None
        return True

    def _require_room(self, party: bytes, byte_count: int) -> None:
        count = len(self._waiting)
        if count >= self._max_count or self._bytes + byte_count > self._max_bytes:
            raise HourledgerError(Reason.BUSY, "too many transactions wait for a block", str(count))
        queue = self._queues.get(party)
        # The first of a party is taken wherever it fits, however large it is.
        if queue is not None and not self._is_fair(len(queue.items), queue.byte_count, byte_count):
            raise HourledgerError(Reason.BUSY, "too many transactions of this party wait for a block", party.hex())

    def _is_fair(self, own_count: int, own_bytes: int, byte_count: int) -> bool:
        """Whether a party that has so much and gets `byte_count` more leaves the others their parts of what is free then."""
        free_count = self._max_count - len(self._waiting) - 1
        free_bytes = self._max_bytes - self._bytes - byte_count
        most = PARTY_SHARE - 1
        return (own_count + 1) * most <= free_count and (own_bytes + byte_count) * most <= free_bytes

    def iterate_ids(self) -> Iterator[Hash]:
        """Yield the ids of what waits, in order of arrival. Nothing may be added or removed meanwhile."""
        return iter(self._waiting)

    def take_new(self) -> tuple[SignedTransaction, ...]:
        """Return what waits and was not returned before, but for what the peers were said to know."""
        new = tuple(self._waiting[transaction_id].signed for transaction_id in self._new)
        self._new.clear()
        return new

    def iterate(self) -> Iterator[SignedTransaction]:
        """Yield what waits, parties in turn. Nothing may be added or removed meanwhile."""
        queues = [queue.items.values() for queue in self._queues.values()]
        for number, waiting in enumerate(heapq.merge(*queues, key=_get_place)):
            if not number:
                self._now_served = waiting.place[0]
            yield waiting.signed

    def take(self) -> tuple[SignedTransaction, ...]:
        """Return the first of what waits, as much as a block shall take; at least one where any waits."""
        taken: list[SignedTransaction] = []
        left = TAKEN_WEIGHT
        for signed in self.iterate():
            left -= ANY_WEIGHT + self._waiting[signed.transaction_id].byte_count
            if left < 0 and taken:
                break
            taken.append(signed)
        return tuple(taken)

    def remove(self, transaction_ids: Iterable[Hash]) -> None:
        """Forget transactions that are final or were left out; ids that do not wait here are passed over."""
        for transaction_id in transaction_ids:
            waiting = self._waiting.pop(transaction_id, None)
            if waiting is None:
                continue
            self._bytes -= waiting.byte_count
            self._new.pop(transaction_id, None)
            queue = self._queues[waiting.party]
            queue.byte_count -= waiting.byte_count
            del queue.items[transaction_id]
            if not queue.items:
                del self._queues[waiting.party]

    def expire(self, time_ms: TimeMs) -> tuple[Hash, ...]:
        """Forget and return the transactions that no block from `time_ms` on can have."""
        if self._earliest_ms >= time_ms:
            return ()
        expired = tuple(key for key, waiting in self._waiting.items() if waiting.valid_until_ms < time_ms)
        self.remove(expired)
        self._earliest_ms = min((item.valid_until_ms for item in self._waiting.values()), default=TimeMs(0))
        return expired


def _get_place(waiting: _Waiting) -> tuple[int, int]:
    return waiting.place
