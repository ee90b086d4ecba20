"""The rule books: the kinds of transaction of each version, collected from their modules, and which one is in force.

Adding a kind is a file with its rule and, for a new module, a line in `MODULES`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from contracts import (
    accounts,
    activities,
    balances,
    blocks,
    cards,
    certificates,
    exchange,
    governance,
    hours,
    identity,
    offences,
    orders,
    parameters,
    points,
    ratings,
    regions,
    reports,
    sanctions,
    statuses,
    timebank,
    trainings,
    workdays,
)
from contracts.governance import RECOVER_KIND, RECOVERY_KEYS, find_version, recover_codec, take_effect
from contracts.identity.parties import KEYS, get_authorities, set_authorities
from contracts.kinds import Kind, Module
from contracts.parameters import set_parameter
from contracts.workdays import Workdays, set_workdays
from ledger.blocks import HEADER
from ledger.codec import Codec, decode
from ledger.errors import CodecError, HourledgerError, Rejection
from ledger.events import OUTCOME, EventType, find_type, recall_parties
from ledger.execution import BlockContext, Effects, Override, RuleBooks, TransactionContext
from ledger.genesis import Genesis
from ledger.reasons import Reason
from ledger.state import EmptyView, Overlay, Table, View
from ledger.transactions import MAX_TRANSACTION_BYTES, Transaction
from ledger.types import Identifier, PublicKey
from ledger.votes import Offence

MODULES: Final[tuple[Module, ...]] = (
    Module(
        (), (), (*balances.TABLES, *parameters.TABLES, *workdays.TABLES, *trainings.TABLES, *blocks.TABLES, *statuses.TABLES)
    ),
    identity.MODULE,
    activities.MODULE,
    hours.MODULE,
    orders.MODULE,
    points.MODULE,
    exchange.MODULE,
    timebank.MODULE,
    certificates.MODULE,
    cards.MODULE,
    ratings.MODULE,
    reports.MODULE,
    regions.MODULE,
    sanctions.MODULE,
    accounts.MODULE,
    governance.MODULE,
    offences.MODULE,
)

KINDS: Final[Mapping[str, Kind[Any]]] = MappingProxyType({kind.name: kind for module in MODULES for kind in module.kinds})
_LEDGER_EVENTS: Final[tuple[EventType[Any], ...]] = (HEADER, OUTCOME)
EVENT_TYPES: Final[Mapping[str, EventType[Any]]] = MappingProxyType(
    {item.name: item for events in (_LEDGER_EVENTS, *(module.events for module in MODULES)) for item in events}
)
TABLES: Final[Mapping[bytes, Table[Any]]] = MappingProxyType(
    {table.namespace: table for module in MODULES for table in module.tables}
)

REMEMBERED_BODIES: Final = 2_048
MAX_REMEMBERED_BODY_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class KindsRuleBook:
    """One version of the rules: its number, and its kinds of transaction by name. It has no state of its own."""

    version: int
    kinds: Mapping[str, Kind[Any]]

    def validate_form(self, transaction: Transaction) -> None:
        """Raise `HourledgerError` for an unknown kind or a body that does not decode."""
        kind = self.kinds.get(transaction.kind)
        if kind is None:
            raise HourledgerError(Reason.UNKNOWN_KIND, "the rule book has no such kind", transaction.kind)
        try:
            _decode_body(kind, transaction.body)
        except CodecError as error:
            raise HourledgerError(Reason.MALFORMED_BODY, error.detail, transaction.kind) from error

    def admit(self, view: View, signers: Sequence[PublicKey]) -> None:
        """Raise `Rejection` unless one of the signers is registered, or has a recovery key of genesis."""
        for key in signers:
            if KEYS.has(view, key):
                return
        if set(RECOVERY_KEYS.get(view) or ()).isdisjoint(signers):
            raise Rejection(Reason.UNKNOWN_KEY, "no signer's key is registered on this chain", signers[0].hex())

    def apply(self, state: Overlay, transaction: Transaction, context: TransactionContext) -> Effects:
        """Carry out a transaction, or raise `Rejection`."""
        self.admit(state, context.signers)
        take_effect(state, context.block.height)
        kind = self.kinds[transaction.kind]
        return kind.rule(state, _decode_body(kind, transaction.body), context)

    def record_offence(self, state: Overlay, offence: Offence, _block: BlockContext) -> Effects:
        """Record an authority's offence, or raise `Rejection`."""
        return offences.record_offence(state, offence)


def _decode_body(kind: Kind[Any], body: bytes) -> Any:  # noqa: ANN401 - whatever the kind is of
    """Return what a transaction asks for; a short one is remembered: it is asked for again in its block."""
    if len(body) <= MAX_REMEMBERED_BODY_BYTES:
        return _decode_short_body(kind.codec, body)
    return decode(kind.codec, body, max_bytes=MAX_TRANSACTION_BYTES)


@lru_cache(maxsize=REMEMBERED_BODIES)
def _decode_short_body(body_codec: Codec[Any], body: bytes) -> Any:  # noqa: ANN401
    return decode(body_codec, body)


def find_override(transaction: Transaction) -> Override | None:
    """Return what a recovery claims, None for any other kind. Nothing is verified."""
    if transaction.kind != RECOVER_KIND:
        return None
    body = decode(recover_codec, transaction.body, max_bytes=MAX_TRANSACTION_BYTES)
    return Override(body.height, body.parent_hash, body.authorities)


def make_rule_books(*versions: KindsRuleBook) -> RuleBooks:
    """Return what a chain needs that knows these versions of the rules."""
    by_number = MappingProxyType({rules.version: rules for rules in versions})
    return RuleBooks(by_number, find_version, get_authorities, find_override)


RULE_BOOK_V1: Final = KindsRuleBook(1, KINDS)
RULE_BOOKS: Final = make_rule_books(RULE_BOOK_V1)
"""A rule that changes goes into the kinds of a new version, beside the old one: `{**KINDS, "hours.certify": ...}`. A chain that
has run under version 1 is replayed under it."""


def compute_genesis_state(genesis: Genesis) -> Overlay:
    """Return the state at height 0; raise `HourledgerError` where the genesis breaks a rule."""
    state = Overlay(EmptyView())
    set_authorities(state, genesis.authorities)
    if genesis.recovery_keys:
        RECOVERY_KEYS.put(state, genesis.recovery_keys)
    for name, value in genesis.parameters:
        set_parameter(state, name, value)
    set_workdays(state, Workdays(genesis.holidays, genesis.working_weekends))
    return state


def get_parties(entry: bytes) -> tuple[Identifier, ...]:
    """Return whose an entry of the log is; nobody's means everybody may read it. Raise `CodecError` for foreign bytes."""
    known = recall_parties(entry)
    if known is not None:
        return known
    name = find_type(entry)
    event_type = EVENT_TYPES.get(name)
    if event_type is None:
        raise CodecError(f"there is no event {name}", Reason.UNSUPPORTED_VERSION)
    return event_type.find_parties(entry)


def get_table(key: bytes) -> Table[Any] | None:
    """Return the table that a state key belongs to."""
    return TABLES.get(key.partition(b"/")[0])
