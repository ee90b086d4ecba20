"""Groups: a community group under a guiding organisation, which answers for it (Order 67, article 26).

A group is an organisation in its own name. Whatever takes as many of its officers as its policy says also takes an officer of
the guide; and while the guide is suspended, the group is.
"""

from dataclasses import dataclass
from typing import Final

from contracts.identity.lineage import GUIDES
from contracts.identity.organisations import RegisterOrganisation, enter_organisation
from contracts.identity.parties import approvals_codec, name_codec, officers_codec, require_own_officers
from contracts.kinds import Kind
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class RegisterGroup:
    """Body and event: an organisation takes a group under its guidance."""

    group: Identifier
    guide: Identifier
    name: str
    officers: tuple[PublicKey, ...]
    approvals: int


_register = codec.struct(RegisterGroup, codec.identifier, codec.identifier, name_codec, officers_codec, approvals_codec)
GROUP_REGISTERED: EventType[RegisterGroup] = EventType("identity.group_registered", _register)


def register_group(state: Overlay, body: RegisterGroup, context: TransactionContext) -> Effects:
    """Register a group (signed by officers of the guiding organisation as its policy says). A group guides no other."""
    require_own_officers(state, context, body.guide)
    enter_organisation(state, RegisterOrganisation(body.group, body.name, body.officers, body.approvals))
    if GUIDES.has(state, body.guide):
        raise Rejection(Reason.INVALID_POLICY, "a group guides no other group", body.guide.hex())
    GUIDES.put(state, body.guide, body.group)
    return Effects((GROUP_REGISTERED.encode(body),))


KINDS: Final = (Kind("identity.register_group", _register, register_group),)
EVENTS: Final = (GROUP_REGISTERED,)
