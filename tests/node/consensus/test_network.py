"""What a node says of itself among others, one of whom may lie."""

from collections.abc import Sequence

import pytest

from ledger.types import Height
from node.consensus.network import compute_behind

LIE = 2**63 - 1


@pytest.mark.parametrize(
    ("claimed", "authorities", "behind"),
    [
        ((), 4, 0),
        ((10, 10, 10), 4, 0),
        ((7, 8, 9), 4, 0),
        ((15, 15, 15), 4, 5),
        ((LIE, 10, 10), 4, 0),
        ((15, LIE, 13), 4, 5),
        ((15,), 4, 5),
        ((12, 15), 2, 5),
        ((LIE, LIE, 12, 11, 10, 9), 7, 2),
    ],
)
def test_a_liar_does_not_make_a_node_seem_behind(claimed: Sequence[int], authorities: int, behind: int) -> None:
    assert compute_behind(Height(10), [Height(height) for height in claimed], authorities) == behind
