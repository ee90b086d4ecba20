"""Two regions with a node each: each trusts the other, and time leaves one and arrives in the other, once."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.office.client import NodeClient
from contracts.regions.leaving import TIME_LEFT
from ledger.types import Minutes
from tests.cli import people
from tests.cli.command_line import CommandLine, Result
from tests.cli.town import Town, certify, fetch_trust, find_account, open_town

pytestmark = pytest.mark.functional

LAKE = "lake.example/log"
TOWN = "town.example/log"


@pytest.fixture
def lake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Town]:
    (tmp_path / "lake").mkdir()
    with open_town(tmp_path / "lake", CommandLine(capsys), LAKE) as running:
        yield running


def find_reason(result: Result) -> str:
    return str(result.document["error"]["reason"])


def trust_each_other(town: Town, lake: Town) -> None:
    for here, there, name in ((town, lake, LAKE), (lake, town, TOWN)):
        file = here.folder / "other-trust.txt"
        file.write_bytes(fetch_trust(there))
        assert here("region", "trust", file, "--dry-run", key="authority").document["dry_run"]
        assert here("region", "trust", file, key="authority").document["region"] == name


def test_time_goes_to_another_region_once(town: Town, lake: Town) -> None:
    here, there = certify(town), certify(lake)
    send = ("region", "send", here, "--to", LAKE, "--recipient", there, "--minutes", 200)
    assert find_reason(town(*send, key="holder", good=False)) == "unknown_region"
    trust_each_other(town, lake)
    assert find_reason(town(*send[:-1], 301, key="holder", good=False)) == "insufficient_time"
    sent = town(*send, key="holder").document["transaction_id"]
    proof = lake.folder / "time.json"
    town("region", "export", sent, "--out", proof, key="holder")

    assert find_reason(lake("region", "receive", proof, key="first", good=False)) == "not_permitted"
    assert lake("region", "receive", proof, "--dry-run", key="holder").document["dry_run"]
    received = lake("region", "receive", proof, key="holder").document
    assert (received["region"], received["minutes"]) == (TOWN, 200)
    assert find_reason(lake("region", "receive", proof, key="holder", good=False)) == "already_exists"
    merits = lake("volunteer", "merits", there, key="holder").document
    assert [item["minutes"] for item in merits["totals"]] == [200]
    assert find_reason(town("region", "receive", proof, key="holder", good=False)) == "unknown_volunteer"
    other = town("org", "register", "--name", "x", "--officer", town.make_key("x"), "--approvals", 1, key="authority").document
    assert (
        find_reason(town("region", "export", other["transaction_id"], "--out", proof, key="holder", good=False)) == "not_found"
    )


def test_a_second_arrival_is_refused_whatever_file_shows_it(town: Town, lake: Town) -> None:
    here, there = certify(town), certify(lake)
    trust_each_other(town, lake)
    file = lake.folder / "time.json"
    send = ("region", "send", here, "--to", LAKE, "--recipient", there, "--minutes", 200, "--out", file)
    town(*send, "--dry-run", key="holder")
    assert not file.exists()
    sent = town(*send, key="holder").document
    assert sent["file"] == str(file)
    lake("region", "receive", file, key="holder")
    later = lake.folder / "later.json"
    certify_more(town)
    town("region", "export", sent["transaction_id"], "--out", later, key="holder")
    assert json.loads(later.read_text())["checkpoint"] != json.loads(file.read_text())["checkpoint"]
    other = ("--volunteer", find_account(lake, "V-2"))
    assert find_reason(lake("region", "receive", later, key="holder", good=False)) == "already_exists"
    assert find_reason(lake("region", "receive", later, *other, key="holder", good=False)) == "not_permitted"
    assert find_reason(town(*send, key="holder", good=False)) == "already_exists"
    merits = lake("volunteer", "merits", there, key="holder").document
    assert [item["minutes"] for item in merits["totals"]] == [200]


def test_a_file_that_was_changed_lets_nothing_arrive(town: Town, lake: Town) -> None:
    here, there = certify(town), certify(lake)
    trust_each_other(town, lake)
    file = lake.folder / "time.json"
    town("region", "send", here, "--to", LAKE, "--recipient", there, "--minutes", 200, "--out", file, key="holder")
    transfer, *others = (item["index"] for item in json.loads(file.read_text())["entries"])

    def change(name: str, edit: Callable[[dict[str, Any]], None]) -> str:
        document = json.loads(file.read_text())
        edit(document)
        changed = lake.folder / f"{name}.json"
        changed.write_text(json.dumps(document))
        return find_reason(lake("region", "receive", changed, key="holder", good=False))

    def add_minutes(document: dict[str, Any]) -> None:
        entry = base64.b64decode(document["entries"][0]["entry"])
        more = replace(TIME_LEFT.decode(entry), minutes=Minutes(201))
        document["entries"][0]["entry"] = base64.b64encode(TIME_LEFT.encode(more)).decode()

    def turn_bit(document: dict[str, Any]) -> None:
        proof = bytearray(base64.b64decode(document["logProof"]))
        proof[0] ^= 1
        document["logProof"] = base64.b64encode(proof).decode()

    def take_note(document: dict[str, Any]) -> None:
        with NodeClient(lake.url) as client:
            document["checkpoint"] = client.get_bytes("/checkpoint").decode()

    def drop_cosignature(document: dict[str, Any]) -> None:
        document["checkpoint"] = "".join(document["checkpoint"].splitlines(keepends=True)[:-1])

    assert change("minutes", add_minutes) == "invalid_proof"
    assert change("place", lambda item: item["entries"][0].update(index=transfer - 1)) == "invalid_proof"
    assert change("path", turn_bit) == "invalid_proof"
    assert change("chain", take_note) in {"invalid_proof", "unknown_region"}
    assert change("cosignature", drop_cosignature) == "quorum_missing"
    assert others
    (lake.folder / "bomb.json").write_text("[" * 100_000)
    assert find_reason(lake("region", "receive", lake.folder / "bomb.json", key="holder", good=False)) == "malformed"
    (lake.folder / "large.json").write_bytes(b" " * (1 << 20) + file.read_bytes())
    assert find_reason(lake("region", "receive", lake.folder / "large.json", key="holder", good=False)) == "too_large"
    assert lake("volunteer", "merits", there, key="holder").document["totals"] == []
    lake("region", "receive", file, key="holder")


def certify_more(town: Town) -> None:
    roster = people.write_roster(town.folder / "more.csv", ["R-9,A,Care,Service,2026-05-09,Town,V-2,60"])
    town.at_office("hours", "import", roster, "--enrol", "--publish")


def test_a_region_s_checkpoints_are_put_on_record(town: Town, lake: Town) -> None:
    assert find_reason(town("region", "checkpoint", lake.url, key="authority", good=False)) == "unknown_region"
    trust_each_other(town, lake)
    first = town("region", "checkpoint", lake.url, key="authority").document
    assert find_reason(town("region", "checkpoint", lake.url, key="authority", good=False)) == "stale"
    certify(lake)
    second = town("region", "checkpoint", lake.url, key="authority").document
    assert second["size"] > first["size"]
    (shown,) = town("region", "show").document["regions"]
    assert (shown["region"], shown["checkpoint"]["size"]) == (LAKE, second["size"])
    town("region", "distrust", LAKE, key="authority")
    assert town("region", "show").document["regions"] == []
    (town.folder / "no-trust.txt").write_text("no trust file")
    assert find_reason(town("region", "trust", town.folder / "no-trust.txt", key="authority", good=False)) == "malformed"
