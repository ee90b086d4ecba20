"""Who takes part in the tests of the command line, and short ways for them to do things."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from cli.office.answers import Submitted
from cli.office.builders import build_transaction, sign_all
from ledger.crypto import SigningKey
from ledger.transactions import encode_signed
from ledger.types import Identifier

ORGANISATION = Identifier(b"organisation-001")
OFFICERS = (SigningKey(b"1" * 32), SigningKey(b"2" * 32), SigningKey(b"3" * 32))
HEADER = "record,activity,activity_name,category,date,place,volunteer,minutes"


class Submitter(Protocol):
    def submit(self, envelope: bytes, wait_s: int = 0) -> Submitted: ...


def send(node: Submitter, chain_id: str, kind: str, body: Any, keys: Iterable[SigningKey], now_ms: int) -> Submitted:
    signed = sign_all(build_transaction(chain_id, kind, body, now_ms + 60_000), keys)
    submitted = node.submit(encode_signed(signed))
    assert submitted.outcome is not None
    assert submitted.outcome.is_accepted, submitted.outcome
    return submitted


def write_roster(path: Path, rows: Sequence[str]) -> Path:
    """Write a CSV file of the usual columns."""
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path


def make_rows(count: int, *, volunteers: int = 7, activities: int = 3) -> list[str]:
    """Rows that all can be certified: nobody serves twice on one day."""
    rows = []
    for number in range(count):
        volunteer, day = number % volunteers, number // volunteers
        month, day_of_month = 1 + day // 28, 1 + day % 28
        activity = f"A-{number % activities}"
        date = f"2026-{month:02}-{day_of_month:02}"
        rows.append(f"R-{number},{activity},Activity {activity},Service,{date},Town,V-{volunteer:03},{60 + number % 90}")
    return rows
