"""Membership: authorities vote each other in and out, and keys that genesis names can replace a quorum that is lost for ever.

A change is the whole next set and the height from which it decides. Each authority signs the same change; a quorum of those
that decide makes it take effect. An authority approves one change at a time: a later approval takes an earlier one's place.
"""

from dataclasses import dataclass
from typing import Final

from contracts.governance.voting import MAX_LEAD_BLOCKS, MIN_LEAD_BLOCKS, find_voters
from contracts.identity.parties import (
    AUTHORITIES,
    KEYS,
    NEXT_AUTHORITIES,
    Party,
    Role,
    Scheduled,
    compute_authority_identifier,
    get_authorities,
    require_free_key,
    take_key,
)
from contracts.kinds import Kind
from ledger import codec
from ledger.authorities import (
    Authority,
    authorities_codec,
    compute_authorities_hash,
    compute_quorum,
    validate_authorities,
)
from ledger.errors import CodecError, Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table
from ledger.types import Hash, Height, Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class ChangeAuthorities:
    """Body: an authority approves that `authorities` decide from the block at `effective_height` on."""

    effective_height: Height
    authorities: tuple[Authority, ...]


@dataclass(frozen=True, slots=True)
class Recover:
    """Body: the keys of genesis put `authorities` in charge from the block that this is in, the one after `parent_hash`."""

    height: Height
    parent_hash: Hash
    authorities: tuple[Authority, ...]


@dataclass(frozen=True, slots=True)
class Approval:
    """What an authority has approved last, and which set decided then."""

    base_hash: Hash
    effective_height: Height
    authorities_hash: Hash


@dataclass(frozen=True, slots=True)
class ChangeApproved:
    """Event: one more authority approves a change. `approvals` of `quorum` have done so."""

    authority: Identifier
    effective_height: Height
    authorities_hash: Hash
    approvals: int
    quorum: int


@dataclass(frozen=True, slots=True)
class AuthoritiesChanged:
    """Event: `authorities` decide from the block at `effective_height` on, in place of the set with `old_hash`."""

    effective_height: Height
    old_hash: Hash
    authorities: tuple[Authority, ...]


_change_authorities = codec.struct(ChangeAuthorities, codec.height, authorities_codec)
recover_codec: codec.Codec[Recover] = codec.struct(Recover, codec.height, codec.hash_, authorities_codec)
_count = codec.integer("count", 1, 64)

APPROVALS: Final[Table[Approval]] = Table(
    b"approval", codec.struct(Approval, codec.hash_, codec.height, codec.hash_), is_public=True
)
RECOVERY_KEYS: Final[Table[tuple[PublicKey, ...]]] = Table(b"recovery", codec.sequence(codec.public_key, 1, 64), is_public=True)
CHANGE_APPROVED: Final = EventType(
    "governance.change_approved",
    codec.struct(ChangeApproved, codec.identifier, codec.height, codec.hash_, _count, _count),
)
AUTHORITIES_CHANGED: Final = EventType(
    "governance.authorities_changed", codec.struct(AuthoritiesChanged, codec.height, codec.hash_, authorities_codec)
)


def change_authorities(state: Overlay, body: ChangeAuthorities, context: TransactionContext) -> Effects:
    """Approve a change of the set, and carry it out once a quorum does (signed by one or more authorities that decide)."""
    height = context.block.height
    deciding = get_authorities(state, height)
    voters = find_voters(deciding, context)
    _require_possible(state, body, height, deciding)
    approval = Approval(compute_authorities_hash(deciding), body.effective_height, compute_authorities_hash(body.authorities))
    events = [_approve(state, voter, approval, deciding) for voter in voters]
    if _count_approvals(state, approval, deciding) >= compute_quorum(len(deciding)):
        _register_keys(state, body.authorities)
        AUTHORITIES.put(state, deciding)
        NEXT_AUTHORITIES.put(state, Scheduled(body.effective_height, body.authorities, context.transaction_id))
        changed = AuthoritiesChanged(body.effective_height, approval.base_hash, body.authorities)
        events.append(AUTHORITIES_CHANGED.encode(changed))
    return Effects(tuple(events))


