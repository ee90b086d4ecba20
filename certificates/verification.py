"""Verification of a certificate from its bytes, trust files and a reference time. No clock, no network, no store.

The checks, in order: the file's form, the issuer's signature, the checkpoint under a trust file, the records in its log, the
current values in its state, the organisation's licence, that every record is current, the details that the file opens, the
claims, the times, and, where a status is given, the register. Each appears in the report with what it was held against and as
of when.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import repeat
from typing import Final

from msgspec.structs import replace

from certificates.certificate import TEMPLATE_VERSION, Issue, build_document
from certificates.certificate_rdf import canonicalise_certificate
from certificates.checkpoints import read_note, verify_note
from certificates.checks import (
    CLOCK_TOLERANCE_MS,
    Checks,
    Times,
    compute_quorum_time,
    describe_signers,
    make_too_early,
    verify_age,
)
from certificates.credential_status import read_position
from certificates.data_integrity import JCS, RDFC, verify_parsed_proofs, without
from certificates.datetimes import format_datetime, parse_datetime
from certificates.details import compute_record_commitment, compute_record_commitments
from certificates.dids import Method, parse_method
from certificates.evidence import PREFIX, Evidence, parse_evidence, read_evidence
from certificates.gap import Gap, cut
from certificates.jcs import JsonObject, encode_validated, is_alike, parse_canonical, parse_json_object
from certificates.position_status import FoundStatus, Place, find_status, is_status_list
from certificates.register import Standing, Subject, describe_standing, parse_number, read_standing
from certificates.reports import ArtefactReport, Found, Listed, LookUp, Status, find_statuses, format_artefact_report
from certificates.statement import (
    Statement,
    Values,
    compute_statement,
    read_organisation,
    read_records,
    verify_current,
    verify_licence,
    verify_signer,
)
from contracts.hours import RecordedHours
from contracts.identity.parties import Organisation
from contracts.parameters import MINUTES_PER_DAY
from contracts.statuses import PositionStatus
from ledger.blocks import Header
from ledger.checkpoint import Checkpoint, SignedCheckpoint
from ledger.errors import CodecError, ProofError, SignatureError
from ledger.genesis import to_date
from ledger.notes import parse_base64
from ledger.proofs import read_last_header, verify_entries, verify_state
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, VerifiedCheckpoint
from ledger.types import Day, EntryIndex, Hash, TimeMs
from ledger.verification import Check, Report, Verdict

MAX_CERTIFICATE_BYTES: Final = 8 << 20
_MARK: Final = PREFIX.encode()


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """The report, and what the certificate states as far as its evidence shows it (None where that failed).

    `register` is what the register says, None where that was not asked or could not be had. `position` is the certificate's in
    the status lists, None where it names none.
    """

    report: Report
    statement: Statement | None
    as_of_ms: TimeMs | None
    register: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class _File:
    """A certificate file after its form was checked."""

    document: JsonObject
    gap: Gap | None
    """In the document and in `evidence_uri`: the text that belongs there."""
    evidence_uri: str
    evidence: Evidence
    signed: SignedCheckpoint
    issued_ms: TimeMs
    position: int | None

    @property
    def checkpoint(self) -> Checkpoint:
        """What the evidence is under."""
        return self.signed.checkpoint


@dataclass(frozen=True, slots=True)
class _Signer:
    """Who signed, and the hash of what was signed: of the document without its signatures."""

    method: Method
    document_hash: Hash


def verify_certificate(
    data: bytes,
    trust: Sequence[TrustPolicy],
    at_time_ms: TimeMs,
    max_age_ms: int | None = None,
    status: Status | None = None,
    look_up: LookUp | None = None,
) -> CertificateReport:
    """Return the report on a certificate file as of `at_time_ms`; never raises for any bytes.

    `max_age_ms` is how old the checkpoint may be; None accepts any age, which the report states.
    `status` is a bundle that shows the certificate's entry in the register, or the status list that has its position, or why
    it could not be had; where it is None `look_up` may find one. With neither, the report does not say that the certificate was
    not revoked since.
    """
    checks = Checks()
    file = checks.attempt("format", "W3C VC 2.0, Open Badges 3.0", lambda: _read_file(data))
    if file is None:
        return CertificateReport(Report(tuple(checks.items)), None, None)
    signer = checks.attempt("signature", f"{JCS}, {RDFC}", lambda: _verify_signature(file))
    origin = file.checkpoint.origin
    verified = checks.attempt("checkpoint", f"trust file of {origin}", lambda: _verify_checkpoint(file, trust))
    statement, header = _verify_content(checks, file, None if signer is None else signer.method)
    as_of_ms = _compute_as_of(verified, header)
    if header is not None:
        checks.attempt("time", format_datetime(at_time_ms), lambda: _verify_times(file, as_of_ms, at_time_ms, max_age_ms))
    dated = tuple(replace(item, as_of_ms=as_of_ms) for item in checks.items)
    statuses: Sequence[Found] = () if status is None else (status,)
    if statement is not None:
        statuses = _find_statuses(file, status, look_up)
    register, looked_up = None, []
    for item in statuses:
        if isinstance(item, bytes) and is_status_list(item):
            looked_up.append(_verify_listed(file, trust, item, Times(at_time_ms, max_age_ms)))
        else:
            make_subject = partial(_make_subject, file, statement, signer)
            check, standing = _verify_register(file, make_subject, trust, item, Times(at_time_ms, max_age_ms))
            register = None if standing is None else standing.status
            looked_up.append(check)
    return CertificateReport(Report((*dated, *looked_up)), statement, as_of_ms, register, file.position)


def _find_statuses(file: _File, status: Status | None, look_up: LookUp | None) -> Sequence[Found]:
    """Return the status that is at hand or what looking it up finds, nothing for what has no number to look up."""
    try:
        number = parse_number(str(file.document.get("id")))
    except CodecError:  # The check of the claims says so.
        return () if status is None else (status,)
    listed = Listed(file.checkpoint.origin, file.checkpoint.size, number, file.position)
    return find_statuses(status, look_up, listed)


def _compute_as_of(verified: VerifiedCheckpoint | None, header: Header | None) -> TimeMs | None:
    """The latest time for which a quorum vouches; without a trusted quorum, the block's own time."""
    vouched_ms = compute_quorum_time(verified)
    return header.time_ms if vouched_ms is None and header is not None else vouched_ms


