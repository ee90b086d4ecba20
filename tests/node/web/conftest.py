"""One running node for all tests of what it serves to browsers."""

from collections.abc import Iterator

import pytest

from tests.node.running import RunningNode


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with RunningNode(tmp_path_factory.mktemp("pages")) as running:
        yield running
