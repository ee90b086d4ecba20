"""Verification of a counter card, with the network off: whose word it is, whether it is still time, and for which merchant."""

from typing import Final

from certificates.checks import CLOCK_TOLERANCE_MS, Checks, make_too_early
from certificates.cose import CoseSign1
from certificates.counter_card import CounterCard, DeskProfile, MerchantProfile, parse_counter_card
from certificates.datetimes import format_datetime
from certificates.jcs import JsonObject
from certificates.log_keys import iterate_log_keys
from certificates.reports import ArtefactReport, Question
from ledger.crypto import Context, is_signature
from ledger.errors import ProofError, SignatureError
from ledger.reasons import Reason
from ledger.types import Identifier, TimeMs
from ledger.verification import Report

KIND: Final = "counter_card"


def verify_counter_card(data: bytes, question: Question) -> ArtefactReport:
    """Return the report on the text of a code as of the time asked about; never raises for any bytes.

    `question.merchant` says whose counter it is. One whose time is over is invalid: what it was for is over with it.
    """
    checks = Checks()
    parsed = checks.attempt("format", "COSE_Sign1, CWT, Base45", lambda: _read(data))
    if parsed is None:
        return ArtefactReport(KIND, Report(tuple(checks.items)))
    card, cose = parsed
    against = f"log keys of {card.chain_id}"
    signed = checks.attempt("signature", against, lambda: (True, _verify_signature(card, cose, question)))
    at_time_ms = question.times.at_time_ms
    checks.attempt("time", format_datetime(at_time_ms), lambda: (True, _verify_time(card, at_time_ms)))
    merchant = question.merchant
    if merchant is not None:
        checks.attempt("merchant", merchant.hex(), lambda: (True, _verify_merchant(card, merchant)))
    statement = describe_counter_card(card, at_time_ms) if signed else None
    note = "captured_once" if isinstance(card.profile, MerchantProfile) else "copy_of_code"
    return ArtefactReport(KIND, Report(tuple(checks.items)), card.issued_ms, statement, notes=(note,))


def _read(data: bytes) -> tuple[tuple[CounterCard, CoseSign1], str]:
    parsed = parse_counter_card(data.strip(b"\t\r\n"))
    return parsed, f"counter card of {parsed[0].chain_id}"


def _verify_signature(card: CounterCard, cose: CoseSign1, question: Question) -> str:
    # Four bytes tell keys apart and protect nothing: each key of that id is tried.
    keys = [item for item in iterate_log_keys(question.trust, card.chain_id) if item.key_id == cose.key_id]
    if not keys:
        raise ProofError("no trust file given names the key of the node that signed", Reason.UNTRUSTED_LOG, card.chain_id)
    if not any(is_signature(item.public_key, Context.PLAIN, cose.signed, cose.signature) for item in keys):
        raise SignatureError("the signature does not fit the card", cose.key_id.hex())
    return "signed by a node of the region"


def _verify_time(card: CounterCard, at_time_ms: TimeMs) -> str:
    if card.issued_ms > at_time_ms + CLOCK_TOLERANCE_MS:
        raise make_too_early(card.issued_ms)
    if card.until_ms <= at_time_ms:
        is_hold = isinstance(card.profile, MerchantProfile)
        reason = Reason.HOLD_EXPIRED if is_hold else Reason.EXPIRED
        raise ProofError("the card's time is over", reason, format_datetime(card.until_ms))
    return f"it is good until {format_datetime(card.until_ms)}"


def _verify_merchant(card: CounterCard, merchant: Identifier) -> str:
    if not isinstance(card.profile, MerchantProfile) or card.profile.merchant != merchant:
        raise ProofError("the card is not for this merchant", Reason.CLAIM_MISMATCH)
    return "the points are set aside for this merchant"


def describe_counter_card(card: CounterCard, at_time_ms: TimeMs) -> JsonObject:
    """Return what a card states."""
    common: JsonObject = {
        "chain_id": card.chain_id,
        "profile": "merchant" if isinstance(card.profile, MerchantProfile) else "organisation",
        "issued": format_datetime(card.issued_ms),
        "until": format_datetime(card.until_ms),
        "standing": "valid" if at_time_ms < card.until_ms else "expired",
    }
    match card.profile:
        case MerchantProfile() as item:
            return {
                **common,
                "hold": item.hold.hex(),
                "merchant": item.merchant.hex(),
                "offer": item.offer.hex(),
                "quantity": item.quantity,
                "points": item.points,
            }
        case DeskProfile() as item:
            return {
                **common,
                "account": item.account.hex(),
                "stars": item.stars,
                "position": item.position,
                "key_thumbprint": item.thumbprint.hex(),
            }
