"""What a node does for its clients: takes transactions, tells their outcomes, and shows the chain at its newest checkpoint.

Everything here runs on the event loop but `make_block`, which an engine calls in a worker thread, one call at a time. Reads
go to the chain as it was at the newest cosigned checkpoint and never wait for a block that is being written.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from contracts.rulebook import RULE_BOOKS
from ledger.blocks import Commit, Vote, compute_block_hash, compute_commit_message
from ledger.checkpoint import parse_signed_checkpoint
from ledger.crypto import Context, SigningKey
from ledger.errors import CodecError, HourledgerError
from ledger.events import Outcome
from ledger.execution import execute_transaction
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.transactions import SignedTransaction, decode_signed, encode_signed
from ledger.types import EntryIndex, Hash, Height, Round, TimeMs
from node.chain import Candidate, Chain, FoundOutcome
from node.chain.candidate import compute_next_place, make_context
from node.chain.places import iterate_outcomes
from node.chain.proposing import compute_block_time
from node.clock import Clock
from node.cosignatures import make_cosignatures
from node.cosigner import Cosigner
from node.handovers import Handovers
from node.intake import Intake
from node.mempool import Mempool
from node.pace import Pace
from node.pinned import Pinned, ReadThreads, make_pinned
from node.waiters import Answer, Waiters

T = TypeVar("T")

Verdict: TypeAlias = bool | HourledgerError
"""Of a check: a transaction may wait for a block, or is final already, or why it may not enter one."""

FIRST_ROUND: Final = Round(0)
MAX_UNSHOWN_BLOCKS: Final = 16
"""Final blocks without a checkpoint yet, of which this node remembers the outcomes; beyond that it looks them up."""

CHECKED_AT_ONCE_BYTES: Final = 1_024
"""A few signatures of peers' transactions are checked on the event loop: that takes a fraction of a millisecond."""


