"""What must hold of orders in every state."""

from collections import Counter

from contracts.orders.placed import OrderStatus
from tests.contracts.account_invariants import read_accounts
from tests.contracts.chain import Chain


def check_orders(chain: Chain) -> None:
    """Raise `AssertionError` where an order contradicts itself, its helper or its record."""
    orders = chain.read_table(b"order")
    assert Counter(order.organisation for order in orders.values()) == chain.read_table(b"order-count")
    activities, accounts = chain.read_table(b"activity"), read_accounts(chain)
    for order in orders.values():
        assert order.status not in {OrderStatus.CANCELLED, OrderStatus.CLOSED}
        assert activities[order.activity].organisation == order.organisation
        assert order.volunteer is None or (order.volunteer in accounts and order.status is not OrderStatus.PLACED)
        is_completed = order.status is OrderStatus.COMPLETED
        assert is_completed is (order.minutes > 0)
        assert is_completed or not (order.is_rated or order.record)
    check_waiting(chain)


def check_waiting(chain: Chain) -> None:
    """What waits for a helper of an order is no longer than what was completed."""
    reserved = chain.read_table(b"reserved")
    for order in chain.read_table(b"order").values():
        waiting = reserved.get(order.code_hash)
        if waiting is not None and order.record == waiting.hours.record:
            assert waiting.hours.minutes <= order.minutes
            assert (waiting.organisation, waiting.hours.activity) == (order.organisation, order.activity)
            assert order.volunteer is None
