"""What is measured, beside its aim and beside what the machine could do at most."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.limits import Limits


@dataclass(frozen=True, slots=True)
class Aim:
    """The number that a figure is to reach, or, where less is better, not to pass."""

    value: float
    is_most: bool = False

    def is_met(self, value: float) -> bool:
        """Whether a figure reaches the aim."""
        return value <= self.value if self.is_most else value >= self.value


@dataclass(frozen=True, slots=True)
class Needs:
    """What one unit of a figure takes of the machine at least: hashes, signatures to check, batches to make durable.

    `cores` is on how many the work may be spread; `copies` how many processes do it all on these.
    """

    hashes: float = 0
    signatures: float = 0
    synced: float = 0
    cores: int = 1
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `load` says what was measured: payload, load, and size of the state."""

    name: str
    title: str
    value: float
    unit: str
    load: str
    aim: Aim | None = None
    needs: Needs | None = None
    per_second: float | None = None
    """How many units of `needs` were done in a second, where `value` does not say so itself."""
    cpu_us: float | None = None
    """Microseconds of processors that the ledger's processes took together for a unit: others disturb it little."""


@dataclass(frozen=True, slots=True)
class Share:
    """The limit of the machine that binds a figure, and which part of it is reached, 0 to 1."""

    limit: str
    share: float


def compute_share(figure: Figure, limits: Limits) -> Share | None:
    """Return which limit binds a figure, None where it takes nothing that has one."""
    needs = figure.needs
    if needs is None:
        return None
    cores = min(needs.cores, limits.cores)
    rates = {
        "SHA-256": (limits.hashes_per_second * cores, needs.hashes * needs.copies),
        "Ed25519": (
            limits.signatures_per_second if cores == 1 else limits.signatures_on_all_cores,
            needs.signatures * needs.copies,
        ),
        "synced writes": (limits.synced_batches_per_second, needs.synced),
    }
    per_second = figure.value if figure.per_second is None else figure.per_second
    shares = [Share(name, per_second * need / rate) for name, (rate, need) in rates.items() if need]
    return max(shares, key=lambda share: share.share, default=None)


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a plot: what it is of, and its points in order."""

    name: str
    points: Sequence[tuple[float, float]]
