"""Governance: what the authorities decide by vote. Who they are, the region's numbers and calendar, the rules themselves."""

from typing import Final

from contracts.governance import membership, settings, versions, voting
from contracts.governance.membership import (
    APPROVALS,
    AUTHORITIES_CHANGED,
    CHANGE_APPROVED,
    RECOVER_KIND,
    RECOVERY_KEYS,
    AuthoritiesChanged,
    ChangeApproved,
    ChangeAuthorities,
    Recover,
    recover_codec,
)
from contracts.governance.settings import take_effect
from contracts.governance.versions import find_next_version, find_version
from contracts.governance.voting import MAX_LEAD_BLOCKS, MIN_LEAD_BLOCKS
from contracts.kinds import Module

__all__ = [
    "APPROVALS",
    "AUTHORITIES_CHANGED",
    "CHANGE_APPROVED",
    "MAX_LEAD_BLOCKS",
    "MIN_LEAD_BLOCKS",
    "MODULE",
    "RECOVERY_KEYS",
    "RECOVER_KIND",
    "AuthoritiesChanged",
    "ChangeApproved",
    "ChangeAuthorities",
    "Recover",
    "find_next_version",
    "find_version",
    "recover_codec",
    "take_effect",
]

MODULE: Final = Module(
    kinds=(*membership.KINDS, *settings.KINDS, *versions.KINDS),
    events=(*membership.EVENTS, *voting.EVENTS, *settings.EVENTS, *versions.EVENTS),
    tables=(*membership.TABLES, *voting.TABLES, *settings.TABLES, *versions.TABLES),
)
