"""Who prepares and who approves: an organisation may name officers who only prepare (DOMAIN section 4, rule 3).

Then what counts needs the signature of one of those, and as many approvals as the policy says from the other officers: who
prepares cannot approve. An organisation that names nobody leaves it to its officers who begins.
"""

from dataclasses import dataclass

from contracts.identity.parties import MAX_OFFICERS, PREPARERS, get_preparers, put_preparers, require_own_officers
from contracts.kinds import Kind
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Identifier, PublicKey


@dataclass(frozen=True, slots=True)
class SetPreparers:
    """Body and event: the officers who only prepare; none of them means that officers have no duties of their own."""

    organisation: Identifier
    preparers: tuple[PublicKey, ...]


_set_preparers = codec.struct(SetPreparers, codec.identifier, codec.sequence(codec.public_key, 0, MAX_OFFICERS))
PREPARERS_SET = EventType("identity.preparers_set", _set_preparers)


def set_preparers(state: Overlay, body: SetPreparers, context: TransactionContext) -> Effects:
    """Set which officers only prepare (signed by officers as the policy says until now)."""
    organisation = require_own_officers(state, context, body.organisation)
    approvers = set(organisation.officers) - set(body.preparers)
    is_known = len(set(body.preparers)) == len(body.preparers) and set(body.preparers) <= set(organisation.officers)
    if not is_known or len(approvers) < organisation.approvals:
        raise Rejection(Reason.INVALID_POLICY, "not officers, or too few would be left to approve", str(len(approvers)))
    if body.preparers == get_preparers(state, body.organisation):
        raise Rejection(Reason.NO_CHANGE, "the duties are already so", str(len(body.preparers)))
    put_preparers(state, body.organisation, body.preparers)
    return Effects((PREPARERS_SET.encode(body),))


KINDS = (Kind("identity.set_preparers", _set_preparers, set_preparers),)
EVENTS = (PREPARERS_SET,)
TABLES = (PREPARERS,)
