"""The figures of docs/consensus.md: the program that makes them runs, and its counts are what the protocol says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.consensus import format_table
from benchmarks.load import compute_percentile
from benchmarks.processors import Spent, read_spent
from benchmarks.traffic import measure_traffic
from tests.functional.node_process import ROOT, make_environment

SMALLEST = "--sizes 1,4 --counted 1,4 --rounds 1 --samples 2 --clients 4 --seconds 0.5"


@pytest.mark.functional
@pytest.mark.slow
def test_smallest_setting(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.consensus", *SMALLEST.split(), "--json", str(tmp_path / "figures.json")]
    done = subprocess.run(command, cwd=ROOT, env=make_environment({}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [(run["authorities"], len(run["waits"])) for run in figures["runs"]] == [(1, 2), (4, 2)]
    assert all(run["pace"]["per_second"] > 0 for run in figures["runs"])
    assert [item["authorities"] for item in figures["traffic"]] == [1, 4]
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("|")]
    assert [row for row in rows if row.isdigit()] == ["1", "4"] * 2


@pytest.mark.parametrize("size", [1, 4, 7])
def test_messages_of_a_block(tmp_path: Path, size: int) -> None:
    """A transaction, a proposal and its one part go to each other authority; two votes and a cosignature from each to each."""
    figures = measure_traffic(tmp_path, size)
    others, pairs = size - 1, size * (size - 1)
    for traffic in (figures.block, figures.batch):
        kinds = dict(traffic.kinds)
        statuses = kinds.pop("Status", 0)
        assert traffic.messages == sum(kinds.values()) + statuses
        to_others = {"TransactionsMessage": others, "ProposalMessage": others, "BlockPart": others}
        expected = to_others | {"VoteMessage": 2 * pairs, "CosignatureMessage": pairs}
        assert kinds == {kind: number for kind, number in expected.items() if number}
        # Each tells of its block, and tells those whose votes came after it.
        assert pairs <= statuses <= 2 * pairs
    assert figures.idle.messages == 2 * pairs
    assert figures.batch.bytes >= 2 * others * figures.batch_bytes


def test_counts_are_the_same_each_time(tmp_path: Path) -> None:
    first, second = (measure_traffic(tmp_path / name, 4) for name in ("first", "second"))
    assert (first.block, first.idle) == (second.block, second.idle)


def test_processor_time() -> None:
    spent = Spent(7.0, 2.0, 12.0, 30.0).since(Spent(5.0, 1.0, 6.0, 20.0))
    assert (spent, spent.others) == (Spent(2.0, 1.0, 6.0, 10.0), 0.3)
    before = read_spent([os.getpid()])
    while (spent := read_spent([os.getpid()]).since(before)).own < 0.05:
        pass
    # Two readings of one process, one right after the other.
    assert spent.processes == pytest.approx(spent.own, abs=0.025)
    assert 0 < spent.busy <= spent.available + 0.02, "both are counted in hundredths of a second"


def test_percentiles() -> None:
    values = [float(number) for number in range(200, 0, -1)]
    assert [compute_percentile(values, percent) for percent in (50, 99, 100)] == [100.0, 198.0, 200.0]
    assert compute_percentile([7.0], 99) == 7.0


def test_table_lines_up() -> None:
    rows = [{"n": "1", "word": "a"}, {"n": "31", "word": "b"}]
    assert format_table(rows).splitlines() == ["|  n | word |", "|---:|-----:|", "|  1 |    a |", "| 31 |    b |"]
