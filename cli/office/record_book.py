"""The organisation's record book: what stays off the chain, and the way from the office's references to the ledger's names.

Losing it loses the openings of all records, so it is a file to back up. Its secret makes identifiers from references: the same
row of the same file has the same identifier on every run, and nobody without the secret can tell which reference it came from.
Nothing is sent before its opening is committed here.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cli.office.database import Database
from contracts.activities import ActivityClass
from ledger.crypto import SigningKey, hmac_sha256
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import IDENTIFIER_BYTES, Day, Identifier

FILE_NAME: Final = "record-book.sqlite"
VERSION: Final = 1
_SECRET_BYTES: Final = 32

_SCHEMA: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE volunteers (
  reference TEXT PRIMARY KEY, volunteer BLOB NOT NULL, is_enrolled INTEGER NOT NULL, name TEXT NOT NULL
) STRICT;
CREATE INDEX volunteers_by_account ON volunteers (volunteer);
CREATE TABLE activities (
  activity BLOB PRIMARY KEY, reference TEXT NOT NULL, class INTEGER NOT NULL, first_day INTEGER NOT NULL,
  last_day INTEGER NOT NULL, details TEXT NOT NULL, is_published INTEGER NOT NULL
) STRICT;
CREATE INDEX activities_by_reference ON activities (reference);
CREATE TABLE records (
  record BLOB PRIMARY KEY, volunteer_reference TEXT NOT NULL, day INTEGER NOT NULL, reference TEXT NOT NULL,
  volunteer BLOB NOT NULL, recorded_day INTEGER NOT NULL, minutes INTEGER NOT NULL, activity_reference TEXT NOT NULL,
  commitment BLOB NOT NULL, status TEXT NOT NULL, reason TEXT, value TEXT, batch BLOB, row INTEGER, entry_index INTEGER
) STRICT;
CREATE INDEX records_by_reference ON records (reference);
CREATE TABLE openings (
  commitment BLOB PRIMARY KEY, record BLOB NOT NULL, salt BLOB NOT NULL, details BLOB NOT NULL
) STRICT;
CREATE INDEX openings_by_record ON openings (record);
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY, transaction_id BLOB NOT NULL UNIQUE, envelope BLOB NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class KnownVolunteer:
    """A volunteer under the organisation's own reference, and the account on the ledger."""

    reference: str
    volunteer: Identifier
    is_enrolled: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class KnownActivity:
    """An activity of the ledger and the reference that the organisation's files have for it."""

    activity: Identifier
    reference: str
    activity_class: ActivityClass
    first_day: Day
    last_day: Day
    details: str
    is_published: bool

    def covers(self, day: Day) -> bool:
        """Whether hours of that day can be recorded for it."""
        return self.first_day <= day <= self.last_day


