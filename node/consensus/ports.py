"""What a replica needs of the world, given to it from outside: so that the simulator can be the world, too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import HourledgerError
from ledger.types import Hash, PublicKey
from node.chain import Candidate
from node.consensus.messages import CosignatureMessage, WantCosignatures


class Network(Protocol):
    """Ways to the other nodes. Whatever is sent may be lost."""

    @property
    def peers(self) -> Sequence[str]:
        """Names of the nodes that can be reached now."""

    def get_log_key(self, peer: str) -> PublicKey | None:
        """Return the key by which a peer has shown who it is, None when it is gone."""

    def send(self, peer: str, data: bytes) -> None:
        """Send bytes to a peer, without waiting."""


def _ignore_event(_event: str, **_fields: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told: of a final block, a transaction that will be in none, what is for the log, a peer that cosigns or asks."""

    on_final: Callable[[Candidate], None] = lambda _candidate: None
    on_left_out: Callable[[Hash, HourledgerError], None] = lambda _id, _error: None
    on_event: Callable[..., None] = _ignore_event
    on_cosigning: Callable[[str, CosignatureMessage | WantCosignatures], None] = lambda _peer, _message: None
