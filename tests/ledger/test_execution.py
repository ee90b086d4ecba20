"""Execution under a rule book: all of a transaction or nothing of it, in order, and every refusal on record."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger import codec
from ledger.authorities import Authority
from ledger.codec import Codec, decode, encode
from ledger.errors import CodecError, HourledgerError, Rejection, RowOutcome
from ledger.events import MAX_VALUE_CHARACTERS, OUTCOME, EventType, Outcome
from ledger.execution import (
    BlockContext,
    Effects,
    Executed,
    RuleBook,
    TransactionContext,
    execute_block,
    execute_transaction,
)
from ledger.reasons import Reason
from ledger.state import EmptyView, Overlay, View
from ledger.transactions import SignedTransaction, Transaction, draft, sign
from ledger.types import Height, Identifier, PublicKey
from ledger.votes import Offence
from tests.ledger.samples import CHAIN_ID, TIME_MS, TRANSACTION, make_key

BLOCK = BlockContext(CHAIN_ID, Height(7), TIME_MS)


@dataclass(frozen=True, slots=True)
class Write:
    """Set a key to a value; an empty value deletes it."""

    key: bytes
    value: bytes


WRITES: Codec[tuple[Write, ...]] = codec.sequence(
    codec.struct(Write, codec.binary("key", 1, 9), codec.binary("value", 0, 9)), 0, 9
)
WRITTEN: EventType[Write] = EventType(
    "test.written", codec.struct(Write, codec.binary("key", 1, 9), codec.binary("value", 0, 9))
)


@dataclass(frozen=True, slots=True)
class Rules:
    """Every kind writes what its body says; then `write` accepts and the others end in another way. Keeps what it was told."""

    rows: tuple[RowOutcome | None, ...] = ()
    value: str = "the value"
    contexts: list[TransactionContext] = field(default_factory=list)
    version: int = 1

    def validate_form(self, transaction: Transaction) -> None:
        raise AssertionError(transaction)

    def admit(self, view: View, signers: Sequence[PublicKey]) -> None:
        raise AssertionError(view, signers)

    def find_authorities(self, _view: View, _height: Height) -> tuple[Authority, ...]:
        return ()

    def find_override(self, _transaction: Transaction) -> None:
        return None

    def apply(self, state: Overlay, transaction: Transaction, context: TransactionContext) -> Effects:
        self.contexts.append(context)
        writes = decode(WRITES, transaction.body)
        for write in writes:
            if write.value:
                state.put(write.key, write.value)
            else:
                state.delete(write.key)
        match transaction.kind:
            case "refuse":
                raise Rejection(Reason.NO_CHANGE, "never", self.value, self.rows)
            case "refuse if x":
                if state.get(b"x") is not None:
                    raise Rejection(Reason.ALREADY_EXISTS, "x is there", "x")
            case "bug":
                raise KeyError("a bug")
            case "error":
                raise HourledgerError(Reason.STORE_DAMAGED, "not an answer of a rule")
        return Effects(tuple(WRITTEN.encode(write) for write in writes), self.rows)

    def record_offence(self, state: Overlay, offence: Offence, block: BlockContext) -> Effects:
        raise AssertionError(state, offence, block)


RULES: RuleBook = Rules()


def make(kind: str, *writes: tuple[bytes, bytes], nonce: int = 0) -> SignedTransaction:
    body = encode(WRITES, tuple(Write(*pair) for pair in writes))
    transaction = replace(TRANSACTION, kind=kind, body=body, nonce=Identifier(nonce.to_bytes(16, "big")))
    return sign(draft(transaction), make_key("officer"))


def execute(*transactions: SignedTransaction, rules: RuleBook = RULES, view: View | None = None) -> Executed:
    return execute_block(view or EmptyView(), rules, transactions, BLOCK)


class TestOneTransaction:
    def test_accepted(self) -> None:
        state = Overlay(EmptyView())
        signed = make("write", (b"a", b"1"), (b"b", b"2"))
        outcome, events = execute_transaction(state, RULES, signed, BLOCK)
        assert outcome == Outcome(signed.transaction_id, BLOCK.height, None, "", (), 2)
        assert [WRITTEN.decode(event) for event in events] == [Write(b"a", b"1"), Write(b"b", b"2")]
        assert state.changes == {b"a": b"1", b"b": b"2"}

    def test_refused_leaves_nothing_behind(self) -> None:
        state = Overlay(EmptyView())
        state.put(b"a", b"before")
        signed = make("refuse", (b"a", b""), (b"b", b"2"))
        outcome, events = execute_transaction(state, RULES, signed, BLOCK)
        assert outcome == Outcome(signed.transaction_id, BLOCK.height, Reason.NO_CHANGE, "the value", (), 0)
        assert events == ()
        assert state.changes == {b"a": b"before"}

    @pytest.mark.parametrize(("kind", "error"), [("bug", KeyError), ("error", HourledgerError)])
    def test_a_fault_goes_up_and_leaves_nothing_behind(self, kind: str, error: type[Exception]) -> None:
        state = Overlay(EmptyView())
        with pytest.raises(error):
            execute_transaction(state, RULES, make(kind, (b"a", b"1")), BLOCK)
        assert state.changes == {}

    def test_a_payload_that_is_none_goes_up_as_the_callers_mistake(self) -> None:
        with pytest.raises(CodecError):
            execute_transaction(Overlay(EmptyView()), RULES, SignedTransaction(b"?", ()), BLOCK)

    def test_a_rule_knows_its_block_its_id_and_who_signed(self) -> None:
        rules = Rules()
        signed = sign(make("write"), make_key("second officer"))
        execute(signed, rules=rules)
        assert rules.contexts == [TransactionContext(BLOCK, signed.transaction_id, signed.signers)]
        assert rules.contexts[0].signers == tuple(sorted(make_key(name).public_key for name in ("officer", "second officer")))

    @pytest.mark.parametrize("kind", ["write", "refuse"])
    def test_rows_are_recorded_either_way(self, kind: str) -> None:
        rows = (None, RowOutcome(Reason.OVERLAP, "ab12"))
        assert execute(make(kind), rules=Rules(rows)).outcomes[0].rows == rows

    @pytest.mark.parametrize("kind", ["write", "refuse"])
    def test_long_values_of_rows_are_shortened(self, kind: str) -> None:
        rows = (None, RowOutcome(Reason.OVERLAP, "\n" + "f" * 1_000), RowOutcome(Reason.DAILY_CAP, "480"))
        executed = execute(make(kind), rules=Rules(rows))
        shortened = RowOutcome(Reason.OVERLAP, "?" + "f" * (MAX_VALUE_CHARACTERS - 1))
        assert executed.outcomes[0].rows == (None, shortened, rows[2])
        assert OUTCOME.decode(executed.entries[-1]) == executed.outcomes[0]

    def test_a_long_value_of_a_refusal_is_shortened(self) -> None:
        executed = execute(make("refuse"), rules=Rules(value="\x1b" + "f" * 1_000))
        assert executed.outcomes[0].value == "?" + "f" * (MAX_VALUE_CHARACTERS - 1)
        assert OUTCOME.decode(executed.entries[0]) == executed.outcomes[0]


class TestBlock:
    def test_of_nothing(self) -> None:
        executed = execute()
        assert (executed.outcomes, executed.entries, executed.state.changes) == ((), (), {})

    def test_events_come_before_their_outcome_in_the_order_of_transactions(self) -> None:
        first, second, third = (
            make("write", (b"a", b"1"), (b"b", b"2")),
            make("refuse", (b"a", b"3")),
            make("write", (b"c", b"4")),
        )
        executed = execute(first, second, third)
        assert executed.entries == (
            WRITTEN.encode(Write(b"a", b"1")),
            WRITTEN.encode(Write(b"b", b"2")),
            OUTCOME.encode(executed.outcomes[0]),
            OUTCOME.encode(executed.outcomes[1]),
            WRITTEN.encode(Write(b"c", b"4")),
            OUTCOME.encode(executed.outcomes[2]),
        )
        assert [outcome.transaction_id for outcome in executed.outcomes] == [
            first.transaction_id, second.transaction_id, third.transaction_id,
        ]  # fmt: skip
        assert [(outcome.reason, outcome.event_count) for outcome in executed.outcomes] == [
            (None, 2), (Reason.NO_CHANGE, 0), (None, 1),
        ]  # fmt: skip
        assert executed.state.changes == {b"a": b"1", b"b": b"2", b"c": b"4"}

    def test_a_transaction_sees_what_those_before_it_did_and_nothing_of_the_refused(self) -> None:
        seen = execute(make("write", (b"x", b"1")), make("refuse if x", (b"y", b"1")))
        assert [outcome.reason for outcome in seen.outcomes] == [None, Reason.ALREADY_EXISTS]
        unseen = execute(make("refuse", (b"x", b"1")), make("refuse if x", (b"y", b"1")))
        assert [outcome.reason for outcome in unseen.outcomes] == [Reason.NO_CHANGE, None]

    def test_the_view_below_is_only_read(self) -> None:
        view = Overlay(EmptyView())
        view.put(b"x", b"1")
        executed = execute(make("write", (b"x", b""), (b"y", b"1")), view=view)
        assert view.changes == {b"x": b"1"}
        assert executed.state.changes == {b"x": None, b"y": b"1"}

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["write", "refuse", "refuse if x"]),
                st.lists(st.tuples(st.sampled_from([b"x", b"y", b"z"]), st.sampled_from([b"", b"1", b"2"])), max_size=3),
            ),
            max_size=6,
        )
    )
    def test_a_block_is_its_transactions_one_by_one(self, plan: list[tuple[str, list[tuple[bytes, bytes]]]]) -> None:
        transactions = [make(kind, *writes, nonce=number) for number, (kind, writes) in enumerate(plan)]
        executed = execute(*transactions)
        values: dict[bytes, bytes] = {}
        entries: list[bytes] = []
        for (kind, writes), outcome in zip(plan, executed.outcomes, strict=True):
            after = {key: value for key, value in {**values, **dict(writes)}.items() if value}
            is_refused = kind == "refuse" or (kind == "refuse if x" and b"x" in after)
            assert outcome.is_accepted is not is_refused
            if not is_refused:
                values = after
                entries += [WRITTEN.encode(Write(*pair)) for pair in writes]
            entries.append(OUTCOME.encode(outcome))
        assert executed.entries == tuple(entries)
        assert {key: value for key, value in executed.state.changes.items() if value is not None} == values
        assert execute(*transactions).entries == executed.entries
