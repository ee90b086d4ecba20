"""Checks as they are made, one after another, and what every verification has in common: times, and how old is too old."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from certificates.datetimes import format_datetime
from certificates.jcs import JsonValue
from certificates.words import CHECKS
from ledger.codec import MAX_TIME_MS
from ledger.errors import HourledgerError, ProofError
from ledger.reasons import EXPLANATIONS, ExitCode, Reason
from ledger.trust import VerifiedCheckpoint
from ledger.types import TimeMs
from ledger.verification import Check, Verdict

CLOCK_TOLERANCE_MS: Final = 300_000
"""How far the reference time may be behind the times in the file: clocks differ."""

T = TypeVar("T")


@dataclass(slots=True)
class Checks:
    """Checks made so far. A step that fails is listed and ends its line of reasoning."""

    items: list[Check] = field(default_factory=list)

    def attempt(self, name: str, against: str, step: Callable[[], tuple[T, str]]) -> T | None:
        """Carry out one step; list it as valid with its detail, or as what its error says."""
        try:
            value, detail = step()
        except HourledgerError as error:
            self.items.append(describe_failure(name, against, error))
            return None
        self.items.append(Check(name, Verdict.VALID, detail, against))
        return value


def describe_failure(name: str, against: str, error: HourledgerError) -> Check:
    """Return the check that an error ended: undetermined where a later try or a newer program may succeed, else invalid."""
    is_open = EXPLANATIONS[error.reason].exit_code is ExitCode.UNDETERMINED or error.reason is Reason.UNSUPPORTED_VERSION
    verdict = Verdict.UNDETERMINED if is_open else Verdict.INVALID
    return Check(name, verdict, str(error), against, reason=error.reason)


@dataclass(frozen=True, slots=True)
class Times:
    """As of when the answer is wanted, and how old what it rests on may be; None accepts any age."""

    at_time_ms: TimeMs
    max_age_ms: int | None = None


def verify_age(as_of_ms: TimeMs, times: Times) -> int:
    """Return an age in milliseconds; raise `ProofError` where it is too high, or the time is after the one asked about."""
    if as_of_ms > times.at_time_ms + CLOCK_TOLERANCE_MS:
        raise make_too_early(as_of_ms)
    age_ms = max(times.at_time_ms - as_of_ms, 0)
    if times.max_age_ms is not None and age_ms > times.max_age_ms:
        raise ProofError("the evidence is older than accepted", Reason.STALE, f"{age_ms // 1000} s")
    return age_ms


def make_too_early(time_ms: TimeMs) -> ProofError:
    """Return the error for what is from after the time asked about."""
    return ProofError("it is from after the time asked about", Reason.STALE, format_datetime(time_ms))


def compute_quorum_time(verified: VerifiedCheckpoint | None) -> TimeMs | None:
    """Return the latest time for which a quorum vouches, None without one."""
    if verified is None or verified.quorum_time_s is None:
        return None
    # A clock may say what no calendar has: that is a time to come.
    return TimeMs(min(verified.quorum_time_s * 1000, MAX_TIME_MS))


def compute_state_time(verified: VerifiedCheckpoint, block_ms: TimeMs) -> TimeMs:
    """Return as of when a state is: the time for which a quorum vouches, without one the block's."""
    vouched_ms = compute_quorum_time(verified)
    return block_ms if vouched_ms is None else vouched_ms


def describe_signers(verified: VerifiedCheckpoint) -> str:
    """Return how long the log is and who cosigned its checkpoint, in words."""
    names = ", ".join(cosigner.key_name for cosigner in verified.cosigners) or "nobody"
    return f"log of {verified.checkpoint.size} entries, cosigned by {names}"


def format_check(check: Check) -> JsonValue:
    """Return the JSON object of a check, as every report has it."""
    return {
        "name": check.name,
        "title": CHECKS[check.name].to_json(),
        "verdict": check.verdict.value,
        "detail": check.detail,
        "against": check.against,
        "as_of": None if check.as_of_ms is None else format_datetime(check.as_of_ms),
        "reason": None if check.reason is None else check.reason.value,
    }
