"""What the plots of a run draw: thinned points, ticks and marks, made from its history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from studio.app.extremes import Extremes
from studio.app.othercurves import OtherRun
from studio.app.runhistory import History
from studio.core.runstate import RunState
from studio.ui.train.happenings import Happening
from studio.ui.train.plotsync import View

Floats = NDArray[np.float64]
RAW_POINTS = 2_400
"""Most points of the raw curve, which is drawn 1 px wide; twice the width of a plot in px."""
SMOOTH_POINTS = 600
"""Most points of a curve that is drawn 2 px wide, where a point costs ten times as much."""
MOST_GAPS = 50
"""Most crosses for losses that were no numbers, the newest."""
GRID_LINES = 5


@dataclass(frozen=True, slots=True)
class Points:
    """A curve as it is drawn: x and y of shape (n,); y may hold NaN, which is a gap."""

    x: Floats
    y: Floats


EMPTY = Points(np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True)
class RunCurves:
    """The series of a run; steps are optimizer steps, losses are nats per trained token.

    Attributes:
        gaps: steps in view whose loss was not finite.
        zeros: steps in view whose loss was exactly 0, which no honest loss is.
        base: held-out loss of the base; None if it was not evaluated.
        kept: steps with a checkpoint.
        best: step with the lowest held-out loss; None before the second evaluation.
        view: the first and last step that are wanted in view; None for the whole run.
        happenings: what marks stand for.
        other: smoothed and held-out loss of the run that is compared with.
        other_title: its name; empty for none.
    """

    total: int = 0
    now: int = 0
    raw: Points = EMPTY
    smoothed: Points = EMPTY
    gaps: Floats = field(default_factory=lambda: np.empty(0))
    zeros: Floats = field(default_factory=lambda: np.empty(0))
    held_out: Points = EMPTY
    base: float | None = None
    kept: frozenset[int] = frozenset()
    best: int | None = None
    view: View | None = None
    happenings: tuple[Happening, ...] = ()
    other: tuple[Points, Points] = (EMPTY, EMPTY)
    other_title: str = ""

    @property
    def gained(self) -> Points:
        """How much better than the base on the held-out rows, nats per token."""
        if self.base is None:
            return EMPTY
        return Points(self.held_out.x, self.base - self.held_out.y)


def run_curves(
    history: History,
    state: RunState,
    kept: frozenset[int],
    view: View | None = None,
    other: OtherRun | None = None,
    happenings: Sequence[Happening] = (),
) -> RunCurves:
    """Return what the plots draw of a run as it stands, where it is looked at."""
    raw, held_out = column_points(history, "loss", view, RAW_POINTS), held_out_of(history)
    return RunCurves(
        total=max(state.total_steps, state.step),
        now=state.step,
        raw=raw,
        smoothed=column_points(history, "smoothed", view, SMOOTH_POINTS),
        gaps=raw.x[~np.isfinite(raw.y)][-MOST_GAPS:],
        zeros=raw.x[raw.y == 0][-MOST_GAPS:],
        held_out=held_out,
        base=history.base_loss,
        kept=kept,
        best=state.best_step if len(held_out.x) > 1 and state.best_step else None,
        view=view,
        happenings=tuple(happenings),
        other=other_losses(other, view),
        other_title=other.title if other is not None else "",
    )


def held_out_of(history: History) -> Points:
    """Return the held-out losses of a run by step."""
    found = sorted((e.step, e.target_loss) for e in history.evaluations)
    table = np.array(found, dtype=np.float64).reshape(len(found), 2)
    return Points(table[:, 0], table[:, 1])


def other_losses(other: OtherRun | None, view: View | None) -> tuple[Points, Points]:
    """Return smoothed and held-out losses of the run that is compared with."""
    if other is None:
        return EMPTY, EMPTY
    smoothed = column_points(other.history, "smoothed", view, SMOOTH_POINTS)
    return smoothed, held_out_of(other.history)


def in_view(history: History, view: View | None) -> slice:
    """Return the places of the steps that are in view, with one more at each side."""
    if view is None:
        return slice(0, len(history))
    steps = history.column("step")
    first = int(np.searchsorted(steps, view[0], side="left")) - 1
    last = int(np.searchsorted(steps, view[1], side="right")) + 1
    return slice(max(first, 0), last)


def column_points(
    history: History, name: str, view: View | None, most: int, per: float = 1.0
) -> Points:
    """Return a column of a run where it is looked at, in at most about ``most`` points.

    The whole run costs only what is new of it; values are divided by ``per``.
    """
    steps, values = history.column("step"), history.column(name)
    if view is not None:
        seen = in_view(history, view)
        return thinned(steps[seen], values[seen] / per, most)
    places = history.places(name, most)
    found = values[places] / per
    return Points(steps[places], np.where(np.isfinite(found), found, np.nan))


def thinned(x: Floats, y: Floats, most: int) -> Points:
    """Return a curve of at most ``most`` points that keeps lows, highs and gaps.

    Buckets are a power of two long, so that older points stay where they are as the curve grows.
    """
    places = Extremes().of(y, most)
    found = y[places]
    return Points(x[places], np.where(np.isfinite(found), found, np.nan))


def within(points: Points, view: View | None) -> Points:
    """Return the points of a curve that are in view."""
    if view is None:
        return points
    seen = (points.x >= view[0]) & (points.x <= view[1])
    return Points(points.x[seen], points.y[seen])


def log_scaled(values: Floats) -> Floats:
    """Return logarithms to 10; NaN for what has none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(values > 0, np.log10(values), np.nan)
    return found


