"""Which other regions are trusted here: the trust file of each, agreed by vote, and the newest checkpoint taken from it.

A chain is one trust domain; what comes from another counts under that one's trust file, and under nothing else (DESIGN 10).
When its authorities change, the authorities here vote for its new trust file. A checkpoint that an authority has put on record
here holds the other region to its own history: each must begin with the one before.
"""

from dataclasses import dataclass
from typing import Final

from contracts.governance.voting import Subject, approve, compute_proposal_hash, find_voters
from contracts.identity.parties import get_authorities, require_authority
from contracts.kinds import Kind
from ledger import codec
from ledger.codec import Codec
from ledger.crypto import sha256
from ledger.errors import CodecError, HourledgerError, Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.merkle import verify_consistency
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.transactions import chain_id_codec
from ledger.trust import TrustPolicy, parse_trust, verify_checkpoint
from ledger.types import EntryIndex, Hash, Height

MAX_TRUST_BYTES: Final = 24_576
"""Room for 64 authorities with names of a hundred bytes."""
MAX_NOTE_BYTES: Final = 16_384
MAX_HASHES: Final = 63
AT_ONCE: Final = Height(0)
"""Stands for the block that adopts the proposal, which takes effect with it."""


@dataclass(frozen=True, slots=True)
class TrustRegion:
    """Body and event: what comes from the chain `region` counts here under `trust`, a trust file; empty: under none."""

    region: str
    trust: bytes


@dataclass(frozen=True, slots=True)
class AcceptCheckpoint:
    """Body: a checkpoint's note, and hashes that lead to it from the one that was accepted before (RFC 9162, 2.1.4)."""

    region: str
    note: bytes
    hashes: tuple[Hash, ...]


@dataclass(frozen=True, slots=True)
class AcceptedCheckpoint:
    """Event and value: the newest checkpoint of a region that was accepted here: entries of its log, and their root."""

    region: str
    size: EntryIndex
    root: Hash


note_codec: Codec[bytes] = codec.binary("note", 1, MAX_NOTE_BYTES)
hashes_codec: Codec[tuple[Hash, ...]] = codec.sequence(codec.hash_, 0, MAX_HASHES)
_trust: Codec[bytes] = codec.binary("trust file", 0, MAX_TRUST_BYTES)
_trust_region = codec.struct(TrustRegion, chain_id_codec, _trust)
_accept = codec.struct(AcceptCheckpoint, chain_id_codec, note_codec, hashes_codec)
_accepted = codec.struct(AcceptedCheckpoint, chain_id_codec, codec.entry_index, codec.hash_)

REGIONS: Final[Table[TrustRegion]] = Table(b"region", _trust_region, is_public=True)
CHECKPOINTS: Final[Table[AcceptedCheckpoint]] = Table(b"region-checkpoint", _accepted, is_public=True)
REGION_TRUSTED: Final = EventType("regions.trusted", _trust_region)
CHECKPOINT_ACCEPTED: Final = EventType("regions.checkpoint_accepted", _accepted)


def compute_region_key(region: str) -> Hash:
    """Key of a region in the tables, of fixed length: the hash of its chain's name."""
    return sha256(b"hourledger/region/v1\x00", region.encode())


def get_policy(view: View, region: str) -> TrustPolicy:
    """Return the trust file of a region, or raise `Rejection` where it is not trusted here."""
    trusted = REGIONS.get(view, compute_region_key(region))
    if trusted is None:
        raise Rejection(Reason.UNKNOWN_REGION, "the region is not trusted here", region)
    return parse_trust(trusted.trust)


def trust_region(state: Overlay, body: TrustRegion, context: TransactionContext) -> Effects:
    """Approve a region's trust file, in force once a quorum does; an empty one ends it (signed by authorities that decide)."""
    find_voters(get_authorities(state, context.block.height), context)
    key = compute_region_key(body.region)
    known = REGIONS.get(state, key)
    if (known is None and not body.trust) or known == body:
        raise Rejection(Reason.NO_CHANGE, "so it is already", body.region)
    _require_trust_file(body, context)
    proposal = compute_proposal_hash(Subject.REGION, _trust_region, body)
    events, is_adopted = approve(state, Subject.REGION, proposal, AT_ONCE, context)
    if is_adopted:
        if body.trust:
            REGIONS.put(state, body, key)
        else:
            REGIONS.delete(state, key)
        events.append(REGION_TRUSTED.encode(body))
    return Effects(tuple(events))


def _require_trust_file(body: TrustRegion, context: TransactionContext) -> None:
    """Raise `Rejection` for a file that does not say who decides in that region, and how many of them."""
    if body.region == context.block.chain_id:
        raise Rejection(Reason.INVALID_PROPOSAL, "the region is this one", body.region)
    if not body.trust:
        return
    try:
        policy = parse_trust(body.trust)
    except CodecError as error:
        raise Rejection(Reason.INVALID_PROPOSAL, error.detail, body.region) from error
    if policy.quorum is None or not policy.logs or any(log.key.name != body.region for log in policy.logs):
        raise Rejection(Reason.INVALID_PROPOSAL, "the trust file is not of this region alone, with a quorum", body.region)


def accept_checkpoint(state: Overlay, body: AcceptCheckpoint, context: TransactionContext) -> Effects:
    """Put a newer checkpoint of a trusted region on record (signed by one authority)."""
    policy = get_policy(state, body.region)
    require_authority(state, context)
    key = compute_region_key(body.region)
    known = CHECKPOINTS.get(state, key) or AcceptedCheckpoint(body.region, EntryIndex(0), Hash(bytes(32)))
    try:
        checkpoint = verify_checkpoint(policy, body.note).checkpoint
        if checkpoint.origin != body.region:
            raise CodecError("the checkpoint is of another chain", Reason.UNTRUSTED_LOG)
        if known.size:
            verify_consistency(known.size, known.root, checkpoint.size, checkpoint.root, body.hashes)
    except HourledgerError as error:
        raise Rejection(_to_reason(error), error.detail, error.value) from error
    if checkpoint.size <= known.size:
        raise Rejection(Reason.STALE, "the checkpoint is no newer than the one on record", str(checkpoint.size))
    accepted = AcceptedCheckpoint(body.region, EntryIndex(checkpoint.size), checkpoint.root)
    CHECKPOINTS.put(state, accepted, key)
    return Effects((CHECKPOINT_ACCEPTED.encode(accepted),))


def _to_reason(error: HourledgerError) -> Reason:
    """Reason of a refusal: what is no proof at all is an invalid one."""
    return error.reason if error.reason in {Reason.UNTRUSTED_LOG, Reason.QUORUM_MISSING} else Reason.INVALID_PROOF


KINDS: Final = (
    Kind("regions.trust", _trust_region, trust_region),
    Kind("regions.accept_checkpoint", _accept, accept_checkpoint),
)
EVENTS: Final = (REGION_TRUSTED, CHECKPOINT_ACCEPTED)
TABLES: Final = (REGIONS, CHECKPOINTS)
