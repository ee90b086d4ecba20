"""A bug in a rule costs the transaction that meets it, nothing else; damage to the store is not mistaken for one."""

import pytest

from ledger.errors import CodecError, HourledgerError
from ledger.execution import BlockContext, Effects, TransactionContext, execute_block
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.transactions import Transaction
from ledger.types import Height
from node.chain.executing import execute_each
from tests.node import toy

CONTEXT = BlockContext(toy.CHAIN_ID, Height(1), toy.START_MS)
GOOD = (toy.transact(1, (b"a", b"1"), (b"b", b"1")), toy.transact(2, (b"a", b""), kind="refuse"), toy.transact(3, (b"a", b"2")))


def test_agrees_with_the_ledger_where_nothing_breaks() -> None:
    view = toy.make_genesis_state()
    done = execute_each(Overlay(view), toy.RULE_BOOK, GOOD, CONTEXT)
    plain = execute_block(view, toy.RULE_BOOK, GOOD, CONTEXT)
    assert (done.executed.outcomes, done.executed.entries) == (plain.outcomes, plain.entries)
    assert done.executed.state.changes == plain.state.changes
    assert done.failures == ()


def test_a_fault_leaves_the_others_as_they_would_be() -> None:
    view = toy.make_genesis_state()
    broken = toy.transact(4, (b"a", b"9"), (b"c", b"9"), kind="break")
    done = execute_each(Overlay(view), toy.RULE_BOOK, (GOOD[0], broken, *GOOD[1:]), CONTEXT)
    plain = execute_block(view, toy.RULE_BOOK, GOOD, CONTEXT)
    assert (done.executed.entries, done.executed.state.changes) == (plain.entries, plain.state.changes)
    (failure,) = done.failures
    assert failure.transaction_id == broken.transaction_id
    assert failure.error.reason is Reason.INTERNAL
    assert "KeyError" in failure.error.detail
    assert isinstance(failure.error.__cause__, KeyError)


class FailingRules(toy.ToyRuleBook):
    """Rules that meet an error of the ledger's own type."""

    __slots__ = ()

    def apply(self, state: Overlay, transaction: Transaction, context: TransactionContext) -> Effects:  # noqa: ARG002
        if transaction.kind == "put":
            raise HourledgerError(Reason.STORE_DAMAGED, "a value cannot be read")
        raise CodecError("an event is too long", Reason.TOO_LARGE)


def test_damage_goes_up_but_an_error_in_a_rule_does_not() -> None:
    view = toy.make_genesis_state()
    with pytest.raises(HourledgerError) as caught:
        execute_each(Overlay(view), FailingRules(), GOOD[:1], CONTEXT)
    assert caught.value.reason is Reason.STORE_DAMAGED
    done = execute_each(Overlay(view), FailingRules(), GOOD[1:2], CONTEXT)
    assert [failure.error.reason for failure in done.failures] == [Reason.INTERNAL]