def _require_possible(state: Overlay, body: ChangeAuthorities, height: Height, deciding: tuple[Authority, ...]) -> None:
    for item in body.authorities:
        party = KEYS.get(state, item.key)
        if party is not None and party != _to_party(item):
            raise Rejection(Reason.KEY_IN_USE, "the key already belongs to somebody", item.key.hex())
    if body.authorities == deciding:
        raise Rejection(Reason.NO_CHANGE, "these are the authorities already", str(len(deciding)))
    scheduled = NEXT_AUTHORITIES.get(state)
    if scheduled is not None and scheduled.effective_height > height:
        value = str(scheduled.effective_height)
        raise Rejection(Reason.CHANGE_PENDING, "another change of the authorities is to take effect first", value)
    if not height + MIN_LEAD_BLOCKS <= body.effective_height <= height + MAX_LEAD_BLOCKS:
        detail = f"a change at block {height} takes effect {MIN_LEAD_BLOCKS} to {MAX_LEAD_BLOCKS} blocks later"
        raise Rejection(Reason.INVALID_AUTHORITIES, detail, str(body.effective_height))
    _require_well_formed(body.authorities)


def _require_well_formed(authorities: tuple[Authority, ...]) -> None:
    try:
        validate_authorities(authorities)
    except CodecError as error:
        raise Rejection(Reason.INVALID_AUTHORITIES, error.detail, str(len(authorities))) from error


def _to_party(authority: Authority) -> Party:
    return Party(Role.AUTHORITY, compute_authority_identifier(authority.name))


def _approve(state: Overlay, voter: Authority, approval: Approval, deciding: tuple[Authority, ...]) -> bytes:
    identifier = compute_authority_identifier(voter.name)
    APPROVALS.put(state, approval, identifier)
    count = _count_approvals(state, approval, deciding)
    event = ChangeApproved(
        identifier, approval.effective_height, approval.authorities_hash, count, compute_quorum(len(deciding))
    )
    return CHANGE_APPROVED.encode(event)


def _count_approvals(state: Overlay, approval: Approval, deciding: tuple[Authority, ...]) -> int:
    return sum(APPROVALS.get(state, compute_authority_identifier(item.name)) == approval for item in deciding)


def _register_keys(state: Overlay, authorities: tuple[Authority, ...]) -> None:
    for item in authorities:
        if KEYS.get(state, item.key) != _to_party(item):
            take_key(state, item.key, _to_party(item))


def recover(state: Overlay, body: Recover, context: TransactionContext) -> Effects:
    """Replace authorities whose quorum is lost for ever (signed by a quorum of genesis's recovery keys).

    It counts only in the one block that it names, as the block's own authority: that block is decided by the new set. All its
    authorities have consensus keys that never voted before, so no vote under the old set can be held against them.
    """
    keys = RECOVERY_KEYS.get(state) or ()
    signed = len(set(keys) & set(context.signers))
    if not signed:
        raise Rejection(Reason.NOT_PERMITTED, "no recovery key of genesis has signed", context.signers[0].hex())
    place = (context.block.height, context.block.parent_hash, context.block.authorities_hash)
    if place != (body.height, body.parent_hash, compute_authorities_hash(body.authorities)):
        raise Rejection(Reason.NOT_PERMITTED, "a recovery counts only in the block that it names", str(body.height))
    needed = compute_quorum(len(keys))
    if signed < needed:
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, f"{signed} of {needed} recovery keys have signed", f"{signed}/{needed}")
    for item in body.authorities:
        require_free_key(state, item.key)
    _require_well_formed(body.authorities)
    old = get_authorities(state, body.height)
    for item in body.authorities:
        take_key(state, item.key, _to_party(item))
    AUTHORITIES.put(state, body.authorities)
    if NEXT_AUTHORITIES.has(state):
        NEXT_AUTHORITIES.delete(state)
    return Effects(
        (AUTHORITIES_CHANGED.encode(AuthoritiesChanged(body.height, compute_authorities_hash(old), body.authorities)),)
    )


RECOVER_KIND: Final = "governance.recover"

KINDS: Final = (
    Kind("governance.change_authorities", _change_authorities, change_authorities),
    Kind(RECOVER_KIND, recover_codec, recover),
)
EVENTS: Final = (CHANGE_APPROVED, AUTHORITIES_CHANGED)
TABLES: Final = (APPROVALS, RECOVERY_KEYS)
