"""What a command that sends something works with: a node, keys, a way to speak, and the choice to try out or to draft.

Before anything is sent the node is asked what would become of it. So a transaction that lacks an officer's signature, or that a
rule refuses, does not become a refusal on the ledger: it is told at once, and what lacks a signature is kept as a draft.
"""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cli.keyring import load_keys
from cli.office.answers import NodeOutcome
from cli.office.book_records import Records
from cli.office.builders import DIRECT_VALIDITY_MS, DRAFT_VALIDITY_MS, build_transaction, sign_all
from cli.office.client import NodeClient
from cli.office.describing import describe_refusal
from cli.office.desk import Desk
from cli.office.drafts import save_draft
from cli.office.outbox import Outbox
from cli.office.record_book import RecordBook
from cli.office.summary import shorten_list
from cli.options import (
    compose,
    draft_option,
    dry_run_option,
    json_option,
    key_option,
    node_option,
    office_option,
    organisation_option,
    passphrase_option,
)
from cli.output import Output
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError, RowOutcome
from ledger.reasons import EXPLANATIONS, ExitCode, Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Identifier

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """One command's means."""

    client: NodeClient
    output: Output
    key_files: tuple[Path, ...] = ()
    passphrase_files: tuple[Path, ...] = ()
    is_dry_run: bool = False
    draft: Path | None = None
    needs_all_rows: bool = False
    """Whether nothing is sent when a row of a batch would be refused."""

    def load_keys(self) -> tuple[SigningKey, ...]:
        """Return the keys to sign with; raise USAGE when none was named."""
        if not self.key_files:
            raise HourledgerError(Reason.USAGE, "no key was given to sign with: name one with --key FILE")
        return load_keys(self.key_files, self.passphrase_files)

    def load_key(self) -> SigningKey:
        """Return the one key to sign with."""
        keys = self.load_keys()
        if len(keys) != 1:
            raise HourledgerError(Reason.USAGE, "exactly one key signs this: give --key once")
        return keys[0]

    def carry_out(self, kind: str, body: object, done: str, **more: Any) -> None:  # noqa: ANN401 - members of the answer
        """Build, sign and send one transaction, and say `done`; `more` goes into the JSON answer.

        With --draft it is written to a file instead, with --dry-run only tried out.
        """
        keys = self.load_keys() if self.key_files or self.draft is None else ()
        validity_ms = DIRECT_VALIDITY_MS if self.draft is None else DRAFT_VALIDITY_MS
        unsigned = build_transaction(self.client.get_status().chain_id, kind, body, compute_now_ms() + validity_ms)
        signed = sign_all(unsigned, keys)
        if self.draft is not None and not self.is_dry_run:
            self._write_draft(signed, self.draft, more)
        else:
            self.submit(signed, done, **more)

    def rehearse(self, kind: str, bodies: Sequence[object], **more: Any) -> int:  # noqa: ANN401
        """Ask the node what would become of transactions signed by the keys at hand, and tell it; 1 when one is refused."""
        chain_id, keys, valid_until_ms = (
            self.client.get_status().chain_id,
            self.load_keys(),
            compute_now_ms() + DIRECT_VALIDITY_MS,
        )
        signed = (sign_all(build_transaction(chain_id, kind, body, valid_until_ms), keys) for body in bodies)
        outcomes = [self.client.dry_run(encode_signed(item)) for item in signed]
        refused = [RowOutcome(item.reason, item.value) for item in outcomes if item.reason is not None]
        lines = [f"{len(outcomes) - len(refused)} of {len(outcomes)} transactions would be accepted."]
        lines += shorten_list([f"would be refused: {describe_refusal(item)}" for item in refused])
        lines += [line for item in outcomes for line in _describe_rows(item, "would be refused")]
        document = {"dry_run": True, **more, "outcomes": [item.document for item in outcomes]}
        self.output.give(document, "\n".join(lines))
        return ExitCode.REFUSED if refused or any(row for item in outcomes for row in item.rows) else ExitCode.OK

    def submit(self, signed: SignedTransaction, done: str, **more: Any) -> NodeOutcome:  # noqa: ANN401
        """Try out, send and wait, and say `done` with the block it is in."""
        tried = self._try_out(signed)
        refused = next((row for row in tried.rows if row is not None), None)
        if self.needs_all_rows and refused is not None:
            raise HourledgerError(refused.reason, "a row would be refused, so nothing was sent", refused.value)
        if self.is_dry_run:
            text = "\n".join(("This would be accepted.", *_describe_rows(tried, "would be refused")))
            document = {"transaction_id": signed.transaction_id.hex(), **more, "dry_run": True, "outcome": tried.document}
            self.output.give(document, text)
            return tried
        outcome = self._send(signed)
        outcome.require_accepted()
        self.tell(signed, outcome, done, **more)
        return outcome

    def settle(self, signed: SignedTransaction) -> NodeOutcome:
        """Try out, send and wait, and say nothing; raise `HourledgerError` for a refusal."""
        self._try_out(signed)
        outcome = self._send(signed)
        outcome.require_accepted()
        return outcome

    def tell(self, signed: SignedTransaction, outcome: NodeOutcome, done: str, **more: Any) -> None:  # noqa: ANN401
        """Say `done` of an accepted transaction, with the block it is in."""
        document = {"transaction_id": signed.transaction_id.hex(), **more, "outcome": outcome.document}
        text = "\n".join((f"{done} (block {outcome.document.get('height')}).", *_describe_rows(outcome, "is refused")))
        self.output.give(document, text)

    def _try_out(self, signed: SignedTransaction) -> NodeOutcome:
        """Return what would become of it now, or what became of it; raise `HourledgerError` for a refusal."""
        found = self.client.find_transaction(signed.transaction_id)
        if found is not None and found.outcome is not None:
            found.outcome.require_accepted()
            return found.outcome
        outcome = self.client.dry_run(encode_signed(signed))
        if outcome.reason is Reason.INSUFFICIENT_SIGNATURES and not self.is_dry_run:
            path = self._keep(signed)
            detail = f"{outcome.detail or 'more officers must sign'}, so nothing was sent and the draft is in {path}"
            raise HourledgerError(outcome.reason, detail)
        outcome.require_accepted()
        return outcome

    def _send(self, signed: SignedTransaction) -> NodeOutcome:
        try:
            return self.client.carry_out(encode_signed(signed), signed.transaction_id)
        except HourledgerError as error:
            if EXPLANATIONS[error.reason].exit_code is not ExitCode.UNDETERMINED:
                raise
            path = self._keep(signed)
            detail = f"{error.detail}; what was sent is in {path}, and hourledger tx submit sends the same once more"
            raise HourledgerError(error.reason, detail, error.value) from error

    def _write_draft(self, signed: SignedTransaction, path: Path, more: dict[str, Any]) -> None:
        save_draft(path, signed)
        document = {"transaction_id": signed.transaction_id.hex(), "draft": str(path), "signatures": len(signed.signatures)}
        text = f"The draft is in {path}, with {len(signed.signatures)} signatures; another officer adds one with tx sign."
        self.output.give({**document, **more}, text)

    def _keep(self, signed: SignedTransaction) -> Path:
        """Save what could not be brought to its end, where the user is."""
        path = self.draft or Path(f"hourledger-{signed.transaction_id.hex()[:12]}.draft")
        with suppress(HourledgerError):
            save_draft(path, signed)
        return path


