"""An officer's import of a spreadsheet, end to end with the program: the Leeds file of 6,098 attendances."""

import json
from pathlib import Path

from benchmarks.bench import Bench, Skipped
from benchmarks.figures import Aim, Figure
from benchmarks.network import running_homes
from benchmarks.program import ROOT, run, time_run
from cli.session import compute_now_ms
from ledger.types import TimeMs
from node.home import init_network
from tests.functional.node_process import find_ports

LEEDS = ROOT.parent / "shared" / "data" / "leeds-2023" / "records.csv"


def import_file(bench: Bench) -> list[Figure]:
    """Import the file into an empty chain with one authority, by an organisation with two officers."""
    file = bench.plan.leeds or LEEDS
    if not file.exists():
        raise Skipped(f"there is no file {file}: name it with --leeds")
    folder = bench.folder / "importing"
    homes = init_network(
        folder,
        1,
        chain_id="import.example/log",
        region="Benchmark",
        time_ms=TimeMs(compute_now_ms()),
        passphrase=None,
        first_port=find_ports(2),
    )
    with running_homes(homes, iter(())) as town:
        office = prepare_office(folder, homes[0].key("authority"), town.urls[0])
        seconds = time_run("hours", "import", file, *office, "--enrol", "--publish", "--node", town.urls[0])
    rows = sum(1 for _line in file.open(encoding="utf-8")) - 1
    load = f"{rows:,} rows in batches of 500 signed by two officers, people enrolled and activities published too; empty state"
    return [Figure("import", "import of the Leeds file with the program", seconds, "s", load, Aim(5, is_most=True))]


def prepare_office(folder: Path, authority: Path, url: str) -> list[object]:
    """Register an organisation with two officers; return the options of its commands."""
    officers = [folder / f"officer-{number}.pem" for number in (1, 2)]
    keys = [json.loads(run("keys", "new", path, "--no-passphrase", "--json"))["public_key"] for path in officers]
    run("keys", "registrar", folder / "registrar.key")
    register = ["org", "register", "--name", "Leeds", "--node", url, "--key", authority, "--approvals", 2, "--json"]
    answer = run(*register, "--officer", keys[0], "--officer", keys[1])
    organisation = json.loads(answer)["organisation"]
    office = ["--organisation", organisation, "--office", folder / "office", "--registrar-key", folder / "registrar.key"]
    return [*office, "--key", officers[0], "--key", officers[1]]
