"""Whether a block that another node proposes is the one that this node would have made of the same transactions."""

from ledger.blocks import MAX_BLOCK_BYTES, MAX_BLOCK_EVIDENCE, MAX_BLOCK_TRANSACTIONS, Block, Header, encode_block
from ledger.errors import HourledgerError, ProofError
from ledger.execution import RuleBook
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction
from ledger.types import Hash
from node.chain.admission import Admission, validate_new
from node.chain.candidate import (
    Candidate,
    assemble,
    compute_header_start,
    compute_next_place,
    find_difference,
    make_context,
)
from node.chain.evidence import execute_with_evidence, record_all
from node.chain.records import Ground, Tip
from node.chain.rules import ChainRules

_RESULTS = ("events_root", "state_root", "next_authorities_hash")
"""Fields of a header that execution decides."""


def validate(rules: ChainRules, admission: Admission, ground: Ground, tip: Tip, block: Block) -> Candidate:
    """Return the candidate of a block that follows `tip`: see `Chain.validate`."""
    header, view = block.header, ground.values
    place = compute_next_place(tip)
    _validate_size(block)
    deciders = rules.find_deciders(view, place.height, place.parent_hash, block.transactions)
    rule_book = rules.rule_books.at(view, place.height)
    start = compute_header_start(
        rules, rule_book.version, place, deciders, header.time_ms, header.proposer, block.transactions, block.evidence
    )
    _require_same(start, header, _RESULTS)
    if header.time_ms <= tip.header.time_ms:
        raise _refusal(header, "its time is not after that of the block before", str(header.time_ms))
    if header.proposer not in {authority.key for authority in deciders}:
        raise _refusal(header, "its proposer is no authority", header.proposer.hex())
    transactions = _validate_transactions(admission, rule_book, ground, block)
    context = make_context(rules.chain_id, place, header.time_ms, deciders)
    recorded = record_all(ground, rule_book, tip, block.evidence, context)
    done = execute_with_evidence(recorded, rule_book, transactions, context)
    if done.failures:
        raise done.failures[0].error
    if deciders != rules.rule_books.find_authorities(view, place.height) and not done.executed.outcomes[0].is_accepted:
        raise _refusal(header, "its recovery is refused", str(done.executed.outcomes[0].reason))
    candidate = assemble(rules, ground, place, deciders, start, block.transactions, done.executed, block.evidence)
    _require_same(candidate.block.header, header)
    return candidate


def _validate_size(block: Block) -> None:
    if len(block.transactions) > MAX_BLOCK_TRANSACTIONS:
        raise _refusal(block.header, f"it has more than {MAX_BLOCK_TRANSACTIONS} transactions", str(len(block.transactions)))
    size = len(encode_block(block))
    if size > MAX_BLOCK_BYTES:
        raise _refusal(block.header, f"it has more than {MAX_BLOCK_BYTES} bytes", str(size))
    if len(block.evidence) > MAX_BLOCK_EVIDENCE:
        raise _refusal(block.header, f"it has more than {MAX_BLOCK_EVIDENCE} pieces of evidence", str(len(block.evidence)))


def _require_same(expected: Header, found: Header, ignored: tuple[str, ...] = ()) -> None:
    name = find_difference(expected, found, ignored)
    if name is not None:
        detail = f"its {name} is {_shown(getattr(found, name))}, not {_shown(getattr(expected, name))}"
        raise _refusal(found, detail, _shown(getattr(found, name)))


def _validate_transactions(
    admission: Admission, rule_book: RuleBook, ground: Ground, block: Block
) -> tuple[SignedTransaction, ...]:
    """Return a block's transactions; each may enter it, and is in no block before and but once in this one."""
    transactions: dict[Hash, SignedTransaction] = {}
    for number, envelope in enumerate(block.transactions):
        try:
            signed = admission.decode(envelope)
            transaction_id = signed.transaction_id
            validate_new(ground.store, transaction_id, transactions)
            admission.validate(envelope, signed, rule_book, ground.values, block.header.time_ms)
        except HourledgerError as error:
            if error.reason is Reason.STORE_DAMAGED:
                raise
            detail = f"block {block.header.height} cannot have transaction {number}: {error.detail}"
            raise HourledgerError(error.reason, detail, error.value) from error
        transactions[transaction_id] = signed
    return tuple(transactions.values())


def _refusal(header: Header, why: str, value: str) -> ProofError:
    return ProofError(f"block {header.height} is not valid: {why}", Reason.INVALID_PROOF, value)


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
