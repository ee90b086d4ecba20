"""Time on its way from one region to another while nodes are killed: said again, each command brings exactly one arrival."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine, Result
from tests.cli.town import Town, certify, fetch_trust, make_home
from tests.functional.node_process import NodeProcess
from tests.functional.relay import Moment, Trap, relay

pytestmark = [pytest.mark.functional, pytest.mark.slow]

RIVER, LAKE = "river.example/log", "lake.example/log"
TRANSACTIONS, BUNDLES = "/v1/transactions", "/v1/bundles"
MINUTES = 20


@dataclass
class Region:
    """A region whose node is started again each time it is killed."""

    town: Town
    home: Path
    stack: ExitStack

    def start(self) -> NodeProcess:
        node = self.stack.enter_context(NodeProcess(self.home))
        self.town = replace(self.town, url=node.url)
        self.node = node
        return node

    def kill_during(self, path: str, moment: Moment, *arguments: object) -> None:
        """Say a command while the node is killed with SIGKILL, and start the node again."""
        with relay(self.node.url, Trap(path, moment, self.node.kill)) as url:
            result = replace(self.town, url=url)(*arguments, key="holder", good=False)
        assert (result.code, find_reason(result)) == (3, "node_unreachable")
        self.start()


def find_reason(result: Result) -> str:
    return str(result.document["error"]["reason"])


@pytest.fixture
def make_region(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Region]]:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:

        def make(chain_id: str) -> Region:
            folder = tmp_path / chain_id.partition(".")[0]
            folder.mkdir()
            command_line = CommandLine(capsys)
            region = Region(Town(folder, "", command_line), make_home(folder, command_line, chain_id), stack)
            region.start()
            return region

        yield make


def test_each_kill_on_the_way_leaves_one_arrival(make_region: Callable[[str], Region], tmp_path: Path) -> None:
    river, lake = make_region(RIVER), make_region(LAKE)
    here, there = certify(river.town), certify(lake.town)
    for region, other in ((river, lake), (lake, river)):
        file = region.town.folder / "trust.txt"
        file.write_bytes(fetch_trust(other.town))
        region.town("region", "trust", file, key="authority")

    def say_send(file: Path) -> tuple[object, ...]:
        return "region", "send", here, "--to", LAKE, "--recipient", there, "--minutes", MINUTES, "--out", file

    # The node of the region that the time leaves is killed: before, while and after it sends, and before the proof is had.
    moments = [(TRANSACTIONS, moment) for moment in Moment] + [(BUNDLES, Moment.BEFORE), (BUNDLES, Moment.DONE)]
    files = [tmp_path / f"{number}.json" for number in range(len(moments))]
    for file, (path, moment) in zip(files, moments, strict=True):
        river.kill_during(path, moment, *say_send(file))
        assert not file.exists()
        river.town(*say_send(file), key="holder")
        assert [item.name for item in tmp_path.glob("*.draft")] == []
        assert find_reason(river.town(*say_send(file), key="holder", good=False)) == "already_exists"
    left = len(files) * MINUTES
    too_many = ("region", "send", here, "--to", LAKE, "--recipient", there, "--minutes", 301 - left)
    refused = river.town(*too_many, key="holder", good=False).document["error"]
    assert (refused["reason"], refused["value"]) == ("insufficient_time", str(300 - left))

    # The node of the region where it arrives is killed, before, while and after the time does.
    for file, moment in zip(files, Moment, strict=False):
        lake.kill_during(TRANSACTIONS, moment, "region", "receive", file)
        again = receive(lake.town, file)
        assert again.code == (1 if moment is Moment.DONE else again.code)
        assert again.code == 0 or find_reason(again) == "already_exists"
        assert find_reason(receive(lake.town, file)) == "already_exists"
    assert [receive(lake.town, file).code for file in files] == [1, 1, 1, 0, 0]
    merits = lake.town("volunteer", "merits", there, key="holder").document
    assert [item["minutes"] for item in merits["totals"]] == [MINUTES] * len(files)
    for region in (river, lake):
        region.node.kill()
        assert region.town.hourledger("fsck", region.home).code == 0


def receive(town: Town, file: Path) -> Result:
    return town.hourledger("region", "receive", file, "--key", town.folder / "holder.pem", "--node", town.url, "--json")
