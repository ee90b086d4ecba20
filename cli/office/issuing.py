"""Certificates, issued by an organisation for one of its volunteers from what the ledger proves and the record book opens."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from certificates.certificate import issue_certificate
from certificates.details import Opening
from certificates.evidence import Evidence
from certificates.jcs import JsonObject
from cli.office.answers import parse_answer
from cli.office.book_records import Records
from cli.office.client import NodeClient
from cli.selection import EVERYTHING, Selection
from contracts.hours import HOURS_RECORDED, HOURS_VOIDED, RecordedHours
from contracts.identity.parties import ORGANISATIONS
from contracts.records import BATCHES
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.events import split_entry
from ledger.proofs import Bundle, parse_bundle
from ledger.reasons import Reason
from ledger.types import Day, EntryIndex, Identifier, TimeMs

MAX_RECORDS: Final = 1_900
"""What one request for a bundle may ask for, less the header."""
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a certificate is about, both included; None leaves that end open."""

    first_day: Day | None = None
    last_day: Day | None = None

    def covers(self, day: Day) -> bool:
        """Whether a day is within."""
        return (self.first_day is None or day >= self.first_day) and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class Form:
    """What is chosen about a certificate: what it opens, the site under whose name it is signed, and its position."""

    opened: Selection = EVERYTHING
    site: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues: an organisation with its record book, the key of one of its officers, and a node."""

    client: NodeClient
    records: Records
    organisation: Identifier
    key: SigningKey

    def issue(self, volunteer: Identifier, now_ms: int, period: Period | None = None, form: Form | None = None) -> JsonObject:
        """Return a signed certificate over the current records of a volunteer.

        Raises `HourledgerError`: NOT_FOUND when there is no current record, or details of one are not in this record book;
        TOO_LARGE for too many records.
        """
        current = self.find_current(volunteer, period or Period())
        if not current:
            raise HourledgerError(Reason.NOT_FOUND, "the organisation has no current record of the volunteer", volunteer.hex())
        if len(current) > MAX_RECORDS:
            detail = f"a certificate has at most {MAX_RECORDS} records; choose a period with --first-day and --last-day"
            raise HourledgerError(Reason.TOO_LARGE, detail, str(len(current)))
        openings = {
            index: opening for index, event in current.items() if (opening := self.records.find_opening(event.commitment))
        }
        if len(openings) != len(current):
            missing = next(event for index, event in current.items() if index not in openings)
            detail = "the record book does not have the details of a record"
            raise HourledgerError(Reason.NOT_FOUND, detail, missing.record.hex())
        form = form or Form()
        chosen = {index: openings[index] for index in form.opened.choose(list(current))}
        evidence = Evidence(fetch_bundle(self.client, self.key, current), chosen)
        return issue_certificate(evidence, self.key, TimeMs(now_ms), host=form.site, position=form.position)

    def find_current(self, volunteer: Identifier, period: Period) -> dict[EntryIndex, RecordedHours]:
        """Return the latest revision of every record that is not void, by its index in the log."""
        latest: dict[Identifier, tuple[EntryIndex, RecordedHours]] = {}
        for index, entry in self._list_entries(volunteer):
            name, _fields = split_entry(entry)
            if name == HOURS_RECORDED.name:
                event = HOURS_RECORDED.decode(entry)
                if event.organisation == self.organisation:
                    latest[event.record] = (index, event)
            elif name == HOURS_VOIDED.name:
                latest.pop(HOURS_VOIDED.decode(entry).record, None)
        found = ((index, event) for index, event in latest.values() if period.covers(event.day))
        return dict(sorted(found, key=lambda pair: pair[0]))

    def _open(self, event: RecordedHours) -> Opening:
        opening = self.records.find_opening(event.commitment)
        if opening is None:
            detail = "the record book does not have the details of a record"
            raise HourledgerError(Reason.NOT_FOUND, detail, event.record.hex())
        return opening

    def _list_entries(self, volunteer: Identifier) -> Iterator[tuple[EntryIndex, bytes]]:
        path = f"/v1/volunteers/{volunteer.hex()}/entries"
        start: int | None = 0
        while start is not None:
            page = self.client.get_json(path, {"from": start, "limit": _PAGE}, key=self.key)
            entries, start = parse_answer(_parse_page, page)
            yield from entries


def fetch_bundle(
    client: NodeClient, key: SigningKey, records: Mapping[EntryIndex, RecordedHours], more_keys: Iterable[bytes] = ()
) -> Bundle:
    """Return what proves the records, the licence of their organisation and that they are current, and values besides."""
    organisations = {ORGANISATIONS.key(record.organisation) for record in records.values()}
    keys = organisations.union(more_keys, (BATCHES.key(record.batch) for record in records.values()))
    request = {"entries": sorted(records), "keys": [item.hex() for item in sorted(keys)]}
    return parse_bundle(client.post_json("/v1/bundles", request, key=key))


def _parse_page(document: dict[str, Any]) -> tuple[list[tuple[EntryIndex, bytes]], int | None]:
    entries = [(EntryIndex(int(item["index"])), bytes.fromhex(item["entry"])) for item in document["entries"]]
    following = document["next"]
    return entries, None if following is None else int(following)
