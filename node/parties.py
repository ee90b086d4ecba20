"""To whom a transaction is charged while it waits: the organisation, merchant or person whose key has signed it.

Not to the key: an organisation has many officers, and anybody may add signatures of keys that nobody knows.
"""

from collections.abc import Callable, Sequence
from typing import Final

from contracts.identity.parties import KEYS
from ledger.state import View
from ledger.types import PublicKey
from node.mempool import get_first_signer

MAX_REMEMBERED: Final = 65_536


class PartyFinder:
    """Finds the party of the first signer that is registered, and remembers whose a key is: it does not change hands."""

    __slots__ = ("_known", "_read_view")

    def __init__(self, read_view: Callable[[], View]) -> None:
        self._read_view = read_view
        self._known: dict[PublicKey, bytes] = {}

    def find(self, signers: Sequence[PublicKey]) -> bytes:
        """Return the identifier of the party to charge; the first key where none is registered."""
        for key in signers:
            party = self._known.get(key) or self._look_up(key)
            if party is not None:
                return party
        return get_first_signer(signers)

    def _look_up(self, key: PublicKey) -> bytes | None:
        party = KEYS.get(self._read_view(), key)
        if party is None:
            return None
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[key] = party.identifier
        return party.identifier
