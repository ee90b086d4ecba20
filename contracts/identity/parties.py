"""Who is who: parties, their keys, and the questions that every rule asks about its signers.

A key belongs to one party in one role, for ever. What creates value or changes who may act needs as many officers as the
organisation's policy says, normally two: who prepares cannot approve alone (DOMAIN section 4, rule 3).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from contracts.identity.departed import ERASED, MERGED, VOLUNTEERS, Volunteer, make_absence
from contracts.identity.lineage import GUIDES, SUCCESSORS, find_acting
from contracts.identity.wards import get_voice
from ledger import codec
from ledger.authorities import Authority, authorities_codec
from ledger.codec import Codec
from ledger.crypto import sha256
from ledger.errors import Rejection
from ledger.execution import TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import IDENTIFIER_BYTES, Hash, Height, Identifier, PublicKey

MAX_OFFICERS: Final = 16


class Role(IntEnum):
    """In what capacity a key acts."""

    AUTHORITY = 1
    OFFICER = 2
    MERCHANT = 3
    VOLUNTEER = 4
    GUARDIAN = 5


class Standing(IntEnum):
    """Whether a party may act."""

    ACTIVE = 1
    SUSPENDED = 2


class Party(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Whose a key is."""

    role: Role
    identifier: Identifier


class Organisation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A recording unit. `approvals` is how many of its officers must sign what counts."""

    name: str
    standing: Standing
    officers: tuple[PublicKey, ...]
    approvals: int


class Merchant(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who takes points for goods and services."""

    name: str
    standing: Standing
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The set that decides from a height on, and the transaction whose events say so."""

    effective_height: Height
    authorities: tuple[Authority, ...]
    transaction_id: Hash


name_codec: Codec[str] = codec.text("name", 256)
officers_codec: Codec[tuple[PublicKey, ...]] = codec.sequence(codec.public_key, 1, MAX_OFFICERS)
approvals_codec: Codec[int] = codec.integer("approvals", 0, 2**16)
standing_codec: Codec[Standing] = codec.member(Standing)

AUTHORITIES: Final[Table[tuple[Authority, ...]]] = Table(b"authorities", authorities_codec, is_public=True, remembered=4)
NEXT_AUTHORITIES: Final[Table[Scheduled]] = Table(
    b"next-authorities", codec.struct(Scheduled, codec.height, authorities_codec, codec.hash_), is_public=True, remembered=4
)
ORGANISATIONS: Final[Table[Organisation]] = Table(
    b"organisation",
    codec.struct(Organisation, name_codec, standing_codec, officers_codec, approvals_codec),
    is_public=True,
    remembered=1_024,
)
PREPARERS: Final[Table[tuple[PublicKey, ...]]] = Table(b"preparers", officers_codec, is_public=True)
MERCHANTS: Final[Table[Merchant]] = Table(
    b"merchant", codec.struct(Merchant, name_codec, standing_codec, codec.public_key), is_public=True, remembered=1_024
)
TAGS: Final[Table[Identifier]] = Table(b"tag", codec.identifier)
KEYS: Final[Table[Party]] = Table(b"key", codec.struct(Party, codec.member(Role), codec.identifier))


def compute_authority_identifier(name: str) -> Identifier:
    """Identifier under which an authority's key is registered."""
    return Identifier(sha256(b"hourledger/authority/v1\x00", name.encode())[:IDENTIFIER_BYTES])


def get_authorities(view: View, height: Height) -> tuple[Authority, ...]:
    """Return the set that decides on the block at `height`, as the state before that block or after it tells."""
    scheduled = NEXT_AUTHORITIES.get(view)
    if scheduled is not None and scheduled.effective_height <= height:
        return scheduled.authorities
    return AUTHORITIES.get(view) or ()


def has_authority_signed(state: View, context: TransactionContext) -> bool:
    """Whether one of the authorities that decide now signed."""
    return count_authorities(state, context) > 0


