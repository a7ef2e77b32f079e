"""One reading of a run in full: its axis, its scale, what was planned and what was predicted."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg

from studio.core.units import learning_rate
from studio.ui.look import paint
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import (
    Points,
    bounds,
    log_ticks,
    snapped,
    tick_words,
    ticks,
)
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.readings import MEMORY, RATE, Reading, ReadingCurve, value_at
from studio.ui.train.scaledplot import NAME, ScaledPlot

ROBUST = 0.998


class ReadingPlot(ScaledPlot):
    """A reading over the steps; its curve is set with show_reading before show_curves."""

    def __init__(self, sync: PlotSync) -> None:
        self.reading: Reading = RATE
        self.curve_of = ReadingCurve()
        super().__init__("Reading", sync)

    def show_reading(self, reading: Reading, curve: ReadingCurve) -> None:
        """Take a reading's values; they are drawn with the next curves."""
        self.reading, self.curve_of = reading, curve
        self.setAccessibleName(reading.name)

    def make_items(self) -> None:
        c = colors()
        self._band = pg.LinearRegionItem(
            (0, 0), "horizontal", brush=c.sunken, pen=paint.pen(c.muted, 1, (2, 3)), movable=False
        )
        self._band.setZValue(-25)
        self._peak = pg.InfiniteLine(0, angle=0, pen=paint.pen(c.muted, 1.4, (7, 4)))
        for item in (self._band, self._peak):
            self.addItem(item, ignoreBounds=True)
        self._other = self.dashed(c.clay, 1.2)
        self._planned = pg.PlotDataItem(pen=paint.pen(c.slate, 1.4, (3, 3)), antialias=True)
        self.addItem(self._planned)
        self._lived = self.curve(c.bark, 1)

    def fill(self) -> None:
        curve = self.curve_of
        lived, planned, other = (
            self.scaled(points) for points in (curve.lived, curve.planned, curve.other)
        )
        low, high = self._bounds(lived, planned, other)
        self.set_scale(self._levels(low, high), (low, high))
        self._lived.setData(lived.x, lived.y, antialias=len(lived.x) < 600)
        self._planned.setData(planned.x, planned.y)
        self._other.setData(other.x, other.y)
        self.set_bad(curve.gaps, curve.zeros, low)
        expected = curve.expected
        self._band.setVisible(expected is not None and expected[0] < expected[2])
        self._peak.setVisible(expected is not None)
        if expected is not None:
            least, peak, most = (self._height(value) for value in expected)
            self._band.setRegion((least, most))
            self._peak.setPos(peak)

    def tip_rows(self, step: int) -> list[tuple[str, str, str]]:
        reading, curve = self.reading, self.curve_of
        if not len(curve.lived.x):
            return []
        value = value_at(curve, step)
        bad = value is not None and not math.isfinite(value)
        said = "not a number" if bad else f"{reading.words(value)} {reading.unit}".strip()
        rows = [("bark", reading.name.lower(), said)]
        if curve.expected is not None:
            rows.append(("muted", "predicted", f"{curve.expected[1]:.2f} {reading.unit}"))
        if len(curve.other.x) and step <= curve.other.x[-1]:
            behind = value_at(ReadingCurve(lived=curve.other), step)
            rows.append(("clay", self.curves.other_title[:NAME], reading.words(behind)))
        return rows

    def _height(self, value: float) -> float:
        return math.log10(value) if self._log and value > 0 else value

    def _bounds(self, *parts: Points) -> tuple[float, float]:
        values = self.deciding(parts[0].y, ROBUST)
        expected = self.curve_of.expected or ()
        marks = np.array([self._height(value) for value in expected], dtype=float)
        low, high = bounds([values, marks, *(part.y for part in parts[1:])])
        if self._log:
            return snapped(low, high)
        return snapped(0.0 if low < 0.5 * high else max(low, 0.0), high)

    def _levels(self, low: float, high: float) -> list[tuple[float, str]]:
        if not len(self.curve_of.lived.x):
            return []
        found = log_ticks(low, high) if self._log else ticks(low, high)
        if self.reading is RATE:
            named = [(value, learning_rate(value)) for value in found]
        elif self.reading is MEMORY or max(found) < 10:
            named = tick_words(found)
        else:
            named = [(value, f"{value:,.0f}") for value in found]
        return [(self._height(value), words) for value, words in named]
