"""Points that records earn, computed by the rules themselves under the numbers of the chain's genesis."""

from collections.abc import Iterable

from contracts.accrual import Accrual
from contracts.rulebook import compute_genesis_state
from ledger.genesis import Genesis
from ledger.types import Day, Minutes, TimeMs


def compute_points(genesis: Genesis, now_ms: int, rows: Iterable[tuple[Day, int]]) -> int:
    """Return the points that rows of (day, minutes) earn when they are certified at `now_ms`."""
    accrual = Accrual.load(compute_genesis_state(genesis), TimeMs(now_ms))
    return sum(accrual.compute_points(Minutes(minutes), is_late=accrual.is_late(day, accrual.today)) for day, minutes in rows)
