"""Random operations on orders."""

from collections.abc import Callable
from typing import Final

from contracts.orders.certifying import CertifyOrder
from contracts.orders.helping import CompleteOrder, DispatchOrder
from contracts.orders.placed import AboutOrder, Order, OrderStatus
from contracts.orders.rating import RATE_KIND
from ledger.codec import MAX_DAY
from ledger.types import Day, Minutes
from tests.contracts.chain import hash_of, identifier_of, name_of
from tests.contracts.order_words import make_order, make_rating
from tests.properties.cases import Draws, Made

ORDERS: Final = tuple(f"order {number}" for number in range(8))
HELPERS: Final = ("mia", "noa", "mia", "noa", "old", "pia", None)
ACTIVITIES: Final = {"Harbour": ("Shore", "Dunes"), "Library": ("Reading", "Cliff"), "Museum": ("Guide",)}
MINUTES: Final = (60, 60, 60, 61, 61, 120, 120, 0)
SINCE: Final = {"accept": OrderStatus.DISPATCHED, "cancel": OrderStatus.PLACED, "close": OrderStatus.COMPLETED}
"""At which step an order mostly is when something is to be done with it."""


def make_order_operations(draws: Draws) -> dict[str, Callable[[], Made]]:
    """Return the maker of each kind."""
    return {
        "orders.place": lambda: _place(draws),
        "orders.dispatch": lambda: _dispatch(draws),
        "orders.accept": lambda: _accept(draws),
        "orders.complete": lambda: _complete(draws),
        "orders.cancel": lambda: _end(draws, "cancel"),
        "orders.close": lambda: _end(draws, "close"),
        RATE_KIND: lambda: _rate(draws),
        "orders.certify": lambda: _certify(draws),
    }


def _choose(draws: Draws, status: OrderStatus) -> tuple[str, Order | None]:
    """An order, mostly one at this step."""
    found = draws.chain.read_table(b"order")
    live = [name for name in ORDERS if identifier_of(name) in found and found[identifier_of(name)].status is status]
    name = draws.choose((*live * 8, *ORDERS))
    return name, found.get(identifier_of(name))


def _officers(draws: Draws, order: Order | None) -> tuple[str, ...]:
    return ("lea",) if order is None else draws.choose_officers(name_of(order.organisation.hex()))


def _helper(draws: Draws, order: Order | None) -> tuple[str, ...]:
    """The key of who was sent; an officer's where there is none."""
    keys = () if order is None or order.volunteer is None else draws.choose_keys(name_of(order.volunteer.hex()))
    return keys or _officers(draws, order)[:1]


def _place(draws: Draws) -> Made:
    name, officers = draws.choose_organisation()
    found = draws.chain.read_table(b"order")
    unused = [item for item in ORDERS if identifier_of(item) not in found]
    activity = draws.choose((*ACTIVITIES.get(name, ()) * 4, "Shore"))
    known = sorted(draws.chain.read_table(b"activity").items())
    own = [key for key, item in known if item.organisation == identifier_of(name) and item.activity_class.counts_hours]
    if own and draws.choose(range(4)):
        activity = name_of(draws.choose(own).hex())
    return officers[:1], make_order(draws.choose((*unused * 4, *ORDERS)), name, activity)


def _dispatch(draws: Draws) -> Made:
    name, order = _choose(draws, OrderStatus.PLACED)
    helper = draws.choose(HELPERS)
    return _officers(draws, order)[:1], DispatchOrder(identifier_of(name), None if helper is None else identifier_of(helper))


def _accept(draws: Draws) -> Made:
    name, order = _choose(draws, OrderStatus.DISPATCHED)
    return _helper(draws, order), AboutOrder(identifier_of(name))


def _complete(draws: Draws) -> Made:
    name, order = _choose(draws, OrderStatus.ACCEPTED)
    return _helper(draws, order), CompleteOrder(identifier_of(name), Minutes(draws.choose(MINUTES)))


def _end(draws: Draws, step: str) -> Made:
    name, order = _choose(draws, SINCE[step])
    return _officers(draws, order)[:1], AboutOrder(identifier_of(name))


def _rate(draws: Draws) -> Made:
    name, _order = _choose(draws, OrderStatus.COMPLETED)
    token = draws.choose((*[name] * 6, ORDERS[0]))
    body = make_rating(name, draws.choose((1, 3, 5)), token, said=draws.choose((None, None, None, 2)))
    return (draws.choose(("noa", "Bakery")),), body


def _certify(draws: Draws) -> Made:
    name, order = _choose(draws, OrderStatus.COMPLETED)
    day = Day(min(max(draws.now_ms // 86_400_000 - draws.choose((0, 1, 1, 2, 3)), 0), MAX_DAY))
    if order is not None and draws.choose(range(6)):
        day = min(day, draws.chain.read_table(b"activity")[order.activity].last_day)
    minutes = Minutes((order.minutes if order else 60) + draws.choose((0, 0, 0, 0, -1, 1)))
    record = f"r{draws.choose(range(36, 44))}"
    body = CertifyOrder(
        identifier_of(name), identifier_of(record), day, draws.choose((None, 540, 600, 1_320)), minutes, hash_of(record)
    )
    return _officers(draws, order), body
