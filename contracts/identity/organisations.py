"""Organisations and their officers: licensed and suspended by an authority, otherwise in their own hands."""

from dataclasses import dataclass

from msgspec.structs import replace

from contracts.identity.parties import (
    MAX_OFFICERS,
    MERCHANTS,
    ORGANISATIONS,
    Organisation,
    Party,
    Role,
    Standing,
    approvals_codec,
    count_authorities,
    get_organisation,
    get_preparers,
    name_codec,
    officers_codec,
    put_preparers,
    require_authority,
    require_free,
    require_not_succeeded,
    require_own_officers,
    standing_codec,
    take_key,
)
from contracts.kinds import Kind
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    """Body and event: an authority licenses an organisation to record."""

    organisation: Identifier
    name: str
    officers: tuple[PublicKey, ...]
    approvals: int


@dataclass(frozen=True, slots=True)
class ChangeStanding:
    """Body and event: an authority suspends or reinstates an organisation or a merchant."""

    party: Identifier
    standing: Standing


@dataclass(frozen=True, slots=True)
class ChangeOfficer:
    """Body and event: an organisation adds or removes an officer."""

    organisation: Identifier
    officer: PublicKey


@dataclass(frozen=True, slots=True)
class ReplaceOfficer:
    """Body and event: an officer's key is lost and another takes its place."""

    organisation: Identifier
    lost: PublicKey
    key: PublicKey


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """Body and event: an organisation sets how many officers must sign what counts."""

    organisation: Identifier
    approvals: int


_register_organisation = codec.struct(RegisterOrganisation, codec.identifier, name_codec, officers_codec, approvals_codec)
_change_standing = codec.struct(ChangeStanding, codec.identifier, standing_codec)
_change_officer = codec.struct(ChangeOfficer, codec.identifier, codec.public_key)
_replace_officer = codec.struct(ReplaceOfficer, codec.identifier, codec.public_key, codec.public_key)
_set_policy = codec.struct(SetPolicy, codec.identifier, approvals_codec)

ORGANISATION_REGISTERED = EventType("identity.organisation_registered", _register_organisation)
STANDING_CHANGED = EventType("identity.standing_changed", _change_standing)
OFFICER_ADDED = EventType("identity.officer_added", _change_officer)
OFFICER_REMOVED = EventType("identity.officer_removed", _change_officer)
OFFICER_REPLACED = EventType("identity.officer_replaced", _replace_officer)
POLICY_SET = EventType("identity.policy_set", _set_policy)


def _validate_policy(officers: tuple[PublicKey, ...], approvals: int) -> None:
    if not 1 <= approvals <= len(officers) or len(set(officers)) != len(officers):
        raise Rejection(
            Reason.INVALID_POLICY, f"{approvals} approvals of {len(set(officers))} officers cannot be had", str(approvals)
        )


def register_organisation(state: Overlay, body: RegisterOrganisation, context: TransactionContext) -> Effects:
    """License an organisation (signed by an authority)."""
    require_authority(state, context)
    enter_organisation(state, body)
    return Effects((ORGANISATION_REGISTERED.encode(body),))


def enter_organisation(state: Overlay, body: RegisterOrganisation) -> None:
    """Put a new organisation and its officers' keys into the state, or raise `Rejection`."""
    require_free(state, body.organisation)
    for officer in dict.fromkeys(body.officers):
        take_key(state, officer, Party(Role.OFFICER, body.organisation))
    _validate_policy(body.officers, body.approvals)
    organisation = Organisation(body.name, Standing.ACTIVE, body.officers, body.approvals)
    ORGANISATIONS.put(state, organisation, body.organisation)


def change_standing(state: Overlay, body: ChangeStanding, context: TransactionContext) -> Effects:
    """Suspend or reinstate an organisation or a merchant (signed by an authority)."""
    organisation = ORGANISATIONS.get(state, body.party)
    merchant = MERCHANTS.get(state, body.party)
    party = organisation or merchant
    if party is None:
        raise Rejection(Reason.UNKNOWN_ORGANISATION, "there is no such organisation or merchant", body.party.hex())
    require_authority(state, context)
    require_not_succeeded(state, body.party)
    if party.standing is body.standing:
        raise Rejection(Reason.NO_CHANGE, "the party already has that standing", body.standing.name.lower())
    if organisation is not None:
        ORGANISATIONS.put(state, replace(organisation, standing=body.standing), body.party)
    elif merchant is not None:
        MERCHANTS.put(state, replace(merchant, standing=body.standing), body.party)
    return Effects((STANDING_CHANGED.encode(body),))