def require_authority(state: View, context: TransactionContext) -> None:
    """Raise `Rejection` unless one of the authorities that decide now signed."""
    if not has_authority_signed(state, context):
        raise Rejection(Reason.NOT_PERMITTED, "only an authority may do this", context.signers[0].hex())


def count_authorities(state: View, context: TransactionContext) -> int:
    """How many of the authorities that decide now have signed."""
    return sum(item.key in context.signers for item in get_authorities(state, context.block.height))


def get_organisation(state: View, identifier: Identifier) -> Organisation:
    """Return the organisation, or raise `Rejection`."""
    organisation = ORGANISATIONS.get(state, identifier)
    if organisation is None:
        raise Rejection(Reason.UNKNOWN_ORGANISATION, "there is no such organisation", identifier.hex())
    return organisation


def get_acting(state: View, identifier: Identifier) -> Organisation:
    """Return who acts for an organisation, itself or its successor, or raise `Rejection`."""
    get_organisation(state, identifier)
    return get_organisation(state, find_acting(state, identifier))


def require_officers(
    state: View, context: TransactionContext, identifier: Identifier, *, count: int = 0, may_be_suspended: bool = False
) -> Organisation:
    """Return who acts for the organisation, or raise `Rejection` unless that is active and enough of its officers signed.

    `count` is how many must sign; 0 means as many as the policy says, and for a group one of its guide's as well.
    `may_be_suspended` is for what only takes back or answers.
    """
    get_organisation(state, identifier)
    acting = find_acting(state, identifier)
    return require_own_officers(state, context, acting, count=count, may_be_suspended=may_be_suspended)


def require_own_officers(
    state: View, context: TransactionContext, identifier: Identifier, *, count: int = 0, may_be_suspended: bool = False
) -> Organisation:
    """Return the organisation as `require_officers` does. No successor acts for it: this is about what is new, or its own."""
    organisation = get_organisation(state, identifier)
    signed = len(set(organisation.officers) & set(context.signers))
    if signed == 0:
        raise Rejection(Reason.NOT_PERMITTED, "no officer of the organisation has signed", context.signers[0].hex())
    require_not_succeeded(state, identifier)
    if not may_be_suspended:
        require_active(state, identifier)
    if not count:
        signed = _count_approvals(state, context, identifier, organisation)
        _require_guide(state, context, identifier)
    needed = count or organisation.approvals
    if signed < needed:
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, f"{signed} of {needed} officers have signed", f"{signed}/{needed}")
    return organisation


def require_active(state: View, identifier: Identifier) -> None:
    """Raise `Rejection` for an organisation that is no more, or is suspended, or whose guide is."""
    require_not_succeeded(state, identifier)
    guide = GUIDES.get(state, identifier)
    for party in (identifier, *(() if guide is None else (find_acting(state, guide),))):
        if get_organisation(state, party).standing is not Standing.ACTIVE:
            raise Rejection(Reason.SUSPENDED, "the organisation is suspended", party.hex())


def require_not_succeeded(state: View, identifier: Identifier) -> None:
    """Raise `Rejection` for an organisation that is no more."""
    successor = SUCCESSORS.get(state, identifier)
    if successor is not None:
        raise Rejection(Reason.ORGANISATION_SUCCEEDED, "another organisation has succeeded it", successor.hex())


def _require_guide(state: View, context: TransactionContext, identifier: Identifier) -> None:
    """Raise `Rejection` unless an officer of a group's guide has signed (Order 67, article 26)."""
    guide = GUIDES.get(state, identifier)
    if guide is not None and set(get_acting(state, guide).officers).isdisjoint(context.signers):
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "an officer of the guiding organisation must sign as well", "guide")


def _count_approvals(state: View, context: TransactionContext, identifier: Identifier, organisation: Organisation) -> int:
    """How many officers who may approve have signed; raise `Rejection` where one must have prepared and none has signed."""
    preparers = set(get_preparers(state, identifier))
    if preparers and preparers.isdisjoint(context.signers):
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "no officer who prepares has signed", "0/1")
    return len((set(organisation.officers) - preparers) & set(context.signers))


