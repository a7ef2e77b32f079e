"""The loss of a run: training raw and smoothed, and on the held-out rows."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from studio.core.units import duration
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import (
    SMOOTH_POINTS,
    Floats,
    Points,
    bounds,
    log_ticks,
    snapped,
    tick_words,
    ticks,
    within,
)
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.scaledplot import NAME, ScaledPlot
from studio.ui.train.tags import Tag, spread

ROBUST = 0.995
"""Share of the raw losses that decides the scale, so that one spike does not flatten the rest."""


class LossPlot(ScaledPlot):
    """Loss over steps, linear or logarithmic; a loss that was not a number is a gap with a cross."""

    def __init__(self, elapsed_at: Callable[[float], float], sync: PlotSync) -> None:
        self._elapsed_at = elapsed_at
        super().__init__("Loss", sync)

    def make_items(self) -> None:
        c = colors()
        self._raw = self.curve(c.lake, 1, 0.38)
        self._other, self._other_held = self.dashed(c.clay, 1.6), self.dashed(c.clay, 1.2)
        self._other_marks = self.marks("clay")
        self._smoothed = self.curve(c.lake, 2)
        self._held = self.curve(c.leaf, 2)
        self._marks = self.marks("leaf")
        self._held_tag, self._train_tag = Tag(), Tag()
        self.addItem(self._held_tag)
        self.addItem(self._train_tag)

    def fill(self) -> None:
        run = self.curves
        raw, smoothed = self.scaled(run.raw), self.scaled(run.smoothed)
        held = self.scaled(run.held_out)
        others = [self.scaled(points) for points in run.other]
        low, high = self._bounds(raw, [smoothed, held, *others])
        self.set_scale(self._levels(low, high), (low, high))
        self._raw.setData(raw.x, raw.y, antialias=len(raw.x) <= SMOOTH_POINTS)
        self._smoothed.setData(smoothed.x, smoothed.y)
        self._held.setData(held.x, held.y)
        self.set_marks(self._marks, held, "leaf")
        self._other.setData(others[0].x, others[0].y)
        self._other_held.setData(others[1].x, others[1].y)
        self.set_marks(self._other_marks, others[1], "clay")
        self.set_bad(run.gaps, run.zeros, low)
        self._fill_tags(smoothed.y, held.y)

    def tip_title(self, step: int) -> str:
        return f"Step {step:,} · {duration(self._elapsed_at(step))}"

    def tip_rows(self, step: int) -> list[tuple[str, str, str]]:
        run, rows = self.curves, []
        if len(run.smoothed.x):
            rows.append(("lake", "training", _value_at(step, run.smoothed)))
            rows.append(("lake", "this step", _value_at(step, run.raw)))
        if len(run.held_out.x) and step >= run.held_out.x[0]:
            nearest = int(np.searchsorted(run.held_out.x, step, side="right")) - 1
            name = f"held-out, step {int(run.held_out.x[nearest]):,}"
            rows.append(("leaf", name, f"{run.held_out.y[nearest]:.3f}"))
        if len(run.other[0].x) and step <= run.other[0].x[-1]:
            rows.append(("clay", run.other_title[:NAME], _value_at(step, run.other[0])))
        return rows

    def _bounds(self, raw: Points, others: list[Points]) -> tuple[float, float]:
        view = self.curves.view
        finite = self.deciding(raw.y, ROBUST)
        low, high = bounds([finite, *(within(points, view).y for points in others)])
        return snapped(low, high) if self._log else snapped(max(low, 0.0), high)

    def _levels(self, low: float, high: float) -> list[tuple[float, str]]:
        if not len(self.curves.raw.x) and not len(self.curves.held_out.x):
            return []
        if not self._log:
            return tick_words(ticks(low, high))
        found = log_ticks(low, high)
        words = tick_words(found)
        return [(math.log10(v), said) for v, (_, said) in zip(found, words, strict=True)]

    def _fill_tags(self, smoothed: Floats, held: Floats) -> None:
        run, c = self.curves, colors()
        entries = []
        for tag, name, colour, shown, real in (
            (self._held_tag, "held-out", c.leaf, held, run.held_out.y),
            (self._train_tag, "training", c.lake, smoothed, run.smoothed.y),
        ):
            finite = np.flatnonzero(np.isfinite(shown))
            seen = len(finite) > 0 and run.view is None  # names stand behind the present
            tag.setVisible(seen)
            if seen:
                last = int(finite[-1])
                tag.say(name, colour, f"{real[last]:.2f}")
                entries.append((tag, float(shown[last])))
        spread(self, entries)


def _value_at(step: int, points: Points) -> str:
    nearest = min(int(np.searchsorted(points.x, step)), len(points.x) - 1)
    return f"{points.y[nearest]:.3f}" if np.isfinite(points.y[nearest]) else "not a number"
