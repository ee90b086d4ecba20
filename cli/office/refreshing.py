"""What became of an organisation's records elsewhere: on another officer's computer, by a dispute, or by a claim.

The record book learns it from the organisation's own entries in the log, from where it stopped reading last time.
"""

from dataclasses import replace
from typing import Any

from cli.office.answers import parse_answer
from cli.office.book_records import KnownRecord, Records, RecordStatus
from cli.office.client import NodeClient
from cli.office.desk import Desk
from cli.office.record_book import RecordBook
from cli.office.settling import find_reserved
from contracts.hours import HOURS_RECORDED, HOURS_VOIDED, RecordedHours
from contracts.hours.codes import RESERVED_DROPPED
from ledger.crypto import SigningKey
from ledger.events import split_entry
from ledger.types import EntryIndex, Identifier

_PAGE = 500
_SETTLED = frozenset({RecordStatus.CERTIFIED, RecordStatus.RESERVED})
"""What an entry may change. What was sent from here is settled by its own answer."""


def refresh(desk: Desk, client: NodeClient, key: SigningKey, *, is_dry_run: bool = False) -> tuple[Identifier, ...]:
    """Read the entries that are new and bring the record book up to date; return the records that changed."""
    changed: dict[Identifier, None] = {}
    position: int | None = desk.book.load_position()
    path = f"/v1/organisations/{desk.organisation.hex()}/entries"
    while position is not None:
        start = position
        page = client.get_json(path, {"from": start, "limit": _PAGE}, key=key)
        entries, position = parse_answer(_parse_page, page)
        with desk.book.database.transaction():
            for index, entry in entries:
                learnt = _learn(desk.book, desk.records, index, entry)
                if learnt is not None:
                    changed[learnt.record] = None
                    if not is_dry_run:
                        desk.records.put(learnt)
            if not is_dry_run:
                desk.book.save_position(position or max([start, *(index + 1 for index, _entry in entries)]))
    return tuple(changed)


def _parse_page(document: dict[str, Any]) -> tuple[list[tuple[EntryIndex, bytes]], int | None]:
    entries = [(EntryIndex(int(item["index"])), bytes.fromhex(item["entry"])) for item in document["entries"]]
    following = document["next"]
    return entries, None if following is None else int(following)


def _learn(book: RecordBook, records: Records, index: EntryIndex, entry: bytes) -> KnownRecord | None:
    """Return the record as an entry says that it stands, None where the entry says nothing new."""
    name, _fields = split_entry(entry)
    if name == HOURS_VOIDED.name:
        return _learn_void(records.find(HOURS_VOIDED.decode(entry).record))
    if name == RESERVED_DROPPED.name:
        return _learn_void(find_reserved(book, records, RESERVED_DROPPED.decode(entry).code_hash))
    if name == HOURS_RECORDED.name:
        return _learn_recorded(book, records, index, HOURS_RECORDED.decode(entry))
    return None


def _learn_void(known: KnownRecord | None) -> KnownRecord | None:
    return None if known is None or known.status not in _SETTLED else replace(known, status=RecordStatus.VOID)


def _learn_recorded(book: RecordBook, records: Records, index: EntryIndex, event: RecordedHours) -> KnownRecord | None:
    known = records.find(event.record)
    if known is None or known.status not in _SETTLED or (known.entry_index is not None and known.entry_index >= index):
        return None
    return replace(
        known,
        volunteer=event.volunteer,
        recorded_day=event.day,
        minutes=event.minutes,
        activity_reference=book.find_activity_reference(event.activity) or known.activity_reference,
        commitment=event.commitment,
        status=RecordStatus.CERTIFIED,
        batch=event.batch,
        row=event.row,
        entry_index=index,
    )
