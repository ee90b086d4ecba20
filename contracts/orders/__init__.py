"""Orders: help that is asked for, given, rated by the person served, and recorded as hours (DOMAIN section 2, S6)."""

from typing import Final

from contracts.kinds import Module
from contracts.orders import certifying, helping, placed, rating

MODULE: Final = Module(
    kinds=(*placed.KINDS, *helping.KINDS, *rating.KINDS, *certifying.KINDS),
    events=(*placed.EVENTS, *rating.EVENTS, *certifying.EVENTS),
    tables=placed.TABLES,
)
