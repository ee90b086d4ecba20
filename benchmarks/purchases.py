"""Transactions one by one: a volunteer holds a point for an offer, and the merchant captures it, each with a signature."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeAlias

from benchmarks.region import MERCHANT_KEY, MS_PER_DAY, OFFER, Kept, opening, sign_transaction
from benchmarks.schedule import DAYS_IN_WEEK, make_volunteer, make_volunteer_key
from cli.office.builders import DIRECT_VALIDITY_MS, new_identifier
from cli.session import compute_now_ms
from contracts.balances import get_lots
from contracts.exchange import HoldPoints, PointsOfHold
from contracts.lots import compute_sum
from ledger.crypto import SigningKey
from ledger.transactions import encode_signed
from ledger.types import Identifier, Points, TimeMs

PAYERS = 20_000
"""How many volunteers are looked at."""

Purchase: TypeAlias = tuple[bytes, bytes]
"""A hold and its capture, as envelopes."""


@dataclass(frozen=True, slots=True)
class Payer:
    """A volunteer with points."""

    number: int
    points: int


def find_payers(kept: Kept) -> list[Payer]:
    """Return volunteers of a closed region that have points, those who joined first of all."""
    with opening(kept) as region:
        view = region.chain.view()
        week = (region.now_ms // MS_PER_DAY - kept.schedule.first_day) // DAYS_IN_WEEK
        numbers = range(min(PAYERS, week * kept.schedule.joiners))
        found = (Payer(number, compute_sum(get_lots(view, make_volunteer(number)))) for number in numbers)
        return [payer for payer in found if payer.points]


def iterate_holders(payers: Sequence[Payer]) -> Iterator[int]:
    """Yield volunteers in turn, each as often as they have points."""
    for turn in range(max((payer.points for payer in payers), default=0)):
        yield from (payer.number for payer in payers if payer.points > turn)


def iterate_purchases(holders: Iterator[int]) -> Iterator[bytes]:
    """Yield for each of the holders two envelopes: a hold, and its capture, to be sent once the hold is final."""
    return chain.from_iterable(_make_purchases(holders))


def sign_ahead(holders: Iterator[int], count: int) -> Iterator[Purchase]:
    """Yield purchases of which the first `count` are signed before this returns: signing is no work of a node's machine."""
    purchases = _make_purchases(holders)
    return chain(list(islice(purchases, count)), purchases)


def _make_purchases(holders: Iterator[int]) -> Iterator[Purchase]:
    for number in holders:
        hold = new_identifier()
        now_ms = compute_now_ms()
        body = HoldPoints(hold, make_volunteer(number), OFFER, 1, TimeMs(now_ms + DAYS_IN_WEEK * MS_PER_DAY))
        yield (
            _sign("exchange.hold", body, make_volunteer_key(number), now_ms),
            _sign("exchange.capture", PointsOfHold(hold, Points(1)), MERCHANT_KEY, now_ms),
        )


def _sign(kind: str, body: object, key: SigningKey, now_ms: int) -> bytes:
    nonce: Identifier = new_identifier()
    return encode_signed(sign_transaction(kind, body, nonce, TimeMs(now_ms + DIRECT_VALIDITY_MS), [key]))
