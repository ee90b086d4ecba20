"""The time bank: hours of service saved for one's own old age, given to relatives, donated, issued to people in need, spent.

Regions differ in what they allow (DOMAIN section 1, time banks): each difference is a parameter. The accounts are in
`contracts.savings`.
"""

from typing import Final

from contracts import savings
from contracts.kinds import Module
from contracts.timebank import attestations, deposits, giving, offices, spending

_PARTS: Final = (offices, attestations, deposits, giving, spending)
MODULE: Final = Module(
    kinds=tuple(kind for part in _PARTS for kind in part.KINDS),
    events=(*(event for part in _PARTS for event in part.EVENTS), *savings.EVENTS),
    tables=(
        *savings.TABLES,
        *offices.TABLES,
        *attestations.TABLES,
        *deposits.TABLES,
        *spending.TABLES,
    ),
)
