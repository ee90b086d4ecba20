"""A checkpoint note held against trust files: the first that knows the log and accepts it decides.

Many certificates are under one checkpoint. So what was read, and what was verified under a trust file, is remembered for the
same text and the same trust file: the last short notes, and none that was refused. Who verifies one file gains nothing by it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.errors import HourledgerError, ProofError
from ledger.notes import encode_text
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, VerifiedCheckpoint, verify_signed_checkpoint

REMEMBERED: Final = 256
MAX_REMEMBERED_CHARACTERS: Final = 4_096
"""Of a note: one with 30 cosignatures."""


def read_note(text: str) -> SignedCheckpoint:
    """Return the signed checkpoint that a bundle carries; raise `CodecError`. Nothing is verified."""
    return _parse_remembered(text) if len(text) <= MAX_REMEMBERED_CHARACTERS else _parse(text)


def verify_note(signed: SignedCheckpoint, trust: Sequence[TrustPolicy]) -> VerifiedCheckpoint:
    """Return the checkpoint of a note; raise what the last trust file that knows its log says."""
    origin = signed.checkpoint.origin
    policies = [policy for policy in trust if any(log.key.name == origin for log in policy.logs)]
    failure: HourledgerError = ProofError("no trust file given knows the log", Reason.UNTRUSTED_LOG, origin)
    verify = _verify_remembered if _is_short(signed) else verify_signed_checkpoint
    for policy in policies:
        try:
            return verify(policy, signed)
        except HourledgerError as error:
            failure = error
    raise failure


def forget() -> None:
    """Forget all notes, as a program that has just begun. For benchmarks."""
    _parse_remembered.cache_clear()
    _verify_remembered.cache_clear()


def _is_short(signed: SignedCheckpoint) -> bool:
    return sum(len(line.name) + 2 * len(line.signature) for line in signed.signatures) <= MAX_REMEMBERED_CHARACTERS


def _parse(text: str) -> SignedCheckpoint:
    return parse_signed_checkpoint(encode_text(text))


_parse_remembered = lru_cache(maxsize=REMEMBERED)(_parse)
_verify_remembered = lru_cache(maxsize=REMEMBERED)(verify_signed_checkpoint)