def _describe_rows(outcome: NodeOutcome, said: str) -> list[str]:
    """Return a line for each row of a batch that is refused while the others go ahead."""
    refused = [(number, row) for number, row in enumerate(outcome.rows, start=1) if row is not None]
    lines = [f"row {number} {said}: {describe_refusal(row)}" for number, row in refused]
    return shorten_list(lines)


def compute_now_ms() -> int:
    """Return the machine's time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def sends(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of all that send transactions, and a `Session` as its first argument."""

    @functools.wraps(function)
    def wrapper(
        *,
        node_url: str,
        key_files: tuple[Path, ...],
        passphrase_files: tuple[Path, ...],
        is_dry_run: bool,
        draft: Path | None,
        is_json: bool,
        **rest: Any,  # noqa: ANN401 - the command's own options
    ) -> None:
        with NodeClient(node_url) as client:
            function(Session(client, Output(is_json), key_files, passphrase_files, is_dry_run, draft), **rest)

    options = (node_option, key_option, passphrase_option, draft_option, dry_run_option, json_option)
    return compose(*options)(wrapper)


def works_at_desk(function: Callable[..., T]) -> Callable[..., T]:
    """Give a command of an office its options, and a `Session` as its first argument."""

    @functools.wraps(function)
    def wrapper(
        *,
        node_url: str,
        key_files: tuple[Path, ...],
        passphrase_files: tuple[Path, ...],
        is_dry_run: bool,
        is_json: bool,
        **rest: Any,  # noqa: ANN401
    ) -> T:
        with NodeClient(node_url) as client:
            return function(Session(client, Output(is_json), key_files, passphrase_files, is_dry_run), **rest)

    options = (
        office_option,
        organisation_option,
        node_option,
        key_option,
        passphrase_option,
        dry_run_option,
        json_option,
    )
    return compose(*options)(wrapper)


def asks(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command that only reads its options, and a `Session` as its first argument."""

    @functools.wraps(function)
    def wrapper(*, node_url: str, is_json: bool, **rest: Any) -> None:  # noqa: ANN401
        with NodeClient(node_url) as client:
            function(Session(client, Output(is_json)), **rest)

    return compose(node_option, json_option)(wrapper)


def asks_with_key(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command that reads what is not for everybody its options, and a `Session` as its first argument."""

    @functools.wraps(function)
    def wrapper(
        *,
        node_url: str,
        key_files: tuple[Path, ...],
        passphrase_files: tuple[Path, ...],
        is_json: bool,
        **rest: Any,  # noqa: ANN401
    ) -> None:
        with NodeClient(node_url) as client:
            function(Session(client, Output(is_json), key_files, passphrase_files), **rest)

    return compose(node_option, key_option, passphrase_option, json_option)(wrapper)


@contextmanager
def open_desk(session: Session, office: Path, organisation: Identifier | None) -> Iterator[Desk]:
    """Open the record book and return the desk of its organisation; raise USAGE while nobody has said whose it is."""
    keys = session.load_keys()
    with RecordBook(office) as book:
        whose = organisation or book.load_organisation()
        if whose is None:
            detail = f"the record book in {office} is new: say whose it is with --organisation ID"
            raise HourledgerError(Reason.USAGE, detail)
        policy = session.client.get_organisation(whose)
        status = session.client.get_status()
        book.bind(status.chain_id)
        book.save_organisation(whose)
        records, outbox = Records(book.database), Outbox(book.database)
        desk = Desk(book, records, outbox, session.client, keys, whose, policy, status.chain_id, compute_now_ms)
        desk.require_officer()
        yield desk
