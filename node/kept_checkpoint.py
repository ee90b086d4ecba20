"""The newest checkpoint of a quorum, kept in a file when a node stops: a snapshot of the stopped node is proven by it."""

from pathlib import Path

from certificates.handover import build_chain_trust
from contracts.identity.parties import get_authorities
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.trust import verify_checkpoint
from node.files import read_file, replace_file
from node.pinned import Pinned


def keep_checkpoint(path: Path, chain_id: str, pinned: Pinned) -> None:
    """Write the note of a checkpoint, durably. One that lacks a quorum, as a node has right after its start, is no use."""
    reader = pinned.reader
    policy = build_chain_trust(chain_id, get_authorities(reader.state, reader.tip.height))
    try:
        verify_checkpoint(policy, pinned.note)
    except HourledgerError as error:
        if error.reason in {Reason.QUORUM_MISSING, Reason.UNTRUSTED_LOG}:
            return
        raise
    replace_file(path, pinned.note)


def load_checkpoint(path: Path) -> bytes:
    """Return the note that was kept; raise `NOT_FINAL` where there is none."""
    if not path.exists():
        detail = "the node has kept no checkpoint of a quorum; run it until it has caught up, and stop it with SIGTERM"
        raise HourledgerError(Reason.NOT_FINAL, detail, str(path))
    return read_file(path)