@dataclass(frozen=True, slots=True)
class Made:
    """A block that is durable, and the checkpoint over it that is cosigned.

    `taken` is what was offered to it. `pinned` is None where there was nothing to put into a block but transactions that may
    not be in one.
    """

    taken: tuple[SignedTransaction, ...]
    candidate: Candidate
    pinned: Pinned | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the agreement goes: the round that is being voted on, the peers that are connected, and blocks behind the best."""

    round: int = 0
    peers: tuple[str, ...] = ()
    behind: int = 0


@dataclass(slots=True)
class LedgerService:
    """The application part of a node, without its engine and its interfaces."""

    chain: Chain
    mempool: Mempool
    cosigner: Cosigner
    handovers: Handovers
    clock: Clock
    pinned: Pinned
    failure: HourledgerError | None = None
    is_stopping: bool = False
    work: asyncio.Event = field(default_factory=asyncio.Event)
    waiters: Waiters = field(default_factory=Waiters)
    describe_standing: Callable[[], Standing] = Standing
    read_threads: ReadThreads = field(default_factory=ReadThreads)
    check_threads: ReadThreads = field(default_factory=ReadThreads)
    intake: Intake[Verdict] = field(init=False)
    pace: Pace = field(default_factory=Pace)
    unshown: dict[Height, tuple[FoundOutcome, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let what comes in be checked by this node's own rules."""
        self.intake = Intake(self._check_all)

    @contextmanager
    def reading(self) -> Iterator[Pinned]:
        """Give the newest checkpoint's view for a short read; it stays open until the block ends."""
        pinned = self.pinned
        pinned.users += 1
        try:
            yield pinned
        finally:
            pinned.leave()

    async def read(self, job: Callable[[Pinned], T]) -> T:
        """Return what a long read of the newest checkpoint's view returns; it runs in a thread. Raises `BUSY`."""
        pinned = self.pinned
        pinned.users += 1
        return await self.read_threads.run(lambda: job(pinned), pinned.leave)

    def find_outcome(self, transaction_id: Hash) -> FoundOutcome | None:
        """Return a final outcome. Blocks that are not cosigned yet do not show."""
        with self.reading() as pinned:
            return pinned.reader.find_outcome(transaction_id)

    async def submit(self, envelope: bytes) -> Hash:
        """Let a transaction wait for a block, unless it is final or waiting already; return its id.

        Raises `HourledgerError` with the first reason why it may not enter a block, `BUSY` when there is no room.
        """
        (answer,) = await self.submit_all([envelope])
        if isinstance(answer, HourledgerError):
            raise answer
        return answer

    async def submit_all(self, envelopes: Sequence[bytes]) -> list[Hash | HourledgerError]:
        """As `submit` for each of some transactions, in order: ids, and in the place of what was refused, why.

        Raises `HourledgerError` where none of them is taken.
        """
        self._require_taking()
        answers: list[Hash | HourledgerError] = []
        unknown: dict[int, SignedTransaction] = {}
        for number, envelope in enumerate(envelopes):
            try:
                signed = decode_signed(envelope)
            except CodecError as error:
                answers.append(error)
                continue
            answers.append(signed.transaction_id)
            if self.mempool.get(signed.transaction_id) != signed:
                try:
                    self._require_room(signed)
                except HourledgerError as error:
                    answers[number] = error
                else:
                    unknown[number] = signed
        verdicts = await self.intake.check(tuple(unknown.values())) if unknown else []
        self._require_taking()
        for (number, signed), verdict in zip(unknown.items(), verdicts, strict=True):
            try:
                self._admit(signed, verdict)
            except HourledgerError as error:
                answers[number] = error
        return answers

    def _require_room(self, signed: SignedTransaction) -> None:
        """Raise `BUSY` for a transaction that would be checked in vain; one that is final has its outcome all the same."""
        if signed.transaction_id in self.mempool:
            return  # it has its place
        try:
            self.mempool.require_room(signed)
        except HourledgerError:
            if self.find_outcome(signed.transaction_id) is None:
                raise

    async def check_ahead(self, envelopes: Sequence[bytes]) -> None:
        """Check signatures of what is about to be asked for: what is good is remembered, what is not will be met then.

        Many are checked in a thread; few cost less than the way to one.
        """
        with suppress(HourledgerError):
            if sum(map(len, envelopes)) <= CHECKED_AT_ONCE_BYTES:
                self.chain.verify_ahead(envelopes)
            else:
                await self.check_threads.run(lambda: self.chain.verify_ahead(envelopes))

    async def _check_all(self, items: Sequence[SignedTransaction]) -> Sequence[Verdict]:
        """Check transactions in a thread; the view in which they may be final stays open until that is done."""
        pinned, time_ms = self.pinned, self.clock()
        pinned.users += 1
        return await self.check_threads.run(lambda: _judge(pinned, self.chain, self.mempool, items, time_ms), pinned.leave)

    def _admit(self, signed: SignedTransaction, verdict: Verdict) -> None:
        """Let a transaction wait that may, unless it is final; raise why another may not."""
        if isinstance(verdict, HourledgerError):
            raise verdict
        if verdict:
            self._add(signed)

    def _add(self, signed: SignedTransaction) -> None:
        """Let a checked transaction wait. Of two envelopes with one payload, the signatures are put together.

        Otherwise whoever sees a payload could have it refused for want of signatures while its owner's envelope is passed over.
        """
        known = self.mempool.get(signed.transaction_id)
        if known is None:
            self.mempool.add(signed)
        elif (merged := _merge(known, signed)) != known:
            self.mempool.remove([signed.transaction_id])
            try:
                self.mempool.add(merged)
            except HourledgerError:
                self.mempool.add(known)
                raise
        self.pace.begin(self.clock())
        self.work.set()

    async def wait(self, transaction_id: Hash, seconds: float) -> FoundOutcome | None:
        """Return a transaction's outcome as soon as it is final, or None when it is not within `seconds`.

        Raises `HourledgerError` when the transaction was left out of a block after all.
        """
        answer = (await self.wait_for_all([transaction_id], seconds)).get(transaction_id)
        if isinstance(answer, HourledgerError):
            raise answer
        return answer

    async def wait_for_all(self, transaction_ids: Sequence[Hash], seconds: float) -> Mapping[Hash, Answer]:
        """Return what became of each of some transactions, once it is known of all or `seconds` are over.

        What is not known then is None or not in the answer; an error says that a transaction was left out of a block after all.
        """
        found = {item: None if item in self.mempool else self.find_outcome(item) for item in transaction_ids}
        missing = [item for item, outcome in found.items() if outcome is None]
        if not missing or seconds <= 0 or self.is_stopping:
            return found
        return {**found, **await self.waiters.wait_for_all(missing, seconds)}

    async def try_out(self, envelope: bytes) -> Outcome | FoundOutcome:
        """Return what would become of a transaction now, or what has become of it. Nothing is recorded.

        Raises `HourledgerError` where it would be refused before any block, as `submit` does. That signatures are missing is
        an outcome here.
        """
        signed = decode_signed(envelope)
        found = self.find_outcome(signed.transaction_id)
        if found is not None:
            return found
        (verdict,) = await self.intake.check([signed])
        if isinstance(verdict, HourledgerError):
            raise verdict
        return await self.read(lambda pinned: _execute(pinned, signed, self.clock()))

    def take_transactions(self) -> tuple[SignedTransaction, ...]:
        """Return what the next block shall take, in order, without what has expired."""
        self.work.clear()
        for transaction_id in self.mempool.expire(self.clock()):
            self.waiters.answer(transaction_id, HourledgerError(Reason.EXPIRED, "the transaction's time is over"))
        return self.mempool.take()

    def make_block(self, transactions: tuple[SignedTransaction, ...], key: SigningKey, *, is_due: bool = False) -> Made:
        """Build, commit and cosign the next block as the only authority; runs in a worker thread.

        `is_due` asks for a block also where there is nothing to put into it.
        """
        candidate = self.chain.build(transactions, self.clock(), key.public_key)
        if not candidate.outcomes and not is_due:
            return Made(transactions, candidate, None)
        header = candidate.block.header
        block_hash = compute_block_hash(header)
        message = compute_commit_message(header.chain_id, header.height, FIRST_ROUND, block_hash)
        vote = Vote(key.public_key, key.sign(Context.BLOCK, message))
        self.chain.commit(candidate, Commit(header.height, FIRST_ROUND, block_hash, (vote,)))
        pinned = make_pinned(self.chain, self.cosigner, self.clock())
        deciders = self.chain.deciders
        signed = parse_signed_checkpoint(pinned.note)
        cosignatures = make_cosignatures(signed, deciders, self.cosigner.find_own(deciders))
        self.handovers.add_block(pinned.reader, cosignatures)
        return Made(transactions, candidate, pinned)

    def publish(self, made: Made) -> None:
        """Show a block that is durable and cosigned, and answer those who wait for its transactions."""
        if made.pinned is not None:
            self.pinned.replace()
            self.pinned = made.pinned
        self.mempool.remove([outcome.transaction_id for outcome in made.candidate.outcomes])
        self._note_carried(made.candidate)
        for found in iterate_outcomes(made.candidate):
            self.waiters.answer(found.outcome.transaction_id, found)
        self._answer_left_out(made)
        if len(self.mempool):
            self.work.set()

    def note_left_out(self, transaction_id: Hash, error: HourledgerError) -> None:
        """Tell those who wait that a transaction was left out of a block; where it is final already, tell its outcome.

        What is final and not shown yet is told when it is.
        """
        found = self.find_outcome(transaction_id)
        if found is not None or error.reason is not Reason.ALREADY_EXISTS:
            self.waiters.answer(transaction_id, error if found is None else found)

    def note_final(self, candidate: Candidate) -> None:
        """Remember the outcomes of a block that is final, until `show` is given a checkpoint that has it."""
        self._note_carried(candidate)
        self.unshown[candidate.tip.height] = tuple(iterate_outcomes(candidate))
        if len(self.unshown) > MAX_UNSHOWN_BLOCKS:
            del self.unshown[min(self.unshown)]

    def _note_carried(self, candidate: Candidate) -> None:
        self.pace.note(len(candidate.outcomes), self.clock(), is_waiting=len(self.mempool) > 0)

    def estimate_wait_seconds(self) -> int:
        """Return after how many seconds who is sent away for want of room may come back: once what waits now is carried."""
        of_transactions = self.pace.estimate_seconds(len(self.mempool) + len(self.intake), self.clock())
        return max(of_transactions, self.read_threads.estimate_seconds())

    def show(self, pinned: Pinned) -> None:
        """Show the chain at a newer checkpoint, and answer those who wait for transactions that it has."""
        heights = [Height(number) for number in range(self.pinned.reader.tip.height + 1, pinned.reader.tip.height + 1)]
        self.pinned.replace()
        self.pinned = pinned
        noted = [self.unshown.pop(height, None) for height in heights]
        for item in noted:
            for found in item or ():
                self.waiters.answer(found.outcome.transaction_id, found)
        if None in noted:
            self._look_up_waited_for()

    def _look_up_waited_for(self) -> None:
        for transaction_id in self.waiters.list_waited_for():
            found = self.find_outcome(transaction_id)
            if found is not None:
                self.waiters.answer(transaction_id, found)

    def _answer_left_out(self, made: Made) -> None:
        if not made.candidate.left_out:
            return
        taken = {signed.transaction_id: signed for signed in made.taken}
        for item in made.candidate.left_out:
            found = self.find_outcome(item.transaction_id)
            if found is None and self.mempool.get(item.transaction_id) != taken[item.transaction_id]:
                continue  # meanwhile it got further signatures, with which it is tried again
            self.mempool.remove([item.transaction_id])
            self.waiters.answer(item.transaction_id, item.error if found is None else found)

    def fail(self, error: HourledgerError) -> None:
        """Take no more work: nothing can be made durable any longer."""
        self.failure = error
        self.waiters.answer_all(error)

    def stop(self) -> None:
        """Take no more work, and tell those who wait that their transactions are not final yet."""
        self.is_stopping = True
        self.waiters.answer_all(None)

    async def close(self) -> None:
        """Let go of the threads and of the view, once the long reads that run have ended."""
        await self.check_threads.close()
        await self.read_threads.close()
        self.pinned.replace()

    def _require_taking(self) -> None:
        if self.failure is not None:
            raise HourledgerError(Reason.WRITE_FAILED, "the node takes no transactions any more", self.failure.detail)
        if self.is_stopping:
            raise HourledgerError(Reason.BUSY, "the node is stopping")


