"""The one form of a report, whatever was verified (docs/formats/report.md), and what a verification is asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from certificates.checks import Times, describe_failure, format_check
from certificates.datetimes import format_datetime
from certificates.jcs import JsonObject
from certificates.register import Entry
from certificates.words import NOTES
from ledger.errors import HourledgerError
from ledger.trust import TrustPolicy
from ledger.types import Identifier, TimeMs
from ledger.verification import Report, Verdict

_WORST_FIRST: Final = (Verdict.INVALID, Verdict.UNDETERMINED, Verdict.VALID)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a register may have an entry of: a certificate's number, its chain, and how long that log was when it was proven.

    `position` is where it says that its status is, None where it says nothing.
    """

    chain_id: str
    size: int
    number: Identifier
    position: int | None


Status: TypeAlias = bytes | HourledgerError
"""A bundle or a status list, or why it could not be had."""
Found: TypeAlias = Status | Entry
"""The same, or an entry of a register by whoever has its state."""
LookUp: TypeAlias = Callable[[Listed], Sequence[Found]]
"""Finds what register and status list have of a certificate; nothing where that is not to be looked for."""


@dataclass(frozen=True, slots=True)
class Question:
    """Under which trust files and as of when something is to be verified.

    `status` is what a register or a status list shows of it, or why that could not be had; None where it was not asked.
    `look_up` finds that for a certificate where `status` is None.
    `audience` and `nonce` are what the holder of a card was asked to show it for, `merchant` whose counter it is; None where
    that is not asked.
    """

    trust: Sequence[TrustPolicy]
    times: Times
    status: Status | None = None
    audience: str | None = None
    nonce: str | None = None
    merchant: Identifier | None = None
    look_up: LookUp | None = None

    def find_statuses(self, listed: Listed) -> Sequence[Found]:
        """Return what shows whether a certificate stands, nothing where nobody asked."""
        return find_statuses(self.status, self.look_up, listed)


def find_statuses(status: Status | None, look_up: LookUp | None, listed: Listed) -> Sequence[Found]:
    """Return the status that is at hand, or what looking it up finds."""
    if status is not None:
        return (status,)
    return () if look_up is None else look_up(listed)


@dataclass(frozen=True, slots=True)
class ArtefactReport:
    """What was recognised and what became of each check; `notes` are names in `certificates.words.NOTES`.

    `statement` is what it states as far as that was shown, `parts` are the reports of what it contains.
    """

    kind: str
    report: Report
    as_of_ms: TimeMs | None = None
    statement: "JsonObject | None" = None
    register: str | None = None
    notes: tuple[str, ...] = ()
    parts: tuple["ArtefactReport", ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of all checks, those of the parts included."""
        return find_worst([self.report.verdict, *(part.verdict for part in self.parts)])


def find_worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst of some verdicts."""
    return next(verdict for verdict in _WORST_FIRST if verdict in verdicts)


def format_artefact_report(result: ArtefactReport) -> JsonObject:
    """Return the JSON object of a report (docs/formats/report.md)."""
    document: JsonObject = {
        "kind": result.kind,
        "verdict": result.verdict.value,
        "as_of": None if result.as_of_ms is None else format_datetime(result.as_of_ms),
        "statement": result.statement,
        "register": result.register,
        "checks": [format_check(check) for check in result.report.checks],
        "notes": [NOTES[name].to_json() for name in result.notes],
    }
    if result.parts:
        document["parts"] = [format_artefact_report(part) for part in result.parts]
    return document


def report_unreadable(error: HourledgerError) -> ArtefactReport:
    """Return the report on what could not be recognised, and why."""
    return ArtefactReport("unknown", Report((describe_failure("format", "files and codes of this ledger", error),)))
