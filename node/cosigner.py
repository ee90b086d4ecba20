"""The cosigner: vouches for checkpoints after finality, and never for two that do not fit together.

What it has vouched for is in a file outside the store, written and synced before a signature is given out. So a store that was
cut short, or brought back from an old copy, is noticed: its log does not begin with what this node has vouched for.
"""

from collections.abc import Sequence

from ledger.authorities import Authority
from ledger.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    add_signatures,
    cosign,
    format_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from ledger.crypto import SigningKey
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.types import EntryIndex, TimeMs
from node.chain import ChainReader
from node.files import ReplacedFile
from node.home import NodeKeys


class Cosigner:
    """Signs checkpoints of one log with the log's key, and cosigns those that its node's authority has a say in."""

    __slots__ = ("_guard", "_keys", "_last", "_origin")

    def __init__(self, origin: str, keys: NodeKeys, guard: ReplacedFile) -> None:
        self._origin = origin
        self._keys = keys
        self._guard = guard
        self._last = load_vouched_for(guard, origin)

    @property
    def log_key(self) -> SigningKey:
        """The log's key, with which this node also signs cards and status lists (docs/adr/0028)."""
        return self._keys.log

    def find_own(self, deciders: Sequence[Authority]) -> Authority | None:
        """Return which of the authorities that decided on a block this node is, None where it only follows."""
        return next((item for item in deciders if item.cosigner_key == self._keys.cosigner.public_key), None)

    def sign(self, reader: ChainReader, deciders: Sequence[Authority], time_ms: TimeMs) -> SignedCheckpoint:
        """Return the checkpoint at the reader's height, signed as the log, and cosigned if this node is one of `deciders`.

        Raises `HourledgerError`: `STORE_DAMAGED` when the log does not begin with what this node has vouched for,
        `WRITE_FAILED` when what it is about to vouch for could not be made durable.
        """
        tip = reader.tip
        checkpoint = Checkpoint(self._origin, tip.size, tip.frontier.root)
        if checkpoint != self._last:
            self._require_consistent(reader, checkpoint)
            self._guard.replace(format_checkpoint(checkpoint).encode())
            self._last = checkpoint
        signed = sign_checkpoint(checkpoint, self._keys.log)
        own = self.find_own(deciders)
        if own is None:
            return signed
        return add_signatures(signed, [cosign(checkpoint, own.name, self._keys.cosigner, time_ms // 1_000)])

    def _require_consistent(self, reader: ChainReader, checkpoint: Checkpoint) -> None:
        last = self._last
        if last is None:
            return
        if last.size > checkpoint.size or reader.compute_root_at(EntryIndex(last.size)) != last.root:
            raise HourledgerError(
                Reason.STORE_DAMAGED,
                f"the store's log does not begin with the {last.size} entries that this node has vouched for",
                str(checkpoint.size),
            )


def load_vouched_for(guard: ReplacedFile, origin: str) -> Checkpoint | None:
    """Return the newest checkpoint that a node has vouched for, None where there is no file; raise `HourledgerError`."""
    data = guard.load()
    if data is None:
        return None
    try:
        checkpoint = parse_checkpoint(data.decode())
    except (CodecError, UnicodeDecodeError) as error:
        detail = "the file `cosigned`, of what this node has vouched for, is not readable"
        raise HourledgerError(Reason.STORE_DAMAGED, detail, str(error)) from error
    if checkpoint.origin != origin:
        raise HourledgerError(Reason.STORE_OF_ANOTHER_CHAIN, "the node's folder belongs to another chain", checkpoint.origin)
    return checkpoint
