"""`python -m benchmarks` on as few records as it takes: every section runs, and says what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.authorities import make_authorities
from benchmarks.central import find_programs
from benchmarks.growth import list_points
from benchmarks.purchases import find_payers, iterate_holders
from benchmarks.region import clone, compute_bytes, make_region, opening
from benchmarks.schedule import Schedule
from ledger.types import Day
from node.stopped import open_stopped
from tests.functional.node_process import ROOT, make_environment

SECTIONS = ("growth", "one authority", "certificates", "snapshot", "replay")
NAMES = {
    *("chain_at_2000", "growth", "bytes_per_record", "restart", "certify_1", "memory_at_rest", "memory", "memory_growth"),
    *(
        "singles_1",
        "singles_together_1",
        "verify_api",
        "verify_offline",
        "verify_offline_usual",
        "snapshot_restore",
        "snapshot_take",
        "replay",
    ),
}


@pytest.mark.functional
@pytest.mark.slow
def test_smallest_run(tmp_path: Path) -> None:
    only = [word for section in SECTIONS for word in ("--only", section)]
    command = [sys.executable, "-m", "benchmarks", "--records", "2000", "--quick", *only, "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=make_environment({}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "performance.json").read_text())
    figures = {figure["name"]: figure for figure in document["figures"]}
    assert set(figures) == NAMES
    assert all(figure["value"] > 0 and figure["load"] for figure in figures.values())
    assert all(0 < figure["share"] < 1 for figure in figures.values() if figure["share"] is not None)
    assert document["durability"].startswith("synced")
    page = (tmp_path / "performance.md").read_text()
    assert all(f"| {figure['title']} |" in page for figure in figures.values())
    assert (tmp_path / "performance" / "growth.svg").exists()


def test_region_goes_on_where_it_was(tmp_path: Path) -> None:
    kept = make_region(tmp_path / "region", Schedule(20_000, Day(20_000)))
    with opening(kept) as region:
        spent = region.fill(1_000, 1)
        kept = region.keep()
    assert [item.records for item in spent] == [500, 500]
    assert kept.place.records == 1_000
    copied = clone(kept, tmp_path / "copied")
    assert compute_bytes(copied.home.store) == compute_bytes(kept.home.store)
    tips = []
    for item in (kept, copied):
        with opening(item) as region:
            region.certify(region.take_batches(1))
            tips.append(region.chain.tip)
    assert tips[0] == tips[1]
    payers = find_payers(kept)
    holders = list(iterate_holders(payers))
    assert len(holders) == sum(payer.points for payer in payers) > 0
    homes = make_authorities(kept, tmp_path / "authorities", 4)
    for home in homes:
        with open_stopped(home) as node:
            assert len(node.chain.authorities) == 4
            assert node.chain.tip.height == tips[0].height + 2


def test_copies_have_no_table_in_common_that_could_be_written_again(tmp_path: Path) -> None:
    kept = make_region(tmp_path / "region", Schedule(20_000, Day(20_000)))
    manifest = max(path.stat().st_mtime_ns for path in kept.home.store.glob("MANIFEST-*"))
    for name, mtime_ns in (("000998.ldb", manifest - 1), ("000999.ldb", manifest)):
        table = kept.home.store / name
        table.write_bytes(b"left")
        os.utime(table, ns=(mtime_ns, mtime_ns))
    copied = clone(kept, tmp_path / "copied")
    shared = {path.name for path in copied.home.store.iterdir() if path.stat().st_nlink > 1}
    assert "000998.ldb" in shared
    assert "000999.ldb" not in shared
    assert all(name.endswith(".ldb") for name in shared)


def test_points() -> None:
    assert [list_points(records) for records in (500, 10_000, 20_000, 1_000_000)] == [
        (500,),
        (10_000,),
        (10_000, 20_000),
        (10_000, 100_000, 1_000_000),
    ]


def test_a_missing_postgresql_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.central.FOLDERS", tmp_path)
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with pytest.raises(Exception, match="PostgreSQL is not installed"):
        find_programs()