def get_preparers(view: View, organisation: Identifier) -> tuple[PublicKey, ...]:
    """Officers of the organisation who only prepare."""
    return PREPARERS.get(view, organisation) or ()


def put_preparers(state: Overlay, organisation: Identifier, preparers: tuple[PublicKey, ...]) -> None:
    """Set the officers who only prepare."""
    if preparers:
        PREPARERS.put(state, preparers, organisation)
    elif PREPARERS.has(state, organisation):
        PREPARERS.delete(state, organisation)


def require_two_people(state: View, context: TransactionContext, identifier: Identifier) -> Organisation:
    """Return the organisation, or raise `Rejection` unless an officer signed and with others makes as many as the policy says.

    The others are officers or authorities, so that a single officer finds a second person.
    """
    organisation = require_officers(state, context, identifier, count=1)
    signed = len(set(organisation.officers) & set(context.signers)) + count_authorities(state, context)
    needed = max(2, organisation.approvals)
    if signed < needed:
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, f"{signed} of {needed} people have signed", f"{signed}/{needed}")
    return organisation


def require_merchant(
    state: View, context: TransactionContext, identifier: Identifier, *, may_be_suspended: bool = False
) -> Merchant:
    """Return the merchant, or raise `Rejection` unless it is active and has signed."""
    merchant = MERCHANTS.get(state, identifier)
    if merchant is None:
        raise Rejection(Reason.UNKNOWN_MERCHANT, "there is no such merchant", identifier.hex())
    if merchant.key not in context.signers:
        raise Rejection(Reason.NOT_PERMITTED, "the merchant has not signed", context.signers[0].hex())
    if merchant.standing is not Standing.ACTIVE and not may_be_suspended:
        raise Rejection(Reason.SUSPENDED, "the merchant is suspended", identifier.hex())
    return merchant


def get_volunteer(state: View, identifier: Identifier) -> Volunteer:
    """Return the volunteer, or raise `Rejection`."""
    volunteer = VOLUNTEERS.get(state, identifier)
    if volunteer is None:
        raise make_absence(state, identifier)
    return volunteer


def require_volunteer(state: View, context: TransactionContext, identifier: Identifier) -> Volunteer:
    """Return the volunteer, or raise `Rejection` unless the volunteer has signed, or the guardian in the place of a ward."""
    volunteer = get_volunteer(state, identifier)
    if get_voice(state, identifier, volunteer) not in context.signers:
        raise Rejection(Reason.NOT_PERMITTED, "the volunteer has not signed", context.signers[0].hex())
    return volunteer


def require_free_key(state: View, key: PublicKey) -> None:
    """Raise `Rejection` when a key belongs to somebody already."""
    if KEYS.has(state, key):
        raise Rejection(Reason.KEY_IN_USE, "the key already belongs to somebody", key.hex())


def take_key(state: Overlay, key: PublicKey, party: Party) -> None:
    """Register a key for a party, or raise `Rejection` when it belongs to somebody already."""
    require_free_key(state, key)
    KEYS.put(state, party, key)


def require_free(state: View, identifier: Identifier) -> None:
    """One identifier names one party, whatever its role, so that nobody reads another's entries."""
    if any(table.has(state, identifier) for table in (ORGANISATIONS, MERCHANTS, VOLUNTEERS, ERASED, MERGED)):
        raise Rejection(Reason.ALREADY_EXISTS, "the identifier is taken", identifier.hex())


def set_authorities(state: Overlay, authorities: tuple[Authority, ...]) -> None:
    """Set the deciding authorities and register their keys."""
    AUTHORITIES.put(state, authorities)
    for authority in authorities:
        take_key(state, authority.key, Party(Role.AUTHORITY, compute_authority_identifier(authority.name)))