def add_officer(state: Overlay, body: ChangeOfficer, context: TransactionContext) -> Effects:
    """Add an officer (signed by officers as the policy says)."""
    organisation = require_own_officers(state, context, body.organisation)
    take_key(state, body.officer, Party(Role.OFFICER, body.organisation))
    if len(organisation.officers) >= MAX_OFFICERS:
        raise Rejection(Reason.INVALID_POLICY, f"an organisation has at most {MAX_OFFICERS} officers", body.officer.hex())
    officers = (*organisation.officers, body.officer)
    ORGANISATIONS.put(state, replace(organisation, officers=officers), body.organisation)
    return Effects((OFFICER_ADDED.encode(body),))


def remove_officer(state: Overlay, body: ChangeOfficer, context: TransactionContext) -> Effects:
    """Remove an officer, whose key can then never be used again (signed by officers as the policy says)."""
    organisation = require_own_officers(state, context, body.organisation)
    officers = tuple(key for key in organisation.officers if key != body.officer)
    preparers = tuple(key for key in get_preparers(state, body.organisation) if key != body.officer)
    if officers != organisation.officers and len(officers) - len(preparers) < organisation.approvals:
        raise Rejection(Reason.LAST_OFFICER, "too few officers would be left for the policy", body.officer.hex())
    if officers == organisation.officers:
        raise Rejection(Reason.NO_CHANGE, "the key is not an officer's", body.officer.hex())
    put_preparers(state, body.organisation, preparers)
    ORGANISATIONS.put(state, replace(organisation, officers=officers), body.organisation)
    return Effects((OFFICER_REMOVED.encode(body),))


def replace_officer(state: Overlay, body: ReplaceOfficer, context: TransactionContext) -> Effects:
    """Put a new officer's key in the place of a lost one (signed by an authority, and another officer or authority).

    The way out for an organisation that cannot meet its policy without the lost key, also while it is suspended.
    """
    organisation = get_organisation(state, body.organisation)
    authorities = count_authorities(state, context)
    others = len((set(organisation.officers) - {body.lost}) & set(context.signers))
    if not authorities:
        raise Rejection(Reason.NOT_PERMITTED, "an authority must have signed", context.signers[0].hex())
    require_not_succeeded(state, body.organisation)
    if authorities + others < 2:
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "another officer or authority must sign as well", "1/2")
    take_key(state, body.key, Party(Role.OFFICER, body.organisation))
    if body.lost not in organisation.officers:
        raise Rejection(Reason.NO_CHANGE, "the key is not an officer's", body.lost.hex())
    officers = tuple(body.key if key == body.lost else key for key in organisation.officers)
    preparers = get_preparers(state, body.organisation)
    put_preparers(state, body.organisation, tuple(body.key if key == body.lost else key for key in preparers))
    ORGANISATIONS.put(state, replace(organisation, officers=officers), body.organisation)
    return Effects((OFFICER_REPLACED.encode(body),))


def set_policy(state: Overlay, body: SetPolicy, context: TransactionContext) -> Effects:
    """Set how many officers must sign what counts (signed by as many as the present policy says)."""
    organisation = require_own_officers(state, context, body.organisation)
    preparers = get_preparers(state, body.organisation)
    _validate_policy(tuple(key for key in organisation.officers if key not in preparers), body.approvals)
    if body.approvals == organisation.approvals:
        raise Rejection(Reason.NO_CHANGE, "the policy is already so", str(body.approvals))
    ORGANISATIONS.put(state, replace(organisation, approvals=body.approvals), body.organisation)
    return Effects((POLICY_SET.encode(body),))


KINDS = (
    Kind("identity.register_organisation", _register_organisation, register_organisation),
    Kind("identity.change_standing", _change_standing, change_standing),
    Kind("identity.add_officer", _change_officer, add_officer),
    Kind("identity.remove_officer", _change_officer, remove_officer),
    Kind("identity.replace_officer", _replace_officer, replace_officer),
    Kind("identity.set_policy", _set_policy, set_policy),
)
EVENTS = (ORGANISATION_REGISTERED, STANDING_CHANGED, OFFICER_ADDED, OFFICER_REMOVED, OFFICER_REPLACED, POLICY_SET)
