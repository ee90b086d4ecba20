"""A checkpoint note held against trust files: the first that knows the log and accepts it decides."""

from collections.abc import Sequence

from ledger.checkpoint import SignedCheckpoint
from ledger.errors import HourledgerError, ProofError
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, VerifiedCheckpoint, verify_signed_checkpoint


def verify_note(signed: SignedCheckpoint, trust: Sequence[TrustPolicy]) -> VerifiedCheckpoint:
    """Return the checkpoint of a note; raise what the last trust file that knows its log says."""
    origin = signed.checkpoint.origin
    policies = [policy for policy in trust if any(log.key.name == origin for log in policy.logs)]
    failure: HourledgerError = ProofError("no trust file given knows the log", Reason.UNTRUSTED_LOG, origin)
    for policy in policies:
        try:
            return verify_signed_checkpoint(policy, signed)
        except HourledgerError as error:
            failure = error
    raise failure
