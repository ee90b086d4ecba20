"""The keys of logs: a node signs cards and status lists with the one key of its that trust files name (ADR 28)."""

from collections.abc import Iterator, Sequence

from certificates.multibase import parse_did_key, parse_verification_method
from ledger.errors import CodecError, ProofError
from ledger.notes import VerifierKey
from ledger.reasons import Reason
from ledger.trust import TrustPolicy
from ledger.types import PublicKey


def require_log_key(trust: Sequence[TrustPolicy], chain_id: str, key: PublicKey) -> VerifierKey:
    """Return the log key of a chain; raise `ProofError` (`UNTRUSTED_LOG`) where no trust file given names it for that chain."""
    for known in iterate_log_keys(trust, chain_id):
        if known.public_key == key:
            return known
    raise ProofError("no trust file given names the key of the node that signed", Reason.UNTRUSTED_LOG, chain_id)


def iterate_log_keys(trust: Sequence[TrustPolicy], chain_id: str) -> Iterator[VerifierKey]:
    """Yield the keys that trust files name for a chain's log."""
    for policy in trust:
        for log in policy.logs:
            if log.key.name == chain_id:
                yield log.key


def read_issuer(issuer: str, kid: str) -> PublicKey:
    """Return the key of `iss`, which `kid` must name too; raise `CodecError`."""
    key = parse_did_key(issuer)
    if parse_verification_method(kid) != key:
        raise CodecError("the header names another key than the issuer's")
    return key
