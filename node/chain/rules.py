"""What a chain follows: its genesis, its rule book, and who decides on its blocks. All of it is given from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ledger.authorities import Authority
from ledger.execution import RuleBook
from ledger.genesis import Genesis, compute_genesis_hash
from ledger.state import Overlay, View
from ledger.types import Hash, Identifier

PartiesOf: TypeAlias = Callable[[bytes], tuple[Identifier, ...]]
"""Names the parties of an entry: who may read it. Raises `CodecError` for an entry of a type that it does not know."""


@dataclass(frozen=True, slots=True)
class ChainRules:
    """The fixed surroundings of a chain.

    `genesis_state` holds the values that genesis sets, over an empty view; `parties_of` feeds the index of who may read what.
    """

    genesis: Genesis
    rule_book: RuleBook
    genesis_state: Overlay
    parties_of: PartiesOf

    @property
    def chain_id(self) -> str:
        """Name of the chain."""
        return self.genesis.chain_id

    def compute_genesis_hash(self) -> Hash:
        """Hash that block 0 names as its parent."""
        return compute_genesis_hash(self.genesis)

    def compute_authorities(self, _state: View) -> tuple[Authority, ...]:
        """Return the set that decides on the block after the one that led to this state.

        This is the one place that changes when authorities vote members in and out: it will then read the state.
        """
        return self.genesis.authorities
