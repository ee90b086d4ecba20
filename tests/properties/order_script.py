"""What the pseudo-random ledger draws about orders: bodies, and the names of the keys that sign."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from contracts.orders.certifying import CertifyOrder
from contracts.orders.helping import CompleteOrder, DispatchOrder
from contracts.orders.placed import AboutOrder, PlaceOrder
from contracts.orders.rating import RATE_KIND, RateOrder
from contracts.tokens import Statement, compute_token_hash, sign_statement
from ledger.crypto import SigningKey, sha256
from ledger.types import Day, Identifier, Minutes
from tests.properties.account_script import START_DAY, Draw, Drawn

CHAIN_ID: Final = "property.example/log"
ORDERS: Final = tuple(Identifier(sha256(b"order %d" % number)[:16]) for number in range(3))
OFFICERS: Final = ("officer 1 1", "officer 1 2")
ORGANISATION: Final = Identifier(sha256(b"property identifier organisation 1")[:16])


def _token(order: Identifier) -> SigningKey:
    return SigningKey(sha256(b"token ", order))


def _place(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del volunteers
    order = random.choice(ORDERS)
    token_hash = compute_token_hash(_token(order).public_key)
    return PlaceOrder(order, ORGANISATION, activities[0], sha256(b"need"), token_hash, sha256(b"code ", order)), OFFICERS


def _dispatch(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del activities
    return DispatchOrder(random.choice(ORDERS), random.choice((volunteers[0], volunteers[1], None))), OFFICERS


def _about(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del volunteers, activities
    return AboutOrder(random.choice(ORDERS)), (*OFFICERS, "volunteer 1", "volunteer 2")


def _complete(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del volunteers, activities
    return CompleteOrder(random.choice(ORDERS), Minutes(random.choice((0, 60, 120)))), OFFICERS


def _rate(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del volunteers, activities
    order, score = random.choice(ORDERS), random.randint(1, 5)
    key = _token(random.choice((order, order, ORDERS[0])))
    signature = sign_statement(key, Statement(CHAIN_ID, RATE_KIND, order, score))
    return RateOrder(order, score, key.public_key, signature), ("volunteer 3",)


def _certify(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del volunteers, activities
    order, record = random.choice(ORDERS), Identifier(sha256(b"order record %d" % random.randrange(20))[:16])
    day, start = Day(START_DAY + random.randrange(3)), random.choice((None, 480, 600))
    return CertifyOrder(order, record, day, start, Minutes(random.choice((30, 60))), sha256(record)), OFFICERS


ORDER_DRAWS: Mapping[str, Draw] = {
    "orders.place": _place,
    "orders.dispatch": _dispatch,
    "orders.accept": _about,
    "orders.complete": _complete,
    "orders.cancel": _about,
    "orders.close": _about,
    RATE_KIND: _rate,
    "orders.certify": _certify,
}
