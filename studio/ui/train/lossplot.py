"""The loss of a run: training raw and smoothed, and on the held-out rows."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyqtgraph as pg

from studio.core.units import duration
from studio.ui.look import paint
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import (
    SMOOTH_POINTS,
    Floats,
    Points,
    bounds,
    snapped,
    tick_words,
    ticks,
)
from studio.ui.train.runplot import RunPlot
from studio.ui.train.tags import Tag, spread

CROSS_SIZE = 9
ROBUST = 0.995
"""Share of the raw losses that decides the scale, so that one spike does not flatten the rest."""


class LossPlot(RunPlot):
    """Loss over steps, linear or logarithmic; a loss that was not a number is a gap with a cross."""

    def __init__(self, elapsed_at: Callable[[float], float]) -> None:
        self._log = False
        self._elapsed_at = elapsed_at
        super().__init__("Loss")

    def set_log(self, log: bool) -> None:
        """Take the logarithmic scale, or leave it."""
        self._log = log
        self.show_curves(self.curves)

    def make_items(self) -> None:
        c = colors()
        self._raw = self.curve(c.lake, 1, 0.38)
        self._smoothed = self.curve(c.lake, 2)
        self._held = self.curve(c.leaf, 2)
        self._marks = self.marks("leaf")
        self._gaps = pg.ScatterPlotItem(symbol="x", size=CROSS_SIZE, pen=paint.pen(c.danger, 2))
        self._gaps.setZValue(30)
        self.addItem(self._gaps)
        self._held_tag, self._train_tag = Tag(), Tag()
        self.addItem(self._held_tag)
        self.addItem(self._train_tag)

    def fill(self) -> None:
        run = self.curves
        raw, smoothed = self._scaled(run.raw.y), self._scaled(run.smoothed.y)
        held = self._scaled(run.held_out.y)
        low, high = self._bounds(raw, smoothed, held)
        self.set_scale(self._levels(low, high), (low, high))
        self._raw.setData(run.raw.x, raw, antialias=len(raw) <= SMOOTH_POINTS)
        self._smoothed.setData(run.smoothed.x, smoothed)
        self._held.setData(run.held_out.x, held)
        self.set_marks(self._marks, Points(run.held_out.x, held), "leaf")
        self._gaps.setVisible(len(run.gaps) > 0)
        if len(run.gaps):
            floor = low + 0.5 * CROSS_SIZE * self.per_px()[1]
            self._gaps.setData(x=run.gaps, y=np.full(len(run.gaps), floor))
        self._fill_tags(smoothed, held)

    def tip_title(self, step: int) -> str:
        return f"Step {step:,} · {duration(self._elapsed_at(step))}"

    def tip_rows(self, step: int) -> list[tuple[str, str, str]]:
        run, rows = self.curves, []
        if len(run.smoothed.x):
            rows.append(("lake", "training", _value_at(step, run.smoothed)))
        if len(run.held_out.x) and step >= run.held_out.x[0]:
            nearest = int(np.searchsorted(run.held_out.x, step, side="right")) - 1
            name = f"held-out, step {int(run.held_out.x[nearest]):,}"
            rows.append(("leaf", name, f"{run.held_out.y[nearest]:.3f}"))
        return rows

    def _scaled(self, values: Floats) -> Floats:
        if not self._log:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = np.where(values > 0, np.log10(values), np.nan)
        return found

    def _bounds(self, raw: Floats, smoothed: Floats, held: Floats) -> tuple[float, float]:
        finite = raw[np.isfinite(raw)]
        if len(finite) > 50:
            edge = np.quantile(finite, [1 - ROBUST, ROBUST])
            finite = np.clip(finite, *edge)
        low, high = bounds([finite, smoothed, held])
        return snapped(low, high) if self._log else snapped(max(low, 0.0), high)

    def _levels(self, low: float, high: float) -> list[tuple[float, str]]:
        if not len(self.curves.raw.x) and not len(self.curves.held_out.x):
            return []
        if not self._log:
            return tick_words(ticks(low, high))
        found = [math.log10(v) for v in ticks(10**low, 10**high, 6) if v > 0]
        return [
            (v, words)
            for v, (_, words) in zip(found, tick_words([10**v for v in found]), strict=True)
        ]

    def _fill_tags(self, smoothed: Floats, held: Floats) -> None:
        run, c = self.curves, colors()
        entries = []
        for tag, name, colour, shown, real in (
            (self._held_tag, "held-out", c.leaf, held, run.held_out.y),
            (self._train_tag, "training", c.lake, smoothed, run.smoothed.y),
        ):
            finite = np.flatnonzero(np.isfinite(shown))
            tag.setVisible(len(finite) > 0)
            if len(finite):
                last = int(finite[-1])
                tag.say(name, colour, f"{real[last]:.2f}")
                entries.append((tag, float(shown[last])))
        spread(self, entries)


def _value_at(step: int, points: Points) -> str:
    nearest = min(int(np.searchsorted(points.x, step)), len(points.x) - 1)
    return f"{points.y[nearest]:.3f}" if np.isfinite(points.y[nearest]) else "not a number"
