"""What becomes of people's accounts: one is erased, two are merged."""

from typing import Final

from contracts.accounts import erasing, merging
from contracts.kinds import Module

MODULE: Final = Module(kinds=(*erasing.KINDS, *merging.KINDS), events=(*erasing.EVENTS, *merging.EVENTS), tables=())
