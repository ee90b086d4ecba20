"""Who is who: authorities, organisations with their officers, merchants and volunteers."""

from typing import Final

from contracts.identity import departed, duties, merchants, organisations, volunteer_keys, volunteers
from contracts.identity.parties import AUTHORITIES, KEYS, MERCHANTS, NEXT_AUTHORITIES, ORGANISATIONS, TAGS
from contracts.kinds import Module

MODULE: Final = Module(
    kinds=(*organisations.KINDS, *duties.KINDS, *merchants.KINDS, *volunteers.KINDS, *volunteer_keys.KINDS),
    events=(*organisations.EVENTS, *duties.EVENTS, *merchants.EVENTS, *volunteers.EVENTS, *volunteer_keys.EVENTS),
    tables=(
        *(AUTHORITIES, NEXT_AUTHORITIES, ORGANISATIONS, MERCHANTS, TAGS, KEYS),
        *departed.TABLES,
        *duties.TABLES,
        *volunteer_keys.TABLES,
    ),
)
