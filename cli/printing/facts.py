"""What a printed certificate says, taken from a certificate that is whole and from nothing else, before anything is drawn."""

from dataclasses import dataclass

from certificates.datetimes import format_datetime, parse_datetime
from certificates.evidence import parse_evidence
from certificates.jcs import JsonObject, parse_json_object
from certificates.one_code import OneCode, find_time_ms, parse_one_code
from certificates.register import compute_document_hash, format_number
from certificates.statement import Statement
from certificates.verification import MAX_CERTIFICATE_BYTES, verify_certificate
from contracts.certificates.registry import CERTIFICATE_REGISTERED
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.types import TimeMs

_DATE_CHARACTERS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A record whose details the certificate opens."""

    date: str
    hours: str
    what: str
    place: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the page says about one certificate, as texts. `code_time` is as of when its code is, "" without one."""

    number: str
    chain_id: str
    account: str
    name: str
    organisation: str
    issuer: str
    first_day: str
    last_day: str
    hours: int
    minutes: int
    records: int
    issued: str
    as_of: str
    lines: tuple[Line, ...]
    code: str = ""
    code_time: str = ""


def read_facts(data: bytes, now_ms: TimeMs, code: str = "", name: str = "") -> Facts:
    """Return what the page of a certificate says; raise `HourledgerError` where the file, or the code, does not hold.

    Whom the reader trusts is not asked: what matters is that the file is whole and says what its own evidence shows.
    """
    report = verify_certificate(data, (), now_ms)
    failed = [check for check in report.report.checks if check.reason not in {None, Reason.UNTRUSTED_LOG}]
    statement = report.statement
    if failed or statement is None:
        reason, detail = (failed[0].reason, failed[0].detail) if failed else (None, "the file is not a certificate")
        raise HourledgerError(reason or Reason.MALFORMED, f"it is not printed, because it does not hold: {detail}")
    document = parse_json_object(data, max_bytes=MAX_CERTIFICATE_BYTES)
    hours, minutes = divmod(statement.minutes, 60)
    return Facts(
        number=str(document["id"]).removeprefix("urn:uuid:"),
        chain_id=statement.chain_id,
        account=statement.volunteer.hex(),
        name=name,
        organisation=statement.organisation_name,
        issuer=_read_issuer(document, statement),
        first_day=to_date(statement.first_day).isoformat(),
        last_day=to_date(statement.last_day).isoformat(),
        hours=hours,
        minutes=minutes,
        records=statement.records,
        issued=_format_date(parse_datetime(str(document["validFrom"]))),
        as_of="" if report.as_of_ms is None else _format_date(report.as_of_ms),
        lines=_read_lines(document),
        code=code,
        code_time=_format_date(find_time_ms(require_own_code(code, document))) if code else "",
    )


def _read_issuer(document: JsonObject, statement: Statement) -> str:
    match document:
        case {"issuer": {"name": str(name)}} if name != statement.organisation_name:
            return name
        case _:
            return ""


def _read_lines(document: JsonObject) -> tuple[Line, ...]:
    match document:
        case {"evidence": [{"id": str(uri)}]}:
            openings = parse_evidence(uri).openings
        case _:
            return ()
    return tuple(sorted((_make_line(item.details) for item in openings.values()), key=lambda line: line.date))


def _make_line(details: JsonObject) -> Line:
    minutes = details["minutes"]
    hours, rest = divmod(minutes, 60) if isinstance(minutes, int) else (0, 0)
    what = " · ".join(str(details[name]) for name in ("activity_name", "content") if details.get(name))
    return Line(str(details["date"]), f"{hours}:{rest:02}", what, str(details.get("place", "")))


def require_own_code(text: str, document: JsonObject) -> OneCode:
    """Return the code of a certificate; raise `HourledgerError` for one of another certificate."""
    code = parse_one_code(text)
    event = CERTIFICATE_REGISTERED.decode(code.entry)
    if (format_number(event.number), event.document) != (document.get("id"), compute_document_hash(document)):
        raise HourledgerError(Reason.CLAIM_MISMATCH, "the code is of another certificate", format_number(event.number))
    return code


def _format_date(time_ms: TimeMs) -> str:
    return format_datetime(time_ms)[:_DATE_CHARACTERS]
