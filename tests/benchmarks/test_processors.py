"""Nodes are measured once they are at rest."""

from itertools import chain, repeat
from types import SimpleNamespace

import pytest

from benchmarks import processors
from benchmarks.processors import wait_for_rest


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses made, in which the clock goes on and nothing else."""
    pauses: list[float] = []
    monkeypatch.setattr(processors, "time", SimpleNamespace(sleep=pauses.append, monotonic=lambda: sum(pauses)))
    return pauses


def spend(monkeypatch: pytest.MonkeyPatch, *seconds: float) -> None:
    """Let a process have spent so many seconds of a processor at each look, and no more after the last."""
    looks = chain(seconds, repeat(seconds[-1]))
    monkeypatch.setattr(processors, "_read_process", lambda _process: next(looks))


def test_it_waits_until_next_to_nothing_is_spent(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    spend(monkeypatch, 1.0, 1.9, 2.5, 2.55, 9.0)
    wait_for_rest([1])
    assert len(slept) == 3


def test_all_processes_count(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    spend(monkeypatch, 0.0, 0.0, 0.06, 0.06, 0.06)  # two processes, each 0.06 s in the first pause
    wait_for_rest([1, 2])
    assert len(slept) == 2


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    looks = iter(range(1_000))
    monkeypatch.setattr(processors, "_read_process", lambda _process: float(next(looks)))
    wait_for_rest([1])
    assert sum(slept) == processors.MAX_UNREST_SECONDS
