"""What each checkpoint gained against what it forgot; a point can be opened."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QResizeEvent

from studio.app.guardreading import GuardReading
from studio.core.tradeoff import Point, crossed
from studio.core.units import signed
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import icon
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import Floats, bounds, tick_words, ticks
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.runplot import HINT
from studio.ui.widgets.plotstyle import StyledPlot

REACH = 14
"""Px around a point within which a click opens it."""
LATE = 190
"""Px from the right edge within which words stand left of their mark."""
WORDS = (84, 160)
"""Px across that a point's words take, and those of the best one."""
HIGH = 15
"""Px that they are high."""
SPREAD = 0.35
"""Share of the gain by which checkpoints must differ for the base to be in sight beside them."""
LEAF = 18
SPACE = "\u00a0" * 4
"""Between a mark and its words."""
HEAD_PX = 20
"""Px above the base for what is said there."""
OPENS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class TradeoffPlot(StyledPlot):
    """Right is learnt, down is forgotten; filled points are checkpoints on the disk.

    Signals:
        opened(int): the user wants to see the point of this step.
    """

    opened = Signal(int)

    def __init__(self, sync: PlotSync) -> None:
        self.guard = GuardReading()
        self.sync = sync
        self._shown: object = None
        super().__init__("Trade-off between your task and general questions")
        sync.crossed.connect(self._place_ring)

    def sizeHint(self) -> QSize:
        return HINT

    def show_guard(self, guard: GuardReading) -> None:
        """Show a run as it stands; does nothing when nothing changed."""
        shown = (guard.points, guard.best, guard.plan, self.size().toTuple())
        if shown != self._shown:
            self._shown, self.guard = shown, guard
            self.redraw()

    def draw(self) -> None:
        c, guard = colors(), self.guard
        self.setBackground(c.surface)
        self._ring_mark = pg.ScatterPlotItem(
            symbol="o", size=20, pen=paint.pen(c.focus, 2), brush=None
        )
        self._ring_mark.setZValue(40)
        spots = self._spots()
        x, y = spots[:, 0], spots[:, 1]
        across = bounds([self._in_sight(x)], 0.16)
        up = bounds([y, np.array([0.0, -guard.plan.tolerance * 1.6])], 0.16)
        height = max(self.getViewBox().height(), 3 * HEAD_PX)
        up = (up[0], max(up[1], HEAD_PX * (0.0 - up[0]) / (height - HEAD_PX)))
        named = [(v, w) for v, w in tick_words(ticks(*up), sign=True) if v]
        gained = tick_words(ticks(*across, 8), sign=True)
        self.set_axes(gained, [(0.0, "base"), *named], across, up)
        self.level(0, c.slate, 2, (7, 4))
        if guard.points:
            self.band(up[0], -guard.plan.tolerance, c.warning_tint, c.warning)
        self._draw_points(x, y)
        self._draw_words(spots)
        self.addItem(self._ring_mark)
        self._place_ring()
        self.setAccessibleDescription(self._spoken())

    def _spots(self) -> Floats:
        """Return gained and kept (the lower the more is forgotten) of each point: (n, 2)."""
        found = [(self.guard.gained(p), -p.lost) for p in self.guard.points]
        return np.array(found, np.float64).reshape(len(found), 2)

    def _in_sight(self, x: Floats) -> Floats:
        """Return the gains that the axis spans; the base's is left out where it would crowd them."""
        after = x[[i for i, p in enumerate(self.guard.points) if p.step]]
        if not len(after):
            return np.array([0.0, 0.1])
        near = np.ptp(after) < SPREAD * np.abs(after).max()
        return after if near and len(after) > 1 else np.append(after, [0.0, 0.1])

    def _draw_points(self, x: object, y: object) -> None:
        c, points = colors(), self.guard.points
        self.plot(x, y, pen=paint.pen(c.muted, 1, (2, 3)), antialias=True)
        tolerance = self.guard.plan.tolerance
        tones = [
            c.slate if not p.step else (c.clay if crossed(p, tolerance) else c.leaf) for p in points
        ]
        self.plot(
            x,
            y,
            pen=None,
            symbol=["d" if not p.step else ("s" if crossed(p, tolerance) else "o") for p in points],
            symbolSize=10,
            symbolPen=[paint.pen(tone, 1.6) for tone in tones],
            symbolBrush=[
                QColor(t if p.kept else c.surface) for t, p in zip(tones, points, strict=True)
            ],
            antialias=True,
        )

    def _draw_words(self, spots: Floats) -> None:
        c, guard, taken = colors(), self.guard, list[QRectF]()
        best = guard.best.step if guard.best is not None else None
        order = sorted(range(len(guard.points)), key=lambda i: guard.points[i].step != best)
        for at in order:
            point, spot = guard.points[at], (float(spots[at, 0]), float(spots[at, 1]))
            name = f"step {point.step:,}" if point.step else "base"
            if guard.goes_on and not point.step:
                name = "where it began"
            words = f"{SPACE}{name}: best balance" if point.step == best else f"{SPACE}{name}"
            px = self._px(*spot)
            late = px.x() > self.width() - LATE
            wide = WORDS[1] if point.step == best else WORDS[0]
            area = QRectF(px.x() - wide * late, px.y() - HIGH, wide, HIGH)
            if any(area.intersects(other) for other in taken):
                continue
            taken.append(area)
            words = words.strip(SPACE) + SPACE if late else words
            colour, anchor = c.leaf if point.step == best else c.muted, (int(late), 1)
            self.words(spot, words, colour, anchor=anchor)
        for words, anchor in (
            ("learnt more →", (1, 0)),
            ("↓ forgot more", (0, 1)),
        ):
            self._corner(words, anchor)
        if best is not None and guard.best is not None:
            leaf = pg.QtWidgets.QGraphicsPixmapItem(icon("leaf-solid", c.leaf, LEAF).pixmap(LEAF))
            leaf.setFlag(leaf.GraphicsItemFlag.ItemIgnoresTransformations)
            leaf.setOffset(-2, -LEAF - 2)
            leaf.setPos(guard.gained(guard.best), -guard.best.lost)
            leaf.setZValue(30)
            self.addItem(leaf)

    def _corner(self, words: str, anchor: tuple[int, int]) -> None:
        """Say in a corner what it means to be there."""
        (x0, x1), (y0, y1) = self.getViewBox().viewRange()
        item = pg.TextItem(html=f'<span style="color:{colors().muted}">{words}</span>')
        item.setAnchor(anchor)
        item.setFont(fonts.font(Role.CAPTION))
        item.setPos(x1 if anchor[0] else x0, y0 if anchor[1] else y1)
        item.setZValue(20)
        self.addItem(item)

    def _px(self, x: float, y: float) -> QPointF:
        return QPointF(self.getViewBox().mapViewToScene(QPointF(x, y)))

    def _spoken(self) -> str:
        said = [self.words_of(p) for p in self.guard.points if p.step]
        return "; ".join(said)

    def words_of(self, point: Point) -> str:
        """Return a point in words."""
        kept = ", kept" if point.kept else ""
        task, rest = signed(self.guard.gained(point)), signed(-point.lost)
        return f"step {point.step:,}: your task {task}, general {rest}{kept}"

    def point_of(self, step: int) -> Point | None:
        """Return the point of a step; None if there is none."""
        return next((p for p in self.guard.points if p.step == step), None)

    def place_of(self, step: int) -> QPoint:
        """Return where a point lies, in px of this widget."""
        point = self.point_of(step)
        if point is None:
            return QPoint(0, 0)
        return QPoint(self.mapFromScene(self._px(self.guard.gained(point), -point.lost)))

    # the crosshair, which is at a step, as a ring

    def _place_ring(self) -> None:
        cross = self.sync.cross
        before = [p for p in self.guard.points if cross is not None and p.step <= cross]
        if before:
            point = before[-1]
            self._ring_mark.setData(x=[self.guard.gained(point)], y=[-point.lost])
        else:
            self._ring_mark.setData(x=[], y=[])

    # mouse and keys

    def _step_at(self, spot: QPointF) -> int | None:
        """Return the step of the point under the mouse; the base is none."""
        found = [
            (math.dist(spot.toTuple(), self.place_of(p.step).toTuple()), p.step)
            for p in self.guard.points
            if p.step
        ]
        near = min(found, default=(math.inf, 0))
        return near[1] if near[0] <= REACH else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        step = self._step_at(event.position())
        shape = Qt.CursorShape.ArrowCursor if step is None else Qt.CursorShape.PointingHandCursor
        self.viewport().setCursor(shape)
        if step is not None:
            self.sync.set_cross(step)
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        step = self._step_at(event.position())
        if step is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.sync.pick(step)
        self.opened.emit(step)

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)
        self.sync.leave()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = [point.step for point in self.guard.points if point.step]
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        cross = self.sync.cross
        if way and steps:
            at = steps.index(cross) + way if cross in steps else len(steps) - 1
            self.sync.set_cross(steps[max(0, min(len(steps) - 1, at))])
            point = self.point_of(self.sync.cross or 0)
            self.setAccessibleDescription(self.words_of(point) if point else self._spoken())
        elif event.key() in OPENS and cross in steps:
            self.opened.emit(cross)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready:
            QTimer.singleShot(0, self, self.redraw)  # the view box has its size only then
