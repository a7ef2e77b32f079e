"""The forgotten side of the plot: general questions, their interval, drift, tolerance, what comes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from studio.app.guardreading import GuardReading
from studio.core.tradeoff import Point
from studio.core.units import percent, signed
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import Floats
from studio.ui.train.runplot import RunPlot
from studio.ui.train.tags import Tag

EDGE_WORDS = {
    "warn": "the guard warns past here",
    "stop": "the guard stops here",
    "roll_back": "the guard stops here and goes back",
}
BAND = 0.16
"""Share of a series' colour in its interval."""
CROSS_PX = 11
"""Px below the tolerance of the words that say when it is passed."""
Entry = tuple[Tag, float]


class ForgetLines:
    """Items of one plot, below the base; heights are nats per token, less is worse."""

    def __init__(self, plot: RunPlot) -> None:
        self._plot = plot
        self._guard = GuardReading()
        self.tag, self._times = "", 1.0
        self.shows_drift = False
        c = colors()
        self._amber = pg.LinearRegionItem(
            (0, 0), "horizontal", brush=c.warning_tint, pen=pg.mkPen(None), movable=False
        )
        self._amber.setZValue(-20)
        self._edge = pg.InfiniteLine(0, angle=0, pen=paint.pen(c.warning, 1.2))
        self._edge.setZValue(-9)
        self._edge_words = pg.TextItem(html="", anchor=(0, 1))
        self._edge_words.setFont(fonts.font(Role.CAPTION, fonts.BOLD))
        self._edge_words.setZValue(-8)
        for item in (self._amber, self._edge, self._edge_words):
            plot.addItem(item)
        self._ends = [self._hidden() for _ in range(4)]
        self._bands = [self._band(0, 1, c.leaf), self._band(2, 3, c.clay)]
        self._drift = self._line(c.plum, 1, (8, 3, 2, 3))
        self._left = self._line(c.clay, 1.4, (2, 3))
        self._coming = self._line(c.clay, 1.6, (2, 4))
        self._cross = pg.ScatterPlotItem(symbol="s", size=8, pen=paint.pen(c.clay, 1.4), brush=None)
        self._subject = plot.curve(c.lake, 1.6)
        self._general = plot.curve(c.clay, 2)
        self._subject_marks, self._marks = plot.marks("lake"), plot.marks("clay")
        self._shown: tuple[object, ...] = ()
        plot.addItem(self._cross)
        self._words = [Tag() for _ in range(3)]
        self._cross_words = Tag()
        for words in (*self._words, self._cross_words):
            plot.addItem(words)

    def _hidden(self) -> pg.PlotCurveItem:
        made = pg.PlotCurveItem(pen=pg.mkPen(None))
        self._plot.addItem(made)
        return made

    def _band(self, low: int, high: int, colour: str) -> pg.FillBetweenItem:
        tone = QColor(colour)
        tone.setAlphaF(BAND)
        made = pg.FillBetweenItem(self._ends[low], self._ends[high], brush=tone)
        made.setZValue(-5)
        self._plot.addItem(made)
        return made

    def _line(self, colour: str, width: float, dashes: tuple[float, ...]) -> pg.PlotDataItem:
        pen = paint.pen(colour, width, dashes)
        made = pg.PlotDataItem(pen=pen, connect="finite", antialias=True)
        self._plot.addItem(made)
        return made

    def take(self, guard: GuardReading, tag: str) -> None:
        """Draw what a guard measured, and one subject beside it, at the next fill."""
        self._guard, self.tag = guard, tag

    def enlarge(self, times: float) -> None:
        """Draw what lies below the base so many times as large."""
        self._times = times

    def folded(self, heights: Floats) -> Floats:
        """Return heights as they are drawn."""
        return np.where(heights < 0, heights * self._times, heights)

    def _drawn(self, pairs: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
        x, y = _columns(pairs)
        return x, self.folded(y)

    def heights(self) -> Floats:
        """Return every height that is to be seen."""
        guard = self._guard
        found = [-p.lost for p in (*guard.points, *guard.left)]
        found += [-end for p in guard.points if p.lost_range for end in p.lost_range]
        found += [height for _, height in self._drifted()]
        found += [y for y in self._subject_line()[1] if np.isfinite(y)]
        return np.array(found or [0.0], np.float64)

    def fill(self, whole: bool, low: float) -> list[Entry]:
        """Move everything to where it is; return the words that stand behind the present.

        Args:
            whole: the whole run is in view, so that there is room for words.
            low: the lowest height of the axis.
        """
        guard = self._guard
        lost = [(p.step, -p.lost) for p in guard.points]
        self._general.setData(*self._drawn(lost))
        self._fill_marks(lost)
        drift = self._drifted()
        self._drift.setData(*self._drawn(drift))
        x, y = self._subject_line()
        self._subject.setData(x, self.folded(y))
        self._fill_bands()
        self._fill_left()
        self._fill_edge(low)
        self._fill_coming(whole)
        return self._say(whole, lost, drift)

    def _drifted(self) -> list[tuple[float, float]]:
        points = self._guard.points if self.shows_drift else ()
        return [(p.step, -p.drift) for p in points if p.drift is not None]

    def _fill_marks(self, lost: Sequence[tuple[float, float]]) -> None:
        kept = tuple(point.kept for point in self._guard.points)
        subject = self._subject_line()
        shown = (tuple(lost), kept, tuple(subject[1]), self._times)
        if shown == self._shown:  # making their pictures anew is slow
            return
        self._shown = shown
        c = colors()
        full, hollow = pg.mkBrush(QColor(c.clay)), pg.mkBrush(QColor(c.surface))
        x, y = self._drawn(lost)
        self._marks.setData(x=x, y=y, brush=[full if there else hollow for there in kept])
        self._subject_marks.setData(x=subject[0], y=self.folded(subject[1]), brush=hollow)

    def _fill_bands(self) -> None:
        guard = self._guard
        gains = [(p.step, r) for p in guard.points if (r := guard.gained_range(p)) is not None]
        losses = [(p.step, (-r[1], -r[0])) for p in guard.points if (r := p.lost_range) is not None]
        if guard.base is not None and gains and not guard.goes_on:
            gains.insert(0, (0, (0.0, 0.0)))
        for ends, found, band in (
            (self._ends[:2], gains, self._bands[0]),
            (self._ends[2:], losses, self._bands[1]),
        ):
            band.setVisible(len(found) > 1)
            for place, curve in enumerate(ends):
                curve.setData(*self._drawn([(step, both[place]) for step, both in found]))

    def _fill_left(self) -> None:
        """Draw behind the present what the run has gone back behind."""
        left = [(p.step, -p.lost) for p in self._guard.left]
        if left and self._guard.points:
            last = self._guard.points[-1]
            left.insert(0, (last.step, -last.lost))
        self._left.setData(*self._drawn(left))

    def _fill_edge(self, low: float) -> None:
        plan, there = self._guard.plan, len(self._guard.points) > 0
        edge = -plan.tolerance * self._times
        shown = there and edge > low
        for item in (self._amber, self._edge, self._edge_words):
            item.setVisible(shown)
        if shown:
            self._amber.setRegion((low, edge))
            self._edge.setPos(edge)
            words, tone = EDGE_WORDS[plan.on_crossing], colors().warning
            self._edge_words.setHtml(f'<span style="color:{tone}">{words}</span>')
            (left, _), _ = self._plot.getViewBox().viewRange()
            self._edge_words.setPos(left, low)  # where curves that began at the base are not

    def _fill_coming(self, whole: bool) -> None:
        guard = self._guard
        last, step = guard.last, guard.coming
        shown = whole and last is not None and step is not None
        for item in (self._coming, self._cross, self._cross_words):
            item.setVisible(shown)
        if shown and last is not None and step is not None:
            line = [(last.step, -last.lost), (step, -guard.plan.tolerance)]
            self._coming.setData(*self._drawn(line))
            edge = -guard.plan.tolerance * self._times
            self._cross.setData(x=[step], y=[edge])
            self._cross_words.say(f"near step {step:,}", colors().warning)
            step_px, unit_px = self._plot.per_px()
            # Below the edge: above it the names of the curves stand
            self._cross_words.setPos(step + 6 * step_px, edge - CROSS_PX * unit_px)

    def _say(
        self,
        whole: bool,
        lost: Sequence[tuple[float, float]],
        drift: Sequence[tuple[float, float]],
    ) -> list[Entry]:
        c, found = colors(), list[Entry]()
        subject = self._subject_line()[1]
        general, drifting, about = self._words
        said = (
            (general, "general", c.clay, [y for _, y in lost], signed),
            (drifting, "drift", c.plum, [y for _, y in drift], _plain),
            (about, self.tag, c.lake, list(subject), signed),
        )
        for tag, name, colour, heights, words in said:
            shown = whole and len(heights) > 1
            tag.setVisible(shown)
            if shown:
                tag.say(name, colour, words(float(heights[-1])))
                found.append((tag, float(self.folded(np.array(heights[-1])))))
        return found

    def rows(self, step: int) -> list[tuple[str, str, str]]:
        """Return (series, name, value) of the last measured point up to a step."""
        before = [point for point in self._guard.points if point.step <= step]
        if not before or not before[-1].step:
            return []
        point = before[-1]
        where = f", step {point.step:,}"
        rows = [("clay", f"general{where}{_span(point)}", signed(-point.lost, 3))]
        if point.accuracy is not None:
            rows.append(("clay", "general questions right", percent(point.accuracy)))
        if point.drift is not None:
            rows.append(("plum", "drift from the base", f"{point.drift:.3f}"))
        lost = self._guard.lost(self.tag, point.step) if self.tag else None
        if lost is not None:
            rows.append(("lake", f"{self.tag}{where}", signed(-lost, 3)))
        return rows

    def _subject_line(self) -> tuple[Floats, Floats]:
        if not self.tag:
            return _columns(())
        found = [(p.step, self._guard.lost(self.tag, p.step)) for p in self._guard.points]
        return _columns([(step, -lost) for step, lost in found if lost is not None])


def _columns(pairs: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    table = np.array(pairs, np.float64).reshape(len(pairs), 2)
    return table[:, 0], table[:, 1]


def _span(point: Point) -> str:
    if point.lost_range is None:
        return ""
    low, high = point.lost_range
    return f" ({signed(-high)} to {signed(-low)})"


def _plain(height: float) -> str:
    return f"{-height:.2f}"