def _read_file(data: bytes) -> tuple[_File, str]:
    document, gap, encoded = _read_canonical(data) or (parse_json_object(data, max_bytes=MAX_CERTIFICATE_BYTES), None, None)
    match document:
        case {
            "credentialSubject": {"achievement": {"version": str(version)}},
            "validFrom": str(issued),
            "evidence": [{"id": str(evidence_uri)}],
        }:
            pass
        case _:
            raise CodecError("the file is not a certificate of this ledger")
    if version != TEMPLATE_VERSION:
        raise CodecError("the certificate is of another version", Reason.UNSUPPORTED_VERSION)
    evidence = parse_evidence(evidence_uri) if encoded is None else read_evidence(encoded)
    signed = read_note(evidence.bundle.checkpoint_note)
    file = _File(document, gap, evidence_uri, evidence, signed, parse_datetime(issued), read_position(document))
    return file, f"certificate {document.get('id')}"


def _read_canonical(data: bytes) -> tuple[JsonObject, Gap, bytes] | None:
    """Return a certificate in canonical form with a gap for its evidence, and the evidence; None for anything else."""
    found = cut(data, _MARK) if len(data) <= MAX_CERTIFICATE_BYTES else None
    if found is None:
        return None
    rest, gap = found
    try:
        document, encoded = parse_canonical(rest), parse_base64(gap.text.decode("ascii"))
    except (CodecError, UnicodeDecodeError):
        return None
    if isinstance(document, dict):
        match document.get("evidence"):
            case [{"id": str(uri)}] if uri == PREFIX:
                return document, gap, encoded
    return None


def _verify_signature(file: _File) -> tuple[_Signer, str]:
    proofs = verify_parsed_proofs(file.document, gap=file.gap, write_rdf=canonicalise_certificate)
    methods = {proof.verification_method for proof in proofs.verified}
    cryptosuites = [proof.cryptosuite for proof in proofs.verified]
    if len(methods) != 1:
        raise SignatureError("the certificate must be signed by one key")
    if cryptosuites not in ([JCS], [JCS, RDFC]) or proofs.unchecked or proofs.document_hash is None:
        detail = f"a certificate has a signature of {JCS}, then perhaps one of {RDFC}, and no others"
        raise CodecError(detail, Reason.UNSUPPORTED_VERSION)
    method = parse_method(methods.pop())
    said = [f"signed by {method.did}"]
    if method.host is not None:
        said.append("whether the site is the organisation's was not asked")
    if RDFC not in cryptosuites:
        said.append(f"no signature of {RDFC}")
    return _Signer(method, proofs.document_hash), "; ".join(said)


def _verify_checkpoint(file: _File, trust: Sequence[TrustPolicy]) -> tuple[VerifiedCheckpoint, str]:
    verified = verify_note(file.signed, trust)
    return verified, describe_signers(verified)


