"""Points that records earn, computed by the rules themselves under the numbers of the chain's genesis."""

from collections.abc import Iterable

from contracts.accrual import Accrual
from contracts.rulebook import compute_genesis_state
from ledger.genesis import Genesis
from ledger.types import Day, TimeMs


def compute_points(genesis: Genesis, now_ms: int, rows: Iterable[tuple[Day, int]], *, is_backfilled: bool = False) -> int:
    """Return the points that rows of (day, minutes) earn at the usual rate when they are certified at `now_ms`.

    An activity's coefficient, or its limit for one volunteer, may make it more or fewer.
    """
    accrual = Accrual.load(compute_genesis_state(genesis), TimeMs(now_ms))
    points = 0
    for day, minutes in rows:
        is_late = accrual.is_late(day, accrual.today)
        earning = accrual.count_earning_minutes(minutes, is_late=is_late, is_backfilled=is_backfilled)
        points += accrual.compute_points(earning, 100)
    return points
