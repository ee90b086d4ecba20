"""Steps that are done once, however often the story is begun: each step's transaction is kept and sent again as it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cli.office.answers import NodeOutcome
from cli.office.builders import DIRECT_VALIDITY_MS, build_transaction, sign_all
from cli.office.client import NodeClient
from cli.office.describing import decode_body
from cli.office.drafts import load_draft, save_draft
from cli.session import compute_now_ms
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, decode_payload, encode_signed

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps kept in one folder, carried out on one chain."""

    folder: Path
    client: NodeClient
    chain_id: str

    def carry_out(self, name: str, kind: str, make_body: Callable[[], B], keys: Sequence[SigningKey]) -> B:
        """Do a step, or find it done; return the body that was carried out, which may be one of an earlier run."""
        path = self._path(name)
        signed = load_draft(path) if path.exists() else self._make(path, kind, make_body, keys)
        try:
            outcome = self._send(signed)
        except HourledgerError as error:
            if error.reason is not Reason.EXPIRED:
                raise
            # Never carried out, and too old now: the node looks for the first outcome before it looks at the time.
            signed = self._make(path, kind, make_body, keys)
            outcome = self._send(signed)
        outcome.require_accepted()
        body: B = decode_body(decode_payload(signed))
        return body

    def is_begun(self, name: str) -> bool:
        """Whether an earlier run has made the step's transaction."""
        return self._path(name).exists()

    def load(self, name: str) -> SignedTransaction:
        """Return the transaction of a step that was carried out."""
        return load_draft(self._path(name))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.draft"

    def _make(self, path: Path, kind: str, make_body: Callable[[], B], keys: Sequence[SigningKey]) -> SignedTransaction:
        unsigned = build_transaction(self.chain_id, kind, make_body(), compute_now_ms() + DIRECT_VALIDITY_MS)
        signed = sign_all(unsigned, keys)
        save_draft(path, signed)
        return signed

    def _send(self, signed: SignedTransaction) -> NodeOutcome:
        return self.client.carry_out(encode_signed(signed), signed.transaction_id)
