"""What is put on record about certificates: their register, and stars that are publicised before they are awarded."""

from typing import Final

from contracts.certificates import registry, stars
from contracts.kinds import Module

MODULE: Final = Module(
    kinds=(*registry.KINDS, *stars.KINDS),
    events=(*registry.EVENTS, *stars.EVENTS),
    tables=(*registry.TABLES, *stars.TABLES),
)
