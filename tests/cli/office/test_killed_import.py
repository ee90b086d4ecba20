"""An import that is killed, as by a power cut, and run again."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli.office.book_records import Records
from cli.office.record_book import RecordBook
from cli.office.tags import save_registrar_key
from node.keystore import save_key
from tests.cli import people
from tests.cli.http_double import Temper, serve
from tests.cli.ledger_double import LedgerDouble
from tests.forking import ForkedProcess, make_forked_command

ROOT = Path(__file__).parents[3]
ROWS = people.make_rows(120, volunteers=9, activities=4)


def make_arguments(folder: Path, url: str) -> tuple[str, ...]:
    keys = ("--key", str(folder / "1.pem"), "--key", str(folder / "2.pem"))
    whose = ("--office", str(folder / "office"), "--organisation", people.ORGANISATION.hex())
    arguments = ("hours", "import", str(folder / "roster.csv"), "--enrol", "--publish", "--batch-size", "10")
    return (*arguments, "--node", url, *keys, *whose)


def kill_after(process: ForkedProcess, asked: Sequence[str], requests: int) -> None:
    """Kill -9 when the node has had that many requests."""
    end = time.monotonic() + 20
    while len(asked) < requests and process.poll() is None and time.monotonic() < end:
        time.sleep(0.001)
    process.kill()
    process.wait()


@pytest.mark.functional
@pytest.mark.parametrize("requests", [2, 4, 9, 15])
def test_killed_import_run_again_certifies_every_row_once(tmp_path: Path, requests: int) -> None:
    double, temper = LedgerDouble(now_ms=time.time_ns() // 1_000_000), Temper()
    double.register(approvals=2)
    people.write_roster(tmp_path / "roster.csv", ROWS)
    save_registrar_key(tmp_path / "office" / "registrar.key", b"r" * 32)
    for name, key in (("1.pem", people.OFFICERS[0]), ("2.pem", people.OFFICERS[1])):
        save_key(tmp_path / name, key, None)
    with serve(double, temper) as url:
        kill_after(ForkedProcess(make_arguments(tmp_path, url), cwd=ROOT), temper.asked, requests)
        before = len(double.records)
        command = make_forked_command(*make_arguments(tmp_path, url))
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert (second.returncode, second.stderr) == (0, ""), second.stdout
        assert before < len(ROWS)
        assert len(double.records) == len({event.record for event in double.records}) == len(ROWS)
    expected = sum(int(row.rsplit(",", 1)[1]) for row in ROWS)
    with RecordBook(tmp_path / "office") as book:
        records = Records(book.database)
        totals = records.compute_totals()
        assert (totals.records, totals.minutes, totals.volunteers) == (len(ROWS), expected, 9)
        assert all(records.find_opening(event.commitment) is not None for event in double.records)
        assert all(records.find(event.record) is not None for event in double.records)
    assert double.minutes == expected
