"""Business cards of volunteers: which key speaks for one, and whether it still does."""

from typing import Final

from contracts.cards import registered
from contracts.kinds import Module

MODULE: Final = Module(kinds=registered.KINDS, events=registered.EVENTS, tables=registered.TABLES)
