"""What must hold of time that moves between regions, in every state."""

from tests.contracts.account_invariants import find_remaining
from tests.contracts.chain import Chain


def check_regions(chain: Chain) -> None:
    """Raise `AssertionError` where time arrived without standing anywhere, or stands for somebody who is not there."""
    totals = chain.read_table(b"imported-total")
    of_regions = {key: item for key, item in totals.items() if is_arrived(chain, item.organisation)}
    arrived = [find_remaining(chain, volunteer) for volunteer in chain.read_table(b"arrived").values()]
    assert len(of_regions) == len(arrived)
    assert sorted(find_remaining(chain, item.volunteer) for item in of_regions.values()) == sorted(arrived)
    left = chain.read_table(b"time-left")
    assert set(left) <= set(chain.read_table(b"volunteer"))
    assert all(minutes > 0 for minutes in left.values())


def is_arrived(chain: Chain, organisation: bytes) -> bool:
    """Whether a total stands under the name of a region from which time has arrived."""
    return any(key[:16] == organisation for key in chain.read_table(b"arrived"))
