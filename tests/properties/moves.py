"""What must hold of every move of points: nobody's points change but by the kinds that move them, and no gift renews any."""

from collections import Counter
from collections.abc import Iterable

from contracts.lots import Lot
from tests.contracts.chain import Chain, Result
from tests.properties.operations import Operation

GIVING = {"points.give", "points.donate", "points.grant"}


def check_moves(before: Chain, after: Chain, operation: Operation, result: Result) -> None:
    """Raise `AssertionError` where a gift makes points or days of expiry, or a closed month changes afterwards."""
    if operation.kind in GIVING and result.outcome.is_accepted:
        check_giving(before, after, operation)
    old, new = before.read_table(b"turnover"), after.read_table(b"turnover")
    for key, turnover in old.items():
        if turnover.closed_by is not None:
            figures = turnover.captured, turnover.refunded, turnover.closed_by
            assert (new[key].captured, new[key].refunded, new[key].closed_by) == figures
            assert new[key].is_acknowledged or not turnover.is_acknowledged


def check_giving(before: Chain, after: Chain, operation: Operation) -> None:
    """Exactly the points that are given leave one account and come to another, each with the day on which it expires."""
    moved = operation.body.points
    gained: Counter[int] = Counter()
    lost: Counter[int] = Counter()
    lots, donated = (before.read_lots(), after.read_lots()), (b"donation-points",) * 2
    for old, new in (lots, (before.read_table(donated[0]), after.read_table(donated[1]))):
        for key in {*old, *new}:
            first, last = count_days(old.get(key, ())), count_days(new.get(key, ()))
            gained += last - first
            lost += first - last
    expired = after.read_table(b"issuer").get(b"", 0) - before.read_table(b"issuer").get(b"", 0)
    assert sum(gained.values()) == moved > 0
    assert sum(lost.values()) == moved + expired
    assert not gained - lost
    assert expired == 0 or operation.kind != "points.give"


def count_days(lots: Iterable[Lot]) -> Counter[int]:
    """Points by the day on which they expire."""
    days: Counter[int] = Counter()
    for lot in lots:
        days[lot.expires_day] += lot.points
    return days
