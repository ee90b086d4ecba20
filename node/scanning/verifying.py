"""Verification of files as people have them: what was opened is verified, and the code on a page held against what it shows."""

from dataclasses import replace

from certificates.artefacts import verify_artefact
from certificates.checks import Checks
from certificates.jcs import parse_json_object
from certificates.register import compute_document_hash
from certificates.reports import ArtefactReport, Question
from certificates.verification import MAX_CERTIFICATE_BYTES
from ledger.errors import ProofError
from ledger.reasons import Reason
from ledger.verification import Report, Verdict
from node.scanning.opening import Opened


def verify_opened(opened: Opened, question: Question) -> ArtefactReport:
    """Return the report on what was in a file; never raises for any content."""
    report = verify_artefact(opened.artefact, question)
    if not opened.is_attached:
        return report
    notes = (*report.notes, "page_not_compared")
    if opened.page_code is None:
        return replace(report, notes=notes)
    checks = Checks(list(report.report.checks))
    code = verify_artefact(opened.page_code, replace(question, status=None, look_up=None))
    checks.attempt("page", "the attached certificate", lambda: _compare(opened.artefact, code))
    return replace(report, report=Report(tuple(checks.items)), notes=notes)


def _compare(artefact: bytes, code: ArtefactReport) -> tuple[None, str]:
    """Raise `ProofError` where the code on a page is not good, or is another certificate's than the one attached."""
    failed = next((check for check in code.report.checks if check.verdict is not Verdict.VALID), None)
    if failed is not None and failed.reason is not None:
        raise ProofError(f"the code on the page does not hold: {failed.detail}", failed.reason)
    document = parse_json_object(artefact, max_bytes=MAX_CERTIFICATE_BYTES)
    shown = code.statement or {}
    if (shown.get("number"), shown.get("document")) != (document.get("id"), compute_document_hash(document).hex()):
        raise ProofError("the code on the page is of another certificate than the one attached", Reason.CLAIM_MISMATCH)
    return None, "the code on the page is of this certificate"
