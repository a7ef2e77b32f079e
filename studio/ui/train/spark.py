"""A small line without axes for a reading; opens in full when it is pressed."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from studio.core.units import NO_VALUE
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CARD
from studio.ui.train.curvedata import Floats, Points, thinned
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.readings import Reading, ReadingCurve, value_at

POINTS = 220
"""Most points of the line, which is as wide in px."""
HEIGHT = 70
EDGE = 13
HEAD = 30
"""Px above the line, for name and value."""


class Spark(QAbstractButton):
    """A reading's name, value and line over the steps; what is planned is dotted.

    A step without a number is a cross on the ground line. Under the crosshair the value there
    stands in place of the last one.
    """

    def __init__(self, reading: Reading, sync: PlotSync) -> None:
        super().__init__()
        self.reading, self._sync = reading, sync
        self._curve, self._line = ReadingCurve(), Points(np.empty(0), np.empty(0))
        self.setCheckable(True)
        self.setAccessibleName(reading.name)
        self.setToolTip(f"{reading.name}: press to see it in full")
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        sync.crossed.connect(self._on_crossed)

    @property
    def value_words(self) -> str:
        """The value that is shown: under the crosshair, or the last one."""
        step, curve = self._sync.cross, self._curve
        value = curve.last if step is None else value_at(curve, step)
        if value is not None and math.isnan(value) and len(curve.gaps):
            return "not a number"
        return self.reading.words(value)

    def show_curve(self, curve: ReadingCurve) -> None:
        """Show the values of a run as it stands."""
        self._curve = curve
        self._line = thinned(curve.lived.x, curve.lived.y, POINTS)
        self.setAccessibleDescription(f"{self.value_words} {self.reading.unit}".strip())
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        low, high = self._range()
        share = (event.position().x() - EDGE) / max(self.width() - 2 * EDGE, 1)
        self._sync.set_cross(round(low + share * (high - low)))

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self._sync.leave()

    def _on_crossed(self) -> None:
        if self.isVisible():
            self.update()

    def _range(self) -> tuple[float, float]:
        return self._sync.view or (0.0, float(self._sync.total))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        edge = c.accent if self.isChecked() else c.border
        ground = c.hover if self.underMouse() and not self.isChecked() else c.surface
        paint.box(painter, frame, RADIUS_CARD, ground, edge)
        self._paint_head(painter)
        area = QRectF(EDGE, HEAD + 3, self.width() - 2 * EDGE, HEIGHT - HEAD - 11)
        painter.setPen(paint.pen(c.grid))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.save()
        painter.setClipRect(area.adjusted(-4, -3, 4, 6))
        self._paint_lines(painter, area)
        painter.restore()
        if self.hasFocus():
            ring = paint.pen(c.focus, 2)
            paint.box(painter, frame.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CARD, edge=ring)

    def _paint_head(self, painter: QPainter) -> None:
        c, row = colors(), QRectF(EDGE, 8, self.width() - 2 * EDGE, 20)
        medium, bold = fonts.font(Role.SMALL, fonts.MEDIUM), fonts.font(Role.SMALL, fonts.BOLD)
        words = self.value_words
        unit = self.reading.unit if words != NO_VALUE else ""
        if unit:
            plain = fonts.font(Role.SMALL)
            paint.text(painter, row, unit, plain, c.muted, paint.RIGHT)
            row.setRight(row.right() - paint.width(unit, plain) - 5)
        paint.text(painter, row, words, bold, c.text, paint.RIGHT)
        row.setRight(row.right() - paint.width(words, bold) - 6)
        elide = Qt.TextElideMode.ElideRight
        paint.text(painter, row, self.reading.name, medium, c.text, paint.LEFT, elide)

    def _paint_lines(self, painter: QPainter, area: QRectF) -> None:
        c, curve = colors(), self._curve
        top = _top_of(self._line, curve.planned, curve.expected)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if curve.expected is not None:
            height = area.bottom() - min(curve.expected[1] / top, 1) * area.height()
            painter.setPen(paint.pen(c.muted, 1, (3, 3)))
            painter.drawLine(QPointF(area.left(), height), QPointF(area.right(), height))
        painter.setPen(paint.pen(c.bark, 1.2))
        painter.drawPolyline(self._polygon(self._line, area, top))
        painter.setPen(paint.pen(c.slate, 1.2, (3, 3)))
        painter.drawPolyline(self._polygon(curve.planned, area, top))
        painter.setBrush(QColor(c.surface))
        for steps, name in ((curve.gaps, "close"), (curve.zeros, "error")):
            for x in self._places(steps, area).tolist():
                spot = QRectF(x - 5, area.bottom() - 5, 10, 10)
                paint_icon(painter, name, spot, c.danger)
        if self._sync.cross is not None:
            x = float(self._places(np.array([self._sync.cross]), area)[0])
            painter.setPen(paint.pen(c.muted, 1, (3, 3)))
            painter.drawLine(QPointF(x, area.top() - 2), QPointF(x, area.bottom()))

    def _places(self, steps: Floats, area: QRectF) -> Floats:
        low, high = self._range()
        found: Floats = area.left() + (steps - low) / max(high - low, 1e-9) * area.width()
        return found

    def _polygon(self, points: Points, area: QRectF, top: float) -> QPolygonF:
        finite = np.isfinite(points.y)
        xs = self._places(points.x[finite], area)
        ys = area.bottom() - np.clip(points.y[finite] / top, 0, 1) * area.height()
        return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])


def _top_of(lived: Points, planned: Points, expected: tuple[float, ...] | None) -> float:
    """Return the value at the top: the largest, or nearly so where there are many."""
    values = np.concatenate([lived.y, planned.y])
    values = np.sort(values[np.isfinite(values)])
    top = float(values[-1 - len(values) // 200]) if len(values) else 0.0
    return max(top, 1.08 * expected[1] if expected else 0.0) or 1.0