def _verify_content(checks: Checks, file: _File, signer: Method | None) -> tuple[Statement | None, Header | None]:
    bundle, checkpoint = file.evidence.bundle, file.checkpoint
    against = f"log root at {checkpoint.size} entries"
    entries = checks.attempt("records", against, lambda: (verify_entries(bundle, checkpoint), "all entries are in the log"))
    if entries is None:
        return None, None
    proven = checks.attempt("state", against, lambda: _verify_state(file, entries))
    records = checks.attempt("content", "one volunteer, one organisation", lambda: _read_records(entries))
    if proven is None or records is None:
        return None, None
    header, values = proven
    state = f"state of block {header.height}"
    first = next(iter(records.values()))
    licence = checks.attempt("licence", state, lambda: _verify_licence(values, first, signer))
    checks.attempt("status", state, lambda: _verify_status(values, records))
    checks.attempt("details", "commitments in the records", lambda: _verify_openings(file.evidence, records))
    if licence is None or signer is None:
        return None, header
    statement = compute_statement(header.chain_id, licence.organisation, records.values())
    issue = Issue(signer, file.issued_ms, licence.by_volunteer, file.position)
    checks.attempt("claims", "the records", lambda: _verify_claims(file, statement, issue))
    return statement, header


def _read_records(entries: Mapping[EntryIndex, bytes]) -> tuple[dict[EntryIndex, RecordedHours], str]:
    records = read_records(entries)
    return records, f"{len(records)} records"


def _verify_state(file: _File, entries: Mapping[EntryIndex, bytes]) -> tuple[tuple[Header, Values], str]:
    header = read_last_header(entries, file.checkpoint)
    return (header, verify_state(file.evidence.bundle, header)), "all values are in the state"


@dataclass(frozen=True, slots=True)
class _Licence:
    """The organisation that recorded, and whether its volunteer signed instead of it."""

    organisation: Organisation
    by_volunteer: bool


def _verify_licence(values: Values, record: RecordedHours, signer: Method | None) -> tuple[_Licence, str]:
    organisation = read_organisation(values, record.organisation)
    verify_licence(organisation)
    said = f"{organisation.name} is licensed to record"
    if signer is not None and verify_signer(values, organisation, record.volunteer, signer.key):
        if signer.host is not None:
            detail = "a volunteer signs under the name of the key, and not under that of a site"
            raise ProofError(detail, Reason.NOT_PERMITTED, signer.host)
        return _Licence(organisation, by_volunteer=True), f"{said}; signed by the volunteer"
    return _Licence(organisation, by_volunteer=False), said


def _verify_status(values: Values, records: Mapping[EntryIndex, RecordedHours]) -> tuple[None, str]:
    verify_current(values, records.values())
    return None, f"{len(records)} records are current"


def _verify_openings(evidence: Evidence, records: dict[EntryIndex, RecordedHours]) -> tuple[None, str]:
    if not evidence.openings.keys() <= records.keys():
        raise ProofError("the certificate opens the details of what is no record of it", Reason.COMMITMENT_MISMATCH)
    for index, commitment in zip(evidence.openings, _compute_commitments(evidence), strict=False):
        opening, record = evidence.openings[index], records[index]
        if (commitment or compute_record_commitment(opening)) != record.commitment:
            raise ProofError("a record's details are not those certified", Reason.COMMITMENT_MISMATCH, record.record.hex())
        if not _is_consistent(opening.details, record):
            raise ProofError("a record's details contradict the record", Reason.CLAIM_MISMATCH, record.record.hex())
    return None, f"opened {len(evidence.openings)} of {len(records)} records: their details are those certified"


def _compute_commitments(evidence: Evidence) -> Iterable[Hash | None]:
    """Return the commitment of each opening, None for all where one has none: what is wrong with those before is said first."""
    try:
        return compute_record_commitments(tuple(evidence.openings.values()))
    except CodecError:
        return repeat(None)


def _is_consistent(details: JsonObject, record: RecordedHours) -> bool:
    """Whether date, minutes and times in the details say what the record says."""
    start, end = None, None
    if record.start is not None:
        if not 0 <= record.start + record.minutes <= 2 * MINUTES_PER_DAY:
            return False  # No rule lets such a record in, but whoever makes up a log may write one.
        start, end = format_clock(record.start), format_clock(record.start + record.minutes)
    stated = (details.get("date"), details.get("minutes"), details.get("start"), details.get("end"))
    return stated == (_format_date(record.day), record.minutes, start, end)


@lru_cache(maxsize=4_096)
def _format_date(day: Day) -> str:
    return to_date(day).isoformat()


