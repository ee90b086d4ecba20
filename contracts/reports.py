"""Reports: the hash of a report and the height that it was made from, so that anybody can make it again (DOMAIN 2, S19)."""

from dataclasses import dataclass
from typing import Final

from contracts.identity.parties import require_authority, require_officers
from contracts.kinds import Kind, Module
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table
from ledger.types import Hash, Height, Identifier, TimeMs


@dataclass(frozen=True, slots=True)
class AnchorReport:
    """Body and event: a report on the state after the block at `height`. `organisation` is None for a region's own report."""

    report: Hash
    organisation: Identifier | None
    height: Height


@dataclass(frozen=True, slots=True)
class AnchoredReport:
    """Who vouches for a report, from which height it was made, and when that was put on record."""

    organisation: Identifier | None
    height: Height
    time_ms: TimeMs


_publisher = codec.optional(codec.identifier)
_anchor = codec.struct(AnchorReport, codec.hash_, _publisher, codec.height)
REPORTS: Final[Table[AnchoredReport]] = Table(
    b"report", codec.struct(AnchoredReport, _publisher, codec.height, codec.time_ms), is_public=True
)
REPORT_ANCHORED: Final[EventType[AnchorReport]] = EventType("reports.anchored", _anchor)


def anchor_report(state: Overlay, body: AnchorReport, context: TransactionContext) -> Effects:
    """Put a report's hash on record, once (signed by one officer, or by an authority where no organisation is named).

    The height is that of a block before this one, whose state is final.
    """
    if body.organisation is None:
        require_authority(state, context)
    else:
        require_officers(state, context, body.organisation, count=1)
    if REPORTS.has(state, body.report):
        raise Rejection(Reason.ALREADY_EXISTS, "the report is on record already", body.report.hex())
    if body.height >= context.block.height:
        raise Rejection(Reason.FUTURE_HEIGHT, "the report is about a block that is not final", str(body.height))
    REPORTS.put(state, AnchoredReport(body.organisation, body.height, context.block.time_ms), body.report)
    return Effects((REPORT_ANCHORED.encode(body),))


MODULE: Final = Module(kinds=(Kind("reports.anchor", _anchor, anchor_report),), events=(REPORT_ANCHORED,), tables=(REPORTS,))
