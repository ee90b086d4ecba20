"""Time that arrives from another region: an entry of its log, proven under its trust file, counts here, once.

It stands with the volunteer as an imported total does (DOMAIN section 2, S1: transfer and continue time); its source is the
transfer itself. No organisation imported it, so none can take it back.
"""

from dataclasses import dataclass
from typing import Final

from contracts.hours.totals import ImportTotal, put_total
from contracts.identity.departed import resolve_account
from contracts.identity.parties import get_volunteer, require_volunteer
from contracts.kinds import Kind
from contracts.parameters import compute_today
from contracts.regions.leaving import TIME_LEFT, TimeLeft
from contracts.regions.trusted import compute_region_key, get_policy, hashes_codec, note_codec
from ledger import codec
from ledger.codec import MAX_DAY
from ledger.crypto import sha256
from ledger.errors import CodecError, HourledgerError, Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.merkle import compute_leaf_hash, verify_inclusion
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.transactions import chain_id_codec
from ledger.trust import verify_checkpoint
from ledger.types import IDENTIFIER_BYTES, Day, EntryIndex, Hash, Identifier, Minutes

MAX_TRANSFER_BYTES: Final = 1_024


@dataclass(frozen=True, slots=True)
class ReceiveTime:
    """Body: a transfer of `region`, and the proof that its entry is in that region's log (https://c2sp.org/tlog-proof)."""

    region: str
    transfer: Identifier
    volunteer: Identifier
    entry: bytes
    index: EntryIndex
    hashes: tuple[Hash, ...]
    note: bytes


@dataclass(frozen=True, slots=True)
class TimeReceived:
    """Event: `minutes` of a region's transfer count for the volunteer from now on."""

    region: str
    transfer: Identifier
    volunteer: Identifier
    minutes: Minutes


_entry = codec.binary("entry", 1, MAX_TRANSFER_BYTES)
_receive = codec.struct(
    ReceiveTime, chain_id_codec, codec.identifier, codec.identifier, _entry, codec.entry_index, hashes_codec, note_codec
)
TIME_RECEIVED: EventType[TimeReceived] = EventType(
    "regions.time_received",
    codec.struct(TimeReceived, chain_id_codec, codec.identifier, codec.identifier, codec.minutes),
    lambda event: (event.volunteer,),
)
ARRIVED: Final[Table[Identifier]] = Table(b"arrived", codec.identifier)
"""Key: region, then transfer. For whom it counts; so that it counts once."""


def compute_source(region: str, transfer: Identifier) -> Hash:
    """Source under which a transfer stands among the totals of a volunteer."""
    return sha256(b"hourledger/transfer/v1\x00", region.encode(), b"\x00", transfer)


def receive_time(state: Overlay, body: ReceiveTime, context: TransactionContext) -> Effects:
    """Let time from another region count (signed by the volunteer whom the transfer names, or whose account that one is now).

    Whoever corrects a record there after its time has left cannot reach the time here; it was true when it left.
    """
    get_volunteer(state, body.volunteer)
    policy = get_policy(state, body.region)
    require_volunteer(state, context, body.volunteer)
    key = compute_region_key(body.region)
    if ARRIVED.has(state, key, body.transfer):
        raise Rejection(Reason.ALREADY_EXISTS, "that transfer has arrived", body.transfer.hex())
    try:
        checkpoint = verify_checkpoint(policy, body.note).checkpoint
        verify_inclusion(compute_leaf_hash(body.entry), body.index, checkpoint.size, body.hashes, checkpoint.root)
    except HourledgerError as error:
        known = error.reason in {Reason.UNTRUSTED_LOG, Reason.QUORUM_MISSING}
        raise Rejection(error.reason if known else Reason.INVALID_PROOF, error.detail, error.value) from error
    left = _read_transfer(state, body, context)
    ARRIVED.put(state, body.volunteer, key, body.transfer)
    source = compute_source(body.region, body.transfer)
    today = Day(max(0, min(compute_today(state, context.block.time_ms), MAX_DAY)))
    nobody = Identifier(key[:IDENTIFIER_BYTES])
    total = ImportTotal(nobody, body.volunteer, source, today, today, left.minutes, compute_leaf_hash(body.entry))
    put_total(state, total)
    received = TimeReceived(body.region, body.transfer, body.volunteer, left.minutes)
    return Effects((TIME_RECEIVED.encode(received),))


def _read_transfer(view: View, body: ReceiveTime, context: TransactionContext) -> TimeLeft:
    """Return what a proven entry says, or raise `Rejection` unless it is this transfer, to this person in this region."""
    try:
        left = TIME_LEFT.decode(body.entry)
    except CodecError as error:
        raise Rejection(Reason.CLAIM_MISMATCH, "the entry is no transfer of time", body.transfer.hex()) from error
    recipient = resolve_account(view, left.recipient)
    if (left.transfer, left.region, recipient) != (body.transfer, context.block.chain_id, body.volunteer):
        raise Rejection(Reason.CLAIM_MISMATCH, "the transfer is another one, or to somebody else", left.transfer.hex())
    return left


KINDS: Final = (Kind("regions.receive_time", _receive, receive_time),)
EVENTS: Final = (TIME_RECEIVED,)
TABLES: Final = (ARRIVED,)
