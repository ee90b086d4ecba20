"""Which of a certificate's records somebody means: their numbers, as `hourledger cert show` counts them from 1."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certificates.evidence import Evidence
from certificates.jcs import JsonObject, JsonValue
from certificates.statement import read_records
from contracts.hours import RecordedHours
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.proofs import MAX_ITEMS
from ledger.reasons import Reason
from ledger.types import EntryIndex

ALL: Final = "all"
NONE: Final = "none"
_PART: Final = re.compile(r"([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?")


@dataclass(frozen=True, slots=True)
class Selection:
    """Numbers from 1 on; None means all."""

    numbers: frozenset[int] | None = None

    def choose(self, indices: Sequence[EntryIndex]) -> list[EntryIndex]:
        """Return the chosen ones of some records, given in their order; raise USAGE for a number that is not there."""
        if self.numbers is None:
            return list(indices)
        for number in sorted(self.numbers):
            if number > len(indices):
                detail = f"the certificate has records 1 to {len(indices)}: hourledger cert show lists them"
                raise HourledgerError(Reason.USAGE, detail, str(number))
        return [index for number, index in enumerate(indices, start=1) if number in self.numbers]


EVERYTHING: Final = Selection()


def parse_selection(text: str) -> Selection:
    """Read `all`, `none`, or numbers and ranges as in `1,3-5`; raise `HourledgerError`."""
    if text in {ALL, NONE}:
        return EVERYTHING if text == ALL else Selection(frozenset())
    numbers: set[int] = set()
    for part in text.split(","):
        found = _PART.fullmatch(part.strip())
        first = int(found[1]) if found else 0
        last = int(found[2] or first) if found else 0
        if not 1 <= first <= last <= MAX_ITEMS:
            raise HourledgerError(Reason.USAGE, "records are all, none, or numbers as in 1,3-5")
        numbers.update(range(first, last + 1))
    return Selection(frozenset(numbers))


def list_records(evidence: Evidence) -> dict[EntryIndex, RecordedHours]:
    """Return the records of a certificate in the order in which they are counted. Nothing is verified."""
    return read_records({item.index: item.entry for item in evidence.bundle.entries})


def describe_records(evidence: Evidence) -> list[JsonValue]:
    """Return a JSON object for each record: its number, what the ledger says of it, and its details where they are opened."""
    return [
        _describe(number, record, evidence.openings[index].details if index in evidence.openings else None)
        for number, (index, record) in enumerate(list_records(evidence).items(), start=1)
    ]


def _describe(number: int, record: RecordedHours, details: "JsonObject | None") -> JsonObject:
    return {"number": number, "date": to_date(record.day).isoformat(), "minutes": record.minutes, "details": details}
