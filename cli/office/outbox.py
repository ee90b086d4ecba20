"""What was signed and is not answered yet, in the order in which it was made.

A transaction is put here, in the same commit as the openings it needs, before it is sent. After a crash the same bytes are sent
again and get their first outcome, so nothing is lost and nothing is done twice.
"""

from dataclasses import dataclass

from cli.office.database import Database
from ledger.transactions import SignedTransaction, Transaction, decode_payload, decode_signed, encode_signed
from ledger.types import Hash


@dataclass(frozen=True, slots=True)
class Waiting:
    """One transaction without an answer."""

    signed: SignedTransaction
    transaction: Transaction

    @property
    def transaction_id(self) -> Hash:
        """Its identifier."""
        return self.signed.transaction_id

    @property
    def envelope(self) -> bytes:
        """Its bytes as they are sent."""
        return encode_signed(self.signed)


class Outbox:
    """The outbox of an open database."""

    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, signed: SignedTransaction) -> Waiting:
        """Add a transaction, or replace its signatures."""
        self._database.execute(
            "INSERT INTO outbox (transaction_id, envelope) VALUES (?, ?) "
            "ON CONFLICT (transaction_id) DO UPDATE SET envelope = excluded.envelope",
            (signed.transaction_id, encode_signed(signed)),
        )
        return Waiting(signed, decode_payload(signed))

    def remove(self, transaction_id: Hash) -> None:
        """Forget a transaction that was answered."""
        self._database.execute("DELETE FROM outbox WHERE transaction_id = ?", (transaction_id,))

    def list_waiting(self) -> tuple[Waiting, ...]:
        """Return all transactions without an answer, oldest first."""
        rows = self._database.execute("SELECT envelope FROM outbox ORDER BY number")
        signed = [decode_signed(row[0]) for row in rows]
        return tuple(Waiting(item, decode_payload(item)) for item in signed)
