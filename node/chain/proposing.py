"""How a node makes a block of what is waiting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ledger.authorities import Authority
from ledger.blocks import MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS
from ledger.errors import HourledgerError
from ledger.execution import RuleBook
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Hash, PublicKey, TimeMs
from node.chain.admission import Admission, validate_new
from node.chain.candidate import Candidate, LeftOut, assemble, compute_header_start, compute_next_place, make_context
from node.chain.evidence import execute_with_evidence, record_some
from node.chain.records import Ground, Tip
from node.chain.rules import ChainRules

HEADER_ALLOWANCE_BYTES = 1_024
"""Room for a block's header and the lengths of its lists, all bounded."""
ENVELOPE_ALLOWANCE_BYTES = 5
"""MessagePack's length before an envelope."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a block may be made of, in order, and how many bytes of transactions it may have beside the first."""

    transactions: Iterable[SignedTransaction]
    evidence: Iterable[bytes]
    max_bytes: int = MAX_BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class _Selected:
    transactions: Sequence[SignedTransaction]
    left_out: Sequence[LeftOut]


def compute_block_time(tip: Tip, time_ms: TimeMs) -> TimeMs:
    """Return the time of a block that follows `tip` and is made at `time_ms`: times of blocks ascend."""
    return max(TimeMs(tip.header.time_ms + 1), time_ms)


def build(
    rules: ChainRules,
    admission: Admission,
    ground: Ground,
    tip: Tip,
    waiting: Waiting,
    time_ms: TimeMs,
    proposer: PublicKey,
    deciders: tuple[Authority, ...],
) -> Candidate:
    """Return a block of the evidence and the transactions that fit, for these authorities to decide on: see `Chain.build`."""
    time_ms = compute_block_time(tip, time_ms)
    place = compute_next_place(tip)
    context = make_context(rules.chain_id, place, time_ms, deciders)
    rule_book = rules.rule_books.at(ground.values, place.height)
    recorded = record_some(ground, rule_book, tip, waiting.evidence, context)
    free_bytes = MAX_BLOCK_BYTES - HEADER_ALLOWANCE_BYTES
    free_bytes -= sum(len(item) + ENVELOPE_ALLOWANCE_BYTES for item in recorded.evidence)
    selected = _select(admission, rule_book, ground, waiting, time_ms, free_bytes)
    done = execute_with_evidence(recorded, rule_book, selected.transactions, context)
    failed = {item.transaction_id for item in done.failures}
    envelopes = tuple(encode_signed(item) for item in selected.transactions if item.transaction_id not in failed)
    start = compute_header_start(rules, rule_book.version, place, deciders, time_ms, proposer, envelopes, recorded.evidence)
    candidate = assemble(rules, ground, place, deciders, start, envelopes, done.executed, recorded.evidence)
    return replace(candidate, left_out=(*selected.left_out, *done.failures))


def _select(
    admission: Admission,
    rule_book: RuleBook,
    ground: Ground,
    waiting: Waiting,
    time_ms: TimeMs,
    free_bytes: int,
) -> _Selected:
    """Take transactions in order up to the first that does not fit; a later one must not overtake it."""
    taken: dict[Hash, SignedTransaction] = {}
    left_out: list[LeftOut] = []
    byte_count = 0
    for signed in waiting.transactions:
        if len(taken) == MAX_BLOCK_TRANSACTIONS:
            break
        transaction_id = signed.transaction_id
        try:
            validate_new(ground.store, transaction_id, taken)
            envelope = encode_signed(signed)
            admission.validate(envelope, signed, rule_book, ground.values, time_ms)
        except HourledgerError as error:
            if error.reason is Reason.STORE_DAMAGED:
                raise
            left_out.append(LeftOut(transaction_id, error))
            continue
        byte_count += len(envelope) + ENVELOPE_ALLOWANCE_BYTES
        if byte_count > free_bytes or (taken and byte_count > waiting.max_bytes):
            break
        taken[transaction_id] = signed
    return _Selected(tuple(taken.values()), left_out)
