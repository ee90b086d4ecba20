"""The pages that the benchmark writes: shares, marks, tables and plots."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.bench import Bench, Plan, Skipped, run_section
from benchmarks.figures import Aim, Curve, Figure, Needs, Share, compute_share
from benchmarks.limits import Limits
from benchmarks.plots import compute_ticks, format_number, plot_bars, plot_lines
from benchmarks.report import BEGIN, END, format_value, put_measured, write_report

LIMITS = Limits(2, 1_000, 1_500, 100_000, 500)


def make_figure(
    value: float, needs: Needs | None = None, per_second: float | None = None, cpu_us: float | None = None
) -> Figure:
    return Figure("name", "title", value, "/s", "load", Aim(100), needs, per_second, cpu_us)


@pytest.mark.parametrize(
    ("figure", "share"),
    [
        (make_figure(100), None),
        (make_figure(100, Needs()), None),
        (make_figure(100, Needs(signatures=1)), Share("Ed25519", 0.1)),
        (make_figure(100, Needs(signatures=1, hashes=500)), Share("SHA-256", 0.5)),
        (make_figure(100, Needs(signatures=1, cores=2, copies=4)), Share("Ed25519", 400 / 1_500)),
        (make_figure(100, Needs(hashes=500, cores=2, copies=4)), Share("SHA-256", 1.0)),
        (make_figure(0.02, Needs(synced=3), per_second=50), Share("synced writes", 0.3)),
    ],
)
def test_share_of_the_limit_that_binds(figure: Figure, share: Share | None) -> None:
    found = compute_share(figure, LIMITS)
    if share is None or found is None:
        assert found is share
    else:
        assert found.limit == share.limit
        assert found.share == pytest.approx(share.share)


def test_aims() -> None:
    assert [Aim(5).is_met(value) for value in (4, 5, 6)] == [False, True, True]
    assert [Aim(5, is_most=True).is_met(value) for value in (4, 5, 6)] == [True, True, False]


def test_what_is_written_by_hand_stays() -> None:
    page = f"# Performance\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter \\1.\n"
    once = put_measured(page, "new \\2")
    assert once == f"# Performance\n\nBefore.\n\n{BEGIN}\n\nnew \\2\n\n{END}\n\nAfter \\1.\n"
    assert put_measured(once, "new \\2") == once
    assert put_measured("# Performance\n", "new") == f"# Performance\n\n{BEGIN}\n\nnew\n\n{END}\n"


def test_sections_that_cannot_be_measured_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(Plan(records=7), tmp_path, LIMITS)

    def skip(_bench: Bench) -> list[Figure]:
        raise Skipped("there is no such thing")

    def fail(_bench: Bench) -> list[Figure]:
        raise ValueError("a fault")

    run_section(bench, "first", skip)
    run_section(bench, "second", fail)
    run_section(bench, "third", lambda _bench: [make_figure(100, Needs(signatures=1)), make_figure(1, cpu_us=7)])
    write_report(bench, tmp_path / "docs", "performance")
    page = (tmp_path / "docs" / "performance.md").read_text()
    assert "SKIPPED: first.** there is no such thing" in page
    assert "FAILED: second.** ValueError: a fault" in page
    assert "A small run" in page
    assert "| title | 100 /s | ≥ 100 /s | yes | Ed25519 | 10.0% |  |" in page
    assert "| title | 1 /s | ≥ 100 /s | **no** |  |  | 7 |" in page
    assert (tmp_path / "docs" / "performance" / "shares.svg").exists()
    assert "SKIPPED" in capsys.readouterr().err


def test_values() -> None:
    assert [format_value(*item) for item in ((12_345.6, "s"), (12.34, "s"), (0.81, ""))] == ["12,346 s", "12.3 s", "81%"]
    assert [format_number(value) for value in (0, 0.5, 2_000, 3_000_000)] == ["0", "0.5", "2 k", "3 M"]


@pytest.mark.parametrize("highest", [0, 0.3, 1, 7, 1_000, 19_999])
def test_ticks_reach_the_highest(highest: float) -> None:
    ticks = compute_ticks(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert 2 <= len(ticks) <= 7 or highest == 0


@pytest.mark.parametrize("is_log", [False, True])
def test_plots_are_well_formed(*, is_log: bool) -> None:
    curves = [Curve("a < b", [(500, 3_000), (20_000, 2_500), (1_000_000, 2_400)]), Curve("one", [(10, 1)])]
    lines = plot_lines("Title & more", "x", "y", curves, is_log=is_log)
    bars = plot_bars("Title", [("one", 3.0), ("two", 0.0)], " %")
    for text in (lines, bars):
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    places = [float(point.get("cx", "")) for point in ET.fromstring(lines).iter("{http://www.w3.org/2000/svg}circle")]  # noqa: S314
    assert places[:3] == sorted(places[:3])
    assert all(80 <= place <= 696 for place in places)
