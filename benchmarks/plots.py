"""Plots as SVG, in as much as these pages need of it (docs/adr/0021-what-the-benchmarks-depend-on.md): lines and bars.

The same figures give the same bytes. Colours suit light and dark pages alike.
"""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10

from benchmarks.figures import Curve

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 80, 24, 40, 52
COLOURS = ("#3b82f6", "#f97316", "#10b981", "#a855f7")
TICKS = 5
BAR_HEIGHT, BAR_GAP, LABEL_WIDTH = 20, 10, 360
STYLE = "text{font:12px sans-serif;fill:#808080}.axis{stroke:#808080;stroke-width:1}.grid{stroke:#808080;stroke-opacity:.25}"


def compute_ticks(highest: float) -> list[float]:
    """Return round numbers from 0 up to one that is not below `highest`."""
    step = 10 ** floor(log10(highest / TICKS)) if highest > 0 else 1.0
    step = next((step * factor for factor in (1, 2, 5, 10) if step * factor * TICKS >= highest), step * 10)
    return [step * number for number in range(ceil(highest / step - 1e-9) + 1)]


def format_number(value: float) -> str:
    """Return a number as short as it can be read."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:g} {letter}"
    return f"{value:g}"


def plot_lines(title: str, x_title: str, y_title: str, curves: Sequence[Curve], *, is_log: bool = False) -> str:
    """Return a plot of curves over one axis, logarithmic with `is_log`; there is a point at least."""
    xs = [x for curve in curves for x, _y in curve.points]
    y_ticks = compute_ticks(max(y for curve in curves for _x, y in curve.points))
    x_ticks = _compute_decades(min(xs), max(xs)) if is_log else compute_ticks(max(xs))

    def place(x: float, y: float) -> tuple[float, float]:
        low, high, value = map(log10, (x_ticks[0], x_ticks[-1], x)) if is_log else (x_ticks[0], x_ticks[-1], x)
        across = (value - low) / ((high - low) or 1)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / y_ticks[-1] * (HEIGHT - TOP - BOTTOM)

    parts = [_text(WIDTH / 2, 20, title, "middle")]
    for tick in y_ticks:
        _x, y = place(x_ticks[0], tick)
        parts += [_line((LEFT, y), (WIDTH - RIGHT, y), "grid"), _text(LEFT - 8, y + 4, format_number(tick), "end")]
    for tick in x_ticks:
        x, _y = place(tick, 0)
        parts += [
            _line((x, HEIGHT - BOTTOM), (x, HEIGHT - BOTTOM + 5), "axis"),
            _text(x, HEIGHT - BOTTOM + 20, format_number(tick), "middle"),
        ]
    parts += [
        _line((LEFT, HEIGHT - BOTTOM), (WIDTH - RIGHT, HEIGHT - BOTTOM), "axis"),
        _text(WIDTH / 2, HEIGHT - 12, x_title, "middle"),
    ]
    parts.append(f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(y_title)}</text>')
    for number, curve in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in curve.points))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in (place(*point) for point in curve.points)
        ]
        parts.append(f'<rect x="{LEFT + 12 + 200 * number}" y="{TOP - 8}" width="12" height="4" fill="{colour}"/>')
        parts.append(_text(LEFT + 30 + 200 * number, TOP, curve.name, "start"))
    return _wrap(HEIGHT, parts)


def plot_bars(title: str, bars: Sequence[tuple[str, float]], unit: str) -> str:
    """Return bars from zero, one below the other, each with its name and its number."""
    highest = max((value for _name, value in bars), default=0) or 1
    parts = [_text(WIDTH / 2, 20, title, "middle")]
    for number, (name, value) in enumerate(bars):
        y = TOP + number * (BAR_HEIGHT + BAR_GAP)
        width = value / highest * (WIDTH - LABEL_WIDTH - RIGHT - 90)
        parts.append(_text(LABEL_WIDTH - 8, y + 15, name, "end"))
        parts.append(f'<rect x="{LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" fill="{COLOURS[0]}"/>')
        parts.append(_text(LABEL_WIDTH + width + 8, y + 15, f"{value:,.3g}{unit}", "start"))
    return _wrap(TOP + len(bars) * (BAR_HEIGHT + BAR_GAP) + 8, parts)


def _compute_decades(low: float, high: float) -> list[float]:
    return [10.0**power for power in range(floor(log10(low)), max(ceil(log10(high) - 1e-9), floor(log10(low)) + 1) + 1)]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(start: tuple[float, float], end: tuple[float, float], name: str) -> str:
    return f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" class="{name}"/>'


def _wrap(height: float, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img"><style>{STYLE}</style>'
    return "\n".join([head, *parts, "</svg>", ""])
