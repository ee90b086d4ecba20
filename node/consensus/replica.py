"""One authority's node as logic: no clock, sockets or threads of its own, so that a simulator drives the very code that runs.

Every call says what time it is. What this authority signs is durable in its guard before it is sent; a block is durable in the
chain before anybody is told. Whoever lags behind is given blocks with their commits, whatever else goes on.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Final

from ledger.blocks import Block, Commit, compute_block_hash, decode_block, encode_block
from ledger.crypto import SigningKey
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction
from ledger.types import Hash, Height, PublicKey, TimeMs
from ledger.votes import NO_ROUND, SignedProposal, SignedVote, make_evidence, verify_signed
from node.chain import Candidate, Chain
from node.consensus.evidence import EvidencePool
from node.consensus.gossip import FAILURES, Gossip
from node.consensus.guard import Guard, Record
from node.consensus.height import HeightBook
from node.consensus.machine import State, Timeouts, resume, start_height, step
from node.consensus.machine.machine import Turn
from node.consensus.machine.types import (
    Accuse,
    BuildValue,
    CastVote,
    Decide,
    Effect,
    Event,
    Proposal,
    ProposalReceived,
    Propose,
    StartTimer,
    Step,
    TimeoutElapsed,
    ValueBuilt,
    Vote,
    VoteReceived,
    WorkAvailable,
)
from node.consensus.messages import (
    BlockPart,
    CommittedBlock,
    CosignatureMessage,
    EvidenceMessage,
    HeldFrom,
    Message,
    ProposalMessage,
    Status,
    TransactionsMessage,
    VoteMessage,
    WaitingTransactions,
    WantBlock,
    WantCosignatures,
    WantParts,
    WantTransactions,
    decode_message,
    encode_message,
)
from node.consensus.pacing import Pacing
from node.consensus.ports import Listener, Network
from node.consensus.silence import Silence, is_in_the_dark
from node.consensus.speaker import Speaker, restore_state, to_proposal
from node.consensus.syncing import Sources, find_block
from node.mempool import Mempool

REPEAT_MS: Final = 1_000
"""How often a node says again what it knows, for those who did not hear it."""
MAX_AHEAD_MS: Final = 10_000
MAX_BEHIND_MS: Final = 60_000
"""How far a new proposal's time may be from this node's clock."""
MAX_VOTES_OF_VOTER: Final = 64
"""Signed votes kept of one voter on average, before those are dropped that the machine has dropped."""


class Replica:
    """The node's side of the agreement. Not for use from several threads at once."""

    def __init__(
        self,
        chain: Chain,
        mempool: Mempool,
        guard: Guard,
        key: SigningKey | None,
        network: Network,
        listener: Listener,
        timeouts: Timeouts,
        stopwatch: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._chain = chain
        self._mempool = mempool
        self._guard = guard
        self._key = key
        self._speaker = None if key is None else Speaker(chain.chain_id, key, guard)
        self._network = network
        self._listener = listener
        self._timeouts = timeouts
        self._now_ms = TimeMs(0)
        self._events: deque[Event] = deque()
        self._timers: list[tuple[int, int, TimeoutElapsed]] = []
        self._ids = count()
        self._book = HeightBook(Height(0), ())
        self._state = State(Height(0), 1, None)
        self._sources = Sources()
        self._repeat_at_ms = 0
        self._silence = Silence()
        self._gossip = Gossip(chain, mempool, network)
        self._pacing = Pacing(timeouts.propose_ms)
        self._stopwatch = stopwatch
        self._evidence = EvidencePool(chain)
        self.is_key_elsewhere = False
        self.failure: HourledgerError | None = None

    def start(self, now_ms: TimeMs) -> None:
        """Go on from what is durable."""
        self._begin_turn(now_ms)
        if len(self._chain.authorities) > 1:
            self._silence.judge_start(self._guard.record, self._chain.tip.height)
        self._begin_height()
        self._run()
        self._repeat_at_ms = now_ms

    def receive(self, peer: str, data: bytes, now_ms: TimeMs) -> None:
        """Take a message. Raises `HourledgerError` where the peer is at fault: no honest one sends it.

        Where `failure` is set after that, the fault is this node's own, and it is to be stopped.
        """
        self.receive_decoded(peer, decode_message(data), now_ms)

    def receive_decoded(self, peer: str, message: Message, now_ms: TimeMs) -> None:
        """As `receive`, of a message that its caller has decoded already."""
        self._begin_turn(now_ms)
        self._handle(peer, message)
        self._end_silence()
        self._run()

    def submit(self, signed: SignedTransaction, now_ms: TimeMs) -> None:
        """Let a checked transaction wait for a block, here and at the peers; raise `BUSY` when there is no room."""
        self._mempool.add(signed)
        self.announce(now_ms)

    def announce(self, now_ms: TimeMs) -> None:
        """There is something new among the transactions that wait: tell the peers, and see to it that a block is made."""
        self._begin_turn(now_ms)
        self._gossip.announce()
        if len(self._mempool):
            self._note_work()
        self._run()

    def tick(self, now_ms: TimeMs) -> None:
        """Let time pass."""
        self._begin_turn(now_ms)
        self._end_silence()
        while self._timers and self._timers[0][0] <= now_ms:
            self._events.append(heapq.heappop(self._timers)[2])
        if self._state.step is Step.IDLE and len(self._mempool):
            self._note_work()
        self._run()
        if now_ms >= self._repeat_at_ms:
            self._repeat_at_ms = now_ms + REPEAT_MS
            self._repeat()

    def _begin_turn(self, now_ms: TimeMs) -> None:
        """Raise what has failed before: what is in memory since then is not durable, and nothing of it may be said."""
        if self.failure is not None:
            raise self.failure
        if now_ms < self._now_ms:
            self._move_timers(self._now_ms - now_ms)
        self._now_ms = now_ms
        self._pacing.note_time(now_ms)
        if self._is_in_the_dark():
            self._silence.extend(now_ms)

    def _move_timers(self, back_ms: int) -> None:
        """The clock was set back: let nothing that is waited for take longer for that."""
        self._timers = [(due_ms - back_ms, number, event) for due_ms, number, event in self._timers]
        self._repeat_at_ms -= back_ms
        self._pacing.gather_until_ms -= back_ms
        self._silence.move(back_ms)
        self._sources.move(back_ms)

    @contextmanager
    def _must_succeed(self) -> Iterator[None]:
        """What fails in here leaves this node with more in memory than on its disk, or between two heights."""
        try:
            yield
        except HourledgerError as error:
            self.failure = error
            raise

    def compute_next_due_ms(self) -> int:
        """When `tick` is to be called next."""
        due_ms = min(self._repeat_at_ms, self._timers[0][0]) if self._timers else self._repeat_at_ms
        return self._pacing.bound_due(due_ms, self._now_ms)

    @property
    def height(self) -> Height:
        """The height that is being decided."""
        return self._state.height

    @property
    def state(self) -> State:
        """The machine's state."""
        return self._state

    @property
    def heights_of_peers(self) -> dict[str, Height]:
        """The newest block that each peer has told of."""
        return dict(self._sources.heights)

    def _begin_height(self) -> None:
        self._chain.require_rules()
        height = Height(self._chain.tip.height + 1)
        self._book = HeightBook(height, self._chain.authorities)
        self._timers.clear()
        self._silence.begin_height()
        record = self._guard.record
        self._apply(self._resume(record) if record is not None and record.height == height else self._start(height))
        if len(self._mempool) or self._chain.has_recovery:
            self._note_work()

    def _note_work(self) -> None:
        """Begin a block, or wait a little for what else comes: a block costs almost the same for few and for many."""
        if not self._pacing.is_gathering(self._now_ms) or self._mempool.byte_count >= self._pacing.max_bytes:
            self._events.append(WorkAvailable())

    def _find_own(self) -> int | None:
        return None if self._key is None else self._book.find_voter(self._key.public_key)

    def _start(self, height: Height) -> Turn:
        record = self._guard.record
        own = self._find_own()
        is_from_the_past = record is not None and record.height > height
        if self.is_key_elsewhere or is_from_the_past:
            own = None
        elif own is not None:
            self._silence.begin(self._now_ms)
        if self._silence.until_ms is not None:
            own = None
        return start_height(height, len(self._book.authorities), own, self._timeouts)

    def _end_silence(self) -> None:
        if self._silence.until_ms is None or self._is_in_the_dark() or not self._silence.end(self._now_ms, self._list_others()):
            return
        # As an observer it went through the round in silence: it takes the round up again, with its timers, and votes.
        begun = Step.IDLE if self._state.step is Step.IDLE else Step.PROPOSE
        self._apply(resume(replace(self._state, own=self._find_own(), step=begun, fired=frozenset())))
        self._events.append(WorkAvailable())

    def _list_others(self) -> list[PublicKey]:
        """The other authorities, by the keys that they show as peers."""
        own = None if self._key is None else self._key.public_key
        return [item.log_key for item in self._book.authorities if item.key != own]

    def _is_in_the_dark(self) -> bool:
        """Whether a silent node does not know where the chain is, or is behind."""
        if self._silence.until_ms is None:
            return False
        others, heights = self._list_others(), self._sources.heights
        known = [heights[peer] for peer in self._network.peers if peer in heights and self._network.get_log_key(peer) in others]
        return is_in_the_dark(self._chain.tip.height, known, len(others))

    def _resume(self, record: Record) -> Turn:
        """Go on at the height at which this authority has spoken before it stopped."""
        for data in self._guard.load_blocks().values():
            self._take_block(data)
        return resume(restore_state(record, self._book, self._find_own(), self._timeouts))

    def _run(self) -> None:
        while self._events:
            event = self._events.popleft()
            self._apply(step(self._state, event))

    def _apply(self, turn: Turn) -> None:
        round_before = self._state.round
        self._state, effects = turn
        self._say([effect for effect in effects if isinstance(effect, Propose | CastVote)])
        for effect in effects:
            self._perform(effect)
        if self._state.round != round_before:
            self._book.forget(self._state)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case StartTimer(timer, height, round_, duration_ms):
                due = (self._now_ms + duration_ms, next(self._ids), TimeoutElapsed(timer, height, round_))
                heapq.heappush(self._timers, due)
            case BuildValue(height, round_):
                self._build(height, round_)
            case Decide(_height, round_, value):
                self._decide(round_, value)
            case Accuse(first, second):
                self._accuse(first, second)
            case Propose() | CastVote():
                pass  # said already, all of a turn at once

    def _say(self, effects: Sequence[Propose | CastVote]) -> None:
        """Sign what the machine wants to say, make it durable in one write, and only then send it."""
        if not effects or self._speaker is None:
            return
        self._silence.note_words()
        with self._must_succeed():
            said = self._speaker.sign(effects, self._state, self._book)
        for signed in said:
            if isinstance(signed, SignedProposal):
                self._broadcast(ProposalMessage(signed))
                self._send_parts(signed)
            else:
                self._broadcast(VoteMessage(signed))

    def _build(self, height: Height, round_: int) -> None:
        if self._key is None:
            return
        evidence = tuple(self._evidence.iterate_due(height))
        waiting, began = self._mempool.iterate(), self._stopwatch()
        candidate = self._chain.build(waiting, self._now_ms, self._key.public_key, evidence, self._pacing.max_bytes)
        for item in candidate.left_out:
            self._mempool.remove([item.transaction_id])
            self._listener.on_left_out(item.transaction_id, item.error)
        data = encode_block(candidate.block)
        self._pacing.note(len(data), self._stopwatch() - began)
        self._keep(candidate, data)
        self._events.append(ValueBuilt(height, round_, candidate.block_hash))

    def _keep(self, candidate: Candidate, data: bytes) -> None:
        self._book.candidates[candidate.block_hash] = candidate
        self._book.blocks[candidate.block_hash] = data

    def _decide(self, round_: int, value: Hash) -> None:
        commit = self._book.make_commit(round_, value)
        with self._must_succeed():
            self._finalise(self._book.candidates[value], commit, is_verified=self._book.are_votes_verified)

    def _finalise(self, candidate: Candidate, commit: Commit, *, is_verified: bool) -> None:
        self._chain.commit(candidate, commit, is_verified=is_verified)
        final = [outcome.transaction_id for outcome in candidate.outcomes]
        self._mempool.remove(final)
        self._evidence.prune(self._now_ms)
        self._events.clear()
        self._listener.on_event(
            "block",
            height=int(commit.height),
            round=int(commit.round),
            transactions=len(candidate.outcomes),
            entries=len(candidate.entries),
        )
        self._listener.on_final(candidate)
        self._broadcast(Status(self._chain.tip.height))
        self._pacing.begin_gathering()
        self._begin_height()

    def _accuse(self, first: Vote | Proposal, second: Vote | Proposal) -> None:
        if isinstance(first, Vote) and isinstance(second, Vote):
            signed = (self._book.get_vote(first), self._book.get_vote(second))
            if signed[0] is not None and signed[1] is not None:
                self._keep_evidence(make_evidence(signed[0], signed[1]))

    def _keep_evidence(self, evidence: bytes) -> None:
        """Let evidence wait for a block, here and at the peers; raise `HourledgerError` where it shows no offence.

        It is repeated until it is on the chain or has expired, and only repetition makes a block for it: so somebody who lies
        at every height makes no more than one block a second.
        """
        if self._evidence.add(evidence, self._now_ms):
            offence = self._evidence.items[evidence]
            self._listener.on_event("evidence", key=offence.key.hex(), height=int(offence.height), kind=offence.kind.name)
            self._broadcast(EvidenceMessage(evidence))

    @property
    def evidence(self) -> tuple[bytes, ...]:
        """Evidence that is not on the chain yet, in the order in which it was found."""
        return tuple(self._evidence.items)

    def _broadcast(self, message: Message) -> None:
        data = encode_message(message)
        for peer in self._network.peers:
            self._network.send(peer, data)

    def _send(self, peer: str, message: Message) -> None:
        self._network.send(peer, encode_message(message))

    def _send_parts(self, proposal: SignedProposal) -> None:
        for index, part in self._book.iterate_parts(proposal.block_hash):
            self._broadcast(BlockPart(proposal.height, proposal.block_hash, index, part))

    def _handle(self, peer: str, message: Message) -> None:
        match message:
            case Status() | HeldFrom():
                self._note_blocks(peer, message)
            case VoteMessage(vote):
                self._take_vote(peer, vote)
            case ProposalMessage(proposal):
                self._take_proposal(peer, proposal)
            case BlockPart():
                self._take_part(message)
            case WantParts(_height, block_hash, indices):
                self._give_parts(peer, block_hash, indices)
            case WantBlock(height):
                self._give_block(peer, height)
            case CommittedBlock(data, commit):
                self._take_committed(peer, data, commit)
            case _:
                self._handle_beside(peer, message)

    def _handle_beside(self, peer: str, message: Message) -> None:
        """Take what is beside the agreement on a height and the blocks of it."""
        match message:
            case TransactionsMessage(envelopes):
                if self._gossip.take(envelopes, self._now_ms):
                    self._note_work()
            case WaitingTransactions(ids):
                self._gossip.ask(peer, ids, self._now_ms)
            case WantTransactions(ids):
                self._gossip.give(peer, ids)
            case CosignatureMessage() | WantCosignatures():
                self._listener.on_cosigning(peer, message)
            case EvidenceMessage(evidence):
                self._keep_evidence(evidence)

    def _is_now(self, peer: str, height: Height) -> bool:
        """Whether a message is of the height being decided. A sender that is behind is told, one ahead is followed."""
        if height < self._state.height:
            self._send(peer, Status(self._chain.tip.height))
        elif height > self._state.height:
            self._note_blocks(peer, Status(Height(height - 1)))
        return height == self._state.height

    def _take_vote(self, peer: str, vote: SignedVote) -> None:
        if not self._is_now(peer, vote.height):
            return
        book = self._book
        voter = book.find_voter(vote.key)
        if voter is None or (vote.type, vote.round, voter, vote.block_hash) in book.votes or book.has_said(vote):
            return
        verify_signed(self._chain.chain_id, vote)
        if len(book.votes) > MAX_VOTES_OF_VOTER * len(book.authorities):
            book.forget(self._state)
        if self._key is not None and vote.key == self._key.public_key:
            self._meet_own_vote()
        self._events.append(VoteReceived(book.add_vote(voter, vote)))

    def _meet_own_vote(self) -> None:
        """Somebody has a vote of this authority that this node does not remember: say nothing more at this height.

        A node that has spoken here itself, and so has lost nothing, knows then that a copy of its key is at work.
        """
        if self._book.own_votes and not self.is_key_elsewhere:
            self.is_key_elsewhere = True
            self._listener.on_event("key is in use elsewhere")
        # It may have gone on to the next height and voted there, too: it listens again before it speaks there.
        self._silence.note_forgotten()
        self._state = replace(self._state, own=None)

    def _take_proposal(self, peer: str, proposal: SignedProposal) -> None:
        if not self._is_now(peer, proposal.height):
            return
        book = self._book
        proposer = self._state.compute_proposer(proposal.round)
        if book.authorities[proposer].key != proposal.key:
            return
        known = book.proposals.get(proposal.round)
        if known == proposal:
            return
        verify_signed(self._chain.chain_id, proposal)
        if known is not None:
            if (known.block_hash, known.valid_round) != (proposal.block_hash, proposal.valid_round):
                self._keep_evidence(make_evidence(known, proposal))
            return
        if book.is_ahead_again(proposal, self._state.round):
            return
        book.proposals[proposal.round] = proposal
        if book.is_judged(proposal):
            self._judge(proposal.block_hash)
        else:
            book.begin_assembly(proposal)

    def _take_part(self, part: BlockPart) -> None:
        if part.height != self._state.height:
            return
        for claim in self._book.take_part(part.block_hash, part.index, part.data):
            if self._take_block(self._book.assemblies.pop(claim).join()) != part.block_hash:
                self._book.invalid.add(claim)
            self._judge(part.block_hash)

    def _take_block(self, data: bytes) -> Hash | None:
        """Execute a block that was proposed; return its hash where it is valid."""
        began = self._stopwatch()
        try:
            candidate = self._validate(data)
        except HourledgerError as error:
            if error.reason in FAILURES:
                raise
            self._listener.on_event("invalid block", reason=error.reason.value, detail=error.detail)
            return None
        self._pacing.note(len(data), self._stopwatch() - began)
        self._keep(candidate, data)
        return candidate.block_hash

    def _validate(self, data: bytes) -> Candidate:
        candidate = self._chain.validate(decode_block(data))
        if candidate.deciders != self._book.authorities:
            raise HourledgerError(Reason.NOT_PERMITTED, "it begins with a recovery that this node's operator has not accepted")
        return candidate

    def _judge(self, block_hash: Hash) -> None:
        """Tell the machine of every proposal of a block, but for those whose parts are still to come."""
        book = self._book
        candidate = book.candidates.get(block_hash)
        for proposal in tuple(book.proposals.values()):
            proposer = book.find_voter(proposal.key)
            if proposal.block_hash == block_hash and proposer is not None and book.is_judged(proposal):
                is_valid = candidate is not None and (proposal.valid_round != NO_ROUND or self._is_timely(candidate))
                self._events.append(ProposalReceived(to_proposal(proposal, proposer), is_valid))

    def _is_timely(self, candidate: Candidate) -> bool:
        return -MAX_BEHIND_MS <= candidate.block.header.time_ms - self._now_ms <= MAX_AHEAD_MS

    def _give_parts(self, peer: str, block_hash: Hash, indices: tuple[int, ...]) -> None:
        for index, part in self._book.iterate_parts(block_hash, frozenset(indices)):
            self._send(peer, BlockPart(self._state.height, block_hash, index, part))

    def _note_blocks(self, peer: str, message: Status | HeldFrom) -> None:
        if isinstance(message, Status):
            if message.has_repeated and message.height == self._chain.tip.height:
                self._silence.note_repetition(self._network.get_log_key(peer))
            self._sources.note_height(peer, message.height)
            if not message.has_repeated and message.height == self._state.height and self._book.candidates:
                return  # the votes on this very block are on their way; if not, the peer will say it again
        else:
            self._sources.note_lowest(peer, message.height, self._now_ms)
        self._ask_for_block(peer)

    def _ask_for_block(self, peer: str) -> None:
        """Ask for the block at this height and some more: the peer that has just spoken, or another where one did not help."""
        question = self._sources.choose(peer, self._state.height, self._network.peers, self._now_ms)
        if question is not None:
            for height in question.heights:
                self._send(question.peer, WantBlock(height))

    def _tell_of_lack(self) -> None:
        """Say once for a height that no peer can help on from there."""
        lowest = self._sources.find_lack(self._state.height, self._network.peers, self._now_ms)
        if lowest is not None:
            detail = "no connected peer holds the next block any more: stop the node and restore a newer snapshot"
            self._listener.on_event(
                "a snapshot is needed", detail=detail, height=int(self._state.height), held_from=int(lowest)
            )

    def _give_block(self, peer: str, height: Height) -> None:
        if (answer := find_block(self._chain, height)) is not None:
            self._send(peer, answer)

    def _take_committed(self, peer: str, data: bytes, commit: Commit) -> None:
        if commit.height != self._state.height:
            return
        block = decode_block(data)
        if compute_block_hash(block.header) != commit.block_hash:
            raise CodecError("a block came with the commit of another")
        candidate = self._validate_committed(block, commit)
        self._silence.note_block()
        with self._must_succeed():
            self._finalise(candidate, commit, is_verified=True)
        self._ask_for_block(peer)

    def _validate_committed(self, block: Block, commit: Commit) -> Candidate:
        try:
            return self._chain.validate_committed(block, commit)
        except HourledgerError as error:
            if error.reason is Reason.INTERNAL:  # a rule that fails on what a liar has made up is no reason to stop
                raise ProofError(f"a block cannot be carried out: {error.detail}") from error
            raise

    def _repeat(self) -> None:
        self._tell_of_lack()
        if self._state.step is not Step.IDLE:
            # What is of rounds to come, its senders say again themselves: a flood of it is not carried on.
            self._book.forget(self._state)
            self._book.forget_blocks(self._state)
            for proposal in self._book.proposals.values():
                self._broadcast(ProposalMessage(proposal))
            for vote in self._book.votes.values():
                if vote.round <= self._state.round:
                    self._broadcast(VoteMessage(vote))
        self._broadcast(Status(self._chain.tip.height, has_repeated=True))
        for (block_hash, _parts), assembly in self._book.assemblies.items():
            if block_hash not in self._book.blocks:
                self._broadcast(WantParts(self._state.height, block_hash, assembly.missing))
        self._gossip.repeat()
        self._evidence.prune(self._now_ms)
        for evidence in self._evidence.items:
            self._broadcast(EvidenceMessage(evidence))
        if len(self._mempool) or self._evidence.has_due(self._state.height):
            self._events.append(WorkAvailable())
            self._run()
