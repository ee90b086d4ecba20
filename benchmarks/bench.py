"""What the sections of `make bench` share: how much is measured, where, the machine's limits, and the region built once."""

import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from benchmarks.figures import Curve, Figure, Needs
from benchmarks.growth import Built
from benchmarks.limits import Limits
from benchmarks.processors import read_ended, read_spent
from ledger.trust import TrustPolicy
from node.home import Home


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: records in the state, and of each load so much."""

    records: int = 1_000_000
    rounds: int = 6
    """How often each point of the growth is measured."""
    block: int = 8
    """Batches in a block that is made without a node."""
    batches: int = 160
    """Of 500 records, sent to nodes one after the other."""
    senders: int = 8
    """Clients that send batches to one authority, each the next once the last one is final; of four, each has half as many."""
    clients: int = 200
    """Clients that send transactions one by one."""
    seconds: float = 10.0
    """How long a steady load lasts that is measured by time."""
    most_seconds: float = 60.0
    """After so long no more batches are sent and no more blocks replayed: what was done until then counts."""
    samples: int = 200
    """Transactions on an idle network, and certificates verified."""
    replayed: int = 100_000
    """Records of which a new node replays the blocks."""
    leeds: Path | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate out of the region, with what it is verified against."""

    data: bytes
    trust: TrustPolicy
    records: int


@dataclass(slots=True)
class Bench:
    """One run. Sections read what earlier ones left here, and add figures, curves, and what was left out."""

    plan: Plan
    folder: Path
    limits: Limits
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    curves: dict[str, list[Curve]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    others: dict[str, float] = field(default_factory=dict)
    """By section, the share of the machine, 0 to 1, that programs took which have nothing to do with it."""
    built: Built | None = None
    needs: Needs = field(default_factory=Needs)
    """Of a record."""
    stopped: Home | None = None
    """The home of the one authority after its node has stopped."""
    certificates: list[tuple[Certificate, ...]] = field(default_factory=list)

    @property
    def region(self) -> Built:
        """What the section on growth has built; raises `Skipped` where that failed."""
        if self.built is None:
            raise Skipped("the region could not be built")
        return self.built

    @property
    def state(self) -> str:
        """Size of the state, in words."""
        return f"state of {self.plan.records:,} records"


class Skipped(Exception):  # noqa: N818 - not an error
    """A section cannot be measured here; the message says why."""


def tell(text: str) -> None:
    """Say on standard error how far the run is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


Section: TypeAlias = Callable[[Bench], Iterable[Figure]]
"""Measures some figures; those that it gave before it failed count."""


def run_section(bench: Bench, name: str, section: Section) -> None:
    """Measure one section; what fails is told and written down, and the others go on."""
    tell(f"{name} ...")
    began, before, ended = time.monotonic(), read_spent([]), read_ended()
    try:
        figures = bench.figures.setdefault(name, [])
        figures.extend(section(bench))
    except Skipped as reason:
        bench.skipped[name] = str(reason)
        tell(f"{name} SKIPPED: {reason}")
    except Exception as error:  # noqa: BLE001 - whatever it is, the other sections are worth having
        bench.failed[name] = f"{type(error).__name__}: {error}"
        tell(f"{name} FAILED: {''.join(traceback.format_exception(error))}")
    bench.seconds[name] = time.monotonic() - began
    spent = read_spent([]).since(before)
    bench.others[name] = max(0.0, spent.others - (read_ended() - ended) / (spent.available or 1))
