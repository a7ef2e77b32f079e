"""What both plots of a run share: items that are made once and moved, never made anew."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent

from studio.ui.look import paint
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import Points, RunCurves, step_ticks
from studio.ui.widgets.plotstyle import MARKS, PlotTip, StyledPlot, Ticks

EDGE_SHARE = 0.012
"""Share of the steps left of zero that keeps the mark at step 0 whole."""
TICK_ROOM = 80
"""Px that a step's number needs on the axis."""
NAME_ROOM = 104
"""Px that a curve's name and value need behind the present."""


class RunPlot(StyledPlot):
    """A plot over the steps of a run, with its present, its future shaded, and a crosshair.

    Subclasses make their items in make_items and move them in fill.
    """

    def __init__(self, name: str) -> None:
        self.curves = RunCurves()
        self._cross: int | None = None
        self._axes: tuple[object, ...] = ()
        self._grid: list[pg.InfiniteLine] = []
        self._shown_marks: dict[str, tuple[object, ...]] = {}
        self._tip: PlotTip | None = None
        super().__init__(name)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    def make_items(self) -> None:
        """Add the subclass's items; they are empty."""
        raise NotImplementedError

    def fill(self) -> None:
        """Move the subclass's items to where curves says."""
        raise NotImplementedError

    def tip_rows(self, step: int) -> list[tuple[str, str, str]]:
        """Return (series, name, value) of what is at a step."""
        raise NotImplementedError

    def show_curves(self, curves: RunCurves) -> None:
        """Show a run as it stands now."""
        self.curves = curves
        self._place_now()
        self.fill()
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
        self.make_items()
        self.show_curves(self.curves)

    def set_scale(self, levels: Ticks, up: tuple[float, float]) -> None:
        """Fix both axes and put the grid at the levels; does nothing when nothing changed."""
        total = max(self.curves.total, 1)
        most = max(2, min(9, self.width() // TICK_ROOM))
        right = self._right_end(total)
        wanted = (tuple(levels), up, total, most, right)
        if wanted == self._axes:
            return
        self._axes = wanted
        self.getAxis("bottom").setTicks([step_ticks(self.curves.total, most)])
        self.getAxis("left").setTicks([list(levels)])
        self.setXRange(-EDGE_SHARE * total, right, padding=0)
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
        return float(max(total * (1 + EDGE_SHARE / 2), behind))

    def curve(self, colour: str, width: float, alpha: float = 1.0) -> pg.PlotDataItem:
        """Add an empty curve."""
        tone = QColor(colour)
        tone.setAlphaF(alpha)
        pen = pg.mkPen(tone, width=width)
        made = pg.PlotDataItem(pen=pen, connect="finite", antialias=True)
        if width > 1:  # a wide path costs thrice as much as its segments
            made.curve.setSegmentedLineMode("on")
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
        full, hollow = QColor(getattr(c, series)), QColor(c.surface)
        brushes = [pg.mkBrush(full if int(x) in self.curves.kept else hollow) for x in points.x]
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
        step = round(self.getViewBox().mapSceneToView(spot).x()) if inside else None
        self.set_cross(step)

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)
        self.set_cross(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move:
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            start = self.curves.now if self._cross is None else self._cross + move * far
            self.set_cross(start)
        elif event.key() == Qt.Key.Key_Escape and self._cross is not None:
            self.set_cross(None)
        else:
            super().keyPressEvent(event)

    def set_cross(self, step: int | None) -> None:
        """Move the crosshair to a step, or take it away."""
        self._cross = None if step is None else max(0, min(self.curves.now, step))
        self._place_cross()

    def _place_cross(self) -> None:
        rows = [] if self._cross is None else self.tip_rows(self._cross)
        tip, shown = self._tip, bool(rows)
        assert tip is not None
        self._line.setVisible(shown)
        tip.setVisible(shown)
        if not shown or self._cross is None:
            return
        self._line.setPos(self._cross)
        tip.say(self.tip_title(self._cross), *rows)
        spot = self.getViewBox().mapViewToScene(QPointF(self._cross, 0)).x()
        right = round(spot) + 10
        if right + tip.width() > self.width() - 4:
            right = round(spot) - 10 - tip.width()
        tip.move(max(0, right), 10)
        said = ", ".join(f"{name} {value}" for _, name, value in rows)
        self.setAccessibleDescription(f"{self.tip_title(self._cross)}: {said}")

    def tip_title(self, step: int) -> str:
        """Return the first line of the box beside the crosshair."""
        return f"Step {step:,}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready:
            QTimer.singleShot(0, self, self._after_resize)  # the view box has its size only then

    def _after_resize(self) -> None:
        self.show_curves(self.curves)
