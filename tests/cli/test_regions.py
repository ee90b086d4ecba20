"""Two regions with a node each: each trusts the other, and time leaves one and arrives in the other, once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine, Result
from tests.cli.town import Town, certify, fetch_trust, open_town

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

    # Nobody can show the entry at a place where it does not stand.
    document = json.loads(proof.read_text())
    document["entries"][0]["index"] -= 1
    (lake.folder / "false.json").write_text(json.dumps(document))
    assert find_reason(lake("region", "receive", lake.folder / "false.json", key="holder", good=False)) == "invalid_proof"
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
