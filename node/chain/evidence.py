"""Evidence in blocks: which may still be recorded, and the entries that it leads to, before those of transactions.

It expires by height and by time, so that nobody has to keep what an old signature could be checked against for ever.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger.blocks import MAX_BLOCK_EVIDENCE
from ledger.errors import HourledgerError, ProofError, Rejection
from ledger.execution import BlockContext, RuleBook
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.transactions import SignedTransaction
from ledger.types import TimeMs
from ledger.votes import Offence, verify_evidence
from node.chain.executing import Done, execute_each
from node.chain.log_entries import load_header_at
from node.chain.records import Ground, StateView, Tip, decode_reference, load_required
from node.storage import namespaces
from node.storage.protocol import Readable

MAX_EVIDENCE_BLOCKS: Final = 10_000
MAX_EVIDENCE_MS: Final = 14 * 24 * 60 * 60 * 1_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """The evidence that a block takes, its events, and the state with it."""

    evidence: tuple[bytes, ...]
    entries: tuple[bytes, ...]
    state: Overlay


def record_all(ground: Ground, rule_book: RuleBook, tip: Tip, evidence: Sequence[bytes], block: BlockContext) -> Recorded:
    """Record evidence as a validator does; raise `HourledgerError` for the first piece that may not be in the block."""
    state = Overlay(ground.values)
    entries: list[bytes] = []
    for number, data in enumerate(evidence):
        try:
            entries.extend(_record(ground.store, rule_book, tip, state, data, block))
        except HourledgerError as error:
            if error.reason is Reason.STORE_DAMAGED:
                raise
            detail = f"block {block.height} cannot have evidence {number}: {error.detail}"
            raise HourledgerError(error.reason, detail, error.value) from error
    return Recorded(tuple(evidence), tuple(entries), state)


def record_some(ground: Ground, rule_book: RuleBook, tip: Tip, evidence: Iterable[bytes], block: BlockContext) -> Recorded:
    """Record evidence as a proposer does, leaving out what may not be in the block, and what is too much for one."""
    state = Overlay(ground.values)
    taken: list[bytes] = []
    entries: list[bytes] = []
    for data in evidence:
        if len(taken) == MAX_BLOCK_EVIDENCE:
            break
        try:
            events = _record(ground.store, rule_book, tip, state, data, block)
        except HourledgerError as error:
            if error.reason is Reason.STORE_DAMAGED:
                raise
            continue
        taken.append(data)
        entries.extend(events)
    return Recorded(tuple(taken), tuple(entries), state)


def execute_with_evidence(
    recorded: Recorded, rule_book: RuleBook, transactions: Sequence[SignedTransaction], block: BlockContext
) -> Done:
    """Carry out a block's transactions after its evidence; return what both led to."""
    done = execute_each(recorded.state, rule_book, transactions, block)
    executed = replace(done.executed, entries=(*recorded.entries, *done.executed.entries))
    return replace(done, executed=executed)


def validate_open(source: Readable, rule_book: RuleBook, tip: Tip, offence: Offence, block: BlockContext) -> None:
    """Raise `HourledgerError` unless an offence can be recorded in `block`, which follows `tip`, or in the one after."""
    if offence.height != block.height:
        _validate_age(source, tip, offence, block.time_ms)
    _apply(rule_book, Overlay(StateView(source)), offence, block)


def _record(
    source: Readable, rule_book: RuleBook, tip: Tip, state: Overlay, data: bytes, block: BlockContext
) -> tuple[bytes, ...]:
    offence = verify_evidence(block.chain_id, data)
    _validate_age(source, tip, offence, block.time_ms)
    return _apply(rule_book, state, offence, block)


def _apply(rule_book: RuleBook, state: Overlay, offence: Offence, block: BlockContext) -> tuple[bytes, ...]:
    """Change `state` where the rules record the offence, and not at all where they do not."""
    scratch = Overlay(state)
    try:
        effects = rule_book.record_offence(scratch, offence, block)
    except Rejection:
        raise
    except Exception as error:
        if isinstance(error, HourledgerError) and error.reason is Reason.STORE_DAMAGED:
            raise
        detail = f"a rule failed on evidence ({type(error).__name__}: {error})"
        raise HourledgerError(Reason.INTERNAL, detail, offence.key.hex()) from error
    state.absorb(scratch)
    return effects.events


def _validate_age(source: Readable, tip: Tip, offence: Offence, time_ms: TimeMs) -> None:
    if not 0 < offence.height <= tip.height:
        raise ProofError("the evidence is of a height that is not decided yet, or never was", value=str(offence.height))
    if tip.height + 1 - offence.height > MAX_EVIDENCE_BLOCKS:
        detail = f"the evidence is of more than {MAX_EVIDENCE_BLOCKS} blocks ago"
        raise HourledgerError(Reason.EXPIRED, detail, str(offence.height))
    index = load_required(source, namespaces.compute_header_key(offence.height), decode_reference)
    if time_ms - load_header_at(source, index).time_ms > MAX_EVIDENCE_MS:
        raise HourledgerError(Reason.EXPIRED, "the evidence is of more than 14 days ago", str(offence.height))
