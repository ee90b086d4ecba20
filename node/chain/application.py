"""The chain as an application under any consensus engine: check, build, validate, commit.

An engine asks it to check what comes in, to build a block when it is this node's turn, to validate what another proposes, and
to commit what a quorum decided. It has no clock: every time comes from the caller or from headers. One caller at a time may
build, validate, commit and `check_next`; `check`, `verify_ahead`, `find_outcome` and readers may be used meanwhile from other
threads.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from ledger.authorities import Authority
from ledger.blocks import MAX_BLOCK_BYTES, Block, Commit, commit_codec, compute_block_hash, validate_commit, verify_commit
from ledger.codec import encode
from ledger.errors import HourledgerError
from ledger.execution import BlockContext, RuleBook, RuleBooks
from ledger.genesis import Genesis
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.state_updates import DEFAULT_CAPACITY, PageCache
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Hash, Height, PublicKey, TimeMs
from ledger.votes import Offence
from node.chain import proposing, validation
from node.chain.admission import Admission
from node.chain.candidate import Candidate
from node.chain.evidence import validate_open
from node.chain.opening import open_tip
from node.chain.pages import fill_cache, load_end
from node.chain.reader import ChainReader, FoundOutcome, find_outcome
from node.chain.records import StateView, Tip, lay_ground
from node.chain.rules import ChainRules, PartiesOf
from node.storage import namespaces
from node.storage.protocol import KeyValueStore

KEPT_PAGES = DEFAULT_CAPACITY
"""Deeper pages of the state tree in memory."""
REMEMBERED_CANDIDATES = 4
"""Each holds a whole block and all that it writes."""


class Chain:
    """A chain over a store that its caller opened and will close. Made by `Chain.open`."""

    __slots__ = ("_admission", "_executed", "_failure", "_ground", "_override", "_rules", "_store", "_tip")

    def __init__(self, store: KeyValueStore, rules: ChainRules, tip: Tip, override: SignedTransaction | None) -> None:
        self._store = store
        self._ground = lay_ground(store, PageCache(KEPT_PAGES, load_end(store)))
        self._rules = rules
        self._tip = tip
        self._override = override
        self._admission = Admission(rules.chain_id)
        self._failure: HourledgerError | None = None
        # Candidates for the block after the tip, by block hash: what was executed once is not executed again.
        self._executed: dict[Hash, Candidate] = {}

    @classmethod
    def open(
        cls,
        store: KeyValueStore,
        genesis: Genesis,
        rule_books: RuleBooks,
        genesis_state: Overlay,
        parties_of: PartiesOf,
        override: SignedTransaction | None = None,
    ) -> "Chain":
        """Begin a chain in an empty store, or go on with the one that is there.

        `genesis_state` lies over an empty view. `override` is a recovery that this node's operator has accepted: where it names
        the block after the tip, its authorities decide on that block, and a block built here begins with it. Raises
        `STORE_OF_ANOTHER_CHAIN`, `STORE_DAMAGED` when the ends of what is stored do not fit together, `UNSUPPORTED_VERSION`,
        and whatever the store raises.
        """
        rules = ChainRules(genesis, rule_books, genesis_state, parties_of)
        return cls(store, rules, open_tip(store, rules), override)

    @property
    def chain_id(self) -> str:
        """Name of the chain."""
        return self._rules.chain_id

    @property
    def genesis_hash(self) -> Hash:
        """Hash of how the chain began."""
        return self._rules.compute_genesis_hash()

    @property
    def tip(self) -> Tip:
        """Where the chain stands."""
        return self._tip

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """The set that decides on the next block."""
        height = Height(self._tip.height + 1)
        return self._rules.find_deciders(self.view(), height, self._tip.block_hash, self._list_override())

    @property
    def rule_book(self) -> RuleBook:
        """The rules of the next block. Raises `UNSUPPORTED_VERSION` where this program does not have them."""
        return self._rules.rule_books.at(self.view(), Height(self._tip.height + 1))

    def require_rules(self) -> None:
        """Raise `UNSUPPORTED_VERSION` unless this program has the rules of the next block: no engine may go on without."""
        _ = self.rule_book

    @property
    def deciders(self) -> tuple[Authority, ...]:
        """The set that decided on the newest block, and cosigns the checkpoint that ends with it."""
        return self._rules.rule_books.find_authorities(self.view(), self._tip.height)

    @property
    def has_recovery(self) -> bool:
        """Whether the next block begins with a recovery that this node's operator has accepted."""
        return bool(self._list_override())

    def _list_override(self) -> list[bytes]:
        """Return the recovery for the next block as envelopes."""
        if self._override is None:
            return []
        envelope = encode_signed(self._override)
        claim = self._rules.find_override(envelope)
        place = (self._tip.height + 1, self._tip.block_hash)
        return [envelope] if claim is not None and (claim.height, claim.parent_hash) == place else []

    def warm_up(self) -> None:
        """Take pages of the state tree into memory, before the first blocks, which would make most of them one by one."""
        fill_cache(self._ground.pages, self._store)

    def view(self) -> View:
        """Return the current state. It moves with every commit; for several reads of one moment take a `reader`."""
        return StateView(self._store)

    def reader(self) -> ChainReader:
        """Return reads and proofs of the chain as it is now; the caller closes it."""
        return ChainReader(self._store.snapshot())

    def find_outcome(self, transaction_id: Hash) -> FoundOutcome | None:
        """Return what became of a transaction, None when it is not final.

        Ask this before `check`: whatever is sent again, the first outcome stands.
        """
        return find_outcome(self._store, transaction_id)

    def decode(self, envelope: bytes) -> SignedTransaction:
        """Return the transaction of these bytes, or raise `CodecError`. One that was found good before is not read again."""
        return self._admission.decode(envelope)

    def check(self, envelope: bytes, time_ms: TimeMs) -> SignedTransaction:
        """Return the transaction of these bytes, or raise `HourledgerError` with the first reason why it may not enter a block.

        `time_ms` is the present. Whether the transaction is already final is not looked at here: see `find_outcome`.
        """
        signed = self.decode(envelope)
        (error,) = self.check_all([signed], time_ms)
        if error is not None:
            raise error
        return signed

    def check_all(self, items: Iterable[SignedTransaction], time_ms: TimeMs) -> list[HourledgerError | None]:
        """As `check`, of several transactions under the same rules: why each may not enter a block, None where it may.

        Raises `STORE_DAMAGED`, and `UNSUPPORTED_VERSION` where this program does not have the rules.
        """
        return self._check_all(items, time_ms, self.view())

    def check_next(self, items: Iterable[SignedTransaction], time_ms: TimeMs) -> list[HourledgerError | None]:
        """As `check_all`, for the one caller that also builds, validates and commits: it looks at values that are in memory."""
        return self._check_all(items, time_ms, self._ground.values)

    def verify_ahead(self, envelopes: Iterable[bytes]) -> None:
        """Decode transactions and check their signatures, so that `check_next` finds that done; for a thread.

        What is wrong with one is not told: whoever asks for it later meets it then.
        """
        rule_book = self.rule_book
        for envelope in envelopes:
            with suppress(HourledgerError):
                self._admission.verify(envelope, self.decode(envelope), rule_book)

    def _check_all(self, items: Iterable[SignedTransaction], time_ms: TimeMs, view: View) -> list[HourledgerError | None]:
        time_ms = proposing.compute_block_time(self._tip, time_ms)
        rule_book = self.rule_book
        errors: list[HourledgerError | None] = []
        for signed in items:
            try:
                self._admission.validate(encode_signed(signed), signed, rule_book, view, time_ms)
            except HourledgerError as error:
                if error.reason is Reason.STORE_DAMAGED:
                    raise
                errors.append(error)
            else:
                errors.append(None)
        return errors

    def check_offence(self, offence: Offence, time_ms: TimeMs) -> None:
        """Raise `HourledgerError` where an offence can be recorded in no block from now on; `time_ms` is the present.

        One of the height that is being decided passes: it waits for the block after.
        """
        time_ms = proposing.compute_block_time(self._tip, time_ms)
        context = BlockContext(self.chain_id, Height(self._tip.height + 1), time_ms)
        validate_open(self._store, self.rule_book, self._tip, offence, context)

    def build(
        self,
        transactions: Iterable[SignedTransaction],
        time_ms: TimeMs,
        proposer: PublicKey,
        evidence: Iterable[bytes] = (),
        max_bytes: int = MAX_BLOCK_BYTES,
    ) -> Candidate:
        """Return a block of these transactions at `time_ms`, or just after the tip's time if that is later.

        Takes them in order, until the block is full, or has `max_bytes` of transactions; the first is taken in any case. One
        that is final, is offered twice or may not enter is left out, and the candidate says so. Evidence comes first, a few
        pieces of it; what may not be recorded is left out.
        """
        self._require_sound()
        if self._override is not None and self._list_override():
            transactions = (self._override, *(item for item in transactions if item != self._override))
        waiting = proposing.Waiting(transactions, evidence, max_bytes)
        candidate = proposing.build(
            self._rules, self._admission, self._ground, self._tip, waiting, time_ms, proposer, self.authorities
        )
        self._remember(candidate)
        return candidate

    def validate(self, block: Block) -> Candidate:
        """Return the candidate of a block that another node made, or raise `HourledgerError` that says what is wrong with it.

        Whose turn it is, and whether its time is too far from the present, is for the engine to judge. A block that this chain
        built or found valid just before is not executed again.
        """
        self._require_sound()
        known = self._executed.get(compute_block_hash(block.header))
        if known is not None and known.block == block:
            return known
        candidate = validation.validate(self._rules, self._admission, self._ground, self._tip, block)
        self._remember(candidate)
        return candidate

    def validate_committed(self, block: Block, commit: Commit) -> Candidate:
        """As `validate`, of a block that has come with its commit. The commit is verified first, which costs little.

        So nobody makes this node carry out what no quorum has decided, but for a block that begins with a claim of recovery.
        """
        place = (Height(self._tip.height + 1), self._tip.block_hash)
        deciders = self._rules.find_deciders(self.view(), *place, block.transactions)
        verify_commit(self._rules.chain_id, deciders, block.header, commit)
        return self.validate(block)

    def commit(self, candidate: Candidate, commit: Commit, *, is_verified: bool = False) -> None:
        """Make a block final: verify its commit, write it in one synced batch, and only then stand on it.

        `is_verified` says that the signature of each of its votes was verified before, so that only the rest is looked at.
        Raises `ProofError` or `SignatureError` for a bad commit, the reason why a recovery that this node's operator accepted
        is not in the block that its authorities decide on, and `WRITE_FAILED` when the disk refused. After the latter nobody
        knows whether the block is stored, and the chain does no more until it is opened again.
        """
        self._require_sound()
        header = candidate.block.header
        if header.parent_hash != self._tip.block_hash:
            detail = f"the candidate does not follow block {self._tip.height}"
            raise HourledgerError(Reason.INTERNAL, detail, str(header.height))
        self._require_recovered(candidate)
        check = validate_commit if is_verified else verify_commit
        check(self._rules.chain_id, candidate.deciders, header, commit)
        writes = {**candidate.writes, namespaces.compute_commit_key(header.height): encode(commit_codec, commit)}
        # Whatever ends this in the middle: the store may be a block ahead of what is in memory.
        self._failure = HourledgerError(Reason.INTERNAL, f"block {header.height} was not followed", str(header.height))
        try:
            self._store.write(writes)
        except HourledgerError as error:
            self._failure = error
            raise
        self._ground.take_over(candidate.changes, candidate.revised)
        self._tip = candidate.tip
        self._executed.clear()
        self._failure = None

    def keep_handover(self, height: Height, data: bytes) -> None:
        """Keep what proves the handover to the set that decides from `height` on. Raises `WRITE_FAILED`."""
        self._store.write({namespaces.compute_handover_key(height): data})

    def iterate_handovers(self, start: Height) -> Iterator[tuple[Height, bytes]]:
        """Yield what is kept of the handovers to sets that decide from `start` on or later, oldest first."""
        with self.reader() as reader:
            yield from reader.iterate_handovers(start)

    def _remember(self, candidate: Candidate) -> None:
        if len(self._executed) >= REMEMBERED_CANDIDATES:
            self._executed.clear()
        self._executed[candidate.block_hash] = candidate

    def _require_recovered(self, candidate: Candidate) -> None:
        """Refuse a block of an override's authorities that does not put them in charge: all other nodes refuse it, too.

        Only a block that was built here can be one: its recovery was good when the operator accepted it, and is no more.
        """
        block, view = candidate.block, self.view()
        height, parent_hash = block.header.height, block.header.parent_hash
        if candidate.deciders == self._rules.rule_books.find_authorities(view, height):
            return
        reason: Reason | None = candidate.left_out[0].error.reason if candidate.left_out else Reason.NOT_PERMITTED
        if self._rules.find_deciders(view, height, parent_hash, block.transactions) == candidate.deciders:
            reason = candidate.outcomes[0].reason
        if reason is not None:
            detail = f"the recovery that was accepted here cannot be carried out ({reason.value}): accept another"
            raise HourledgerError(reason, detail, str(height))

    def _require_sound(self) -> None:
        if self._failure is not None:
            raise HourledgerError(Reason.WRITE_FAILED, "an earlier block could not be written", self._failure.detail)