def log_ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two powers of 10, given by their exponents."""
    if high - low > 2:
        every = max(1, math.ceil((high - low) / GRID_LINES))
        return [10.0**n for n in range(math.ceil(low), math.floor(high) + 1, every)]
    return [v for v in ticks(10**low, 10**high, 6) if v > 0]


def ticks(low: float, high: float, most: int = GRID_LINES) -> list[float]:
    """Return round numbers between two bounds, at most ``most`` of them and at least one."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    rough = span / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    found = [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]
    return found or [low]


def step_ticks(total: int, most: int, view: View | None = None) -> list[tuple[float, str]]:
    """Return the ticks of a step axis with their words; steps are whole."""
    if total < 1:
        return []
    low, high = view or (0.0, float(total))
    found = ticks(low, high, most)
    between = found[1] - found[0] if len(found) > 1 else high - low
    each = max(1, math.ceil(between))
    first = math.ceil(low / each) * each
    return [(float(step), f"{step:,}") for step in range(first, math.floor(high) + 1, each)]


def tick_words(values: list[float], sign: bool = False) -> list[tuple[float, str]]:
    """Return ticks with as many decimals as tell them apart; sign puts + before gains."""
    apart = min((b - a for a, b in pairwise(values)), default=1.0)
    decimals = max(1, min(4, math.ceil(-math.log10(apart) - 1e-9))) if apart > 0 else 2
    if decimals < 4 and round(apart, decimals) != round(apart, decimals + 1):
        decimals += 1
    words = []
    for value in values:
        text = f"{abs(value):.{decimals}f}"
        lead = "−" if value < 0 and float(text) else ("+" if sign and float(text) else "")
        words.append((value, lead + text))
    return words


def bounds(parts: list[Floats], share: float = 0.08) -> tuple[float, float]:
    """Return low and high of all finite values with some air; (0, 1) when there are none."""
    finite = [part[np.isfinite(part)] for part in parts]
    filled = [part for part in finite if len(part)]
    if not filled:
        return 0.0, 1.0
    low, high = min(float(p.min()) for p in filled), max(float(p.max()) for p in filled)
    air = max((high - low) * share, 0.02 * max(abs(high), 1e-3))
    return low - air, high + air


def snapped(low: float, high: float) -> tuple[float, float]:
    """Return bounds a little wider and rounder, so that an axis stays as it is for many steps."""
    marks = ticks(low, high)
    grain = (marks[1] - marks[0]) / 4 if len(marks) > 1 else (high - low) / 4 or 1.0
    return math.floor(low / grain) * grain, math.ceil(high / grain) * grain
