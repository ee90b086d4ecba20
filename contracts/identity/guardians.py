"""Guardians: whose key signs in the place of a ward's, from the consent on until the registrar says that it ends.

For a child under 14 a guardian consents (Personal Information Protection Law, 31). The guardian's key is for one ward: sign-up,
spending and changes of key take it, and the ward's own alone does nothing.
"""

from dataclasses import dataclass
from typing import Final

from contracts.identity.parties import (
    Party,
    Role,
    get_volunteer,
    has_authority_signed,
    require_officers,
    require_two_people,
    take_key,
)
from contracts.identity.wards import GUARDIANS
from contracts.kinds import Kind
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class SetGuardian:
    """Body and event: the key of a volunteer's guardian, which signs from now on."""

    volunteer: Identifier
    key: PublicKey


@dataclass(frozen=True, slots=True)
class EndGuardianship:
    """Body and event: a volunteer signs alone from now on."""

    volunteer: Identifier


_set = codec.struct(SetGuardian, codec.identifier, codec.public_key)
_end = codec.struct(EndGuardianship, codec.identifier)
GUARDIAN_SET: EventType[SetGuardian] = EventType("identity.guardian_set", _set, lambda event: (event.volunteer,))
GUARDIANSHIP_ENDED: EventType[EndGuardianship] = EventType(
    "identity.guardianship_ended", _end, lambda event: (event.volunteer,)
)


def set_guardian(state: Overlay, body: SetGuardian, context: TransactionContext) -> Effects:
    """Let a guardian's key speak for a volunteer (signed by that key, an officer and a second person).

    The officer is of the enrolling organisation, and the second person another of them or an authority. Where there is a
    guardian already, that one or an authority signs.
    """
    volunteer = get_volunteer(state, body.volunteer)
    require_two_people(state, context, volunteer.enrolled_by)
    if body.key not in context.signers:
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "the guardian consents by signing", "guardian")
    earlier = GUARDIANS.get(state, body.volunteer)
    if earlier is not None and earlier not in context.signers and not has_authority_signed(state, context):
        raise Rejection(Reason.INSUFFICIENT_SIGNATURES, "the guardian until now or an authority must sign as well", "authority")
    take_key(state, body.key, Party(Role.GUARDIAN, body.volunteer))
    GUARDIANS.put(state, body.key, body.volunteer)
    return Effects((GUARDIAN_SET.encode(body),))


def end_guardianship(state: Overlay, body: EndGuardianship, context: TransactionContext) -> Effects:
    """Let a volunteer sign alone (signed by officers of the enrolling organisation as its policy says)."""
    volunteer = get_volunteer(state, body.volunteer)
    require_officers(state, context, volunteer.enrolled_by)
    if not GUARDIANS.has(state, body.volunteer):
        raise Rejection(Reason.NO_CHANGE, "the volunteer has no guardian", body.volunteer.hex())
    GUARDIANS.delete(state, body.volunteer)
    return Effects((GUARDIANSHIP_ENDED.encode(body),))


KINDS: Final = (
    Kind("identity.set_guardian", _set, set_guardian),
    Kind("identity.end_guardianship", _end, end_guardianship),
)
EVENTS: Final = (GUARDIAN_SET, GUARDIANSHIP_ENDED)