@lru_cache(maxsize=2 * MINUTES_PER_DAY + 1)
def format_clock(minute: int) -> str:
    """Return minutes after midnight as HH:MM; past midnight the hours go on counting, up to 48."""
    if not 0 <= minute <= 2 * MINUTES_PER_DAY:
        raise ValueError("a time of day is within two days")
    return f"{minute // 60:02}:{minute % 60:02}"


def _verify_claims(file: _File, statement: Statement, issue: Issue) -> tuple[None, str]:
    """Make the document again from the evidence and compare the canonical forms; where they differ, member by member."""
    expected = build_document(statement, file.evidence_uri, issue, file.gap)
    stated = without(file.document, "proof")
    if encode_validated(stated) != encode_validated(expected):
        for name in sorted(expected.keys() | stated.keys()):
            # A member that is null is not one that is not there.
            if name not in stated or name not in expected or not is_alike(stated[name], expected[name]):
                raise ProofError("the certificate states something else than its evidence", Reason.CLAIM_MISMATCH, name)
    return None, f"{statement.minutes} minutes in {statement.records} records"


def _make_subject(file: _File, statement: Statement | None, signer: _Signer | None) -> Subject:
    """Return what the register is asked about."""
    if statement is None or signer is None:
        raise ProofError("the evidence does not show whose certificate it is", Reason.STALE)
    return Subject(parse_number(str(file.document.get("id"))), signer.document_hash, statement.organisation)


def _verify_register(
    file: _File, make_subject: Callable[[], Subject], trust: Sequence[TrustPolicy], status: Found, times: Times
) -> tuple[Check, Standing | None]:
    """Return the check of the register, as of the status and not of the evidence, and what the register says."""
    checks = Checks()
    found: list[Standing] = []

    def look_up() -> tuple[None, str]:
        standing = read_standing(status, make_subject(), file.checkpoint, trust)
        found.append(standing)
        verify_age(standing.as_of_ms, times)
        return None, describe_standing(standing)

    checks.attempt("register", f"register of {file.checkpoint.origin}", look_up)
    standing = found[0] if found else None
    (check,) = checks.items
    return replace(check, as_of_ms=None if standing is None else standing.as_of_ms), standing


def _verify_listed(file: _File, trust: Sequence[TrustPolicy], status: bytes, times: Times) -> Check:
    """Return the check of the certificate's position in a status list. A superseded certificate stays true as history."""
    checks = Checks()
    found: list[FoundStatus] = []

    def look_up() -> tuple[None, str]:
        if file.position is None:
            raise ProofError("the certificate names no position in the status lists", Reason.STALE)
        item = find_status(status, Place(file.checkpoint.origin, file.position), trust, times)
        found.append(item)
        if item.status is PositionStatus.SUPERSEDED:
            return None, f"superseded, says {item.source}: it stays true as history"
        if item.status is not PositionStatus.VALID:
            raise ProofError(f"the certificate is {item.status.name.lower()}", Reason.NOT_CURRENT, item.source)
        return None, f"neither revoked nor suspended, says {item.source}"

    checks.attempt("standing", "no position" if file.position is None else f"position {file.position}", look_up)
    return replace(checks.items[0], as_of_ms=found[0].as_of_ms if found else None)


def _verify_times(file: _File, as_of_ms: TimeMs | None, at_time_ms: TimeMs, max_age_ms: int | None) -> tuple[None, str]:
    if file.issued_ms > at_time_ms + CLOCK_TOLERANCE_MS:
        raise make_too_early(file.issued_ms)
    age_ms = verify_age(as_of_ms or TimeMs(0), Times(at_time_ms, max_age_ms))
    return None, f"the evidence is {age_ms // 1000} s old"


def summarise(result: CertificateReport) -> ArtefactReport:
    """Return the report in the form that all artefacts have."""
    statement = None if result.statement is None else {**format_statement(result.statement), "position": result.position}
    is_listed = any(check.name == "standing" for check in result.report.checks)
    is_open = result.register is None and not is_listed and result.report.verdict is Verdict.VALID
    notes = ("register_not_asked",) if is_open else ()
    return ArtefactReport("certificate", result.report, result.as_of_ms, statement, result.register, notes)


def format_report(result: CertificateReport) -> JsonObject:
    """Return the JSON object of a report, as the CLI and the API give it."""
    return format_artefact_report(summarise(result))


def format_statement(statement: Statement) -> JsonObject:
    """Return the JSON object of what a certificate states."""
    return {
        "chain_id": statement.chain_id,
        "organisation": statement.organisation.hex(),
        "organisation_name": statement.organisation_name,
        "volunteer": statement.volunteer.hex(),
        "records": statement.records,
        "minutes": statement.minutes,
        "first_day": to_date(statement.first_day).isoformat(),
        "last_day": to_date(statement.last_day).isoformat(),
    }
