"""Which version of the rules is in force: the authorities vote for the next one, from a height on.

A version of the rules is part of the program (DESIGN: "a new rule version ships with the software and starts at a height that
authorities vote for"), so a node stops before the first block whose rules its program does not have. What was adopted too
early may therefore be taken back until it is in force, by a vote for the version that is.
"""

from dataclasses import dataclass
from typing import Final

from contracts.governance.voting import Subject, approve, compute_proposal_hash, find_voters, require_lead
from contracts.identity.parties import get_authorities
from contracts.kinds import Kind
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Height

FIRST_VERSION: Final = 1
MAX_VERSION: Final = 65_535


@dataclass(frozen=True, slots=True)
class SetRuleBook:
    """Body and event: the version of the rules from the block at `effective_height` on."""

    effective_height: Height
    version: int


@dataclass(frozen=True, slots=True)
class Versions:
    """`version` is in force before the block at `effective_height`, `next_version` from there on."""

    version: int
    next_version: int
    effective_height: Height


_version = codec.integer("rule book version", FIRST_VERSION, MAX_VERSION)
_set_rule_book = codec.struct(SetRuleBook, codec.height, _version)
VERSIONS: Final[Table[Versions]] = Table(
    b"rule-book", codec.struct(Versions, _version, _version, codec.height), is_public=True, remembered=4
)
RULE_BOOK_SET: Final = EventType("governance.rule_book_set", _set_rule_book)


def find_version(view: View, height: Height) -> int:
    """Return the version for the block at `height`, from the state before that block or after it."""
    versions = VERSIONS.get(view)
    if versions is None:
        return FIRST_VERSION
    return versions.next_version if versions.effective_height <= height else versions.version


def find_next_version(view: View, height: Height) -> SetRuleBook | None:
    """Return what is adopted and not yet in force in the block at `height`."""
    versions = VERSIONS.get(view)
    if versions is None or versions.effective_height <= height or versions.next_version == versions.version:
        return None
    return SetRuleBook(versions.effective_height, versions.next_version)


def set_rule_book(state: Overlay, body: SetRuleBook, context: TransactionContext) -> Effects:
    """Approve a version of the rules, in force once a quorum does (signed by one or more authorities that decide).

    Of what is adopted and not yet in force nothing can be changed, but it can be taken back: by approving the version that is.
    """
    height = context.block.height
    find_voters(get_authorities(state, height), context)
    current, is_pending = find_version(state, height), find_next_version(state, height) is not None
    if body.version == current and not is_pending:
        raise Rejection(Reason.NO_CHANGE, "this version of the rules is in force already", str(current))
    if body.version != current and is_pending:
        raise Rejection(Reason.CHANGE_PENDING, "another change of the same is to take effect first", "rule book")
    require_lead(height, body.effective_height)
    if body.version < current:
        raise Rejection(Reason.INVALID_PROPOSAL, f"rule book {current} is followed by a later one", str(body.version))
    proposal = compute_proposal_hash(Subject.RULE_BOOK, _set_rule_book, body)
    events, is_adopted = approve(state, Subject.RULE_BOOK, proposal, body.effective_height, context)
    if is_adopted:
        VERSIONS.put(state, Versions(current, body.version, body.effective_height))
        events.append(RULE_BOOK_SET.encode(body))
    return Effects(tuple(events))


KINDS: Final = (Kind("governance.set_rule_book", _set_rule_book, set_rule_book),)
EVENTS: Final = (RULE_BOOK_SET,)
TABLES: Final = (VERSIONS,)
