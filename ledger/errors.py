"""Errors of the whole product: each carries one reason of the documented list."""

import msgspec

from ledger.reasons import EXPLANATIONS, ExitCode, Reason


class HourledgerError(Exception):
    """Something was refused. `reason` says why, `detail` says what, `value` is the offending value as text."""

    def __init__(self, reason: Reason, detail: str, value: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.value = value

    def __str__(self) -> str:
        """One sentence for a person: what is wrong and what to do next."""
        shown = f" ({self.value})" if self.value and self.value not in self.detail else ""
        return f"{self.detail}{shown}: {EXPLANATIONS[self.reason].next_step}."

    @property
    def exit_code(self) -> ExitCode:
        """What a command that meets this error ends with."""
        return EXPLANATIONS[self.reason].exit_code


class CodecError(HourledgerError):
    """Bytes that are not the one canonical encoding of a value; the only error that a decoder raises."""

    def __init__(self, detail: str, reason: Reason = Reason.MALFORMED) -> None:
        super().__init__(reason, detail)


class SignatureError(HourledgerError):
    """A signature that does not verify."""

    def __init__(self, detail: str, value: str = "") -> None:
        super().__init__(Reason.INVALID_SIGNATURE, detail, value)


class ProofError(HourledgerError):
    """A proof that does not lead to the root it is checked against."""

    def __init__(self, detail: str, reason: Reason = Reason.INVALID_PROOF, value: str = "") -> None:
        super().__init__(reason, detail, value)


class RowOutcome(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Why one row of a batch was refused, and by what."""

    reason: Reason
    value: str


class Rejection(HourledgerError):  # noqa: N818 - an answer, not a fault
    """A rule's answer no. Raised by rules, recorded by execution; the transaction's changes are dropped.

    `rows` names the refused rows of a batch that asked for all or nothing.
    """

    def __init__(self, reason: Reason, detail: str, value: str = "", rows: tuple[RowOutcome | None, ...] = ()) -> None:
        super().__init__(reason, detail, value)
        self.rows = rows
