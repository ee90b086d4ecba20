"""Giving: from volunteer to volunteer, to a donation account, and from there to a volunteer in need (DOMAIN 1, points in use).

An organisation has a donation account, and the region has one. Donated points keep their expiry; what has expired goes back to
the issuer when next the account is touched.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.balances import add_issued, get_lots, put_lots
from contracts.identity.departed import require_account
from contracts.identity.parties import get_organisation, require_authority, require_officers, require_volunteer
from contracts.kinds import Kind
from contracts.lots import MAX_LOTS, Lot, add_lots, compute_sum, lots_codec, split_expired, take_oldest
from contracts.parameters import compute_today
from contracts.points.accounts import take_points
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import IDENTIFIER_BYTES, Day, Identifier, Points

DONATIONS: Final[Table[tuple[Lot, ...]]] = Table(b"donation-points", lots_codec, is_public=True)
"""Lots of a donation account, one for each day of expiry. The region's account has no identifier in its key."""
_ANY_SOURCE: Final = Identifier(bytes(IDENTIFIER_BYTES))
"""Source of donated lots: where they came from is not public."""


@dataclass(frozen=True, slots=True)
class GivePoints:
    """Body and event: a volunteer gives points to another."""

    volunteer: Identifier
    recipient: Identifier
    points: Points


@dataclass(frozen=True, slots=True)
class DonatePoints:
    """Body and event: a volunteer gives points to an organisation's donation account; None is the region's."""

    volunteer: Identifier
    organisation: Identifier | None
    points: Points


@dataclass(frozen=True, slots=True)
class GrantPoints:
    """Body and event: donated points go to a volunteer in need; organisation None is the region's account."""

    organisation: Identifier | None
    volunteer: Identifier
    points: Points


def _with_organisation(volunteer: Identifier, organisation: Identifier | None) -> tuple[Identifier, ...]:
    return (volunteer,) if organisation is None else (volunteer, organisation)


_give = codec.struct(GivePoints, codec.identifier, codec.identifier, codec.points)
_donate = codec.struct(DonatePoints, codec.identifier, codec.optional(codec.identifier), codec.points)
_grant = codec.struct(GrantPoints, codec.optional(codec.identifier), codec.identifier, codec.points)
POINTS_GIVEN = EventType("points.given", _give, lambda event: (event.volunteer, event.recipient))
POINTS_DONATED = EventType("points.donated", _donate, lambda event: _with_organisation(event.volunteer, event.organisation))
POINTS_GRANTED = EventType("points.granted", _grant, lambda event: _with_organisation(event.volunteer, event.organisation))


def get_donations(view: View, organisation: Identifier | None) -> tuple[Lot, ...]:
    """Lots of a donation account, expired ones included; None is the region's."""
    return DONATIONS.get(view, organisation or b"") or ()


def _put_donations(state: Overlay, organisation: Identifier | None, lots: tuple[Lot, ...], today: Day) -> None:
    key = organisation or b""
    expired, usable = split_expired(lots, today)
    if len(usable) > MAX_LOTS:
        raise Rejection(Reason.ACCOUNT_FULL, f"an account has at most {MAX_LOTS} lots", key.hex())
    add_issued(state, -compute_sum(expired))
    if usable:
        DONATIONS.put(state, usable, key)
    elif DONATIONS.has(state, key):
        DONATIONS.delete(state, key)


def _resource(lots: Iterable[Lot], source: Identifier) -> tuple[Lot, ...]:
    """Return the same points with another source, one lot for each day of expiry."""
    points: Counter[Day] = Counter()
    for lot in lots:
        points[lot.expires_day] += lot.points
    return tuple(Lot(day, source, 0, Points(points[day])) for day in sorted(points))


def _receive(state: Overlay, volunteer: Identifier, lots: tuple[Lot, ...], context: TransactionContext) -> None:
    source = Identifier(context.transaction_id[:IDENTIFIER_BYTES])
    put_lots(state, volunteer, add_lots(get_lots(state, volunteer), _resource(lots, source)))


def _require_points(points: Points) -> None:
    if points == 0:
        raise Rejection(Reason.INVALID_POINTS, "what is given is one point at least", "0")


def give_points(state: Overlay, body: GivePoints, context: TransactionContext) -> Effects:
    """Give points to another volunteer, oldest first and with their expiry (signed by the volunteer who gives)."""
    require_account(state, body.volunteer)
    require_account(state, body.recipient)
    require_volunteer(state, context, body.volunteer)
    if body.recipient == body.volunteer:
        raise Rejection(Reason.NO_CHANGE, "the points are with that volunteer already", body.recipient.hex())
    _require_points(body.points)
    taken = take_points(state, body.volunteer, body.points, compute_today(state, context.block.time_ms))
    _receive(state, body.recipient, taken, context)
    return Effects((POINTS_GIVEN.encode(body),))


def donate_points(state: Overlay, body: DonatePoints, context: TransactionContext) -> Effects:
    """Give points to a donation account, oldest first and with their expiry (signed by the volunteer)."""
    if body.organisation is not None:
        get_organisation(state, body.organisation)
    require_volunteer(state, context, body.volunteer)
    _require_points(body.points)
    today = compute_today(state, context.block.time_ms)
    taken = take_points(state, body.volunteer, body.points, today)
    lots = add_lots(get_donations(state, body.organisation), _resource(taken, _ANY_SOURCE))
    _put_donations(state, body.organisation, lots, today)
    return Effects((POINTS_DONATED.encode(body),))


def grant_points(state: Overlay, body: GrantPoints, context: TransactionContext) -> Effects:
    """Give donated points to a volunteer (signed by officers as the policy says; for the region's account by an authority)."""
    if body.organisation is not None:
        get_organisation(state, body.organisation)
    require_account(state, body.volunteer)
    if body.organisation is None:
        require_authority(state, context)
    else:
        require_officers(state, context, body.organisation)
    _require_points(body.points)
    today = compute_today(state, context.block.time_ms)
    expired, usable = split_expired(get_donations(state, body.organisation), today)
    balance = compute_sum(usable)
    if balance < body.points:
        raise Rejection(Reason.INSUFFICIENT_POINTS, f"{body.points} points are needed, {balance} are there", str(balance))
    taken, rest = take_oldest(usable, body.points)
    _put_donations(state, body.organisation, (*expired, *rest), today)
    _receive(state, body.volunteer, taken, context)
    return Effects((POINTS_GRANTED.encode(body),))


KINDS: Final = (
    Kind("points.give", _give, give_points),
    Kind("points.donate", _donate, donate_points),
    Kind("points.grant", _grant, grant_points),
)
EVENTS: Final = (POINTS_GIVEN, POINTS_DONATED, POINTS_GRANTED)
