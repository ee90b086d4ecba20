"""One running node with a small ledger, for all tests that change nothing, and a new one for the others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.running import RunningNode
from tests.node.story import Story, tell


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, Story]]:
    with RunningNode(tmp_path_factory.mktemp("told")) as node:
        yield node, tell(node)


@pytest.fixture(scope="session")
def node(told: tuple[RunningNode, Story]) -> RunningNode:
    """The node of the story."""
    return told[0]


@pytest.fixture(scope="session")
def story(told: tuple[RunningNode, Story]) -> Story:
    return told[1]


@pytest.fixture
def new_node(tmp_path: Path) -> Iterator[RunningNode]:
    """A node whose chain has block 0 alone."""
    with RunningNode(tmp_path) as node:
        yield node
