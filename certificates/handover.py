"""From one trust file to the next: a change of the authorities, proven under the quorum that it takes out of office.

The proof is a bundle whose checkpoint the old quorum cosigned while the change was still to come: the event that says so, and
the state in which it is scheduled. That the change lies ahead of the checkpoint ties it to this set: what an earlier set
decided is in the log, too, but no longer scheduled in the state that this quorum vouches for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.governance import AUTHORITIES_CHANGED, AuthoritiesChanged
from contracts.identity.parties import NEXT_AUTHORITIES, Scheduled
from ledger.authorities import Authority, compute_quorum
from ledger.codec import decode
from ledger.errors import CodecError, ProofError
from ledger.events import split_entry
from ledger.notes import SignatureType, VerifierKey, encode_text
from ledger.proofs import Bundle, verify_entries, verify_values
from ledger.state import MAX_VALUE_BYTES
from ledger.trust import TrustPolicy, build_trust, verify_checkpoint
from ledger.types import Height


@dataclass(frozen=True, slots=True)
class Handover:
    """The trust policy after a change, and the block from which its authorities decide."""

    effective_height: Height
    policy: TrustPolicy


def build_chain_trust(chain_id: str, authorities: tuple[Authority, ...]) -> TrustPolicy:
    """Return the trust policy of a set: each one's log, and a quorum of their cosignatures."""
    logs = [VerifierKey(chain_id, SignatureType.ED25519, item.log_key) for item in authorities]
    cosigners = [VerifierKey(item.name, SignatureType.COSIGNATURE, item.cosigner_key) for item in authorities]
    return build_trust(chain_id, logs, cosigners, compute_quorum(len(authorities)))


def follow_handover(policy: TrustPolicy, bundle: Bundle) -> Handover:
    """Return where a handover leads from `policy`; raise `HourledgerError` where it does not lead from there.

    `ProofError` with `QUORUM_MISSING` or `UNTRUSTED_LOG` means that another set than the policy's vouches for it.
    """
    checkpoint = verify_checkpoint(policy, encode_text(bundle.checkpoint_note)).checkpoint
    entries = verify_entries(bundle, checkpoint)
    header, values = verify_values(bundle, checkpoint)
    changed = _find_event(entries.values())
    scheduled = _read_scheduled(values.get(NEXT_AUTHORITIES.key()))
    if (scheduled.effective_height, scheduled.authorities) != (changed.effective_height, changed.authorities):
        raise ProofError("the change that is scheduled is not the one that the event tells of")
    if scheduled.effective_height <= header.height:
        raise ProofError("the change does not lie ahead of its checkpoint", value=str(scheduled.effective_height))
    return Handover(scheduled.effective_height, build_chain_trust(checkpoint.origin, scheduled.authorities))


def _find_event(entries: Iterable[bytes]) -> AuthoritiesChanged:
    for entry in entries:
        if split_entry(entry)[0] == AUTHORITIES_CHANGED.name:
            return AUTHORITIES_CHANGED.decode(entry)
    raise ProofError("the handover has no event of a change of the authorities")


def _read_scheduled(value: bytes | None) -> Scheduled:
    if value is None:
        raise ProofError("the handover does not show what is scheduled")
    try:
        return decode(NEXT_AUTHORITIES.codec, value, max_bytes=MAX_VALUE_BYTES)
    except CodecError as error:
        raise ProofError("what is scheduled cannot be read here", error.reason) from error
