"""`python -m benchmarks [--records N] [--json FILE]`: prints the figures, and says what each is a share of."""

import json
import tempfile
import time
from pathlib import Path
from typing import Final

import click

from benchmarks.limits import measure_hashes, measure_signature_checks, measure_synced_batches
from benchmarks.region import ROWS_IN_BATCH, Region

BATCHES_IN_BLOCK: Final = 4


def measure_certification(folder: Path, records: int) -> dict[str, float]:
    """Certify `records` hour records in batches signed by two officers, four batches a block, each block synced."""
    region = Region(folder, volunteers=max(ROWS_IN_BATCH, records // 8))
    spent = 0.0
    while region.records < records:
        batches = [region.make_batch() for _ in range(BATCHES_IN_BLOCK)]
        began = time.perf_counter()
        region.add(batches)
        spent += time.perf_counter() - began
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {"records_per_second": region.records / spent, "bytes_per_record": size / region.records}


@click.command()
@click.option("--records", default=20_000, show_default=True, help="How many records to certify.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures to this file, too.")
def main(records: int, json_path: Path | None) -> None:
    """Measure this ledger on this machine, beside the machine's own limits."""
    limits = {
        "signature_checks_per_second": measure_signature_checks(),
        "hashes_per_second": measure_hashes(),
        "synced_batches_per_second": measure_synced_batches(),
    }
    with tempfile.TemporaryDirectory() as folder:
        figures = {**limits, **measure_certification(Path(folder), records)}
    figures["records_per_thousand_hashes"] = 1_000 * figures["records_per_second"] / figures["hashes_per_second"]
    for name, value in figures.items():
        click.echo(f"{name.replace('_', ' '):34}{value:14,.1f}")
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
