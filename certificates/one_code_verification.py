"""Verification of a one-code certificate, from its text and trust files alone.

In order: the form, the way to a root, the signatures under a trust file, the content, the time, and, where a status is given,
the register. What was changed anywhere leads to another root, under which no signature is good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from certificates.checks import Checks, compute_quorum_time, describe_signers, verify_age
from certificates.jcs import JsonObject
from certificates.one_code import OneCode, compute_checkpoint, parse_one_code, rebuild_note
from certificates.register import Standing, Subject, describe_standing, format_number, read_standing
from certificates.reports import ArtefactReport, Found, Listed, Question
from contracts.certificates.registry import CERTIFICATE_REGISTERED, CertificateRegistered
from ledger.checkpoint import Checkpoint, format_signed_checkpoint
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, VerifiedCheckpoint, verify_checkpoint
from ledger.verification import Check, Report

KIND: Final = "one_code"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a code has shown so far."""

    code: OneCode
    checkpoint: Checkpoint
    verified: VerifiedCheckpoint


def verify_one_code(data: bytes, question: Question) -> ArtefactReport:
    """Return the report on the text of a code; never raises for any bytes."""
    checks = Checks()
    code = checks.attempt("format", "HLB1", lambda: (read_one_code(data), f"{len(data)} characters"))
    if code is None:
        return ArtefactReport(KIND, Report(tuple(checks.items)))
    checkpoint = checks.attempt("inclusion", f"a log of {code.size} entries", lambda: _read_checkpoint(code))
    if checkpoint is None:
        return ArtefactReport(KIND, Report(tuple(checks.items)))
    against = f"trust file of {code.origin}"
    verified = checks.attempt("checkpoint", against, lambda: _verify_checkpoint(code, checkpoint, question.trust))
    event = checks.attempt("content", "the entry of the log", lambda: _read_event(code))
    if verified is None or event is None:
        return ArtefactReport(KIND, Report(tuple(checks.items)))
    return _report_proven(checks, _Shown(code, checkpoint, verified), event, question)


def _report_proven(checks: Checks, shown: _Shown, event: CertificateRegistered, question: Question) -> ArtefactReport:
    """Return the report on a code whose signatures are good: what is left are times, and the register where it is asked."""
    as_of_ms = compute_quorum_time(shown.verified)
    if as_of_ms is not None:
        checks.attempt("time", "the time asked about", lambda: _verify_time(verify_age(as_of_ms, question.times)))
    dated = tuple(replace(item, as_of_ms=as_of_ms) for item in checks.items)
    statement = format_registration(shown.code.origin, event)
    statuses = question.find_statuses(Listed(shown.code.origin, shown.checkpoint.size, event.number, None))
    if not statuses:
        notes = ("one_code_as_of", "register_not_asked")
        return ArtefactReport(KIND, Report(dated), as_of_ms, statement, notes=notes)
    check, standing = _look_up(shown, event, statuses[0], question)
    register = None if standing is None else standing.status
    return ArtefactReport(KIND, Report((*dated, check)), as_of_ms, statement, register, ("one_code_as_of",))


def read_one_code(data: bytes) -> OneCode:
    """Return what a code holds that may have been pasted, with ends of lines around it; raise `CodecError`."""
    try:
        return parse_one_code(data.decode("ascii").strip("\r\n"))
    except UnicodeDecodeError as error:
        raise CodecError("the code has a character that is not of Base45") from error


def _read_checkpoint(code: OneCode) -> tuple[Checkpoint, str]:
    return compute_checkpoint(code), f"entry {code.index} leads to a root over {len(code.path)} hashes"


def _verify_checkpoint(code: OneCode, checkpoint: Checkpoint, trust: Sequence[TrustPolicy]) -> tuple[VerifiedCheckpoint, str]:
    policies = [policy for policy in trust if any(log.key.name == code.origin for log in policy.logs)]
    failure: HourledgerError = ProofError("no trust file given knows the log", Reason.UNTRUSTED_LOG, code.origin)
    for policy in policies:
        try:
            verified = verify_checkpoint(policy, format_signed_checkpoint(rebuild_note(code, checkpoint, policy)))
        except HourledgerError as error:
            failure = error
        else:
            return verified, describe_signers(verified)
    raise failure


def _read_event(code: OneCode) -> tuple[CertificateRegistered, str]:
    event = CERTIFICATE_REGISTERED.decode(code.entry)
    return event, f"certificate {format_number(event.number)}, registered on {to_date(event.issued_day)}"


def _verify_time(age_ms: int) -> tuple[None, str]:
    return None, f"the evidence is {age_ms // 1000} s old"


def _look_up(shown: _Shown, event: CertificateRegistered, status: Found, question: Question) -> tuple[Check, Standing | None]:
    """Return the check of the register, as of the status and not of the code, and what the register says."""
    checks = Checks()
    found: list[Standing] = []

    def look_up() -> tuple[None, str]:
        subject = Subject(event.number, event.document, event.organisation)
        standing = read_standing(status, subject, shown.checkpoint, question.trust)
        found.append(standing)
        verify_age(standing.as_of_ms, question.times)
        return None, describe_standing(standing)

    checks.attempt("register", f"register of {shown.code.origin}", look_up)
    standing = found[0] if found else None
    return replace(checks.items[0], as_of_ms=None if standing is None else standing.as_of_ms), standing


def format_registration(chain_id: str, event: CertificateRegistered) -> JsonObject:
    """Return the JSON object of what a code states."""
    return {
        "chain_id": chain_id,
        "number": format_number(event.number),
        "organisation": event.organisation.hex(),
        "organisation_name": event.organisation_name,
        "volunteer": event.volunteer.hex(),
        "minutes": event.minutes,
        "first_day": to_date(event.first_day).isoformat(),
        "last_day": to_date(event.last_day).isoformat(),
        "issued_day": to_date(event.issued_day).isoformat(),
        "document": event.document.hex(),
        "position": event.position,
    }
