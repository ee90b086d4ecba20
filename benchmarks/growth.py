"""How a chain grows: a state of so many records built once, with stops on the way from which the same work is measured."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.region import MS_PER_DAY, Kept, Spent, clone, compute_bytes, make_region, opening
from benchmarks.schedule import DAYS_IN_WEEK, WEEKS, Schedule
from cli.session import compute_now_ms
from ledger.types import Day

FIRST_POINT, GROWTH = 10_000, 10
LEAST_RESERVE = 40_000
WARM_UP_ROUNDS = 3
"""Blocks in which nearly everyone who serves in a week has been seen once."""


@dataclass(frozen=True, slots=True)
class Built:
    """A region as it was at each number of records, ascending, and what each block took on the way to the last."""

    points: Mapping[int, Kept]
    blocks: tuple[Spent, ...]
    bytes: int

    @property
    def whole(self) -> Kept:
        """The region with all records."""
        return self.points[max(self.points)]


def list_points(records: int) -> tuple[int, ...]:
    """Return 10,000 and each number ten times as large below `records`, and `records` itself."""
    points = []
    point = FIRST_POINT
    while point < records:
        points.append(point)
        point *= GROWTH
    return (*points, records)


def compute_reserve(records: int) -> int:
    """Return how many records more the schedule has, for what is measured at a state of `records`."""
    return max(records // 10, LEAST_RESERVE)


def build(folder: Path, records: int, block: int, tell: Callable[[str], None]) -> Built:
    """Build a region of so many records under a folder, so many batches a block, and keep a copy at each point on the way."""
    today = compute_now_ms() // MS_PER_DAY
    schedule = Schedule(records + compute_reserve(records), Day(today - WEEKS * DAYS_IN_WEEK))
    kept = make_region(folder / "region", schedule)
    points: dict[int, Kept] = {}
    blocks: list[Spent] = []
    for point in list_points(records):
        with opening(kept) as region:
            blocks += region.fill(point, block)
            kept = region.keep()
        tell(f"{kept.place.records:,} records are there")
        points[point] = clone(kept, folder / f"at-{point}")
    return Built(points, tuple(blocks), compute_bytes(kept.home.store))


def measure_points(folder: Path, points: Mapping[int, Kept], rounds: int, block: int) -> dict[int, list[Spent]]:
    """Certify the schedule's next blocks on copies of all points, in turn, so that all see the same machine.

    The first blocks are not counted: a node that has run for a while has in memory what it reads most.
    """
    spent: dict[int, list[Spent]] = {point: [] for point in points}
    with ExitStack() as stack:
        regions = {
            point: stack.enter_context(opening(clone(kept, folder / f"growing-{point}"))) for point, kept in points.items()
        }
        for number in range(-WARM_UP_ROUNDS, rounds):
            for point, region in regions.items():
                taken = region.certify(region.take_batches(block))
                if number >= 0:
                    spent[point].append(taken)
    return spent


def compute_rate(spent: Sequence[Spent]) -> float:
    """Return records a second on the clock, in the middle one of the blocks."""
    return 1 / median(item.seconds / item.records for item in spent)


def compute_cpu(spent: Sequence[Spent]) -> float:
    """Return microseconds of a processor for a record, in the middle one of the blocks."""
    return median(item.cpu_seconds / item.records for item in spent) * 1_000_000
