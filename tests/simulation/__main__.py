"""`python -m tests.simulation FIRST:LAST [--size N]`: run seeds on all cores; print each that fails and how to run it again."""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import click

from tests.simulation.problems import StuckError, UnsafeError
from tests.simulation.world import run_seed

CHUNK = 4


def try_seed(task: tuple[int, int | None]) -> str | None:
    """Run one seed; return what is wrong, None when nothing is."""
    seed, size = task
    try:
        run_seed(seed, size)
    except (UnsafeError, StuckError) as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - a seed that breaks the code has found something, too
        return f"{type(error).__name__}: seed {seed}: {error}"
    return None


@click.command()
@click.argument("seeds", default="0:100")
@click.option("--size", type=int, help="How many authorities. Otherwise the seed chooses.")
def main(seeds: str, size: int | None) -> None:
    """Run the seeds from FIRST up to LAST; end with 1 when any fails."""
    first, _, last = seeds.partition(":")
    numbers = range(int(first), int(last or int(first) + 1))
    began = time.monotonic()
    failures = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for seed, problem in zip(numbers, pool.map(try_seed, [(seed, size) for seed in numbers], chunksize=CHUNK), strict=True):
            if problem is not None:
                failures += 1
                click.echo(f"{problem}\n  python -m tests.simulation {seed}:{seed + 1}" + (f" --size {size}" if size else ""))
    click.echo(f"{len(numbers) - failures} passed, {failures} failed in {time.monotonic() - began:.0f} s")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
