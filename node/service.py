"""What a node does for its clients: takes transactions, tells their outcomes, and shows the chain at its newest checkpoint.

Everything here runs on the event loop but `make_block`, which an engine calls in a worker thread, one call at a time. Reads
go to the chain as it was at the newest cosigned checkpoint and never wait for a block that is being written.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from contracts.rulebook import RuleBookV1
from ledger.blocks import Commit, Vote, compute_block_hash, compute_commit_message
from ledger.crypto import Context, SigningKey
from ledger.errors import HourledgerError
from ledger.events import Outcome
from ledger.execution import BlockContext, execute_transaction
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.transactions import SignedTransaction, decode_payload, decode_signed, validate_form, validate_validity
from ledger.types import EntryIndex, Hash, Height, Round, TimeMs
from node.chain import Candidate, Chain, ChainReader, FoundOutcome
from node.clock import Clock
from node.cosigner import Cosigner
from node.mempool import Mempool

FIRST_ROUND = Round(0)


@dataclass(slots=True)
class Pinned:
    """The chain at a checkpoint, its note, and how many are reading. Closed when replaced and nobody reads any more."""

    reader: ChainReader
    note: bytes
    users: int = 0
    is_replaced: bool = False

    def leave(self) -> None:
        """One reader less."""
        self.users -= 1
        self._close_if_done()

    def replace(self) -> None:
        """There is a newer checkpoint."""
        self.is_replaced = True
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self.is_replaced and self.users == 0:
            self.reader.close()


@dataclass(frozen=True, slots=True)
class Made:
    """A block that is durable, and the checkpoint over it that is cosigned.

    `pinned` is None where there was nothing to put into a block but transactions that may not be in one.
    """

    candidate: Candidate
    pinned: Pinned | None


@dataclass(slots=True)
class LedgerService:
    """The application part of a node, without its engine and its interfaces."""

    chain: Chain
    mempool: Mempool
    cosigner: Cosigner
    clock: Clock
    pinned: Pinned
    failure: HourledgerError | None = None
    work: asyncio.Event = field(default_factory=asyncio.Event)
    waiters: dict[Hash, list[asyncio.Future[FoundOutcome]]] = field(default_factory=dict)

    @contextmanager
    def reading(self) -> Iterator[Pinned]:
        """Give the newest checkpoint's view, which stays open until the block ends."""
        pinned = self.pinned
        pinned.users += 1
        try:
            yield pinned
        finally:
            pinned.leave()

    def find_outcome(self, transaction_id: Hash) -> FoundOutcome | None:
        """Return a final outcome. Blocks that are not cosigned yet do not show."""
        with self.reading() as pinned:
            return pinned.reader.find_outcome(transaction_id)

    async def submit(self, envelope: bytes) -> Hash:
        """Let a transaction wait for a block, unless it is final or waiting already; return its id.

        Raises `HourledgerError` with the first reason why it may not enter a block, `BUSY` when there is no room.
        """
        self._require_sound()
        signed = decode_signed(envelope)
        transaction_id = signed.transaction_id
        if transaction_id not in self.mempool and self.find_outcome(transaction_id) is None:
            signed = await asyncio.to_thread(self.chain.check, envelope, self.clock())
            self.mempool.add(signed)
            self.work.set()
        return transaction_id

    async def wait(self, transaction_id: Hash, seconds: float) -> FoundOutcome | None:
        """Return a transaction's outcome as soon as it is final, or None when it is not within `seconds`.

        Raises `HourledgerError` when the transaction was left out of a block after all.
        """
        found = self.find_outcome(transaction_id)
        if found is not None or seconds <= 0:
            return found
        future: asyncio.Future[FoundOutcome] = asyncio.get_running_loop().create_future()
        self.waiters.setdefault(transaction_id, []).append(future)
        try:
            return await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return None
        finally:
            self._forget_waiter(transaction_id, future)

    def _forget_waiter(self, transaction_id: Hash, future: asyncio.Future[FoundOutcome]) -> None:
        futures = self.waiters.get(transaction_id, [])
        if future in futures:
            futures.remove(future)
        if not futures:
            self.waiters.pop(transaction_id, None)

    def try_out(self, envelope: bytes) -> Outcome:
        """Return what would become of a transaction now. Nothing is recorded; the refusal of a draft is its outcome, too."""
        signed = decode_signed(envelope)
        with self.reading() as pinned:
            time_ms = TimeMs(max(self.clock(), pinned.reader.tip.header.time_ms + 1))
            transaction = decode_payload(signed)
            validate_form(transaction, self.chain.chain_id)
            RuleBookV1().validate_form(transaction)
            validate_validity(transaction, time_ms)
            if not signed.signatures:
                raise HourledgerError(Reason.INVALID_SIGNATURE, "nobody has signed the transaction")
            height = Height(pinned.reader.tip.height + 1)
            block = BlockContext(self.chain.chain_id, height, time_ms)
            outcome, _events = execute_transaction(Overlay(pinned.reader.state), RuleBookV1(), signed, block)
            return outcome

    def take_transactions(self) -> tuple[SignedTransaction, ...]:
        """Return what waits for a block, in order, without what has expired."""
        self.work.clear()
        for transaction_id in self.mempool.expire(self.clock()):
            self._answer(transaction_id, HourledgerError(Reason.EXPIRED, "the transaction's time is over"))
        return tuple(self.mempool.iterate())

    def make_block(self, transactions: tuple[SignedTransaction, ...], key: SigningKey) -> Made:
        """Build, commit and cosign the next block as the only authority; runs in a worker thread."""
        candidate = self.chain.build(transactions, self.clock(), key.public_key)
        if transactions and not candidate.outcomes:
            return Made(candidate, None)
        header = candidate.block.header
        block_hash = compute_block_hash(header)
        message = compute_commit_message(header.chain_id, header.height, FIRST_ROUND, block_hash)
        vote = Vote(key.public_key, key.sign(Context.BLOCK, message))
        self.chain.commit(candidate, Commit(header.height, FIRST_ROUND, block_hash, (vote,)))
        return Made(candidate, make_pinned(self.chain, self.cosigner, self.clock()))

    def publish(self, made: Made) -> None:
        """Show a block that is durable and cosigned, and answer those who wait for its transactions."""
        if made.pinned is not None:
            self.pinned.replace()
            self.pinned = made.pinned
        candidate = made.candidate
        self.mempool.remove([outcome.transaction_id for outcome in candidate.outcomes])
        self.mempool.remove([item.transaction_id for item in candidate.left_out])
        for outcome in candidate.outcomes:
            found = self.find_outcome(outcome.transaction_id) if outcome.transaction_id in self.waiters else None
            if found is not None:
                self._answer(outcome.transaction_id, found)
        for item in candidate.left_out:
            self._answer(item.transaction_id, self.find_outcome(item.transaction_id) or item.error)
        if len(self.mempool):
            self.work.set()

    def fail(self, error: HourledgerError) -> None:
        """Take no more work: nothing can be made durable any longer."""
        self.failure = error
        for transaction_id in tuple(self.waiters):
            self._answer(transaction_id, error)

    def _answer(self, transaction_id: Hash, answer: FoundOutcome | HourledgerError) -> None:
        for future in self.waiters.pop(transaction_id, []):
            if future.done():
                continue
            if isinstance(answer, HourledgerError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _require_sound(self) -> None:
        if self.failure is not None:
            raise HourledgerError(Reason.WRITE_FAILED, "the node takes no transactions any more", self.failure.detail)


def make_pinned(chain: Chain, cosigner: Cosigner, time_ms: TimeMs) -> Pinned:
    """Return the chain as it is now under a checkpoint cosigned at `time_ms`."""
    reader = chain.reader()
    try:
        return Pinned(reader, cosigner.sign(reader, time_ms))
    except HourledgerError:
        reader.close()
        raise


def compute_first_event(found: FoundOutcome) -> EntryIndex:
    """Return the index of the first of a transaction's events, which stand right before its outcome."""
    return EntryIndex(found.index - found.outcome.event_count)
