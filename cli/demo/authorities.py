"""The demo on a network of several authorities: one of them fails in the middle, and comes back."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from cli.demo.home import DemoHome
from cli.network.local import LocalNode, find_homes, wait_until_equal
from cli.office.client import NodeClient
from cli.session import compute_now_ms
from ledger.authorities import compute_quorum
from ledger.types import TimeMs
from node.home import init_network
from node.settings import DEFAULT_HOST

CATCH_UP_SECONDS: Final = 60.0
_LOWEST_PORT: Final = 20_000
_HIGHEST_PORT: Final = 32_000
"""Below the ports that systems hand out by themselves."""


@dataclass(slots=True)
class Network:
    """The nodes of the demo. The last one may be killed and started again while the story goes on."""

    nodes: tuple[LocalNode, ...]
    has_failed: bool = False

    @property
    def can_spare_one(self) -> bool:
        """Whether a quorum is left without the last one."""
        return len(self.nodes) - 1 >= compute_quorum(len(self.nodes))

    def fail_one(self) -> None:
        """Kill the last node, once."""
        if self.can_spare_one and not self.has_failed:
            self.has_failed = True
            self.nodes[-1].kill()

    def bring_back(self) -> int:
        """Start the last node again where it was killed; return the height at which all nodes are equal.

        Raises `NOT_FINAL` when they do not become so.
        """
        if self.has_failed:
            self.nodes[-1].start()
            self.nodes[-1].wait_until_up()
        return int(wait_until_equal([node.home for node in self.nodes], CATCH_UP_SECONDS)["height"])


def make_network(home: DemoHome, chain_id: str, region: str) -> None:
    """Make the homes of the authorities, unless they are there."""
    if not (home.network / "a1" / "genesis.json").exists():
        init_network(
            home.network,
            home.authorities,
            chain_id=chain_id,
            region=region,
            time_ms=TimeMs(compute_now_ms()),
            passphrase=None,
            first_port=find_free_ports(2 * home.authorities),
        )


@contextmanager
def run_network(home: DemoHome) -> Iterator[tuple[NodeClient, Network]]:
    """Start all nodes, yield a client of the first, and stop them in the end."""
    network = Network(tuple(LocalNode(item) for item in find_homes(home.network)))
    with ExitStack() as stack:
        for node in network.nodes:
            stack.callback(node.stop)
            node.start()
        for node in network.nodes:
            node.wait_until_up()
        yield stack.enter_context(NodeClient(network.nodes[0].url)), network


def find_free_ports(count: int) -> int:
    """Return the first of `count` ports in a row that nobody has now."""
    for first in range(_LOWEST_PORT, _HIGHEST_PORT, count):
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    return _LOWEST_PORT


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((DEFAULT_HOST, port)) != 0


def fail_halfway(network: Network, total: int, advance: Callable[[int], None]) -> Callable[[int], None]:
    """Return `advance` with one thing more: halfway through, one authority fails."""
    done = 0

    def advance_and_fail(count: int) -> None:
        nonlocal done
        done += count
        if 2 * done >= total:
            network.fail_one()
        advance(count)

    return advance_and_fail
