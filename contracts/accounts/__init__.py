"""What becomes of people's accounts: an account is erased, with everything that the ledger still does for it."""

from typing import Final

from contracts.accounts import erasing
from contracts.kinds import Module

MODULE: Final = Module(kinds=erasing.KINDS, events=erasing.EVENTS, tables=())