def _merge(known: SignedTransaction, other: SignedTransaction) -> SignedTransaction:
    """Return an envelope with the signatures of both, or `known` where that would be too large."""
    signatures = {item.key: item for item in (*other.signatures, *known.signatures)}
    merged = SignedTransaction(known.payload, tuple(signatures[key] for key in sorted(signatures)))
    try:
        decode_signed(encode_signed(merged))
    except CodecError:
        return known
    return merged


def _judge(
    pinned: Pinned, chain: Chain, mempool: Mempool, items: Sequence[SignedTransaction], time_ms: TimeMs
) -> list[Verdict]:
    """Look up and check transactions; for a thread. Whatever is final has been checked before."""
    are_new = [pinned.reader.find_outcome(item.transaction_id) is None for item in items]
    new = [item for item, is_new in zip(items, are_new, strict=True) if is_new]
    errors = chain.check_all(new, time_ms)
    for item, error in zip(new, errors, strict=True):
        if error is None:
            mempool.look_up(item)
    verdicts = iter(errors)
    return [(next(verdicts) or True) if is_new else False for is_new in are_new]


def _execute(pinned: Pinned, signed: SignedTransaction, time_ms: TimeMs) -> Outcome:
    tip, place = pinned.reader.tip, compute_next_place(pinned.reader.tip)
    rule_book = RULE_BOOKS.at(pinned.reader.state, place.height)
    deciders = RULE_BOOKS.find_authorities(pinned.reader.state, place.height)
    block = make_context(tip.header.chain_id, place, compute_block_time(tip, time_ms), deciders)
    outcome, _events = execute_transaction(Overlay(pinned.reader.state), rule_book, signed, block)
    return outcome


def compute_first_event(found: FoundOutcome) -> EntryIndex:
    """Return the index of the first of a transaction's events, which stand right before its outcome."""
    return EntryIndex(found.index - found.outcome.event_count)
