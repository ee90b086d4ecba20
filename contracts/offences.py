"""What authorities did that no honest one does: one public event for each offender and height, for ever."""

from dataclasses import dataclass
from typing import Final

from contracts.identity.parties import KEYS, Role
from contracts.kinds import Module
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects
from ledger.reasons import Reason
from ledger.state import Overlay, Table
from ledger.types import Hash, Height, Identifier, PublicKey, Round
from ledger.votes import Offence, OffenceKind

HEIGHT_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class OffenceRecorded:
    """Event: two signed messages convict `authority`. `evidence_hash` is the SHA-256 of them as the block carries them."""

    key: PublicKey
    authority: Identifier
    height: Height
    round: Round
    offence: OffenceKind
    evidence_hash: Hash


_recorded: Codec[OffenceRecorded] = codec.struct(
    OffenceRecorded,
    codec.public_key,
    codec.identifier,
    codec.height,
    codec.round_,
    codec.member(OffenceKind),
    codec.hash_,
)
OFFENCE: EventType[OffenceRecorded] = EventType("governance.offence", _recorded)
OFFENCES: Final[Table[OffenceRecorded]] = Table(b"offence", _recorded, is_public=True)
"""By the authority's key and the height in 8 bytes, big-endian."""


def record_offence(state: Overlay, offence: Offence) -> Effects:
    """Name an offender, retired ones too; raise `Rejection` for a stranger, or for the same height again."""
    party = KEYS.get(state, offence.key)
    if party is None or party.role is not Role.AUTHORITY:
        raise Rejection(Reason.UNKNOWN_KEY, "the evidence is against nobody who was ever an authority", offence.key.hex())
    parts = (offence.key, offence.height.to_bytes(HEIGHT_BYTES, "big"))
    if OFFENCES.has(state, *parts):
        raise Rejection(Reason.ALREADY_EXISTS, "the offender is named for that height already", str(offence.height))
    recorded = OffenceRecorded(
        offence.key, party.identifier, offence.height, offence.round, offence.kind, offence.evidence_hash
    )
    OFFENCES.put(state, recorded, *parts)
    return Effects((OFFENCE.encode(recorded),))


MODULE: Final = Module(kinds=(), events=(OFFENCE,), tables=(OFFENCES,))
