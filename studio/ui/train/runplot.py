"""What all plots of a run share: items that are made once and moved, never made anew."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent

from studio.ui.look import paint
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import Floats, Points, RunCurves, step_ticks
from studio.ui.train.eventmarks import EventMarks
from studio.ui.train.happenings import at_step
from studio.ui.train.plotreach import PlotReach
from studio.ui.train.plotsync import PlotSync
from studio.ui.widgets.plotstyle import MARKS, PlotTip, StyledPlot, Ticks

EDGE_SHARE = 0.012
"""Share of the steps left of zero that keeps the mark at step 0 whole."""
GRAINS = 100
"""Parts of the axis by which its end moves."""
TICK_ROOM = 80
"""Px that a step's number needs on the axis."""
NAME_ROOM = 104
"""Px that a curve's name and value need behind the present."""
REACH = 5
"""Px around a mark within which the crosshair says what it stands for."""
WORDS = 64
"""Characters of a mark's words beside the crosshair; the page says them in full elsewhere."""
CROSS_SIZE = 9
HINT = QSize(240, 110)
"""Px; a graphics view's own is the size that it has, so that what was high would stay high."""


class RunPlot(StyledPlot):
    """A plot over the steps of a run, with its present, its future shaded, and a crosshair.

    Subclasses make their items in make_items and move them in fill.
    """

    shows_marks = False
    """Whether checkpoints and what else happened are marked in it."""

    def __init__(self, name: str, sync: PlotSync) -> None:
        self.curves = RunCurves()
        self.sync = sync
        self._axes: tuple[object, ...] = ()
        self._grid: list[pg.InfiniteLine] = []
        self._shown_marks: dict[str, tuple[object, ...]] = {}
        self._tip: PlotTip | None = None
        super().__init__(name)
        self.reach = PlotReach(self, sync)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        sync.crossed.connect(self._place_cross)

    def make_items(self) -> None:
        """Add the subclass's items; they are empty."""
        raise NotImplementedError

    def fill(self) -> None:
        """Move the subclass's items to where curves says."""
        raise NotImplementedError

    def tip_rows(self, step: int) -> list[tuple[str, str, str]]:
        """Return (series, name, value) of what is at a step."""
        raise NotImplementedError

    def sizeHint(self) -> QSize:
        return HINT

    def show_curves(self, curves: RunCurves) -> None:
        """Show a run as it stands now."""
        self.curves = curves
        self._place_now()
        self.fill()
        if self._events is not None:
            self._events.place(self.curves.happenings)
        self._place_cross()

    def draw(self) -> None:
        c = colors()
        self._axes, self._grid, self._shown_marks = (), [], {}
        self.setBackground(c.surface)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # spares the card
        if self._tip is None:
            self._tip = PlotTip(self)
            self._tip.hide()
        shade = paint.mixed(c.bg, c.surface, 0.6)  # opaque, which is painted much faster
        self._future = pg.LinearRegionItem((0, 0), brush=shade, pen=pg.mkPen(None), movable=False)
        self._future.setZValue(-30)
        self._present = pg.InfiniteLine(0, pen=paint.pen(c.text, 1))
        self._line = pg.InfiniteLine(0, pen=paint.pen(c.muted, 1, (3, 3)))
        for item in (self._future, self._present, self._line):
            self.addItem(item)
        self._events = EventMarks(self) if self.shows_marks else None
        self._bad = [self._bad_marks(symbol) for symbol in ("x", "o")]
        self.make_items()
        self.show_curves(self.curves)

    def _bad_marks(self, symbol: str) -> pg.ScatterPlotItem:
        """Add an empty set of marks for values that are no numbers, or nothing."""
        pen = paint.pen(colors().danger, 2)
        made = pg.ScatterPlotItem(symbol=symbol, size=CROSS_SIZE, pen=pen, brush=None)
        made.setZValue(30)
        self.addItem(made)
        return made

    def set_bad(self, gaps: Floats, zeros: Floats, floor: float) -> None:
        """Mark on the axis the steps without a number (a cross) and those with 0 (a ring)."""
        for marks, steps in zip(self._bad, (gaps, zeros), strict=True):
            marks.setVisible(len(steps) > 0)
            if len(steps):
                height = floor + 0.5 * CROSS_SIZE * self.per_px()[1]
                marks.setData(x=steps, y=np.full(len(steps), height))

    def set_scale(self, levels: Ticks, up: tuple[float, float]) -> None:
        """Fix both axes and put the grid at the levels; does nothing when nothing changed."""
        total = max(self.curves.total, 1)
        most = max(2, min(9, self.width() // TICK_ROOM))
        left, right = self.curves.view or (-EDGE_SHARE * total, self._right_end(total))
        wanted = (tuple(levels), up, total, most, left, right)
        if wanted == self._axes:
            return
        self._axes = wanted
        self.getAxis("bottom").setTicks([step_ticks(self.curves.total, most, self.curves.view)])
        self.getAxis("left").setTicks([list(levels)])
        self.setXRange(left, right, padding=0)
        self.setYRange(*up, padding=0)
        while len(self._grid) < len(levels):
            line = pg.InfiniteLine(0, angle=0, pen=paint.pen(colors().grid))
            line.setZValue(-10)
            self.addItem(line)
            self._grid.append(line)
        for index, line in enumerate(self._grid):
            line.setVisible(index < len(levels))
            if index < len(levels):
                line.setPos(levels[index][0])

    def _right_end(self, total: int) -> float:
        """Return the last step of the axis, later than the run's where names need the room."""
        share = NAME_ROOM / max(self.getViewBox().width(), 3 * NAME_ROOM)
        behind = (self.curves.now + EDGE_SHARE * total) / (1 - share)
        grain = max(
            total / GRAINS, 1.0
        )  # an axis that moves with each step is drawn anew each time
        return float(max(total * (1 + EDGE_SHARE / 2), math.ceil(behind / grain) * grain))

    def curve(self, colour: str, width: float, alpha: float = 1.0) -> pg.PlotDataItem:
        """Add an empty curve."""
        tone = paint.mixed(colour, colors().surface, alpha)  # opaque, which is painted faster
        pen = pg.mkPen(tone, width=width)
        made = pg.PlotDataItem(pen=pen, connect="finite", antialias=True)
        if width > 1:  # a wide path costs thrice as much as its segments
            made.curve.setSegmentedLineMode("on")
        self.addItem(made)
        return made

    def dashed(self, colour: str, width: float) -> pg.PlotDataItem:
        """Add an empty curve of a run that lies behind."""
        made = pg.PlotDataItem(
            pen=paint.pen(colour, width, (7, 3)), connect="finite", antialias=True
        )
        made.setZValue(-2)
        self.addItem(made)
        return made

    def marks(self, series: str) -> pg.ScatterPlotItem:
        """Add an empty set of a series' marks."""
        tone = getattr(colors(), series)
        made = pg.ScatterPlotItem(
            symbol=MARKS[series], size=8, pen=paint.pen(tone, 1.6), antialias=True
        )
        made.setZValue(10)
        self.addItem(made)
        return made

    def set_marks(self, marks: pg.ScatterPlotItem, points: Points, series: str) -> None:
        """Move marks to points; filled where a checkpoint is kept."""
        shown = (points.x.tobytes(), points.y.tobytes(), self.curves.kept)
        if self._shown_marks.get(series) == shown:  # making their pictures anew is slow
            return
        self._shown_marks[series] = shown
        c = colors()
        full, hollow = pg.mkBrush(getattr(c, series)), pg.mkBrush(c.surface)  # each drawn once
        kept = self.curves.kept if series == "leaf" else frozenset()
        brushes = [full if int(x) in kept else hollow for x in points.x]
        marks.setData(x=points.x, y=points.y, brush=brushes)

    def per_px(self) -> tuple[float, float]:
        """Return how many steps, and how many units of y, a pixel is."""
        (x0, x1), (y0, y1) = self.getViewBox().viewRange()
        box = self.getViewBox()
        return (x1 - x0) / max(box.width(), 1), (y1 - y0) / max(box.height(), 1)

    def _place_now(self) -> None:
        run = self.curves
        ended = run.now >= run.total
        self._future.setVisible(not ended)
        self._present.setVisible(run.now > 0 and not ended)
        self._future.setRegion((run.now, run.total * (1 + EDGE_SHARE)))
        self._present.setPos(run.now)

    # crosshair

    def _on_mouse_moved(self, spot: QPointF) -> None:
        inside = self.getViewBox().sceneBoundingRect().contains(spot)
        if inside and not self.reach.is_dragging:
            self.sync.set_cross(round(self.getViewBox().mapSceneToView(spot).x()))

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)
        self.sync.leave()

    def tip_lines(self, step: int) -> list[tuple[str, str, str]]:
        """Return what is said of a step: the values there, and what happened near it."""
        rows = self.tip_rows(step)
        if self._events is not None and rows:
            near = at_step(self.curves.happenings, step, REACH * self.per_px()[0])
            rows += [(EventMarks.TONES[each.kind], each.words, "") for each in near]
        return rows

    def _place_cross(self) -> None:
        cross, tip = self.sync.cross, self._tip
        low, high = self.getViewBox().viewRange()[0]
        if cross is not None and not low <= cross <= high:
            cross = None
        rows = [] if cross is None else self.tip_lines(cross)
        shown = bool(rows)
        assert tip is not None
        self._line.setVisible(shown)
        tip.setVisible(shown)
        if not shown or cross is None:
            return
        self._line.setPos(cross)
        tip.say(self.tip_title(cross), *((tone, _cut(name), value) for tone, name, value in rows))
        spot = self.getViewBox().mapViewToScene(QPointF(cross, 0)).x()
        right = round(spot) + 10
        if right + tip.width() > self.width() - 4:
            right = round(spot) - 10 - tip.width()
        tip.move(max(0, right), 10)
        said = ", ".join(f"{name} {value}".strip() for _, name, value in rows)
        self.setAccessibleDescription(f"{self.tip_title(cross)}: {said}")

    def tip_title(self, step: int) -> str:
        """Return the first line of the box beside the crosshair."""
        return f"Step {step:,}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready:
            QTimer.singleShot(0, self, self._after_resize)  # the view box has its size only then

    def _after_resize(self) -> None:
        self.show_curves(self.curves)


def _cut(words: str) -> str:
    return words if len(words) <= WORDS else f"{words[: WORDS - 1]}…"
