"""Execution of a block's transactions that neither a fault in a rule nor a wrong signer can spoil.

A rule that raises anything but `Rejection` has a bug. The transaction that meets it must reach no block, or no node could go
on: a proposer leaves it out, a validator refuses the block that has it, and both say which one it was. The same holds for a
refusal that is about the signers (`ledger.reasons.SIGNER_REASONS`): the transaction stays open for those who may sign it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import HourledgerError
from ledger.events import Outcome
from ledger.execution import BlockContext, Executed, RuleBook, record_transaction
from ledger.reasons import EXPLANATIONS, SIGNER_REASONS, Reason
from ledger.state import Overlay
from ledger.transactions import SignedTransaction
from node.chain.candidate import LeftOut


@dataclass(frozen=True, slots=True)
class Done:
    """What the transactions led to, without those that met a fault or were signed by the wrong people."""

    executed: Executed
    failures: tuple[LeftOut, ...]


def execute_each(state: Overlay, rule_book: RuleBook, transactions: Sequence[SignedTransaction], context: BlockContext) -> Done:
    """Carry out transactions in order on `state`; one that cannot be in a block changes nothing.

    Leads to the same as `ledger.execution.execute_block` where all can. Raises `STORE_DAMAGED` when the view below does.
    """
    outcomes: list[Outcome] = []
    entries: list[bytes] = []
    failures: list[LeftOut] = []
    for signed in transactions:
        try:
            outcome, recorded = record_transaction(state, rule_book, signed, context)
        except Exception as error:  # noqa: BLE001 - any bug in a rule, of whatever type
            failures.append(LeftOut(signed.transaction_id, _explain_fault(signed, error)))
            continue
        if outcome.reason in SIGNER_REASONS:
            failures.append(LeftOut(signed.transaction_id, _explain_refusal(outcome.reason, outcome.value)))
            continue
        outcomes.append(outcome)
        entries.extend(recorded)
    return Done(Executed(tuple(outcomes), tuple(entries), state), tuple(failures))


def _explain_refusal(reason: Reason, value: str) -> HourledgerError:
    return HourledgerError(reason, EXPLANATIONS[reason].meaning, value)


def _explain_fault(signed: SignedTransaction, error: Exception) -> HourledgerError:
    if isinstance(error, HourledgerError) and error.reason is Reason.STORE_DAMAGED:
        raise error
    fault = HourledgerError(
        Reason.INTERNAL, f"a rule failed on a transaction ({type(error).__name__}: {error})", signed.transaction_id.hex()
    )
    fault.__cause__ = error
    return fault
