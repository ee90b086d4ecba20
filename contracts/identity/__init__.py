"""Who is who: authorities, organisations with their officers, merchants and volunteers."""

from typing import Final

from contracts.identity import (
    departed,
    duties,
    groups,
    guardians,
    lineage,
    merchants,
    organisations,
    succession,
    volunteer_keys,
    volunteers,
    wards,
)
from contracts.identity.parties import AUTHORITIES, KEYS, MERCHANTS, NEXT_AUTHORITIES, ORGANISATIONS, TAGS
from contracts.kinds import Module

_PARTS: Final = (organisations, duties, succession, groups, merchants, volunteers, volunteer_keys, guardians)
MODULE: Final = Module(
    kinds=tuple(kind for part in _PARTS for kind in part.KINDS),
    events=tuple(event for part in _PARTS for event in part.EVENTS),
    tables=(
        *(AUTHORITIES, NEXT_AUTHORITIES, ORGANISATIONS, MERCHANTS, TAGS, KEYS),
        *departed.TABLES,
        *lineage.TABLES,
        *wards.TABLES,
        *duties.TABLES,
        *volunteer_keys.TABLES,
    ),
)
