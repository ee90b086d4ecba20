"""Business cards of volunteers: which key speaks for one, and whether it still does."""

from typing import Final

from contracts import card_table
from contracts.cards import registered
from contracts.kinds import Module

MODULE: Final = Module(kinds=registered.KINDS, events=(*registered.EVENTS, *card_table.EVENTS), tables=card_table.TABLES)
