"""Proven handovers: for each change of the authorities, what leads from a trust file of the old set to one of the new.

The proof is a bundle under the last word of the old set: a checkpoint that it cosigned while the change was to come. The state
tree moves on, so the bundle is made when that checkpoint has its quorum, and kept.
"""

import json
from collections.abc import Sequence

from certificates.handover import build_chain_trust, follow_handover
from contracts.identity.parties import NEXT_AUTHORITIES
from ledger.authorities import Authority
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.proofs import Bundle, EntryProof, ValueProof, format_bundle, parse_bundle
from ledger.reasons import Reason
from ledger.types import EntryIndex, Height
from node.chain import Chain
from node.pinned import Pinned

_NOT_OF_THIS_SET = frozenset({Reason.QUORUM_MISSING, Reason.UNTRUSTED_LOG})


def keep_handover(chain: Chain, pinned: Pinned) -> None:
    """Keep the handover that a checkpoint with a quorum proves, unless it proves none or one that is kept already."""
    reader = pinned.reader
    scheduled = NEXT_AUTHORITIES.get(reader.state)
    if scheduled is None or scheduled.effective_height <= reader.tip.height:
        return
    if reader.read_handover(scheduled.effective_height) is not None:
        return
    found = reader.find_outcome(scheduled.transaction_id)
    if found is None:
        raise HourledgerError(Reason.STORE_DAMAGED, "the change of the authorities has no outcome")
    # The event of the change is the last of its transaction's, which stand right before its outcome.
    indices = (EntryIndex(found.index - 1), EntryIndex(reader.tip.size - 1))
    entries = tuple(EntryProof(index, reader.read_entry(index), reader.prove_entry(index)) for index in indices)
    key = NEXT_AUTHORITIES.key()
    bundle = Bundle(pinned.note.decode(), entries, (ValueProof(key, reader.state.get(key), reader.prove_state(key)),))
    chain.keep_handover(scheduled.effective_height, json.dumps(format_bundle(bundle)).encode())


def verify_handover(chain_id: str, sets: Sequence[tuple[Authority, ...]], effective_height: Height, data: bytes) -> None:
    """Raise `HourledgerError` unless a quorum of one of `sets` vouches for a handover to take effect at that height."""
    try:
        bundle = parse_bundle(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise CodecError("a handover is not a bundle") from error
    for item in sets:
        try:
            handover = follow_handover(build_chain_trust(chain_id, item), bundle)
        except HourledgerError as error:
            if error.reason in _NOT_OF_THIS_SET:
                continue
            raise
        if handover.effective_height == effective_height:
            return
    raise ProofError("none of the chain's sets vouches for a handover", Reason.QUORUM_MISSING, str(effective_height))
