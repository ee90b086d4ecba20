"""The block list (DOMAIN 4, rule 9): who may not sign up. Sanctions write it, sign-up asks it, and nobody else reads it."""

from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.state import Table, View
from ledger.types import Day, Identifier


@dataclass(frozen=True, slots=True)
class Block:
    """The sanction that blocks a volunteer, until `last_day`, included. It ends by itself."""

    sanction: Identifier
    last_day: Day


BLOCKS: Final[Table[Block]] = Table(b"block", codec.struct(Block, codec.identifier, codec.day))
TABLES: Final = (BLOCKS,)


def is_blocked(view: View, volunteer: Identifier, today: Day) -> bool:
    """Whether a volunteer may not sign up today. An appeal does not suspend a block."""
    block = BLOCKS.get(view, volunteer)
    return block is not None and today <= block.last_day
