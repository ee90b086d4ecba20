"""Evidence that waits for a block: verified, one piece for each offender and height, and few of each offender."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Height, TimeMs
from ledger.votes import Offence, verify_evidence
from node.chain import Chain

MAX_EVIDENCE: Final = 128
MAX_EVIDENCE_OF_ONE: Final = 4
"""So that one liar with an offence at each height leaves room for the others'. The rest comes again when there is room."""


@dataclass(slots=True)
class EvidencePool:
    """What is to be recorded yet. It is not durable: whoever has heard of evidence has told the others at once."""

    chain: Chain
    items: dict[bytes, Offence] = field(default_factory=dict)

    def add(self, data: bytes, now_ms: TimeMs) -> bool:
        """Take evidence; return whether it is new here, may still be recorded, and has room.

        Raises `CodecError`, `SignatureError` or `ProofError` where it shows no offence: nobody honest sends it.
        """
        if data in self.items:
            return False
        offence = verify_evidence(self.chain.chain_id, data)
        if not self._has_room(offence) or not self._is_open(offence, now_ms):
            return False
        self.items[data] = offence
        return True

    def prune(self, now_ms: TimeMs) -> None:
        """Drop what is recorded by now, has expired, or cannot be recorded for another reason."""
        self.items = {data: offence for data, offence in self.items.items() if self._is_open(offence, now_ms)}

    def iterate_due(self, height: Height) -> Iterator[bytes]:
        """Yield what the block at `height` may take, the oldest first: evidence of earlier heights."""
        return (data for data, offence in self.items.items() if offence.height < height)

    def has_due(self, height: Height) -> bool:
        """Whether the block at `height` may take any."""
        return next(self.iterate_due(height), None) is not None

    def _has_room(self, offence: Offence) -> bool:
        of_one = [item.height for item in self.items.values() if item.key == offence.key]
        return offence.height not in of_one and len(of_one) < MAX_EVIDENCE_OF_ONE and len(self.items) < MAX_EVIDENCE

    def _is_open(self, offence: Offence, now_ms: TimeMs) -> bool:
        try:
            self.chain.check_offence(offence, now_ms)
        except HourledgerError as error:
            if error.reason in {Reason.STORE_DAMAGED, Reason.WRITE_FAILED}:
                raise
            return False
        return True
