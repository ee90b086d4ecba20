"""One verification for all that leaves the ledger: what bytes are is recognised, and each kind has one way to be verified.

Every kind gives the same report (docs/formats/report.md). Pictures and PDF files are not looked into here: whoever reads those
brings what is in them. Whatever bytes come, the answer is a report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from certificates.bitstring_list import TYPE, verify_bitstring_list
from certificates.card import parse_card
from certificates.card_verification import verify_card
from certificates.checks import Checks
from certificates.counter_card import PREFIX
from certificates.counter_verification import verify_counter_card
from certificates.jcs import JsonValue, encode_jcs, parse_json_object
from certificates.one_code import FAMILY
from certificates.one_code_verification import read_one_code, verify_one_code
from certificates.position_status import Place
from certificates.register import parse_number
from certificates.reports import ArtefactReport, Question, report_unreadable
from certificates.status_list import verify_status_list
from certificates.verification import MAX_CERTIFICATE_BYTES, summarise, verify_certificate
from contracts.certificates.registry import CERTIFICATE_REGISTERED
from ledger.errors import CodecError
from ledger.notes import encode_text
from ledger.reasons import Reason
from ledger.types import Identifier
from ledger.verification import Report

MAX_ARTEFACT_BYTES: Final = MAX_CERTIFICATE_BYTES
MAX_PARTS: Final = 16
"""Credentials in one presentation."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of artefact: how it is recognised from its bytes, and how it is verified."""

    name: str
    is_one: Callable[[bytes], bool]
    verify: Callable[[bytes, Question], ArtefactReport]


def verify_artefact(data: bytes, question: Question) -> ArtefactReport:
    """Return the report on a file or text; never raises for any bytes."""
    if len(data) > MAX_ARTEFACT_BYTES:
        return report_unreadable(CodecError(f"it has more than {MAX_ARTEFACT_BYTES} bytes", Reason.TOO_LARGE))
    kind = _find_kind(data)
    if kind is None:
        detail = "the file is empty" if not data.strip() else "it is nothing that can be verified here"
        return report_unreadable(CodecError(detail))
    return kind.verify(data, question)


def recognise(data: bytes) -> str:
    """Return what bytes claim to be: the name of a kind, `unknown` where none is recognised. Nothing is verified."""
    kind = _find_kind(data)
    return "unknown" if kind is None else kind.name


def find_number(data: bytes) -> Identifier:
    """Return the number under which a register would have a certificate; raise `CodecError` for what has none."""
    if recognise(data) == "one_code":
        return CERTIFICATE_REGISTERED.decode(read_one_code(data).entry).number
    return parse_number(str(parse_json_object(data, max_bytes=MAX_ARTEFACT_BYTES).get("id")))


def find_place(data: bytes) -> Place | None:
    """Return the status position of a business card, None for anything else; raise `CodecError` for what is no whole card."""
    if not _is_card(data):
        return None
    card = parse_card(data)
    return Place(card.chain_id, card.position)


def _find_kind(data: bytes) -> _Kind | None:
    return next((kind for kind in _KINDS if kind.is_one(data)), None)


def _has_type(name: str) -> Callable[[bytes], bool]:
    """Whether JSON says that it is of a type. The name alone may also be in a text of any other document."""
    written = f'"{name}"'.encode()

    def is_one(data: bytes) -> bool:
        if written not in data:
            return False
        try:
            types = parse_json_object(data, max_bytes=MAX_ARTEFACT_BYTES).get("type")
        except CodecError:
            return False
        return name in types if isinstance(types, list) else name == types

    return is_one


def _begins_with(prefix: str) -> Callable[[bytes], bool]:
    start = prefix.encode()
    return lambda data: data.lstrip(b"\r\n").startswith(start)


def _is_json_object(data: bytes) -> bool:
    return data.lstrip(b" \t\r\n")[:1] == b"{"


def _verify_certificate(data: bytes, question: Question) -> ArtefactReport:
    times = question.times
    status, look_up = question.status, question.look_up
    return summarise(verify_certificate(data, question.trust, times.at_time_ms, times.max_age_ms, status, look_up))


def _verify_presentation(data: bytes, question: Question) -> ArtefactReport:
    """Verify each credential in a presentation. Who presents it is not looked at, and the report says so."""
    checks = Checks()
    parts = checks.attempt("format", "W3C VC 2.0", lambda: _take_parts(data)) or ()
    reports = tuple([verify_artefact(part, question) for part in parts])
    as_of_ms = reports[0].as_of_ms if len(reports) == 1 else None
    report = Report(tuple(checks.items))
    return ArtefactReport("presentation", report, as_of_ms, parts=reports, notes=("holder_not_checked",))


def _take_parts(data: bytes) -> tuple[list[bytes], str]:
    credentials = parse_json_object(data, max_bytes=MAX_ARTEFACT_BYTES).get("verifiableCredential")
    items = credentials if isinstance(credentials, list) else [credentials]
    if not 1 <= len(items) <= MAX_PARTS:
        raise CodecError(f"a presentation has 1 to {MAX_PARTS} credentials here")
    parts = [_take_part(item) for item in items]
    if any(recognise(part) in {"presentation", "unknown"} for part in parts):
        raise CodecError("the presentation has something else than credentials of this ledger in it")
    return parts, f"{len(parts)} credentials"


def _take_part(item: JsonValue) -> bytes:
    """Return a credential as it would be in a file of its own: an object, or a text in a data URI (VC 2.0, 4.13)."""
    match item:
        case {"type": "EnvelopedVerifiableCredential" | ["EnvelopedVerifiableCredential"], "id": str(uri)}:
            return encode_text(uri.partition(",")[2])
        case dict():
            return encode_jcs(item)
        case _:
            raise CodecError("the presentation has something else than credentials of this ledger in it")


def _is_compact(data: bytes) -> bool:
    """Whether bytes look like a JSON Web Signature in compact form, or what is made of several."""
    return data.lstrip(b" \t\r\n").startswith(b"eyJ") and b"." in data


def _is_card(data: bytes) -> bool:
    return _is_compact(data) and b"~" in data


_KINDS: Final = (
    _Kind("card", _is_card, verify_card),
    _Kind("token_status_list", _is_compact, verify_status_list),
    _Kind("counter_card", lambda data: data.lstrip(b"\t\r\n").startswith(PREFIX.encode()), verify_counter_card),
    _Kind("bitstring_status_list", _has_type(TYPE), verify_bitstring_list),
    _Kind("presentation", _has_type("VerifiablePresentation"), _verify_presentation),
    _Kind("one_code", _begins_with(FAMILY), verify_one_code),
    _Kind("certificate", _is_json_object, _verify_certificate),
)
"""In the order in which they are tried. A JSON object that says nothing else is taken for a certificate."""
