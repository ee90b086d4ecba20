"""Verification as a service, for those who cannot run it. The node's own trust file counts unless others are given."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Final

import msgspec
from aiohttp import web

from certificates.artefacts import MAX_ARTEFACT_BYTES, find_place
from certificates.checks import CLOCK_TOLERANCE_MS, Times
from certificates.evidence import PREFIX
from certificates.gap import cut
from certificates.handover import build_chain_trust
from certificates.jcs import encode_jcs
from certificates.register import Entry
from certificates.reports import (
    ArtefactReport,
    Found,
    Listed,
    LookUp,
    Question,
    Status,
    format_artefact_report,
    report_unreadable,
)
from contracts.certificates.registry import CERTIFICATES
from contracts.identity.parties import get_authorities
from contracts.statuses import LIST_POSITIONS, count_taken
from ledger.codec import MAX_TIME_MS
from ledger.errors import CodecError, HourledgerError
from ledger.notes import encode_text
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, parse_trust
from ledger.types import TimeMs
from node.api.about import GENESIS
from node.api.errors import Reply
from node.api.requests import SERVICE, parse_body, read_body
from node.api.status_lists import STATUS_LISTS
from node.pinned import Pinned
from node.scanning.formats import is_scannable
from node.scanning.opening import Opened, open_file_aside
from node.scanning.verifying import verify_opened
from node.short_reads import ShortReads
from node.status_lists import StatusLists

MAX_REQUEST_BYTES: Final = MAX_ARTEFACT_BYTES + (1 << 20)
QUESTION_TYPE: Final = "application/vnd.hourledger.question+json"
"""The media type of a question. Without it a body is a file: what a file says of trust and time is never a question."""
MAX_TRUST_FILES: Final = 64
EVIDENCE_START: Final = PREFIX.encode()
_STATUS_LIST: Final = re.compile(rb"/v1/status-lists/([0-9]{1,5})/")
_OPTIONAL: Final = ("trust", "at_time_ms", "max_age_s", "status", "nonce", "audience")
MAX_SHORT_BYTES: Final = 65_536
"""A certificate of so many bytes, of some twenty records, is verified in one turn of the event loop."""
MAX_SHORT_QUOTES: Final = 384
"""A certificate has some 260, and 70 commas."""
MAX_SCANS: Final = 8
"""Pictures and PDF files that are scanned or wait for it; one more is answered with BUSY."""


class Scans:
    """Pictures and PDF files are scanned one after another, each in a process of its own; few may wait."""

    __slots__ = ("_lock", "_waiting")

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._waiting = 0

    async def open(self, data: bytes) -> Opened:
        """Return what is in a file; raise `HourledgerError`: BUSY, and why nothing that can be verified is in it."""
        if not is_scannable(data):
            return Opened(data)
        if self._waiting >= MAX_SCANS:
            raise HourledgerError(Reason.BUSY, "too many pictures wait to be scanned", str(self._waiting))
        self._waiting += 1
        try:
            async with self._lock:
                return await open_file_aside(data)
        finally:
            self._waiting -= 1


SCANS: Final = web.AppKey("scans", Scans)
SHORT_READS: Final = web.AppKey("short_reads", ShortReads)


async def verify(request: web.Request) -> web.Response:
    """Verify whatever leaves the ledger; the answer is a report whatever the verdict.

    The body is a file as people have it, a picture or a PDF file too, or the text of a code. Or, sent as `QUESTION_TYPE`, an
    object with `document`, the certificate or the text, and optionally `trust` (texts of trust files), `at_time_ms`,
    `max_age_s`, `status` (the text of a status list or a bundle; otherwise this node's register and lists count for what is of
    its chain), and for a card `nonce` and `audience`. Whoever gave out a file has no say in these.
    """
    body = await read_body(request, MAX_REQUEST_BYTES)
    is_question = request.content_type == QUESTION_TYPE
    reply = await (reply_to_question if is_question else reply_to_file)(request.app, body)
    return reply.to_response()


async def reply_to_question(application: web.Application, body: bytes) -> Reply:
    """Return the report on what a question is about."""
    answer = _make_answer(application, partial(_read_question, body))
    return Reply(200, await application[SERVICE].read(answer))


async def reply_to_file(application: web.Application, body: bytes) -> Reply:
    """Return the report on a file or a text."""
    try:
        opened = await application[SCANS].open(body)
    except HourledgerError as error:
        if error.reason is Reason.BUSY:
            raise
        return Reply(200, _encode_report(report_unreadable(error)))
    answer = _make_answer(application, lambda trust, now_ms: (opened, Question((trust,), Times(now_ms))))
    service, short_reads = application[SERVICE], application[SHORT_READS]
    with service.reading() as pinned:
        is_kept = partial(application[STATUS_LISTS].is_kept, pinned.reader)
        if short_reads.is_open() and is_short(body, is_kept):
            return Reply(200, await short_reads.run(lambda: answer(pinned)))
    return Reply(200, await service.read(answer))


def is_short(body: bytes, is_kept: Callable[[int], bool]) -> bool:
    """Whether a body can only be what is soon verified: a certificate of few bytes, and few texts beside its evidence.

    As linked data a long text may be there as often as there are others. A status list that is not kept takes long to make.
    """
    found = cut(body, EVIDENCE_START) if len(body) <= MAX_SHORT_BYTES and body.startswith(b"{") else None
    if found is None or max(found[0].count(b'"'), found[0].count(b",")) > MAX_SHORT_QUOTES:
        return False
    if b'"credentialStatus"' not in found[0]:
        return True
    status_list = _STATUS_LIST.search(found[0])
    return status_list is not None and is_kept(int(status_list[1]))


def _make_answer(
    application: web.Application, read: Callable[[TrustPolicy, TimeMs], tuple[Opened, Question]]
) -> Callable[[Pinned], bytes]:
    """Return what gives the report on what `read` returns, given the trust file of this node's chain and the time."""
    chain_id, lists, now_ms = application[GENESIS].chain_id, application[STATUS_LISTS], application[SERVICE].clock()

    def answer(pinned: Pinned) -> bytes:
        what, question = read(_build_trust(chain_id, get_authorities(pinned.reader.state, pinned.reader.tip.height)), now_ms)
        if question.status is None:
            status = _find_own_status(what.artefact, chain_id, pinned, lists)
            is_about_now = question.times.at_time_ms >= now_ms - CLOCK_TOLERANCE_MS
            look_up = make_look_up(pinned, chain_id, lists) if is_about_now else None
            question = replace(question, status=status, look_up=look_up)
        return _encode_report(verify_opened(what, question))

    return answer


