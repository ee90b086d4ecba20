"""Totals from before: what another system counted for a volunteer, imported with its source and the hash of the evidence.

The national network and others hold time that is to be continued (DOMAIN section 2, S1). A total has no single attendances, so
overlaps cannot be seen; it earns no points, and it stays marked as imported wherever it is shown.
"""

from dataclasses import dataclass, replace
from typing import Final

from contracts.hours.service import require_known, require_once_known
from contracts.identity.parties import require_officers
from contracts.kinds import Kind
from contracts.parameters import MINUTES_PER_DAY, compute_today
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier, Minutes


@dataclass(frozen=True, slots=True)
class ImportTotal:
    """Body and event: a source counted `minutes` for a volunteer, from `first_day` to `last_day`, both included.

    `source` is the hash of the system's name, `evidence` that of the paper or file which shows the total.
    """

    organisation: Identifier
    volunteer: Identifier
    source: Hash
    first_day: Day
    last_day: Day
    minutes: Minutes
    evidence: Hash


@dataclass(frozen=True, slots=True)
class DropTotal:
    """Body and event: the organisation takes a total back that it imported."""

    organisation: Identifier
    volunteer: Identifier
    source: Hash


_total = codec.struct(
    ImportTotal, codec.identifier, codec.identifier, codec.hash_, codec.day, codec.day, codec.minutes, codec.hash_
)
_drop = codec.struct(DropTotal, codec.identifier, codec.identifier, codec.hash_)
TOTAL_IMPORTED: EventType[ImportTotal] = EventType(
    "hours.total_imported", _total, lambda event: (event.volunteer, event.organisation)
)
TOTAL_DROPPED: EventType[DropTotal] = EventType(
    "hours.total_dropped", _drop, lambda event: (event.volunteer, event.organisation)
)
TOTALS: Final[Table[ImportTotal]] = Table(b"imported-total", _total)
"""Key: volunteer, then source. One total of a source, so that none is counted twice."""
IMPORTED: Final[Table[int]] = Table(b"imported-minutes", codec.integer("minutes", 1, 2**53 - 1))


def import_total(state: Overlay, body: ImportTotal, context: TransactionContext) -> Effects:
    """Import what an earlier system counted for a volunteer (signed by officers as the policy says)."""
    require_known(state, body.organisation, body.volunteer)
    require_officers(state, context, body.organisation)
    if TOTALS.has(state, body.volunteer, body.source):
        raise Rejection(Reason.ALREADY_EXISTS, "the volunteer has a total of that source", body.source.hex())
    days = body.last_day - body.first_day + 1
    if days < 1:
        raise Rejection(Reason.INVALID_PERIOD, "the period ends before it begins", str(days))
    if not 1 <= body.minutes <= days * MINUTES_PER_DAY:
        raise Rejection(Reason.INVALID_MINUTES, "so many minutes do not fit into the period", str(body.minutes))
    if body.last_day > compute_today(state, context.block.time_ms):
        raise Rejection(Reason.FUTURE_DATE, "the period ends after today", str(body.last_day))
    put_total(state, body)
    return Effects((TOTAL_IMPORTED.encode(body),))


def drop_total(state: Overlay, body: DropTotal, context: TransactionContext) -> Effects:
    """Take an imported total back (signed by officers as the policy says)."""
    require_once_known(state, body.organisation, body.volunteer)
    require_officers(state, context, body.organisation)
    total = TOTALS.get(state, body.volunteer, body.source)
    if total is None or total.organisation != body.organisation:
        raise Rejection(Reason.UNKNOWN_RECORD, "the organisation imported no such total", body.source.hex())
    TOTALS.delete(state, body.volunteer, body.source)
    _add_imported(state, body.volunteer, -total.minutes)
    return Effects((TOTAL_DROPPED.encode(body),))


def put_total(state: Overlay, total: ImportTotal) -> None:
    """Let a total of a source that the volunteer has none of count."""
    TOTALS.put(state, total, total.volunteer, total.source)
    _add_imported(state, total.volunteer, total.minutes)


def get_imported_minutes(view: View, volunteer: Identifier) -> int:
    """Return the minutes of all totals that were imported for a volunteer."""
    return IMPORTED.get(view, volunteer) or 0


def _add_imported(state: Overlay, volunteer: Identifier, minutes: int) -> None:
    total = get_imported_minutes(state, volunteer) + minutes
    if total:
        IMPORTED.put(state, total, volunteer)
    else:
        IMPORTED.delete(state, volunteer)


def carry_total(state: Overlay, volunteer: Identifier, remaining: Identifier, source: Hash) -> None:
    """Let the total of a source stand with the account that remains of a merged one, or raise `Rejection`."""
    total = TOTALS.get(state, volunteer, source)
    if total is not None and TOTALS.has(state, remaining, source):
        raise Rejection(Reason.ALREADY_EXISTS, "both accounts have a total of that source", source.hex())
    if total is None:
        raise Rejection(Reason.UNKNOWN_RECORD, "the account has no total of that source", source.hex())
    TOTALS.delete(state, volunteer, source)
    _add_imported(state, volunteer, -total.minutes)
    _add_imported(state, remaining, total.minutes)
    TOTALS.put(state, replace(total, volunteer=remaining), remaining, source)


KINDS: Final = (
    Kind("hours.import_total", _total, import_total),
    Kind("hours.drop_total", _drop, drop_total),
)
EVENTS: Final = (TOTAL_IMPORTED, TOTAL_DROPPED)
TABLES: Final = (TOTALS, IMPORTED)
