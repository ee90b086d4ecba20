"""Which organisation acts for which: the successor of one that merged or dissolved, and the guide of a group.

A successor certifies for one that is no more (Guidance 2015-149). A community group without standing records works under a
guiding organisation (Order 67, article 26).
"""

from typing import Final

from ledger import codec
from ledger.state import Table, View
from ledger.types import Identifier

SUCCESSORS: Final[Table[Identifier]] = Table(b"successor", codec.identifier, is_public=True)
"""Who acts for an organisation that is no more."""
GUIDES: Final[Table[Identifier]] = Table(b"guide", codec.identifier, is_public=True)
"""Under which organisation a group works."""
TABLES: Final = (SUCCESSORS, GUIDES)


def find_acting(view: View, organisation: Identifier) -> Identifier:
    """Return who acts for an organisation: its successor, or it itself.

    One step and no more: where the successor has been succeeded in its turn, an authority names the next one for both.
    """
    return SUCCESSORS.get(view, organisation) or organisation
