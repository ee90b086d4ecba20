"""Verification of a business card: who signed it, what it shows, whether the holder showed it, and whether it still stands."""

from typing import Final

from msgspec.structs import replace

from certificates.card import Card, compute_open_audience, parse_card, validate_claims
from certificates.checks import CLOCK_TOLERANCE_MS, Checks, make_too_early
from certificates.datetimes import format_datetime
from certificates.jcs import JsonObject
from certificates.jws import take_text, verify_jws
from certificates.log_keys import read_issuer, require_log_key
from certificates.position_status import FoundStatus, Place, find_status
from certificates.reports import ArtefactReport, Question
from certificates.sd_jwt import compute_digest
from contracts.statuses import PositionStatus
from ledger.errors import ProofError
from ledger.reasons import Reason
from ledger.types import TimeMs
from ledger.verification import Report

KIND: Final = "card"
OPEN_SHOWING_MS: Final = 600_000
"""How long a card that is shown without the verifier's nonce counts as shown."""


def verify_card(data: bytes, question: Question) -> ArtefactReport:
    """Return the report on a card as of the time asked about; never raises for any bytes.

    `question.status` is a status list or a bundle; without one the answer is undetermined at best.
    """
    checks = Checks()
    card = checks.attempt("format", "SD-JWT VC", lambda: _read(data))
    if card is None:
        return ArtefactReport(KIND, Report(tuple(checks.items)))
    signed = checks.attempt("signature", f"log keys of {card.chain_id}", lambda: (True, _verify_signature(card, question)))
    shown = checks.attempt("disclosures", "digests in the signed part", lambda: (True, _verify_disclosures(card)))
    checks.attempt("holder", "key in the card", lambda: (True, _verify_holder(card, question)))
    at_time_ms = question.times.at_time_ms
    checks.attempt("time", format_datetime(at_time_ms), lambda: (True, _verify_time(card, at_time_ms)))
    found = _verify_standing(checks, card, question)
    statement = _state(card, found, at_time_ms) if signed and shown else None
    notes = _list_notes(card, question)
    return ArtefactReport(KIND, Report(tuple(checks.items)), None if found is None else found.as_of_ms, statement, notes=notes)


def _read(data: bytes) -> tuple[Card, str]:
    card = parse_card(data)
    return card, f"card at position {card.position} of {card.chain_id}"


def _verify_signature(card: Card, question: Question) -> str:
    key = read_issuer(take_text(card.jws.payload["iss"], "iss"), take_text(card.jws.header["kid"], "kid"))
    require_log_key(question.trust, card.chain_id, key)
    verify_jws(card.jws, key)
    return "signed by a node of the region"


def _verify_disclosures(card: Card) -> str:
    validate_claims(card)
    for item in card.disclosures:
        if item.digest not in card.digests:
            raise ProofError("the card was not issued with what it shows", Reason.COMMITMENT_MISMATCH, item.name[:60])
    return f"{len(card.disclosures)} claims are shown: {', '.join(item.name for item in card.disclosures) or 'none'}"


def _verify_holder(card: Card, question: Question) -> str:
    binding = card.binding
    if binding is None:
        raise ProofError("the card was not shown by its holder", Reason.KEY_BINDING_MISSING)
    if binding.payload["sd_hash"] != compute_digest(card.signed_text):
        raise ProofError("the holder has shown something else", Reason.COMMITMENT_MISMATCH)
    verify_jws(binding, card.key)
    is_open = question.audience is None and question.nonce is None
    audience = compute_open_audience(card.chain_id) if is_open else question.audience
    for name, expected in (("aud", audience), ("nonce", question.nonce)):
        if expected is not None and binding.payload[name] != expected:
            raise ProofError(f"the card was shown for another {name} than yours", Reason.CLAIM_MISMATCH, name)
    shown_ms = _read_shown(binding.payload)
    age_ms = question.times.at_time_ms - shown_ms
    if age_ms < -CLOCK_TOLERANCE_MS:
        raise make_too_early(shown_ms)
    if question.nonce is None and age_ms > OPEN_SHOWING_MS:
        raise ProofError("the card was shown too long ago", Reason.STALE, format_datetime(shown_ms))
    return f"the holder showed it {max(age_ms, 0) // 1_000} s ago{'' if question.nonce is None else ', for your nonce'}"


def _read_shown(payload: JsonObject) -> TimeMs:
    seconds = payload["iat"]
    return TimeMs(seconds * 1_000 if isinstance(seconds, int) else 0)


def _verify_time(card: Card, at_time_ms: TimeMs) -> str:
    if card.valid_from_ms > at_time_ms + CLOCK_TOLERANCE_MS:
        raise make_too_early(card.valid_from_ms)
    if _is_expired(card, at_time_ms):
        return f"it expired on {format_datetime(card.expires_ms)}: it is history"
    return f"it is good until {format_datetime(card.expires_ms)}"


def _is_expired(card: Card, at_time_ms: TimeMs) -> bool:
    return card.expires_ms <= at_time_ms


def _verify_standing(checks: Checks, card: Card, question: Question) -> FoundStatus | None:
    """Look up the position; what was found is returned also where it is no good."""
    looked_up: list[FoundStatus] = []

    def look_up() -> tuple[bool, str]:
        found = find_status(question.status, Place(card.chain_id, card.position), question.trust, question.times)
        looked_up.append(found)
        if found.status is not PositionStatus.VALID:
            raise ProofError(f"the card is {found.status.name.lower()}", Reason.NOT_CURRENT, found.source)
        return True, f"the card stands, says {found.source}"

    checks.attempt("standing", f"position {card.position}", look_up)
    found = looked_up[0] if looked_up else None
    checks.items[-1] = replace(checks.items[-1], as_of_ms=None if found is None else found.as_of_ms)
    return found


def _state(card: Card, found: FoundStatus | None, at_time_ms: TimeMs) -> JsonObject:
    standing = None if found is None else found.status.name.lower()
    if standing in {None, "valid"} and _is_expired(card, at_time_ms):
        standing = "expired"
    return {
        "chain_id": card.chain_id,
        "position": card.position,
        "first_day": format_datetime(card.valid_from_ms)[:10],
        "last_day": format_datetime(TimeMs(card.expires_ms - 1_000))[:10],
        "standing": standing,
        "claims": {item.name: item.value for item in card.disclosures},
        "hidden": len(card.digests) - len(card.disclosures),
    }


def _list_notes(card: Card, question: Question) -> tuple[str, ...]:
    notes = []
    if _is_expired(card, question.times.at_time_ms):
        notes.append("expired_card")
    if card.binding is not None and question.nonce is None:
        notes.append("shown_to_anybody")
    return tuple(notes)
