"""A checkpoint note held against trust files: the first that knows the log and accepts it decides."""

from collections.abc import Sequence

from ledger.errors import HourledgerError, ProofError
from ledger.notes import encode_text
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, VerifiedCheckpoint, verify_checkpoint


def verify_note(note: str, origin: str, trust: Sequence[TrustPolicy]) -> VerifiedCheckpoint:
    """Return the checkpoint of a note from the log `origin`; raise what the last trust file that knows the log says."""
    policies = [policy for policy in trust if any(log.key.name == origin for log in policy.logs)]
    failure: HourledgerError = ProofError("no trust file given knows the log", Reason.UNTRUSTED_LOG, origin)
    for policy in policies:
        try:
            return verify_checkpoint(policy, encode_text(note))
        except HourledgerError as error:
            failure = error
    raise failure
