"""Cards that a node writes for volunteers: the business card and the two counter cards, from committed state alone."""

import secrets
from typing import Any, Final

from aiohttp import web

from certificates.card import MEDIA_TYPE, CardContent, issue_card
from certificates.counter_card import (
    DESK_SECONDS,
    CounterCard,
    DeskProfile,
    MerchantProfile,
    compute_thumbprint,
    issue_counter_card,
)
from certificates.datetimes import format_datetime
from contracts.card_table import CARDS, Card, CardStatus
from contracts.exchange import HOLDS, HoldStatus
from contracts.exchange.holds import Hold
from contracts.lots import compute_sum
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.state import View
from ledger.types import IDENTIFIER_BYTES, Identifier, TimeMs
from node.api.about import GENESIS
from node.api.access import authenticate, find_key, require_party
from node.api.card_claims import find_claims, find_stars
from node.api.questions import compute_day
from node.api.requests import get_service, parse_body, read_body, read_hex, read_identifier
from node.pinned import Pinned

LOG_KEY: Final = web.AppKey("log_key", SigningKey)
MAX_BODY_BYTES: Final = 4_096
_NO_STORE: Final = {"Cache-Control": "no-store"}


async def show_card(request: web.Request) -> web.Response:
    """Show a volunteer which card is on record: its position, its key, and whether it stands."""
    volunteer = read_identifier(request)
    with get_service(request).reading() as pinned:
        card = _require_card(request, pinned.reader.state, volunteer, b"")
    return web.json_response(_format_card(volunteer, card), headers=_NO_STORE)


async def issue(request: web.Request) -> web.Response:
    """Write a volunteer's business card, with all its disclosures."""
    body = await read_body(request, MAX_BODY_BYTES)
    volunteer, award = _read_request(body)
    service = get_service(request)
    chain_id, key, now_ms = request.app[GENESIS].chain_id, request.app[LOG_KEY], service.clock()
    with service.reading() as pinned:
        card = _require_open(_require_card(request, pinned.reader.state, volunteer, body))

    def write(view: Pinned) -> str:
        claims = find_claims(view, volunteer, award, compute_day(view, now_ms))
        return issue_card(CardContent(chain_id, card.key, card.position, now_ms, claims), key, secrets.token_bytes)

    text = await service.read(write)
    return web.Response(body=text.encode(), content_type=MEDIA_TYPE, headers=_NO_STORE)


async def issue_for_desk(request: web.Request) -> web.Response:
    """Write a counter card that shows an account and its stars at an organisation's desk, for some minutes."""
    body = await read_body(request, MAX_BODY_BYTES)
    volunteer, award = _read_request(body)
    service = get_service(request)
    now_ms = service.clock()
    with service.reading() as pinned:
        card = _require_open(_require_card(request, pinned.reader.state, volunteer, body))
        stars = find_stars(pinned.reader.state, volunteer, award)
    profile = DeskProfile(volunteer, stars, card.position, compute_thumbprint(card.key))
    until_ms = TimeMs(_floor(now_ms) + DESK_SECONDS * 1_000)
    text = _sign(request, CounterCard(request.app[GENESIS].chain_id, _floor(now_ms), until_ms, profile))
    return web.json_response(
        {
            "card": text,
            "volunteer": volunteer.hex(),
            "stars": stars,
            "position": card.position,
            "until": format_datetime(until_ms),
        },
        headers=_NO_STORE,
    )


async def issue_for_merchant(request: web.Request) -> web.Response:
    """Write a counter card that shows a merchant that points are set aside for it."""
    identifier = read_identifier(request)
    body = await read_body(request, MAX_BODY_BYTES)
    service = get_service(request)
    now_ms = service.clock()
    with service.reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state, body)
        hold = HOLDS.get(pinned.reader.state, identifier)
        require_party(signed_by, () if hold is None else (hold.volunteer,), pinned.reader.state)
    if hold is None:
        raise HourledgerError(Reason.NOT_FOUND, "there is no such hold", identifier.hex())
    until_ms = _require_good(hold, identifier, now_ms)
    points = compute_sum(hold.lots)
    profile = MerchantProfile(identifier, hold.merchant, hold.offer, hold.quantity, points)
    text = _sign(request, CounterCard(request.app[GENESIS].chain_id, _floor(now_ms), until_ms, profile))
    return web.json_response(
        {
            "card": text,
            "hold": identifier.hex(),
            "merchant": hold.merchant.hex(),
            "offer": hold.offer.hex(),
            "quantity": hold.quantity,
            "points": points,
            "until": format_datetime(until_ms),
        },
        headers=_NO_STORE,
    )


def _sign(request: web.Request, card: CounterCard) -> str:
    return issue_counter_card(card, request.app[LOG_KEY])


def _floor(time_ms: int) -> TimeMs:
    return TimeMs(time_ms // 1_000 * 1_000)


def _require_good(hold: Hold, identifier: Identifier, now_ms: TimeMs) -> TimeMs:
    """Return until when a hold is good, in whole seconds; raise `HourledgerError` for one that a merchant cannot capture."""
    if hold.status is not HoldStatus.OPEN:
        raise HourledgerError(Reason.HOLD_CLOSED, f"the hold is {hold.status.name.lower()} already", identifier.hex())
    until_ms = _floor(hold.expires_ms)
    if until_ms <= _floor(now_ms):
        raise HourledgerError(Reason.HOLD_EXPIRED, "the hold's time is over", identifier.hex())
    return until_ms


def _require_card(request: web.Request, view: View, volunteer: Identifier, body: bytes) -> Card:
    """Return a volunteer's card; raise unless the volunteer asks, with the account's key or the card's own."""
    card = CARDS.get(view, volunteer)
    if card is None or find_key(request, body) != card.key:
        require_party(authenticate(request, view, body), (volunteer,), view)
    if card is None:
        raise HourledgerError(Reason.UNKNOWN_CARD, "the volunteer has no card on the ledger", volunteer.hex())
    return card


def _require_open(card: Card) -> Card:
    if card.status is not CardStatus.VALID:
        raise HourledgerError(Reason.CARD_CLOSED, f"the card is {card.status.name.lower()}", str(card.position))
    return card


def _read_request(body: bytes) -> tuple[Identifier, Identifier | None]:
    match parse_body(body):
        case {"volunteer": str(volunteer), **rest} if rest.keys() <= {"star_award"}:
            award = rest.get("star_award")
            if award is None or isinstance(award, str):
                return _read(volunteer, "volunteer"), None if award is None else _read(award, "star_award")
    raise HourledgerError(Reason.USAGE, "the body must be an object with volunteer and, if wanted, star_award")


def _read(text: str, name: str) -> Identifier:
    return Identifier(read_hex(text, name, IDENTIFIER_BYTES, IDENTIFIER_BYTES))


def _format_card(volunteer: Identifier, card: Card) -> dict[str, Any]:
    return {
        "volunteer": volunteer.hex(),
        "position": card.position,
        "key": card.key.hex(),
        "status": card.status.name.lower(),
        "registered_day": to_date(card.registered_day).isoformat(),
        "suspended_by_authority": card.is_suspended_by_authority,
    }
