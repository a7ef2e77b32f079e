"""Draws a report's pictures as SVG that takes its colours from the page; no script, no link."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.core.curves import thin
from studio.core.reporttext import in_html, one_line

WIDTH, HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 118, 16, 40
_BUCKETS = 240
_APART = 15
"""Pixels between the names of two lines."""
_TICKS = 5

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a plot.

    Attributes:
        name: written at its end; empty for none.
        colour: leaf, clay, lake, plum or slate.
        points: (x, y), x rising; what is not finite is a gap.
        mark: circle, square or empty for a line without marks.
        filled: which points' marks are filled, by x; the others are hollow.
        ranges: (x, low, high) of intervals.
        faint: drawn thin and pale, behind.
    """

    name: str
    colour: str
    points: Sequence[Point]
    mark: str = ""
    filled: frozenset[float] = frozenset()
    ranges: Sequence[tuple[float, float, float]] = ()
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over one pair of axes.

    Attributes:
        x: what runs to the right.
        y: what runs up, with its unit.
        level: height of a dashed line, with its name.
        band: from which height down everything is amber.
    """

    curves: Sequence[Curve]
    x: str
    y: str
    told: str
    level: tuple[float, str] | None = None
    band: float | None = None
    signs: bool = False


@dataclass(slots=True)
class _Frame:
    """Turns values into pixels."""

    low_x: float
    high_x: float
    low_y: float
    high_y: float
    parts: list[str] = field(default_factory=list)

    def x(self, value: float) -> float:
        span = self.high_x - self.low_x or 1.0
        return _LEFT + (value - self.low_x) / span * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        span = self.high_y - self.low_y or 1.0
        return HEIGHT - _BOTTOM - (value - self.low_y) / span * (HEIGHT - _TOP - _BOTTOM)


def plot_svg(plot: Plot) -> str:
    """Return a plot of lines as SVG."""
    frame = _frame(plot)
    _axes(frame, plot)
    for curve in plot.curves:
        _line(frame, curve)
        _marks(frame, curve)
    _names(frame, plot)
    return svg(WIDTH, HEIGHT, plot.told, frame.parts)


def svg(width: int, height: int, told: str, parts: Sequence[str]) -> str:
    """Return drawn parts as a picture with its text equivalent."""
    words = in_html(one_line(told, 600))
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{words}">{"".join(parts)}</svg>'


def text_at(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Return words at a place, made harmless."""
    style = f' class="{kind}"' if kind else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>'
        f"{in_html(one_line(words, 60))}</text>"
    )


def ticks(low: float, high: float, most: int = _TICKS) -> list[float]:
    """Return round numbers between two ends, at most about as many as wanted."""
    if not math.isfinite(low) or not math.isfinite(high) or high <= low:
        return [low] if math.isfinite(low) else []
    raw = (high - low) / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [at * step for at in range(first, math.floor(high / step + 1e-9) + 1)]


def _frame(plot: Plot) -> _Frame:
    points = [p for curve in plot.curves for p in curve.points if math.isfinite(p[1])]
    ys = [y for _, y in points]
    ys += [end for curve in plot.curves for _, *ends in curve.ranges for end in ends]
    ys += [plot.level[0]] if plot.level else []
    ys = [y for y in ys if math.isfinite(y)] or [0.0, 1.0]
    xs = [x for x, _ in points] or [0.0, 1.0]
    low, high = min(ys), max(ys)
    room = (high - low) * 0.06 or max(abs(high), 1.0) * 0.1
    below = 0.0 if low >= 0 and low - room < 0 else low - room
    return _Frame(min(0.0, *xs), max(xs), below, high + room)


def _axes(frame: _Frame, plot: Plot) -> None:
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    if plot.band is not None and plot.band > frame.low_y:
        top = max(frame.y(plot.band), float(_TOP))
        frame.parts.append(
            f'<rect class="band" x="{_LEFT}" y="{top:.1f}" width="{right - _LEFT}" '
            f'height="{bottom - top:.1f}"/>'
        )
    heights = ticks(frame.low_y, frame.high_y)
    decimals = _decimals(heights)
    for height in heights:
        y = frame.y(height)
        frame.parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>')
        words = f"{height:+.{decimals}f}" if plot.signs and height else f"{height:.{decimals}f}"
        frame.parts.append(text_at(_LEFT - 8, y + 4, words.replace("-", "−"), anchor="end"))
    frame.parts.append(f'<path class="axis" d="M{_LEFT} {bottom}H{right}"/>')
    for at in ticks(frame.low_x, frame.high_x, 6):
        frame.parts.append(text_at(frame.x(at), bottom + 17, f"{at:,.0f}", anchor="middle"))
    frame.parts.append(text_at(right, HEIGHT - 6, plot.x, anchor="end"))
    frame.parts.append(text_at(_LEFT, HEIGHT - 6, plot.y))
    if plot.level is not None:
        y = frame.y(plot.level[0])
        frame.parts.append(f'<path class="level" d="M{_LEFT} {y:.1f}H{right}"/>')


def _decimals(heights: Sequence[float]) -> int:
    gap = heights[1] - heights[0] if len(heights) > 1 else 1.0
    enough = (n for n in range(6) if abs(round(gap, n) - gap) < gap * 1e-6)
    return next(enough, 6)


def _line(frame: _Frame, curve: Curve) -> None:
    kept = thin([y for _, y in curve.points], _BUCKETS)
    path, up = [], True
    for at, y in kept:
        if not math.isfinite(y):
            up = True
            continue
        path.append(f"{'M' if up else 'L'}{frame.x(curve.points[at][0]):.1f} {frame.y(y):.1f}")
        up = False
    if path:
        kind = f"{'faint' if curve.faint else 'line'} {curve.colour}"
        frame.parts.append(f'<path class="{kind}" d="{"".join(path)}"/>')


def _marks(frame: _Frame, curve: Curve) -> None:
    for at, low, high in curve.ranges:
        x = frame.x(at)
        ends = f"M{x:.1f} {frame.y(low):.1f}V{frame.y(high):.1f}"
        frame.parts.append(f'<path class="range {curve.colour}" d="{ends}"/>')
    if not curve.mark:
        return
    for at, value in curve.points:
        if math.isfinite(value):
            x, y = frame.x(at), frame.y(value)
            filled = at in curve.filled
            kind = f"{curve.colour} {f'fill-{curve.colour}' if filled else 'open'}"
            frame.parts.append(_mark(curve.mark, x, y, kind))


def _mark(mark: str, x: float, y: float, kind: str) -> str:
    if mark == "square":
        return f'<rect class="{kind}" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def _names(frame: _Frame, plot: Plot) -> None:
    """Write each line's name at its end, moved apart where two would touch."""
    wanted = []
    for curve in plot.curves:
        last = next((p for p in reversed(curve.points) if math.isfinite(p[1])), None)
        if curve.name and last is not None:
            wanted.append((frame.y(last[1]), curve.name, f"name fill-{curve.colour}"))
    if plot.level is not None:
        wanted.append((frame.y(plot.level[0]), plot.level[1], "name fill-slate"))
    taken = -math.inf
    room = HEIGHT - _BOTTOM - _APART * len(wanted)
    for place, (y, name, kind) in enumerate(sorted(wanted)):
        taken = max(min(y, room + _APART * (place + 1)), taken + _APART)
        frame.parts.append(text_at(WIDTH - _RIGHT + 10, taken + 4, name, kind))
