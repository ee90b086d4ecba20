"""An officer's desk: the record book, the keys that are at hand, and the node. What is decided here is sent from here.

Sending goes through the outbox: signed, committed, sent, answered, settled. Several transactions are on their way at once; the
node is asked for the outcome of the oldest while it works on the others.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cli.office.answers import NodeOutcome, OrganisationAnswer, Submitted
from cli.office.book_records import Records
from cli.office.builders import DIRECT_VALIDITY_MS, DRAFT_VALIDITY_MS, build_transaction, sign_all
from cli.office.outbox import Outbox, Waiting
from cli.office.record_book import RecordBook
from cli.office.settling import Settled, settle
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import EXPLANATIONS, ExitCode, Reason
from ledger.types import Hash, Identifier, PublicKey

WINDOW: Final = 16
"""Transactions on their way at once."""
SETTLED_TOGETHER: Final = WINDOW // 2
"""Answers that are settled in one commit at most, so that others are on their way meanwhile."""
_TOGETHER_MS: Final = 100
"""What is answered within so long is settled together: a commit waits for the disk."""
_PATIENCE_S: Final = 10
_ONE_SIGNATURE: Final = frozenset({"identity.enrol_volunteers", "activities.publish", "activities.close"})
"""Kinds that any one officer may send (contracts: `require_officers(..., count=1)`)."""


class Node(Protocol):
    """What the desk needs of a node; `cli.office.client.NodeClient` has it."""

    def submit(self, envelope: bytes, wait_s: int = 0) -> Submitted:
        """Send a transaction."""

    def find_transaction(self, transaction_id: Hash, wait_s: int = 0) -> Submitted | None:
        """Return what the node knows of a transaction."""

    def wait_for(self, transaction_id: Hash, patience_s: int = 60) -> NodeOutcome:
        """Return the outcome of a transaction that was sent."""


@dataclass(slots=True)
class Progress:
    """What settled in the course of a command, over all answers."""

    records: set[Identifier] = field(default_factory=set)
    enrolled: int = 0
    published: int = 0

    def add(self, settled: Settled) -> None:
        """Count one answer."""
        self.records.update(settled.records)
        self.enrolled += settled.enrolled
        self.published += settled.published


@dataclass(frozen=True, slots=True)
class Desk:
    """One organisation's desk during one command. `now_ms` is the machine's clock."""

    book: RecordBook
    records: Records
    outbox: Outbox
    node: Node
    keys: tuple[SigningKey, ...]
    organisation: Identifier
    policy: OrganisationAnswer
    chain_id: str
    now_ms: Callable[[], int]
    progress: Progress = field(default_factory=Progress)

    def require_officer(self) -> None:
        """Raise NOT_PERMITTED unless one of the keys at hand is an officer's."""
        if not {key.public_key for key in self.keys} & set(self.policy.officers):
            shown = ", ".join(key.public_key.hex() for key in self.keys)
            raise HourledgerError(Reason.NOT_PERMITTED, f"no key given is an officer's of {self.policy.name}", shown)

    def has_enough_signatures(self, waiting: Waiting) -> bool:
        """Whether as many officers have signed as the policy asks for."""
        return self._is_complete(waiting.transaction.kind, waiting.signed.signers)

    def _is_complete(self, kind: str, signers: Iterable[PublicKey]) -> bool:
        if kind in _ONE_SIGNATURE:
            return not set(self.policy.officers).isdisjoint(signers)
        return self.policy.is_met_by(signers)

    def prepare(self, kind: str, body: object) -> Waiting:
        """Sign with the keys at hand and put into the outbox; call inside a transaction, with what the body needs."""
        is_complete = self._is_complete(kind, [key.public_key for key in self.keys])
        valid_until_ms = self.now_ms() + (DIRECT_VALIDITY_MS if is_complete else DRAFT_VALIDITY_MS)
        return self.outbox.put(sign_all(build_transaction(self.chain_id, kind, body, valid_until_ms), self.keys))

    def prepare_all(self, kind: str, bodies: Iterable[object]) -> tuple[Waiting, ...]:
        """Prepare several transactions in one commit."""
        with self.book.database.transaction():
            return tuple(self.prepare(kind, body) for body in bodies)

    def send_all(self, waiting: Iterable[Waiting]) -> Iterator[tuple[Waiting, NodeOutcome]]:
        """Send what has enough signatures, settle each answer and yield it, in order. What lacks signatures stays."""
        on_their_way: deque[tuple[Waiting, NodeOutcome | None]] = deque()
        for item in waiting:
            if not self.has_enough_signatures(item):
                continue
            on_their_way.append((item, self._submit(item)))
            if len(on_their_way) >= WINDOW:
                yield from self._finish_some(on_their_way)
        while on_their_way:
            yield from self._finish_some(on_their_way)

    def resume(self) -> tuple[Waiting, ...]:
        """Bring what an earlier command left in the outbox to its end; return what still lacks an officer's signature."""
        left = []
        ready = []
        for item in self.outbox.list_waiting():
            signed = self._sign_again(item)
            if self.has_enough_signatures(signed):
                ready.append(signed)
            elif not self._is_answered_elsewhere(signed):
                left.append(signed)
        for _answer in self.send_all(ready):
            pass
        return tuple(left)

    # ----------------------------------------------------------------------------------------------------------- details

    def _submit(self, waiting: Waiting, wait_s: int = 0) -> NodeOutcome | None:
        """Send; return the outcome if it is known at once. A refusal at the door is an outcome too: it will not change."""
        try:
            return self.node.submit(waiting.envelope, wait_s).outcome
        except HourledgerError as error:
            if EXPLANATIONS[error.reason].exit_code in {ExitCode.UNDETERMINED, ExitCode.DAMAGED}:
                raise
            return NodeOutcome(error.reason, error.value, error.detail, (), 0, None, None, {})

    def _finish_some(self, on_their_way: deque[tuple[Waiting, NodeOutcome | None]]) -> list[tuple[Waiting, NodeOutcome]]:
        """Wait for the oldest, and settle it with those that are answered right after it."""
        answered: list[tuple[Waiting, NodeOutcome]] = []
        end_ms = self.now_ms() + _TOGETHER_MS
        try:
            while on_their_way and len(answered) < SETTLED_TOGETHER and (not answered or self.now_ms() < end_ms):
                waiting, outcome = on_their_way.popleft()
                answered.append((waiting, outcome or self._wait_for(waiting)))
        finally:
            self._settle(answered)
        return answered

    def _wait_for(self, waiting: Waiting) -> NodeOutcome:
        """Wait for an outcome; a node that was started again may have forgotten what was waiting, and is told once more."""
        try:
            return self.node.wait_for(waiting.transaction_id)
        except HourledgerError as error:
            if error.reason is not Reason.NOT_FINAL:
                raise
            return self._submit(waiting, _PATIENCE_S) or self.node.wait_for(waiting.transaction_id)

    def _settle(self, answered: Sequence[tuple[Waiting, NodeOutcome]]) -> None:
        if not answered:
            return
        with self.book.database.transaction():
            settled = [settle(self.book, self.records, waiting, outcome) for waiting, outcome in answered]
            for waiting, _outcome in answered:
                self.outbox.remove(waiting.transaction_id)
        for item in settled:
            self.progress.add(item)

    def _sign_again(self, waiting: Waiting) -> Waiting:
        """Add the signatures of officers' keys that are at hand now."""
        if self.has_enough_signatures(waiting):
            return waiting
        signed = sign_all(waiting.signed, [key for key in self.keys if key.public_key in self.policy.officers])
        return waiting if signed == waiting.signed else self.outbox.put(signed)

    def _is_answered_elsewhere(self, waiting: Waiting) -> bool:
        """Whether another officer has sent the draft meanwhile, or its time is over; then it is settled."""
        found = self.node.find_transaction(waiting.transaction_id)
        outcome = None if found is None else found.outcome
        if outcome is None and found is None and waiting.transaction.valid_until_ms < self.now_ms():
            detail = "the draft was not signed in time"
            outcome = NodeOutcome(Reason.EXPIRED, waiting.transaction_id.hex(), detail, (), 0, None, None, {})
        if outcome is not None:
            self._settle([(waiting, outcome)])
        return outcome is not None
