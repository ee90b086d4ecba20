"""Verification as a service, for those who cannot run it. The node's own trust file counts unless others are given."""

import asyncio
from typing import Any, Final

from aiohttp import web

from certificates.jcs import encode_jcs
from certificates.verification import MAX_CERTIFICATE_BYTES, format_report, verify_certificate
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, parse_trust
from ledger.types import TimeMs
from node.api.about import GENESIS, compute_trust
from node.api.requests import get_service, parse_body, read_body

MAX_REQUEST_BYTES: Final = MAX_CERTIFICATE_BYTES + (1 << 20)
MAX_TRUST_FILES: Final = 64


async def verify(request: web.Request) -> web.Response:
    """Verify a certificate; the answer is a report whatever the verdict.

    The body is a certificate, or an object with `certificate`, and optionally `trust` (texts of trust files), `at_time_ms` and
    `max_age_s`.
    """
    body = await read_body(request, MAX_REQUEST_BYTES)
    service = get_service(request)
    with service.reading() as pinned:
        own_trust = compute_trust(request.app[GENESIS].chain_id, pinned.reader.state)
    data, trust, at_time_ms, max_age_ms = _read_question(body, own_trust, service.clock())
    result = await asyncio.to_thread(verify_certificate, data, trust, at_time_ms, max_age_ms)
    return web.json_response(format_report(result))


def _read_question(
    body: bytes, own_trust: TrustPolicy, now_ms: TimeMs
) -> tuple[bytes, tuple[TrustPolicy, ...], TimeMs, int | None]:
    try:
        document = parse_body(body)
    except HourledgerError:
        return body, (own_trust,), now_ms, None
    if not isinstance(document, dict) or "certificate" not in document:
        return body, (own_trust,), now_ms, None
    return _read_object(document, own_trust, now_ms)


def _read_object(
    document: dict[str, Any], own_trust: TrustPolicy, now_ms: TimeMs
) -> tuple[bytes, tuple[TrustPolicy, ...], TimeMs, int | None]:
    match {"trust": None, "at_time_ms": None, "max_age_s": None, **document}:
        case {
            "certificate": dict(certificate),
            "trust": None | list() as trust,
            "at_time_ms": None | int() as at_time_ms,
            "max_age_s": None | int() as max_age_s,
            **rest,
        } if not rest and len(trust or ()) <= MAX_TRUST_FILES and all(isinstance(text, str) for text in trust or ()):
            policies = (own_trust,) if trust is None else tuple([_parse_trust(text) for text in trust])
            max_age_ms = None if max_age_s is None else max_age_s * 1_000
            at_time = now_ms if at_time_ms is None else TimeMs(at_time_ms)
            return _encode(certificate), policies, at_time, max_age_ms
        case _:
            detail = "the body must be a certificate, or an object with certificate, trust, at_time_ms and max_age_s"
            raise HourledgerError(Reason.USAGE, detail)


def _encode(certificate: dict[str, Any]) -> bytes:
    try:
        return encode_jcs(certificate)
    except CodecError:
        return b""


def _parse_trust(text: str) -> TrustPolicy:
    return parse_trust(text.encode(errors="replace"))