class RecordBook:
    """An open record book. Its records and its outbox are in `cli.office.book_records` and `cli.office.outbox`."""

    __slots__ = ("_secret", "database")

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / FILE_NAME, _SCHEMA, VERSION)
        try:
            self._secret = self._load_secret()
        except BaseException:
            self.database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> None:
        self.database.close()

    # ------------------------------------------------------------------------------------------------------------ names

    def compute_record(self, volunteer_reference: str, day: Day, reference: str) -> Identifier:
        """Identifier of the record that a row of a file stands for."""
        return self._name(b"record", volunteer_reference, str(day), reference)

    def compute_volunteer(self, reference: str) -> Identifier:
        """Identifier to enrol a volunteer under."""
        return self._name(b"volunteer", reference)

    def compute_code(self, record: Identifier) -> Identifier:
        """Return the code with which a helper who is not registered claims a record. The same on every run."""
        return Identifier(hmac_sha256(self._secret, b"claim-code\x00" + record)[:IDENTIFIER_BYTES])

    def compute_token(self, order: Identifier) -> SigningKey:
        """Return the one-time token with which the person served rates an order. The same on every run."""
        return SigningKey(hmac_sha256(self._secret, b"order-token\x00" + order))

    def compute_activity(self, reference: str, activity_class: ActivityClass, first_day: Day) -> Identifier:
        """Identifier to publish an activity under. One reference may need several: a later period, another class."""
        return self._name(b"activity", reference, str(int(activity_class)), str(first_day))

    def _name(self, domain: bytes, *parts: str) -> Identifier:
        # Each part is preceded by its length, so that no two lists of parts give the same bytes.
        encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
        message = b"".join((domain, b"\x00", *(len(part).to_bytes(4, "big") + part for part in encoded)))
        return Identifier(hmac_sha256(self._secret, message)[:IDENTIFIER_BYTES])

    # ------------------------------------------------------------------------------------------------------------ facts

    def bind(self, chain_id: str) -> None:
        """Keep this book for one chain; raise STORE_OF_ANOTHER_CHAIN when it is another's."""
        known = self._load_fact("chain_id")
        if known is None:
            self._save_fact("chain_id", chain_id.encode())
        elif known != chain_id.encode():
            detail = f"the record book is for {known.decode()}, and the node for {chain_id}"
            raise HourledgerError(Reason.STORE_OF_ANOTHER_CHAIN, detail, str(self.database.path))

    def load_organisation(self) -> Identifier | None:
        """Return whose book this is, None while nobody has said so."""
        known = self._load_fact("organisation")
        return None if known is None else Identifier(known)

    def save_organisation(self, organisation: Identifier) -> None:
        """Say whose book this is, once."""
        known = self.load_organisation()
        if known is not None and known != organisation:
            raise HourledgerError(Reason.USAGE, "the record book is another organisation's", known.hex())
        if known is None:
            self._save_fact("organisation", organisation)

    def load_position(self) -> int:
        """Return the place in the log up to which this book knows what became of its records."""
        known = self._load_fact("position")
        return 0 if known is None else int.from_bytes(known, "big")

    def save_position(self, position: int) -> None:
        """Say up to where this book knows the log."""
        self.database.execute("INSERT OR REPLACE INTO facts VALUES ('position', ?)", (position.to_bytes(8, "big"),))

    def _load_secret(self) -> bytes:
        with self.database.transaction():
            known = self._load_fact("secret")
            if known is None:
                known = os.urandom(_SECRET_BYTES)
                self._save_fact("secret", known)
        return known

    def _load_fact(self, name: str) -> bytes | None:
        rows = self.database.execute("SELECT value FROM facts WHERE name = ?", (name,))
        return bytes(rows[0][0]) if rows else None

    def _save_fact(self, name: str, value: bytes) -> None:
        self.database.execute("INSERT INTO facts (name, value) VALUES (?, ?)", (name, value))

    # ------------------------------------------------------------------------------------------------------- volunteers

    def find_volunteer(self, reference: str) -> KnownVolunteer | None:
        """Return the volunteer under the organisation's reference."""
        rows = self.database.execute(
            "SELECT reference, volunteer, is_enrolled, name FROM volunteers WHERE reference = ?", (reference,)
        )
        return _to_volunteer(rows[0]) if rows else None

    def list_volunteers(self) -> tuple[KnownVolunteer, ...]:
        """Return all volunteers of the book, by reference."""
        rows = self.database.execute("SELECT reference, volunteer, is_enrolled, name FROM volunteers ORDER BY reference")
        return tuple(map(_to_volunteer, rows))

    def add_volunteers(self, volunteers: Iterable[KnownVolunteer]) -> None:
        """Add volunteers that are not there yet; call inside a transaction."""
        rows = [(item.reference, item.volunteer, int(item.is_enrolled), item.name) for item in volunteers]
        self.database.execute_many("INSERT OR IGNORE INTO volunteers VALUES (?, ?, ?, ?)", rows)

    def mark_enrolled(self, pairs: Sequence[tuple[Identifier, Identifier]]) -> None:
        """Mark as enrolled, for each pair: the identifier asked for, and the account that it turned out to be."""
        self.database.execute_many(
            "UPDATE volunteers SET volunteer = ?, is_enrolled = 1 WHERE volunteer = ?",
            [(account, asked) for asked, account in pairs],
        )

    # ------------------------------------------------------------------------------------------------------- activities

    def find_activities(self, reference: str) -> tuple[KnownActivity, ...]:
        """Return the activities under the organisation's reference, earliest first."""
        rows = self.database.execute(
            "SELECT activity, reference, class, first_day, last_day, details, is_published FROM activities "
            "WHERE reference = ? ORDER BY first_day, class",
            (reference,),
        )
        return tuple(_to_activity(row) for row in rows)

    def add_activity(self, item: KnownActivity) -> None:
        """Add an activity, or replace one of the same identifier."""
        self.database.execute(
            "INSERT OR REPLACE INTO activities VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                item.activity,
                item.reference,
                int(item.activity_class),
                item.first_day,
                item.last_day,
                item.details,
                int(item.is_published),
            ),
        )

    def mark_published(self, activity: Identifier) -> None:
        """Mark an activity as published."""
        self.database.execute("UPDATE activities SET is_published = 1 WHERE activity = ?", (activity,))

    def count_published(self) -> int:
        """Return how many activities are published."""
        return int(self.database.execute("SELECT count(*) FROM activities WHERE is_published")[0][0])

    def find_activity_reference(self, activity: Identifier) -> str | None:
        """Return the organisation's reference of an activity."""
        rows = self.database.execute("SELECT reference FROM activities WHERE activity = ?", (activity,))
        return str(rows[0][0]) if rows else None

    # ---------------------------------------------------------------------------------------------------------- erasure

    def erase_volunteer(self, reference: str) -> int:
        """Destroy salts, details, name and mapping of one person; return how many records lost their opening.

        What is on the chain about the person then means nothing to anybody. There is no way back.
        """
        with self.database.transaction():
            of_person = "SELECT record FROM records WHERE volunteer_reference = ?"
            count = int(self.database.execute("SELECT count(*) FROM records WHERE volunteer_reference = ?", (reference,))[0][0])
            self.database.execute(f"DELETE FROM openings WHERE record IN ({of_person})", (reference,))  # noqa: S608
            self.database.execute("DELETE FROM records WHERE volunteer_reference = ?", (reference,))
            self.database.execute("DELETE FROM volunteers WHERE reference = ?", (reference,))
        self.database.erase_traces()
        return count


def _to_volunteer(row: tuple[str, bytes, int, str]) -> KnownVolunteer:
    return KnownVolunteer(row[0], Identifier(row[1]), bool(row[2]), row[3])


def _to_activity(row: tuple[bytes, str, int, int, int, str, int]) -> KnownActivity:
    return KnownActivity(Identifier(row[0]), row[1], ActivityClass(row[2]), Day(row[3]), Day(row[4]), row[5], bool(row[6]))