def make_look_up(pinned: Pinned, chain_id: str, lists: StatusLists) -> LookUp:
    """Return what finds the entries of this node's register and lists for a certificate of this chain that is not newer."""

    def look_up(listed: Listed) -> tuple[Found, ...]:
        if listed.chain_id != chain_id or listed.size > pinned.reader.tip.size:
            return ()
        header, content = pinned.reader.tip.header, CERTIFICATES.get(pinned.reader.state, listed.number)
        entry = Entry(content, header.height, header.time_ms)
        number = None if listed.position is None else listed.position // LIST_POSITIONS
        if number is None or not count_taken(pinned.reader.state, number):
            return (entry,)
        return lists.make(pinned.reader, number, None), entry

    return look_up


def _find_own_status(data: bytes, chain_id: str, pinned: Pinned, lists: StatusLists) -> Status | None:
    """Return this node's status list for a card of this chain, or why there is none; None for anything else."""
    try:
        place = find_place(data)
        if place is None or place.chain_id != chain_id:
            return None
        return lists.make(pinned.reader, place.position // LIST_POSITIONS, None)
    except HourledgerError as error:
        return error


def _encode_report(report: ArtefactReport) -> bytes:
    return msgspec.json.encode(format_artefact_report(report))


_build_trust = lru_cache(maxsize=8)(build_chain_trust)
"""Trust files as they were made for the same authorities before."""


def _read_question(body: bytes, own_trust: TrustPolicy, now_ms: TimeMs) -> tuple[Opened, Question]:
    """Return what is to be verified, and the question; raise `HourledgerError` for a question of another form."""
    document = parse_body(body)
    return _read_object(document if isinstance(document, dict) else {}, own_trust, now_ms)


def _read_object(document: dict[str, Any], own_trust: TrustPolicy, now_ms: TimeMs) -> tuple[Opened, Question]:
    match dict.fromkeys(_OPTIONAL) | document:
        case {
            "document": dict() | str() as artefact,
            "trust": None | list() as trust,
            "at_time_ms": at_time_ms,
            "max_age_s": max_age_s,
            "status": None | str() as status,
            "nonce": None | str() as nonce,
            "audience": None | str() as audience,
            **rest,
        } if (
            not rest
            and len(trust or ()) <= MAX_TRUST_FILES
            and all(isinstance(text, str) for text in trust or ())
            and (at_time_ms is None or _is_number(at_time_ms, MAX_TIME_MS))
            and (max_age_s is None or _is_number(max_age_s, MAX_TIME_MS))
        ):
            policies = (own_trust,) if trust is None else tuple([_parse_trust(text) for text in trust])
            max_age_ms = None if max_age_s is None else max_age_s * 1_000
            times = Times(now_ms if at_time_ms is None else TimeMs(at_time_ms), max_age_ms)
            known = None if status is None else _encode(status)
            return Opened(_encode(artefact)), Question(policies, times, known, audience=audience, nonce=nonce)
        case _:
            names = ", ".join(_OPTIONAL)
            detail = f"a question must be an object with document and, if wanted, {names}"
            raise HourledgerError(Reason.USAGE, detail)


def _is_number(value: object, high: int) -> bool:
    return type(value) is int and 0 <= value <= high


def _encode(artefact: dict[str, Any] | str) -> bytes:
    try:
        return encode_text(artefact) if isinstance(artefact, str) else encode_jcs(artefact)
    except CodecError:
        return b""


def _parse_trust(text: str) -> TrustPolicy:
    return parse_trust(text.encode(errors="replace"))
