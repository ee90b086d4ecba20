"""Succession: another organisation acts for one that merged or dissolved (Guidance 2015-149).

What the former one recorded stays under its name. The successor's officers amend it, make it void, answer for it and certify
it; the former one's can do nothing any more. What is new is done in the successor's own name.
"""

from dataclasses import dataclass
from typing import Final

from contracts.identity.lineage import SUCCESSORS
from contracts.identity.parties import get_organisation, require_authority, require_own_officers
from contracts.kinds import Kind
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Identifier


@dataclass(frozen=True, slots=True)
class SucceedOrganisation:
    """Body and event: from now on `successor` acts for `former`."""

    former: Identifier
    successor: Identifier


_succeed = codec.struct(SucceedOrganisation, codec.identifier, codec.identifier)
ORGANISATION_SUCCEEDED: EventType[SucceedOrganisation] = EventType("identity.organisation_succeeded", _succeed)


def succeed_organisation(state: Overlay, body: SucceedOrganisation, context: TransactionContext) -> Effects:
    """Let a successor act for an organisation (signed by an authority, and the successor's officers as the policy says).

    Where that successor is succeeded itself, another one is named in the same way.
    """
    get_organisation(state, body.former)
    get_organisation(state, body.successor)
    require_authority(state, context)
    require_own_officers(state, context, body.successor)
    earlier = SUCCESSORS.get(state, body.former)
    if earlier is not None and not SUCCESSORS.has(state, earlier):
        raise Rejection(Reason.ALREADY_EXISTS, "the organisation has a successor", earlier.hex())
    if body.former == body.successor:
        raise Rejection(Reason.NO_CHANGE, "an organisation does not succeed itself", body.former.hex())
    SUCCESSORS.put(state, body.successor, body.former)
    return Effects((ORGANISATION_SUCCEEDED.encode(body),))


KINDS: Final = (Kind("identity.succeed_organisation", _succeed, succeed_organisation),)
EVENTS: Final = (ORGANISATION_SUCCEEDED,)
