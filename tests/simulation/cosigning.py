"""Checkpoints in the simulated network: production code cosigns, and each cosignature that leaves a node is looked at.

What must hold: nobody cosigns two checkpoints of one size, or one that is not on the chain that became final; a trusted node
none that is not final already; and a checkpoint that is served has a quorum.
"""

from dataclasses import dataclass, field
from typing import Final

from ledger.authorities import Authority, compute_quorum
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint, verify_cosignature
from ledger.errors import HourledgerError
from ledger.notes import SignatureType, VerifierKey
from ledger.types import Hash
from node.chain.records import Tip
from node.consensus.messages import CosignatureMessage, decode_message, encode_message
from node.pinned import Pinned
from tests.simulation.problems import UnsafeError
from tests.simulation.sets import Sets

_PREFIX: Final = encode_message(CosignatureMessage(1, Hash(bytes(32)), "a", bytes(4), bytes(72), bytes(64)))[:2]
"""How every encoded cosignature begins, so that other messages need not be decoded to be passed over."""


@dataclass(slots=True)
class CosigningChecker:
    """What is final, and what has been cosigned: roots by size of the log."""

    sets: Sets
    final: dict[int, Hash] = field(default_factory=dict)
    cosigned: dict[tuple[str, int], Hash] = field(default_factory=dict)

    def note_final(self, tip: Tip) -> None:
        """A trusted node stands here."""
        self.final[tip.size] = tip.frontier.root

    def check_sent(self, data: bytes, *, is_trusted: bool) -> None:
        """Look at a message that leaves a node."""
        if data[:2] != _PREFIX:
            return
        message = decode_message(data)
        if not isinstance(message, CosignatureMessage):
            raise TypeError(message)
        if self.cosigned.setdefault((message.name, message.size), message.root) != message.root:
            raise UnsafeError(f"{message.name} has cosigned two checkpoints of {message.size} entries")
        if is_trusted and self.final.get(message.size) != message.root:
            raise UnsafeError(f"{message.size} entries are cosigned for {message.name} that are not final")

    def check_shown(self, pinned: Pinned) -> int:
        """Look at a checkpoint that a trusted node serves, and return its size."""
        signed = parse_signed_checkpoint(pinned.note)
        checkpoint = signed.checkpoint
        if self.final.get(checkpoint.size) != checkpoint.root:
            raise UnsafeError(f"a checkpoint of {checkpoint.size} entries is served that is not final")
        deciders = self.sets.find(pinned.reader.tip.height)
        count = sum(is_cosigned(signed, authority) for authority in deciders)
        if count < compute_quorum(len(deciders)):
            raise UnsafeError(f"a checkpoint of {checkpoint.size} entries is served with {count} cosignatures")
        return checkpoint.size

    def check_end(self) -> None:
        """Every cosignature is on the one chain, also those of nodes that have lost a disk or run twice."""
        for (name, size), root in self.cosigned.items():
            if self.final.get(size, root) != root:
                raise UnsafeError(f"{name} has cosigned {size} entries that became final with another root")


def is_cosigned(signed: SignedCheckpoint, authority: Authority) -> bool:
    """Whether a checkpoint bears a good cosignature of an authority."""
    key = VerifierKey(authority.name, SignatureType.COSIGNATURE, authority.cosigner_key)
    try:
        for line in signed.signatures:
            if line.is_claimed_by(key):
                verify_cosignature(signed.checkpoint, key, line)
                return True
    except HourledgerError:
        return False
    return False
