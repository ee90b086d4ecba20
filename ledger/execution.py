"""Transactions under a rule book: from a view and a block's transactions to outcomes, entries and changes.

The rules themselves are elsewhere: `RuleBook` is all that this module knows of them. A rule refuses by raising `Rejection`; its
changes are then dropped and the refusal is recorded as the transaction's outcome. Any other exception is a bug in a rule and
goes up, because a node that guesses would fork.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ledger.authorities import Authority
from ledger.errors import HourledgerError, Rejection, RowOutcome
from ledger.events import OUTCOME, Outcome, shorten_value
from ledger.reasons import Reason
from ledger.state import Overlay, View
from ledger.transactions import SignedTransaction, Transaction, decode_payload
from ledger.types import ZERO_HASH, Hash, Height, PublicKey, TimeMs
from ledger.votes import Offence


@dataclass(frozen=True, slots=True)
class BlockContext:
    """What a block gives to every transaction in it. The only clock that rules know is `time_ms`.

    `authorities_hash` is of the set that decides on the block.
    """

    chain_id: str
    height: Height
    time_ms: TimeMs
    parent_hash: Hash = ZERO_HASH
    authorities_hash: Hash = ZERO_HASH


class TransactionContext(msgspec.Struct, frozen=True, gc=False):
    """What a rule may know besides the state: its block, its transaction's id and who signed (verified, ascending)."""

    block: BlockContext
    transaction_id: Hash
    signers: tuple[PublicKey, ...]


class Effects(msgspec.Struct, frozen=True, gc=False):
    """What an accepted transaction did besides changing the state: its events as entries, and the outcome of each row."""

    events: tuple[bytes, ...] = ()
    rows: tuple[RowOutcome | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A claim that `authorities` decide on the block at `height` after `parent_hash`, whoever decided before."""

    height: Height
    parent_hash: Hash
    authorities: tuple[Authority, ...]


class RuleBook(Protocol):
    """The rules of one version."""

    @property
    def version(self) -> int:
        """Number that headers carry."""

    def validate_form(self, transaction: Transaction) -> None:
        """Raise `HourledgerError` for an unknown kind or a body that does not decode."""

    def admit(self, view: View, signers: Sequence[PublicKey]) -> None:
        """Raise `Rejection` unless somebody known has signed, so that strangers cannot fill the log with refusals."""

    def apply(self, state: Overlay, transaction: Transaction, context: TransactionContext) -> Effects:
        """Carry out a transaction on `state`, or raise `Rejection`."""

    def record_offence(self, state: Overlay, offence: Offence, block: BlockContext) -> Effects:
        """Record what evidence shows, or raise `Rejection`: for a stranger, or an offender named for that height already."""


@dataclass(frozen=True, slots=True)
class RuleBooks:
    """The versions of the rules that this program has, and what the chain must be able to ask whichever is in force.

    `find_version` and `find_authorities` say which version, and which set of authorities, is for the block at a height, from
    the state before that block or after it. `find_override` says what a recovery claims, None for any other transaction: only
    carrying it out shows whether it is good.
    """

    versions: Mapping[int, RuleBook]
    find_version: Callable[[View, Height], int]
    find_authorities: Callable[[View, Height], tuple[Authority, ...]]
    find_override: Callable[[Transaction], Override | None]

    def at(self, view: View, height: Height) -> RuleBook:
        """Return the rules for the block at `height`; raise `UNSUPPORTED_VERSION` where this program does not have them."""
        version = self.find_version(view, height)
        rule_book = self.versions.get(version)
        if rule_book is None:
            detail = f"from block {height} on the chain is under rule book {version}, which this program does not have"
            raise HourledgerError(Reason.UNSUPPORTED_VERSION, detail, str(version))
        return rule_book


@dataclass(frozen=True, slots=True)
class Executed:
    """What a block leads to. `entries` are the events of offences, then events and outcomes in order, without the header."""

    outcomes: tuple[Outcome, ...]
    entries: tuple[bytes, ...]
    state: Overlay


def execute_transaction(
    state: Overlay, rule_book: RuleBook, signed: SignedTransaction, block: BlockContext
) -> tuple[Outcome, tuple[bytes, ...]]:
    """Carry out one transaction whose form and signatures are good; return its outcome and events.

    `state` gets the changes when the transaction is accepted, and none when it is refused.
    """
    outcome, entries = record_transaction(state, rule_book, signed, block)
    return outcome, entries[:-1]


def record_transaction(
    state: Overlay, rule_book: RuleBook, signed: SignedTransaction, block: BlockContext
) -> tuple[Outcome, tuple[bytes, ...]]:
    """Do the same as `execute_transaction`; return the outcome, and all entries: the events and the outcome's own."""
    context = TransactionContext(block, signed.transaction_id, signed.signers)
    scratch = Overlay(state)
    try:
        effects = rule_book.apply(scratch, decode_payload(signed), context)
    except Rejection as rejection:
        value, rows = shorten_value(rejection.value), _shorten_rows(rejection.rows)
        outcome = Outcome(context.transaction_id, block.height, rejection.reason, value, rows, 0)
        return outcome, (OUTCOME.encode(outcome),)
    outcome = Outcome(context.transaction_id, block.height, None, "", _shorten_rows(effects.rows), len(effects.events))
    entries = (*effects.events, OUTCOME.encode(outcome))
    state.absorb(scratch)
    return outcome, entries


def _shorten_rows(rows: tuple[RowOutcome | None, ...]) -> tuple[RowOutcome | None, ...]:
    """Rows as outcomes record them, so that no rule has to know how long a value may be."""
    return tuple([row and RowOutcome(row.reason, shorten_value(row.value)) for row in rows]) if any(rows) else rows


def execute_block(view: View, rule_book: RuleBook, transactions: Sequence[SignedTransaction], block: BlockContext) -> Executed:
    """Carry out transactions in order over `view`."""
    state = Overlay(view)
    outcomes: list[Outcome] = []
    entries: list[bytes] = []
    for signed in transactions:
        outcome, recorded = record_transaction(state, rule_book, signed, block)
        outcomes.append(outcome)
        entries.extend(recorded)
    return Executed(tuple(outcomes), tuple(entries), state)
