"""Verification as a service, for those who cannot run it. The node's own trust file counts unless others are given."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from aiohttp import web

from certificates.artefacts import MAX_ARTEFACT_BYTES, verify_artefact
from certificates.checks import Times
from certificates.handover import build_chain_trust
from certificates.jcs import JsonObject, encode_jcs
from certificates.reports import Question, format_artefact_report
from contracts.identity.parties import get_authorities
from ledger.codec import MAX_TIME_MS
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, parse_trust
from ledger.types import TimeMs
from node.api.about import GENESIS
from node.api.requests import get_service, parse_body, read_body
from node.pinned import Pinned

MAX_REQUEST_BYTES: Final = MAX_ARTEFACT_BYTES + (1 << 20)
MAX_TRUST_FILES: Final = 64


async def verify(request: web.Request) -> web.Response:
    """Verify a certificate; the answer is a report whatever the verdict.

    The body is a certificate, or an object with `document`, the certificate, and optionally `trust` (texts of trust files),
    `at_time_ms` and `max_age_s`.
    """
    body = await read_body(request, MAX_REQUEST_BYTES)
    service = get_service(request)
    chain_id, now_ms = request.app[GENESIS].chain_id, service.clock()

    def answer(pinned: Pinned) -> bytes:
        own_trust = _build_trust(chain_id, get_authorities(pinned.reader.state, pinned.reader.tip.height))
        return json.dumps(answer_question(body, own_trust, now_ms)).encode()

    return web.Response(body=await service.read(answer), content_type="application/json", charset="utf-8")


_build_trust = lru_cache(maxsize=8)(build_chain_trust)
"""Trust files as they were made for the same authorities before."""


def answer_question(body: bytes, own_trust: TrustPolicy, now_ms: TimeMs) -> JsonObject:
    """Return the report that a request asks for; raise `HourledgerError` for a question of another form."""
    question = _read_question(body, own_trust, now_ms)
    times = Times(question.at_time_ms, question.max_age_ms)
    return format_artefact_report(verify_artefact(question.data, Question(question.trust, times)))


@dataclass(frozen=True, slots=True)
class _Question:
    data: bytes
    trust: tuple[TrustPolicy, ...]
    at_time_ms: TimeMs
    max_age_ms: int | None = None


def _is_surely_plain(body: bytes) -> bool:
    """Whether no reader of JSON finds a member `document` in a body: not written out, nor escaped, nor in UTF-16 or UTF-32."""
    return b'"document"' not in body and b"\\" not in body and b"\x00" not in body


def _read_question(body: bytes, own_trust: TrustPolicy, now_ms: TimeMs) -> _Question:
    if _is_surely_plain(body):
        return _Question(body, (own_trust,), now_ms)
    try:
        document = parse_body(body)
    except HourledgerError:
        return _Question(body, (own_trust,), now_ms)
    if not isinstance(document, dict) or "document" not in document:
        return _Question(body, (own_trust,), now_ms)
    return _read_object(document, own_trust, now_ms)


def _read_object(document: dict[str, Any], own_trust: TrustPolicy, now_ms: TimeMs) -> _Question:
    match {"trust": None, "at_time_ms": None, "max_age_s": None, **document}:
        case {
            "document": dict(certificate),
            "trust": None | list() as trust,
            "at_time_ms": at_time_ms,
            "max_age_s": max_age_s,
            **rest,
        } if (
            not rest
            and len(trust or ()) <= MAX_TRUST_FILES
            and all(isinstance(text, str) for text in trust or ())
            and (at_time_ms is None or _is_number(at_time_ms, MAX_TIME_MS))
            and (max_age_s is None or _is_number(max_age_s, MAX_TIME_MS))
        ):
            policies = (own_trust,) if trust is None else tuple([_parse_trust(text) for text in trust])
            at_time = now_ms if at_time_ms is None else TimeMs(at_time_ms)
            return _Question(_encode(certificate), policies, at_time, None if max_age_s is None else max_age_s * 1_000)
        case _:
            detail = "the body must be a certificate, or an object with document, trust, at_time_ms and max_age_s"
            raise HourledgerError(Reason.USAGE, detail)


def _is_number(value: object, high: int) -> bool:
    return type(value) is int and 0 <= value <= high


def _encode(certificate: dict[str, Any]) -> bytes:
    try:
        return encode_jcs(certificate)
    except CodecError:
        return b""


def _parse_trust(text: str) -> TrustPolicy:
    return parse_trust(text.encode(errors="replace"))
