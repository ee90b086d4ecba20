"""A node for tests: the real rule book over a state in memory, one block a transaction, without store, consensus or proofs."""

from dataclasses import dataclass, field
from typing import Any

from cli.office.answers import NodeOutcome, OrganisationAnswer, Submitted, parse_outcome
from contracts.activities import ACTIVITIES, Activity
from contracts.balances import ISSUED
from contracts.hours import HOURS_RECORDED, RecordedHours
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.parties import ORGANISATIONS, get_preparers
from contracts.rulebook import RULE_BOOK_V1, compute_genesis_state, get_parties
from ledger.authorities import Authority
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.events import Outcome, split_entry
from ledger.execution import BlockContext, execute_transaction
from ledger.genesis import Genesis
from ledger.reasons import EXPLANATIONS, Reason
from ledger.state import Overlay
from ledger.transactions import (
    SignedTransaction,
    decode_payload,
    decode_signed,
    validate_form,
    validate_validity,
    verify_signatures,
)
from ledger.types import EntryIndex, Hash, Height, Identifier, TimeMs
from tests.cli import people

CHAIN_ID = "test.example/chain"
NOW_MS = 1_793_000_000_000
"""2026-10-26 in the region."""
AUTHORITY = SigningKey(b"A" * 32)


def make_genesis() -> Genesis:
    authority = Authority(
        "test.example/authority", AUTHORITY.public_key, SigningKey(b"C" * 32).public_key, SigningKey(b"L" * 32).public_key
    )
    return Genesis(1, CHAIN_ID, "Test", TimeMs(NOW_MS - 1_000), (authority,), (), (), (), ())


@dataclass
class LedgerDouble:
    """Answers as a node does. `fail_after` lets that many submissions through and then drops the connection."""

    now_ms: int = NOW_MS
    state: Any = field(default_factory=lambda: compute_genesis_state(make_genesis()))
    outcomes: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    log: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    fail_after: int | None = None
    loses_answers: bool = False
    """Whether what arrives after `fail_after` is carried out all the same, and only its answer lost."""

    def submit(self, envelope: bytes, wait_s: int = 0) -> Submitted:  # noqa: ARG002
        is_lost = self.fail_after is not None and len(self.sent) >= self.fail_after
        if is_lost and not self.loses_answers:
            raise HourledgerError(Reason.NODE_UNREACHABLE, "gone")
        self.sent.append(envelope)
        signed = decode_signed(envelope)
        if signed.transaction_id not in self.outcomes:
            self._execute(envelope)
        if is_lost:
            raise HourledgerError(Reason.NODE_UNREACHABLE, "gone")
        return Submitted(signed.transaction_id, parse_outcome(self.outcomes[signed.transaction_id]))

    def find_transaction(self, transaction_id: Hash, wait_s: int = 0) -> Submitted | None:  # noqa: ARG002
        found = self.outcomes.get(transaction_id)
        return None if found is None else Submitted(transaction_id, parse_outcome(found))

    def wait_for(self, transaction_id: Hash, patience_s: int = 60) -> NodeOutcome:  # noqa: ARG002
        return parse_outcome(self.outcomes[transaction_id])

    def get_organisation(self, organisation: Identifier) -> OrganisationAnswer:
        value = ORGANISATIONS.get(self.state, organisation)
        if value is None:
            raise HourledgerError(Reason.NOT_FOUND, "there is no such organisation", organisation.hex())
        return OrganisationAnswer(value.name, value.officers, value.approvals, get_preparers(self.state, organisation))

    def _execute(self, envelope: bytes) -> None:
        signed = decode_signed(envelope)
        validate_form(decode_payload(signed), CHAIN_ID)
        validate_validity(decode_payload(signed), TimeMs(self.now_ms))
        verify_signatures(signed)
        book = RULE_BOOK_V1
        book.validate_form(decode_payload(signed))
        book.admit(self.state, signed.signers)
        block = BlockContext(CHAIN_ID, Height(len(self.outcomes) + 1), TimeMs(self.now_ms))
        outcome, events = execute_transaction(self.state, book, signed, block)
        first = len(self.log)
        self.log.extend((*events, b"outcome", b"header"))
        self.outcomes[signed.transaction_id] = format_outcome(outcome, first, len(events))

    def try_out(self, signed: SignedTransaction) -> dict[str, Any]:
        """What would become of a transaction now."""
        block = BlockContext(CHAIN_ID, Height(len(self.outcomes) + 1), TimeMs(self.now_ms))
        outcome, events = execute_transaction(Overlay(self.state), RULE_BOOK_V1, signed, block)
        return {**format_outcome(outcome, 0, len(events)), "entry_index": None, "first_event_index": None}

    def list_entries(self, party: Identifier, start: int) -> list[dict[str, Any]]:
        """The entries that name a party, from `start` on."""
        events = [(index, entry) for index, entry in enumerate(self.log) if entry not in {b"outcome", b"header"}]
        return [
            {"index": index, "type": split_entry(entry)[0], "entry": entry.hex()}
            for index, entry in events
            if index >= start and party in get_parties(entry)
        ]

    # What tests ask about the ledger itself.

    @property
    def records(self) -> list[RecordedHours]:
        """All records that the log has, as their events tell."""
        entries = [entry for entry in self.log if entry not in {b"outcome", b"header"}]
        return [HOURS_RECORDED.decode(entry) for entry in entries if split_entry(entry)[0] == HOURS_RECORDED.name]

    @property
    def minutes(self) -> int:
        return sum(event.minutes for event in self.records)

    @property
    def points(self) -> int:
        return -(ISSUED.get(self.state) or 0)

    def find_activity(self, activity: Identifier) -> Activity | None:
        return ACTIVITIES.get(self.state, activity)

    def entry_at(self, index: EntryIndex) -> RecordedHours:
        return HOURS_RECORDED.decode(self.log[index])

    def register(self, approvals: int = 1) -> None:
        """License the organisation of `tests.cli.people`."""
        officers = tuple(key.public_key for key in people.OFFICERS)
        body = RegisterOrganisation(people.ORGANISATION, "Test organisation", officers, approvals)
        people.send(self, CHAIN_ID, "identity.register_organisation", body, [AUTHORITY], self.now_ms)


def format_outcome(outcome: Outcome, first: int, event_count: int) -> dict[str, Any]:
    return {
        "height": outcome.height,
        "accepted": outcome.is_accepted,
        "reason": outcome.reason,
        "value": outcome.value,
        "rows": [None if row is None else {"reason": row.reason, "value": row.value} for row in outcome.rows],
        "event_count": event_count,
        "entry_index": first + event_count,
        "first_event_index": first,
        "detail": "" if outcome.reason is None else EXPLANATIONS[outcome.reason].meaning,
        "next_step": "" if outcome.reason is None else EXPLANATIONS[outcome.reason].next_step,
    }
