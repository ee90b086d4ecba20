"""Proven handovers: for each change of the authorities, what leads from a trust file of the old set to one of the new.

The proof is a bundle under the last word of the old set: a checkpoint that it cosigned while the change was to come. The state
tree moves on, so the bundle is made when that checkpoint has its quorum, and kept.
"""

import json

from contracts.identity.parties import NEXT_AUTHORITIES
from ledger.errors import HourledgerError
from ledger.proofs import Bundle, EntryProof, ValueProof, format_bundle
from ledger.reasons import Reason
from ledger.types import EntryIndex
from node.chain import Chain
from node.pinned import Pinned


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
