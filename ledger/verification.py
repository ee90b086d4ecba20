"""The answer of a verification: valid, invalid or undetermined, with every check listed.

A check says what was looked at, against what, and as of when. One failed check makes the whole invalid; otherwise one that
could not be made leaves it undetermined. No check at all is not good news either: an empty report is invalid.
"""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from ledger.reasons import ExitCode, Reason
from ledger.types import TimeMs


class Verdict(StrEnum):
    """The three answers."""

    VALID = "valid"
    INVALID = "invalid"
    UNDETERMINED = "undetermined"

    @property
    def exit_code(self) -> ExitCode:
        """What `hourledger verify` ends with."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Verdict.VALID: ExitCode.OK,
    Verdict.INVALID: ExitCode.REFUSED,
    Verdict.UNDETERMINED: ExitCode.UNDETERMINED,
}


class Check(msgspec.Struct, frozen=True):
    """One thing that was checked. `as_of_ms` is the time for which the answer holds; None where time plays no part."""

    name: str
    verdict: Verdict
    detail: str
    against: str = ""
    as_of_ms: TimeMs | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of one file, in the order in which they were made."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst answer of all checks."""
        verdicts = {check.verdict for check in self.checks}
        if Verdict.INVALID in verdicts or not verdicts:
            return Verdict.INVALID
        return Verdict.UNDETERMINED if Verdict.UNDETERMINED in verdicts else Verdict.VALID
