"""Current values: organisations, merchants, activities and offers for everybody; accounts and holds for their parties."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from contracts.activities import ACTIVITIES
from contracts.activities.notices import NOTICES
from contracts.activities.places import SIGN_UPS, get_places
from contracts.activities.projects import PROJECT_OF, PROJECTS
from contracts.activities.terms import TERMS
from contracts.balances import get_lots
from contracts.blocks import BLOCKS
from contracts.exchange import HOLDS, OFFERS
from contracts.governance import take_effect
from contracts.identity.departed import ERASED, MERGED, VOLUNTEERS, make_absence
from contracts.identity.lineage import GUIDES, SUCCESSORS
from contracts.identity.parties import MERCHANTS, ORGANISATIONS, get_preparers
from contracts.identity.volunteer_keys import REPLACEMENTS
from contracts.identity.wards import GUARDIANS
from contracts.lots import compute_sum, split_expired
from contracts.parameters import compute_today
from contracts.points import get_merchant_balance
from contracts.rulebook import get_table
from contracts.savings import MERCHANT_TIME
from ledger.codec import encode
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.notes import format_base64
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.state_tree import state_proof_codec
from ledger.types import IDENTIFIER_BYTES, Height, Identifier
from node.api.access import authenticate, require_key, require_party
from node.api.requests import get_service, read_hex, read_identifier

MAX_KEY_BYTES = 256

Format = Callable[[View, Identifier, Any], dict[str, Any]]


def _format_organisation(view: View, identifier: Identifier, value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "organisation": identifier.hex(),
        "name": value.name,
        "standing": value.standing.name.lower(),
        "officers": [key.hex() for key in value.officers],
        "approvals": value.approvals,
        "preparers": [key.hex() for key in get_preparers(view, identifier)],
        "successor": _format_optional(SUCCESSORS.get(view, identifier)),
        "guide": _format_optional(GUIDES.get(view, identifier)),
    }


def _format_optional(identifier: Identifier | None) -> str | None:
    return None if identifier is None else identifier.hex()


def _format_merchant(_view: View, identifier: Identifier, value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "merchant": identifier.hex(),
        "name": value.name,
        "standing": value.standing.name.lower(),
        "key": value.key.hex(),
    }


def _format_activity(view: View, identifier: Identifier, value: Any) -> dict[str, Any]:  # noqa: ANN401
    project = PROJECT_OF.get(view, identifier)
    notices = NOTICES.get(view, identifier) or ()
    return {
        "activity": identifier.hex(),
        "organisation": value.organisation.hex(),
        "class": value.activity_class.name.lower(),
        "first_day": to_date(value.first_day).isoformat(),
        "last_day": to_date(value.last_day).isoformat(),
        "details": value.details.hex(),
        "coefficient": value.coefficient,
        "is_open": value.is_open,
        "status": value.status.name.lower(),
        "project": None if project is None else project.hex(),
        "sign_up": _format_terms(view, identifier),
        "notices": [
            {"subject": item.subject.name.lower(), "text": item.text.hex(), "time_ms": item.time_ms} for item in notices
        ],
    }


def _format_terms(view: View, activity: Identifier) -> dict[str, Any] | None:
    """Terms and how many places are left, for everybody: numbers, and no names."""
    terms = TERMS.get(view, activity)
    if terms is None:
        return None
    places = get_places(view, activity)
    return {
        "last_day": to_date(terms.last_day).isoformat(),
        "risk": terms.risk.name.lower(),
        "trainings": list(terms.trainings),
        "places": terms.capacity,
        "taken": places.taken,
        "may_wait": terms.waiting,
        "waiting": len(places.waiting),
    }


def _format_project(_view: View, identifier: Identifier, value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "project": identifier.hex(),
        "organisation": value.organisation.hex(),
        "status": value.status.name.lower(),
        "open_activities": value.open_activities,
        "details": value.details.hex(),
    }


def _format_offer(_view: View, identifier: Identifier, value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "offer": identifier.hex(),
        "merchant": value.merchant.hex(),
        "points": value.points,
        "first_day": None if value.first_day is None else to_date(value.first_day).isoformat(),
        "last_day": to_date(value.last_day).isoformat(),
        "details": value.details.hex(),
        "is_open": value.is_open,
        "stock": value.stock,
        "taken": value.taken,
    }


def _format_erasure(_view: View, identifier: Identifier, value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"volunteer": identifier.hex(), "erased_day": to_date(value).isoformat()}


def _make_public(table: Table[Any], name: str, fmt: Format) -> Callable[[web.Request], Any]:
    async def show(request: web.Request) -> web.Response:
        identifier = read_identifier(request)
        with get_service(request).reading() as pinned:
            value = table.get(pinned.reader.state, identifier)
            if value is None:
                raise HourledgerError(Reason.NOT_FOUND, f"there is no such {name}", identifier.hex())
            return web.json_response(fmt(pinned.reader.state, identifier, value))

    return show


show_organisation = _make_public(ORGANISATIONS, "organisation", _format_organisation)
show_merchant = _make_public(MERCHANTS, "merchant", _format_merchant)
show_activity = _make_public(ACTIVITIES, "activity", _format_activity)
show_project = _make_public(PROJECTS, "project", _format_project)
show_offer = _make_public(OFFERS, "offer", _format_offer)
show_erasure = _make_public(ERASED, "erased account", _format_erasure)


async def show_merchant_account(request: web.Request) -> web.Response:
    """Give a merchant its balance of points, and the saved time that it took for goods."""
    merchant = read_identifier(request)
    with get_service(request).reading() as pinned:
        require_party(authenticate(request, pinned.reader.state), (merchant,), pinned.reader.state)
        balance = get_merchant_balance(pinned.reader.state, merchant)
        minutes = MERCHANT_TIME.get(pinned.reader.state, merchant) or 0
    return web.json_response({"merchant": merchant.hex(), "balance": balance, "time_minutes": minutes})


async def show_volunteer(request: web.Request) -> web.Response:
    """Give a volunteer the account: key, what is to replace it, and points. Expired points are listed and do not count."""
    identifier = read_identifier(request)
    service = get_service(request)
    with service.reading() as pinned:
        view = pinned.reader.state
        if ERASED.has(view, identifier):
            raise make_absence(view, identifier)
        require_party(authenticate(request, view), (identifier,), view)
        if MERGED.has(view, identifier):
            raise make_absence(view, identifier)
        volunteer = VOLUNTEERS.get(view, identifier)
        if volunteer is None:
            raise HourledgerError(Reason.NOT_FOUND, "there is no such volunteer", identifier.hex())
        waiting = REPLACEMENTS.get(view, identifier)
        guardian = GUARDIANS.get(view, identifier)
        lots = get_lots(view, identifier)
        in_force = Overlay(view)
        take_effect(in_force, Height(pinned.reader.tip.height + 1))
        _expired, usable = split_expired(lots, compute_today(in_force, service.clock()))
    return web.json_response(
        {
            "volunteer": identifier.hex(),
            "key": None if volunteer.key is None else volunteer.key.hex(),
            "replacement": None if waiting is None else {"key": waiting.key.hex(), "from_ms": waiting.from_ms},
            "guardian": None if guardian is None else guardian.hex(),
            "enrolled_by": volunteer.enrolled_by.hex(),
            "block": _format_block(view, identifier),
            "balance": compute_sum(usable),
            "lots": [
                {
                    "points": lot.points,
                    "expires_day": to_date(lot.expires_day).isoformat(),
                    "batch": lot.batch.hex(),
                    "row": lot.row,
                }
                for lot in lots
            ],
        }
    )


def _format_block(view: View, volunteer: Identifier) -> dict[str, Any] | None:
    """Return the sanction under which the volunteer may not sign up, until its last day."""
    block = BLOCKS.get(view, volunteer)
    return None if block is None else {"sanction": block.sanction.hex(), "last_day": to_date(block.last_day).isoformat()}


async def show_sign_up(request: web.Request) -> web.Response:
    """Tell a volunteer, and the organisation, how the volunteer stands to an activity."""
    identifier = read_identifier(request)
    volunteer = Identifier(read_hex(request.match_info["volunteer"], "the volunteer", IDENTIFIER_BYTES, IDENTIFIER_BYTES))
    with get_service(request).reading() as pinned:
        view = pinned.reader.state
        signed_by = authenticate(request, view)
        activity = ACTIVITIES.get(view, identifier)
        require_party(signed_by, (volunteer,) if activity is None else (volunteer, activity.organisation), view)
        sign_up = SIGN_UPS.get(view, identifier, volunteer)
        waiting = get_places(view, identifier).waiting
    if sign_up is None:
        raise HourledgerError(Reason.NOT_FOUND, "the volunteer has not signed up", volunteer.hex())
    return web.json_response(
        {
            "activity": identifier.hex(),
            "volunteer": volunteer.hex(),
            "standing": sign_up.standing.name.lower(),
            "first_day": to_date(sign_up.first_day).isoformat(),
            "place_in_line": waiting.index(volunteer) + 1 if volunteer in waiting else None,
        }
    )


async def show_hold(request: web.Request) -> web.Response:
    """Give a hold to its volunteer and its merchant."""
    identifier = read_identifier(request)
    with get_service(request).reading() as pinned:
        view = pinned.reader.state
        signed_by = authenticate(request, view)
        hold = HOLDS.get(view, identifier)
        require_party(signed_by, () if hold is None else (hold.volunteer, hold.merchant), view)
    if hold is None:
        raise HourledgerError(Reason.NOT_FOUND, "there is no such hold", identifier.hex())
    return web.json_response(
        {
            "hold": identifier.hex(),
            "volunteer": hold.volunteer.hex(),
            "merchant": hold.merchant.hex(),
            "offer": hold.offer.hex(),
            "status": hold.status.name.lower(),
            "expires_ms": hold.expires_ms,
            "points": compute_sum(hold.lots),
            "quantity": hold.quantity,
            "is_delivered": hold.is_delivered,
        }
    )


async def show_state(request: web.Request) -> web.Response:
    """Give the value of a state key and its proof under the newest block's state root."""
    key = read_hex(request.match_info["key"], "the key", 1, MAX_KEY_BYTES)
    with get_service(request).reading() as pinned:
        reader = pinned.reader
        require_key(authenticate(request, reader.state), reader.state, key)
        value = reader.state.get(key)
        proof = encode(state_proof_codec, reader.prove_state(key))
        header = reader.tip.header
    table = get_table(key)
    return web.json_response(
        {
            "key": key.hex(),
            "table": "" if table is None else table.namespace.decode(),
            "value": None if value is None else value.hex(),
            "proof": format_base64(proof),
            "height": header.height,
            "state_root": header.state_root.hex(),
        }
    )
