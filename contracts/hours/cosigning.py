"""Co-signatures: a volunteer confirms a record, as it stands at one revision."""

from dataclasses import dataclass
from typing import Final

from contracts.hours.disputes import DISPUTES, compute_key
from contracts.hours.service import find_own_record, require_counted
from contracts.identity.parties import get_organisation, require_volunteer
from contracts.kinds import Kind
from contracts.lots import row_codec
from contracts.records import FIRST_REVISION, LAST_REVISION, Calendars
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table
from ledger.types import Day, Identifier


@dataclass(frozen=True, slots=True)
class CosignRecord:
    """Body: a volunteer confirms a record, found in the month of `recorded_day`."""

    organisation: Identifier
    volunteer: Identifier
    record: Identifier
    recorded_day: Day


@dataclass(frozen=True, slots=True)
class CosignedHours:
    """Event: the volunteer has confirmed the record as it stands at `revision`."""

    organisation: Identifier
    volunteer: Identifier
    record: Identifier
    batch: Identifier
    row: int
    revision: int


_revision: Codec[int] = codec.integer("revision", FIRST_REVISION, LAST_REVISION)
_ids = (codec.identifier, codec.identifier, codec.identifier)
_cosign = codec.struct(CosignRecord, *_ids, codec.day)
HOURS_COSIGNED: EventType[CosignedHours] = EventType(
    "hours.cosigned",
    codec.struct(CosignedHours, *_ids, codec.identifier, row_codec, _revision),
    lambda event: (event.volunteer, event.organisation),
)
COSIGNED: Final[Table[int]] = Table(b"cosigned", _revision)
"""Key: organisation, then the record's batch and row. The revision that was confirmed last."""


def cosign_record(state: Overlay, body: CosignRecord, context: TransactionContext) -> Effects:
    """Confirm a record of one's own (signed by the volunteer). An amendment afterwards wants a new confirmation.

    The organisation certifies, with or without it (Order 67, article 3); what both say is harder to doubt.
    """
    get_organisation(state, body.organisation)
    require_volunteer(state, context, body.volunteer)
    record, revision = find_own_record(
        state, Calendars(state), body.organisation, body.volunteer, body.recorded_day, body.record
    )
    require_counted(record)
    key = compute_key(body.organisation, record)
    dispute = DISPUTES.get(state, *key)
    if dispute is not None and dispute.resolution is None:
        raise Rejection(Reason.ALREADY_DISPUTED, "the volunteer disputes the record", body.record.hex())
    if COSIGNED.get(state, *key) == revision:
        raise Rejection(Reason.NO_CHANGE, "the volunteer has confirmed the record already", str(revision))
    COSIGNED.put(state, revision, *key)
    event = CosignedHours(body.organisation, body.volunteer, body.record, record.batch, record.row, revision)
    return Effects((HOURS_COSIGNED.encode(event),))


KINDS: Final = (Kind("hours.cosign", _cosign, cosign_record),)
EVENTS: Final = (HOURS_COSIGNED,)
TABLES: Final = (COSIGNED,)
