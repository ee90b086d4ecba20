"""Regions: which others are trusted here, and time that moves between them and this one."""

from typing import Final

from contracts.kinds import Module
from contracts.regions import arriving, leaving, trusted

MODULE: Final = Module(
    kinds=(*trusted.KINDS, *leaving.KINDS, *arriving.KINDS),
    events=(*trusted.EVENTS, *leaving.EVENTS, *arriving.EVENTS),
    tables=(*trusted.TABLES, *leaving.TABLES, *arriving.TABLES),
)
