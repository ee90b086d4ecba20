"""Ratings of service, and the score that is computed with them."""

from typing import Final

from contracts.kinds import Module
from contracts.ratings import given

MODULE: Final = Module(kinds=given.KINDS, events=given.EVENTS, tables=given.TABLES)
