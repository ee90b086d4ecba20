"""What a certificate states, computed from proven entries and values and from nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from contracts.hours import HOURS_RECORDED, RecordedHours
from contracts.identity.departed import VOLUNTEERS
from contracts.identity.parties import ORGANISATIONS, Organisation, Standing
from contracts.records import BATCHES, VOID
from ledger.blocks import HEADER
from ledger.codec import decode
from ledger.errors import CodecError, ProofError
from ledger.events import ENTRY_VERSION, find_type, split_entry
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES
from ledger.types import Day, EntryIndex, Identifier, PublicKey

Values = Mapping[bytes, bytes | None]

_HEADER_START: Final = msgspec.msgpack.encode((ENTRY_VERSION, HEADER.name, None))[:-1]
"""How the entry of a header begins."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The content of a certificate: one volunteer's records of one organisation on one chain."""

    chain_id: str
    organisation: Identifier
    organisation_name: str
    volunteer: Identifier
    records: int
    minutes: int
    first_day: Day
    last_day: Day


def read_records(entries: Mapping[EntryIndex, bytes]) -> dict[EntryIndex, RecordedHours]:
    """Return the records among the entries; raise `ProofError` unless all are of one volunteer and one organisation.

    Besides records, only block headers are allowed. Raises `CodecError` for an entry that does not decode.
    """
    found = [(index, _read_record(entry)) for index, entry in entries.items()]
    records = {index: record for index, record in found if record is not None}
    if not records:
        raise ProofError("the evidence has no record", Reason.CLAIM_MISMATCH)
    if len({(item.volunteer, item.organisation) for item in records.values()}) != 1:
        raise ProofError("the evidence has records of several volunteers or organisations", Reason.CLAIM_MISMATCH)
    if len({(item.batch, item.row) for item in records.values()}) != len(records):
        raise ProofError("the evidence has one record twice", Reason.CLAIM_MISMATCH)
    return records


def _read_record(entry: bytes) -> RecordedHours | None:
    """Do the same as `_read_record_plainly`. Nearly all entries are records, and a header that decodes is an entry."""
    try:
        if not entry.startswith(_HEADER_START):
            return HOURS_RECORDED.decode(entry)
        HEADER.decode(entry)
    except CodecError:
        return _read_record_plainly(entry)
    return None


def _read_record_plainly(entry: bytes) -> RecordedHours | None:
    """Return a record, None for a header; raise `CodecError` for any other entry, first for one that is none at all."""
    if find_type(entry) == HEADER.name:
        split_entry(entry)
        return None
    try:
        return HOURS_RECORDED.decode(entry)
    except CodecError:
        split_entry(entry)
        raise


def read_organisation(values: Values, identifier: Identifier) -> Organisation:
    """Return the organisation among the values; raise `ProofError` when it is not there or absent from the ledger."""
    data = values.get(ORGANISATIONS.key(identifier))
    if data is None:
        raise ProofError("the evidence does not show the organisation", Reason.UNKNOWN_ORGANISATION, identifier.hex())
    return decode(ORGANISATIONS.codec, data, max_bytes=MAX_VALUE_BYTES)


def verify_licence(organisation: Organisation) -> None:
    """Raise `ProofError` unless the organisation may act."""
    if organisation.standing is not Standing.ACTIVE:
        raise ProofError("the organisation is suspended", Reason.NOT_CURRENT, organisation.name)


def is_volunteers_key(values: Values, volunteer: Identifier, key: PublicKey) -> bool:
    """Whether the values show that a key is the one of the volunteer's account. Raises `CodecError`."""
    data = values.get(VOLUNTEERS.key(volunteer))
    return data is not None and decode(VOLUNTEERS.codec, data, max_bytes=MAX_VALUE_BYTES).key == key


def verify_signer(values: Values, organisation: Organisation, volunteer: Identifier, key: PublicKey) -> bool:
    """Return whether the volunteer signed; raise `ProofError` unless the volunteer did, or an officer of the organisation."""
    if key in organisation.officers:
        return False
    if not is_volunteers_key(values, volunteer, key):
        detail = "the signer is neither an officer of the organisation nor shown to be the volunteer"
        raise ProofError(detail, Reason.NOT_PERMITTED, key.hex())
    return True


def verify_current(values: Values, records: Iterable[RecordedHours]) -> None:
    """Raise `ProofError` unless every record is the current revision; with `STALE` where the evidence does not show it."""
    for record in records:
        data = values.get(BATCHES.key(record.batch))
        if data is None:
            raise ProofError("the evidence does not show whether a record is still current", Reason.STALE, record.record.hex())
        batch = decode(BATCHES.codec, data, max_bytes=MAX_VALUE_BYTES)
        if batch.organisation != record.organisation or record.row >= len(batch.revisions):
            raise ProofError("a record does not belong to its batch", value=record.record.hex())
        revision = batch.revisions[record.row]
        if revision != record.revision:
            said = "void" if revision == VOID else "amended"
            raise ProofError(f"a record was {said} since", Reason.NOT_CURRENT, record.record.hex())


def compute_statement(chain_id: str, organisation: Organisation, records: Iterable[RecordedHours]) -> Statement:
    """Return what a certificate over these records states. All are of one volunteer and one organisation (`read_records`)."""
    items = tuple(records)
    return Statement(
        chain_id,
        items[0].organisation,
        organisation.name,
        items[0].volunteer,
        len(items),
        sum(item.minutes for item in items),
        min(item.day for item in items),
        max(item.day for item in items),
    )


def read_chain_id(entries: Mapping[EntryIndex, bytes]) -> str:
    """Return the chain of the newest header among the entries, or raise `CodecError`."""
    if not entries:
        raise CodecError("the evidence has no entry")
    return HEADER.decode(entries[max(entries)]).chain_id
