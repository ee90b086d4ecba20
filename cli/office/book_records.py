"""The record book's records: what was sent about whom, what became of it, and the openings of its commitments.

A row of a file is recognised by the volunteer's reference, the day and the row's own reference. After a correction of the day
it is recognised under both days, so that neither the old file nor the corrected one makes a second record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from certificates.details import Opening, compute_record_commitment, encode_details
from certificates.jcs import JsonObject, parse_json_object
from cli.office.builders import new_salt
from cli.office.database import Database
from ledger.errors import RowOutcome
from ledger.reasons import Reason
from ledger.types import Day, EntryIndex, Hash, Identifier, Minutes


class RecordStatus(StrEnum):
    """Where a record stands, as far as this book knows."""

    SENT = "sent"
    """In a transaction of the outbox: signed, perhaps sent, not answered."""
    CERTIFIED = "certified"
    REFUSED = "refused"
    VOID = "void"
    RESERVED = "reserved"
    """Certified for whoever has its code, and not claimed yet as far as this book knows."""


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """One record. `day` is that of its first row and part of its name, `recorded_day` the one that the ledger has now.

    `batch`, `row` and `entry_index` say where it is on the ledger; None for a record certified before this book knew of it.
    """

    record: Identifier
    volunteer_reference: str
    day: Day
    reference: str
    volunteer: Identifier
    recorded_day: Day
    minutes: Minutes
    activity_reference: str
    commitment: Hash
    status: RecordStatus
    refusal: RowOutcome | None = None
    batch: Identifier | None = None
    row: int | None = None
    entry_index: EntryIndex | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the certified records of a book."""

    records: int
    minutes: int
    volunteers: int
    activities: int


_COLUMNS = (
    "record, volunteer_reference, day, reference, volunteer, recorded_day, minutes, activity_reference, commitment, status, "
    "reason, value, batch, row, entry_index"
)


class Records:
    """The records of an open database."""

    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, record: Identifier) -> KnownRecord | None:
        """Return the record of an identifier."""
        return self._find_one("record = ?", (record,))

    def find_row(self, volunteer_reference: str, day: Day, reference: str) -> KnownRecord | None:
        """Return the record that a row of a file stands for, recognised by its first day or by its present one."""
        return self._find_one(
            "reference = ? AND volunteer_reference = ? AND (day = ? OR recorded_day = ?)",
            (reference, volunteer_reference, day, day),
        )

    def put(self, record: KnownRecord) -> None:
        """Add a record, or replace the one of the same identifier."""
        refusal = record.refusal
        self._database.execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.record,
                record.volunteer_reference,
                record.day,
                record.reference,
                record.volunteer,
                record.recorded_day,
                record.minutes,
                record.activity_reference,
                record.commitment,
                record.status.value,
                None if refusal is None else refusal.reason.value,
                None if refusal is None else refusal.value,
                record.batch,
                record.row,
                record.entry_index,
            ),
        )

    def mark(self, record: Identifier, status: RecordStatus, refusal: RowOutcome | None = None) -> None:
        """Set where a record stands."""
        known = self.find(record)
        if known is not None:
            self.put(replace(known, status=status, refusal=refusal))

    def list_with(self, status: RecordStatus) -> tuple[KnownRecord, ...]:
        """Return all records that stand so."""
        return self._find_all("status = ?", (status.value,))

    def compute_totals(self) -> Totals:
        """Return the sums over all certified records."""
        rows = self._database.execute(
            "SELECT count(*), coalesce(sum(minutes), 0), count(DISTINCT volunteer), count(DISTINCT activity_reference) "
            "FROM records WHERE status = 'certified'"
        )
        return Totals(*(int(value) for value in rows[0]))

    # --------------------------------------------------------------------------------------------------------- openings

    def make_opening(self, record: Identifier, details: JsonObject) -> Hash:
        """Return the commitment to a record's details, with the salt of before if these details were committed before."""
        data = encode_details(details)
        known = self._database.execute(
            "SELECT commitment FROM openings WHERE record = ? AND details = ? LIMIT 1", (record, data)
        )
        if known:
            return Hash(known[0][0])
        salt = new_salt()
        commitment = compute_record_commitment(Opening(salt, details))
        self._database.execute("INSERT INTO openings VALUES (?, ?, ?, ?)", (commitment, record, salt, data))
        return commitment

    def find_opening(self, commitment: Hash) -> Opening | None:
        """Return what opens a commitment, None when it was erased or never here."""
        rows = self._database.execute("SELECT salt, details FROM openings WHERE commitment = ?", (commitment,))
        return Opening(rows[0][0], parse_json_object(rows[0][1])) if rows else None

    # ---------------------------------------------------------------------------------------------------------- reading

    def _find_one(self, condition: str, values: Sequence[Any]) -> KnownRecord | None:
        found = self._find_all(f"{condition} LIMIT 1", values)
        return found[0] if found else None

    def _find_all(self, condition: str, values: Sequence[Any]) -> tuple[KnownRecord, ...]:
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM records WHERE {condition}", values)  # noqa: S608
        return tuple(_to_record(row) for row in rows)


def _to_record(row: tuple[Any, ...]) -> KnownRecord:
    reason, value, batch, number, entry_index = row[10:]
    return KnownRecord(
        Identifier(row[0]),
        row[1],
        Day(row[2]),
        row[3],
        Identifier(row[4]),
        Day(row[5]),
        Minutes(row[6]),
        row[7],
        Hash(row[8]),
        RecordStatus(row[9]),
        None if reason is None else RowOutcome(Reason(reason), value),
        None if batch is None else Identifier(batch),
        number,
        None if entry_index is None else EntryIndex(entry_index),
    )
