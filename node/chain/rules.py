"""What a chain follows: its genesis, its rule books, and who decides on its blocks. All of it is given from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ledger.authorities import Authority
from ledger.errors import CodecError
from ledger.execution import Override, RuleBooks
from ledger.genesis import Genesis, compute_genesis_hash
from ledger.state import Overlay, View
from ledger.transactions import decode_payload, decode_signed
from ledger.types import Hash, Height, Identifier

PartiesOf: TypeAlias = Callable[[bytes], tuple[Identifier, ...]]
"""Names the parties of an entry: who may read it. Raises `CodecError` for an entry of a type that it does not know."""


@dataclass(frozen=True, slots=True)
class ChainRules:
    """The fixed surroundings of a chain.

    `genesis_state` holds the values that genesis sets, over an empty view; `parties_of` feeds the index of who may read what.
    """

    genesis: Genesis
    rule_books: RuleBooks
    genesis_state: Overlay
    parties_of: PartiesOf

    @property
    def chain_id(self) -> str:
        """Name of the chain."""
        return self.genesis.chain_id

    def compute_genesis_hash(self) -> Hash:
        """Hash that block 0 names as its parent."""
        return compute_genesis_hash(self.genesis)

    def find_deciders(
        self, state: View, height: Height, parent_hash: Hash, transactions: Sequence[bytes]
    ) -> tuple[Authority, ...]:
        """Return the set that decides on a block at `height` over this state, with these envelopes.

        It is the set that the state names, but for a block that begins with a recovery of this very place: there it is the one
        that the recovery names, and the block is good only if its rule accepts it.
        """
        override = self.find_override(transactions[0]) if transactions else None
        if override is not None and (override.height, override.parent_hash) == (height, parent_hash):
            return override.authorities
        return self.rule_books.find_authorities(state, height)

    def find_override(self, envelope: bytes) -> Override | None:
        """Return what a recovery claims, None for any other envelope, also for one that does not decode."""
        try:
            return self.rule_books.find_override(decode_payload(decode_signed(envelope)))
        except CodecError:
            return None
