"""Status positions: a free one is drawn by the node, and drawn anew where somebody else was faster."""

from collections.abc import Callable
from typing import Final, TypeVar

from cli.office.answers import parse_answer
from cli.office.client import NodeClient
from contracts.statuses import compute_chunk_key
from ledger.errors import HourledgerError
from ledger.reasons import Reason

T = TypeVar("T")

MAX_DRAWS: Final = 5


def fetch_free_position(client: NodeClient) -> int:
    """Return a position that nobody had taken when the node was asked."""
    return parse_answer(lambda document: int(document["position"]), client.get_json("/v1/status-positions/free"))


def take_free_position(client: NodeClient, take: Callable[[int], T]) -> T:
    """Return what `take` returns for a free position; another one is tried where somebody else took it meanwhile."""
    for _ in range(MAX_DRAWS - 1):
        try:
            return take(fetch_free_position(client))
        except HourledgerError as error:
            if error.reason is not Reason.POSITION_TAKEN:
                raise
    return take(fetch_free_position(client))


def fetch_position_status(client: NodeClient, position: int) -> bytes:
    """Return the bundle that shows a position's status under a quorum."""
    return client.post_bytes("/v1/bundles", {"entries": [], "keys": [compute_chunk_key(position).hex()]})
